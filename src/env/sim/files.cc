#include "env/sim/files.h"

#include <algorithm>
#include <mutex>
#include <set>

#include "base/check.h"
#include "base/text.h"
#include "env/sim/disk.h"

namespace cairn::env {
namespace {

using sim::DiskDirectory;
using sim::DiskFile;
using sim::DiskNode;

constexpr uint64_t kFreeUnlimited = uint64_t{1} << 40;

tl::unexpected<IoFailure> io_failure(IoFailure::Kind kind, std::string_view what, const std::string& path) {
  return tl::unexpected(IoFailure{kind, fmt::format("{}: {} (simulated)", path, what)});
}

std::vector<std::string> parts_of(const std::string& path) {
  std::vector<std::string> parts;
  for (std::string_view part : text::split(path, '/')) {
    CHECK(part != "..");
    if (!part.empty() && part != ".") parts.emplace_back(part);
  }
  return parts;
}

std::shared_ptr<DiskDirectory> as_directory(const DiskNode* node) {
  auto directory = node ? std::get_if<std::shared_ptr<DiskDirectory>>(node) : nullptr;
  return directory ? *directory : nullptr;
}

std::shared_ptr<DiskFile> as_file(const DiskNode* node) {
  auto file = node ? std::get_if<std::shared_ptr<DiskFile>>(node) : nullptr;
  return file ? *file : nullptr;
}

}  // namespace

struct SimFiles::State {
  struct Fault {
    Op op;
    std::string path_part;
    IoFailure::Kind kind;
    uint64_t times;
    uint64_t after;
  };
  /// The directory that a path's last name is in (null: no such), and that name (empty: the root itself).
  struct Place {
    std::shared_ptr<DiskDirectory> directory;
    std::string name;
    const DiskNode* node() const { return directory ? directory->find(name) : nullptr; }
  };
  std::mutex mutex;  // guards all below
  std::shared_ptr<DiskDirectory> root = std::make_shared<DiskDirectory>();
  std::set<const DiskFile*> locked;
  std::vector<Fault> faults;
  std::optional<uint64_t> capacity;  // of all files together
  uint64_t incarnation = 1;          // grows with each crash; older handles are dead
  bool dead = false;                 // between SimCrash and crash()
  uint64_t operations = 0;
  uint64_t crash_operation = 0;

  Place place(const std::string& path) const {
    auto parts = parts_of(path);
    if (parts.empty()) return {root, ""};
    std::shared_ptr<DiskDirectory> at = root;
    for (size_t i = 0; at && i + 1 < parts.size(); ++i) at = as_directory(at->find(parts[i]));
    return {at, parts.back()};
  }
  std::shared_ptr<DiskDirectory> directory(const std::string& path) const {
    Place p = place(path);
    return p.name.empty() ? p.directory : as_directory(p.node());
  }

  /// Whether this operation is to fail by a fault that was asked for, or since the machine is dead.
  std::optional<IoFailure::Kind> take_fault(Op op, std::string_view path) {
    if (dead) return IoFailure::kOther;
    for (size_t i = 0; i < faults.size(); ++i) {
      Fault& fault = faults[i];
      if (fault.op != op || path.find(fault.path_part) == std::string_view::npos) continue;
      if (fault.after > 0) {
        --fault.after;
        continue;
      }
      IoFailure::Kind kind = fault.kind;
      if (fault.times != kAlways && --fault.times == 0) faults.erase(faults.begin() + static_cast<std::ptrdiff_t>(i));
      return kind;
    }
    return std::nullopt;
  }

  /// Begins an operation that changes something: counts it. True if the machine dies in it.
  bool begin_change() { return ++operations == crash_operation; }

  [[noreturn]] void die() {
    dead = true;
    throw SimCrash{operations};
  }

  uint64_t free() const {
    if (!capacity) return kFreeUnlimited;
    uint64_t used = root->bytes();
    return *capacity > used ? *capacity - used : 0;
  }
};

class SimFiles::Handle final : public File {
 public:
  Handle(std::shared_ptr<State> state, std::shared_ptr<DiskFile> file, std::string path, bool writable)
      : state_(std::move(state)), file_(std::move(file)), path_(std::move(path)), writable_(writable), incarnation_(state_->incarnation) {}

  Io<size_t> pread(uint64_t offset, std::span<char> out) override {
    std::lock_guard lock(state_->mutex);
    if (auto fault = refuse(Op::kRead)) return io_failure(*fault, "cannot read", path_);
    const std::string& content = file_->content();
    if (offset >= content.size()) return size_t{0};
    return content.copy(out.data(), out.size(), offset);
  }

