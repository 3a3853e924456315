#include <atomic>
#include <mutex>
#include <set>

#include "base/log.h"
#include "base/text.h"
#include "blob/store.h"

namespace cairn::blob {

namespace {

constexpr size_t kIdBytes = 16;
constexpr size_t kFanOut = 2;  // digits of the id that name the folder

bool is_id(std::string_view name) {
  return name.size() == 2 * kIdBytes &&
         std::all_of(name.begin(), name.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

class DirectoryReader final : public Reader {
 public:
  DirectoryReader(std::unique_ptr<env::File> file, uint64_t size) : file_(std::move(file)), size_(size) {}
  env::Io<size_t> read(uint64_t offset, std::span<char> out) override { return file_->pread(offset, out); }
  uint64_t size() const override { return size_; }

 private:
  std::unique_ptr<env::File> file_;
  uint64_t size_;
};

class DirectoryStore final : public Store {
 public:
  DirectoryStore(env::Files& files, env::Random& random, std::string directory, uint64_t keep_free_bytes)
      : files_(files),
        random_(random),
        directory_(std::move(directory)),
        temporary_(directory_ + "/tmp"),
        keep_free_bytes_(keep_free_bytes) {}

  env::Done open() {
    if (auto done = files_.make_directory(temporary_); !done) return done;
    if (auto done = files_.sync_directory(env::parent_directory(directory_)); !done) return done;
    const auto unfinished = files_.list(temporary_);
    if (!unfinished) return tl::unexpected(unfinished.error());
    for (const std::string& name : *unfinished) (void)files_.remove(temporary_ + "/" + name);
    const auto folders = files_.list(directory_);
    if (!folders) return tl::unexpected(folders.error());
    for (const std::string& name : *folders) {
      if (name.size() == kFanOut) folders_.insert(name);
    }
    return {};
  }

  env::Io<std::unique_ptr<Writer>> create() override;
  env::Io<std::shared_ptr<Reader>> open(const BlobId& id) override {
    if (!is_id(id.str())) return tl::unexpected(env::IoFailure{env::IoFailure::kNotFound, "no blob has this name"});
    auto file = files_.open(path(id), env::Files::Open::kRead);
    if (!file) return tl::unexpected(file.error());
    const auto size = (*file)->size();
    if (!size) return tl::unexpected(size.error());
    return std::make_shared<DirectoryReader>(std::move(*file), *size);
  }
  void remove(const BlobId& id) override {
    if (is_id(id.str())) (void)files_.remove(path(id));  // what stays is garbage that the next start finds
  }
  void each(const std::function<void(const BlobId&)>& f) override {
    std::set<std::string> folders;
    {
      const std::lock_guard lock(mutex_);
      folders = folders_;
    }
    for (const std::string& folder : folders) {
      const auto names = files_.list(directory_ + "/" + folder);
      if (!names) continue;
      for (const std::string& name : *names) {
        if (is_id(name) && name.starts_with(folder)) f(BlobId(name));
      }
    }
  }

  std::string temporary_path(const BlobId& id) const { return temporary_ + "/" + id.str(); }

  /// Gives finished, synced bytes their name, for good.
  env::Done publish(const BlobId& id) {
    const std::string folder = id.str().substr(0, kFanOut);
    bool known;
    {
      const std::lock_guard lock(mutex_);
      known = folders_.contains(folder);
    }
    if (!known) {
      if (auto done = files_.make_directory(directory_ + "/" + folder); !done) return done;
      if (auto done = files_.sync_directory(directory_); !done) return done;
      const std::lock_guard lock(mutex_);
      folders_.insert(folder);
    }
    if (auto done = files_.rename(temporary_path(id), path(id)); !done) return done;
    return files_.sync_directory(directory_ + "/" + folder);
  }
  /// Whether the disk has room for the next kSpaceCheckBytes.
  env::Done check_space() {
    if (keep_free_bytes_ == 0) return {};
    const auto free = files_.free_bytes(directory_);
    const bool low = free && *free < keep_free_bytes_ + kSpaceCheckBytes;
    if (low_.exchange(low) != low) {
      if (low) log::warning("The disk has little space: objects are refused.", {{"directory", directory_}});
      else log::info("The disk has space for objects again.", {{"directory", directory_}});
    }
    if (!low) return {};
    return tl::unexpected(
        env::IoFailure{env::IoFailure::kNoSpace, fmt::format("{}: less than {} bytes would stay free", directory_, keep_free_bytes_)});
  }
  void discard(const BlobId& id) { (void)files_.remove(temporary_path(id)); }

 private:
  std::string path(const BlobId& id) const { return directory_ + "/" + id.str().substr(0, kFanOut) + "/" + id.str(); }

  env::Files& files_;
  env::Random& random_;
  const std::string directory_;
  const std::string temporary_;
  const uint64_t keep_free_bytes_;
  std::atomic<bool> low_{false};
  std::mutex mutex_;
  std::set<std::string> folders_;  // those whose names are durable; at most 256
};

class DirectoryWriter final : public Writer {
 public:
  DirectoryWriter(DirectoryStore& store, BlobId id, std::unique_ptr<env::File> file)
      : store_(store), id_(std::move(id)), file_(std::move(file)) {}
  ~DirectoryWriter() override {
    if (!file_) return;
    file_.reset();
    try {
      store_.discard(id_);
    } catch (...) {  // a simulated power cut, which ends a destructor badly; whatever is next feels it, too
    }
  }

  env::Done append(std::string_view data) override {
    if (size_ + data.size() > space_checked_) {
      if (auto done = store_.check_space(); !done) return done;
      space_checked_ = size_ + data.size() + kSpaceCheckBytes;
    }
    if (auto done = file_->pwrite(size_, data); !done) return done;
    size_ += data.size();
    return {};
  }
  env::Io<BlobId> finish() override {
    if (auto done = file_->sync(); !done) return tl::unexpected(done.error());
    if (auto done = store_.publish(id_); !done) {
      store_.remove(id_);  // it may have its name already, but not for good
      return tl::unexpected(done.error());
    }
    file_.reset();
    return id_;
  }

 private:
  DirectoryStore& store_;
  const BlobId id_;
  std::unique_ptr<env::File> file_;  // null: finished
  uint64_t size_ = 0;
  uint64_t space_checked_ = 0;  // up to this size there was room when last looked
};

env::Io<std::unique_ptr<Writer>> DirectoryStore::create() {
  BlobId id(text::hex(random_.bytes(kIdBytes)));
  auto file = files_.open(temporary_path(id), env::Files::Open::kCreateNew);
  if (!file) return tl::unexpected(file.error());
  return std::make_unique<DirectoryWriter>(*this, std::move(id), std::move(*file));
}

}  // namespace

Result<std::unique_ptr<Store>> open_directory(env::Files& files, env::Random& random, const std::string& directory,
                                              uint64_t keep_free_bytes) {
  auto store = std::make_unique<DirectoryStore>(files, random, directory, keep_free_bytes);
  if (auto done = store->open(); !done) return failure("objects: cannot open {}: {}", directory, done.error().message);
  return store;
}

}  // namespace cairn::blob