  Done pwrite(uint64_t offset, std::string_view data) override {
    std::lock_guard lock(state_->mutex);
    if (!writable_ || stale()) return io_failure(IoFailure::kOther, "not open for writing", path_);
    auto fault = state_->take_fault(Op::kWrite, path_);
    if (state_->dead) return io_failure(*fault, "cannot write", path_);
    bool dies = state_->begin_change();
    size_t fits = data.size();
    if (fault) {
      fits /= 2;
    } else {
      uint64_t end = offset + data.size();
      uint64_t size = file_->content().size();
      uint64_t growth = end > size ? end - size : 0;
      uint64_t free = state_->free();
      if (growth > free) {
        fault = IoFailure::kNoSpace;
        fits -= std::min<uint64_t>(fits, growth - free);
      }
    }
    if (fits > 0) file_->write(offset, data.substr(0, fits));
    if (dies) state_->die();
    if (fault) return io_failure(*fault, "cannot write", path_);
    return {};
  }

  Done sync() override {
    std::lock_guard lock(state_->mutex);
    if (stale()) return io_failure(IoFailure::kOther, "not open", path_);
    auto fault = state_->take_fault(Op::kSync, path_);
    if (state_->dead) return io_failure(*fault, "cannot sync", path_);
    if (state_->begin_change()) state_->die();
    if (fault) {
      file_->fail_sync();
      return io_failure(*fault, "cannot sync", path_);
    }
    file_->sync();
    return {};
  }

  Done truncate(uint64_t size) override {
    std::lock_guard lock(state_->mutex);
    if (!writable_ || stale()) return io_failure(IoFailure::kOther, "not open for writing", path_);
    if (auto fault = state_->take_fault(Op::kTruncate, path_)) return io_failure(*fault, "cannot truncate", path_);
    uint64_t old = file_->content().size();
    if (size > old && size - old > state_->free()) return io_failure(IoFailure::kNoSpace, "cannot grow", path_);
    bool dies = state_->begin_change();
    file_->truncate(size);
    if (dies) state_->die();
    return {};
  }

  Io<uint64_t> size() override {
    std::lock_guard lock(state_->mutex);
    if (auto fault = refuse(Op::kSize)) return io_failure(*fault, "cannot examine", path_);
    return file_->content().size();
  }

 private:
  bool stale() const { return incarnation_ != state_->incarnation; }
  std::optional<IoFailure::Kind> refuse(Op op) { return stale() ? IoFailure::kOther : state_->take_fault(op, path_); }

  std::shared_ptr<State> state_;
  std::shared_ptr<DiskFile> file_;
  std::string path_;
  bool writable_;
  uint64_t incarnation_;
};

SimFiles::SimFiles() : state_(std::make_shared<State>()) {}
SimFiles::~SimFiles() = default;

void SimFiles::crash(SimRandom& random, Unsynced unsynced) {
  std::lock_guard lock(state_->mutex);
  state_->root->crash(random, unsynced);
  state_->locked.clear();
  state_->dead = false;
  state_->crash_operation = 0;
  ++state_->incarnation;
}

void SimFiles::crash_at(uint64_t operation) {
  std::lock_guard lock(state_->mutex);
  state_->crash_operation = operation;
}

uint64_t SimFiles::operations() const {
  std::lock_guard lock(state_->mutex);
  return state_->operations;
}

void SimFiles::fail_next(Op op, std::string path_part, IoFailure::Kind kind, uint64_t times, uint64_t after) {
  std::lock_guard lock(state_->mutex);
  state_->faults.push_back({op, std::move(path_part), kind, times, after});
}

void SimFiles::heal() {
  std::lock_guard lock(state_->mutex);
  state_->faults.clear();
}

void SimFiles::set_free_bytes(uint64_t n) {
  std::lock_guard lock(state_->mutex);
  state_->capacity = state_->root->bytes() + n;
}

Io<std::unique_ptr<File>> SimFiles::open(const std::string& path, Open mode) {
  std::lock_guard lock(state_->mutex);
  if (auto fault = state_->take_fault(Op::kOpen, path)) return io_failure(*fault, "cannot open", path);
  auto place = state_->place(path);
  if (!place.directory) return io_failure(IoFailure::kNotFound, "no such directory", path);
  bool creates = mode == Open::kCreateNew || mode == Open::kCreateOrOpen;
  const DiskNode* node = place.node();
  if (!node && !creates) return io_failure(IoFailure::kNotFound, "no such file", path);
  if (node && mode == Open::kCreateNew) return io_failure(IoFailure::kExists, "exists", path);
  if (place.name.empty() || as_directory(node)) return io_failure(IoFailure::kOther, "is a directory", path);
  auto file = as_file(node);
  if (!file) {
    bool dies = state_->begin_change();
    file = std::make_shared<DiskFile>();
    place.directory->put(place.name, file);
    if (dies) state_->die();
  }
  return std::make_unique<Handle>(state_, std::move(file), path, mode != Open::kRead);
}

Done SimFiles::rename(const std::string& from, const std::string& to) {
  std::lock_guard lock(state_->mutex);
  if (auto fault = state_->take_fault(Op::kRename, from + " " + to)) return io_failure(*fault, "cannot rename", from);
  auto source = state_->place(from);
  auto target = state_->place(to);
  if (!source.node() || !target.directory) return io_failure(IoFailure::kNotFound, "no such file", from);
  if (source.node() == target.node()) return {};
  auto moved = as_directory(source.node());
  auto replaced = as_directory(target.node());
  bool kinds_differ = target.node() && static_cast<bool>(moved) != static_cast<bool>(replaced);
  if (target.name.empty() || kinds_differ || (replaced && !replaced->entries().empty())) {
    return io_failure(IoFailure::kOther, "is in the way", to);
  }
  auto inner = parts_of(to);
  auto outer = parts_of(from);
  if (inner.size() > outer.size() && std::equal(outer.begin(), outer.end(), inner.begin())) {
    return io_failure(IoFailure::kOther, "lies inside what is to be moved", to);
  }
  bool dies = state_->begin_change();
  DiskDirectory::move(source.directory, source.name, target.directory, target.name);
  if (dies) state_->die();
  return {};
}

Done SimFiles::remove(const std::string& path) {
  std::lock_guard lock(state_->mutex);
  if (auto fault = state_->take_fault(Op::kRemove, path)) return io_failure(*fault, "cannot remove", path);
  auto place = state_->place(path);
  if (!place.node()) return io_failure(IoFailure::kNotFound, "no such file", path);
  auto directory = as_directory(place.node());
  if (directory && !directory->entries().empty()) return io_failure(IoFailure::kOther, "directory is not empty", path);
  bool dies = state_->begin_change();
  place.directory->erase(place.name);
  if (dies) state_->die();
  return {};
}

Done SimFiles::make_directory(const std::string& path) {
  std::lock_guard lock(state_->mutex);
  if (auto fault = state_->take_fault(Op::kMakeDirectory, path)) return io_failure(*fault, "cannot make", path);
  std::shared_ptr<DiskDirectory> at = state_->root;
  for (const std::string& name : parts_of(path)) {
    const DiskNode* node = at->find(name);
    if (as_file(node)) return io_failure(IoFailure::kOther, "is a file", path);
    auto next = as_directory(node);
    if (!next) {
      bool dies = state_->begin_change();
      next = std::make_shared<DiskDirectory>();
      at->put(name, next);
      if (dies) state_->die();
    }
    at = next;
  }
  return {};
}

Done SimFiles::sync_directory(const std::string& path) {
  std::lock_guard lock(state_->mutex);
  if (auto fault = state_->take_fault(Op::kSyncDirectory, path)) return io_failure(*fault, "cannot sync", path);
  auto directory = state_->directory(path);
  if (!directory) return io_failure(IoFailure::kNotFound, "no such directory", path);
  if (state_->begin_change()) state_->die();
  directory->sync();
  return {};
}

Io<std::vector<std::string>> SimFiles::list(const std::string& path) {
  std::lock_guard lock(state_->mutex);
  if (auto fault = state_->take_fault(Op::kList, path)) return io_failure(*fault, "cannot list", path);
  auto directory = state_->directory(path);
  if (!directory) return io_failure(IoFailure::kNotFound, "no such directory", path);
  std::vector<std::string> names;
  for (const auto& [name, node] : directory->entries()) names.push_back(name);
  return names;
}

Io<uint64_t> SimFiles::free_bytes(const std::string& path) {
  std::lock_guard lock(state_->mutex);
  if (auto fault = state_->take_fault(Op::kFreeBytes, path)) return io_failure(*fault, "cannot examine", path);
  return state_->free();
}

Io<std::shared_ptr<void>> SimFiles::lock(const std::string& path) {
  {
    std::lock_guard lock(state_->mutex);
    if (auto fault = state_->take_fault(Op::kLock, path)) return io_failure(*fault, "cannot lock", path);
  }
  auto opened = open(path, Open::kCreateOrOpen);
  if (!opened) return tl::unexpected(opened.error());
  std::lock_guard lock(state_->mutex);
  auto file = as_file(state_->place(path).node());
  if (!file || !state_->locked.insert(file.get()).second) return io_failure(IoFailure::kBusy, "is locked", path);
  return std::shared_ptr<void>(file.get(), [state = state_, file, incarnation = state_->incarnation](void*) {
    std::lock_guard again(state->mutex);
    if (state->incarnation == incarnation) state->locked.erase(file.get());
  });
}

}  // namespace cairn::env
