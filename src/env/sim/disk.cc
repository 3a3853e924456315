#include "env/sim/disk.h"

#include <algorithm>

#include "base/check.h"

namespace cairn::env::sim {

using Unsynced = SimFiles::Unsynced;

void DiskFile::write(uint64_t offset, std::string_view data) {
  unsynced_.push_back({offset, std::string(data)});
  apply(unsynced_.back(), content_);
}

void DiskFile::truncate(uint64_t size) {
  unsynced_.push_back({size, std::nullopt});
  apply(unsynced_.back(), content_);
}

void DiskFile::sync() {
  for (const Change& change : unsynced_) apply(change, durable_);
  unsynced_.clear();
}

void DiskFile::fail_sync() { unsynced_.clear(); }

void DiskFile::crash(SimRandom& random, Unsynced unsynced) {
  // Besides mixtures, whole loss and whole survival are frequent, since both have bugs of their own.
  if (unsynced == Unsynced::kSome && random.one_in(4)) unsynced = Unsynced::kNothing;
  if (unsynced == Unsynced::kSome && random.one_in(4)) unsynced = Unsynced::kEverything;
  for (const Change& change : unsynced_) {
    if (unsynced == Unsynced::kEverything) apply(change, durable_);
    if (unsynced == Unsynced::kSome) apply_in_part(change, durable_, random);
  }
  unsynced_.clear();
  content_ = durable_;
}

void DiskFile::apply(const Change& change, std::string& content) {
  if (!change.data) {
    content.resize(change.offset);
    return;
  }
  uint64_t end = change.offset + change.data->size();
  if (content.size() < end) content.resize(end);
  std::copy(change.data->begin(), change.data->end(), content.begin() + static_cast<std::ptrdiff_t>(change.offset));
}

void DiskFile::apply_in_part(const Change& change, std::string& content, SimRandom& random) {
  constexpr uint64_t kSector = 512;
  if (!change.data) {
    if (random.one_in(2)) apply(change, content);
    return;
  }
  std::string_view data = *change.data;
  for (uint64_t offset = change.offset; !data.empty();) {
    size_t n = std::min<uint64_t>(data.size(), kSector - offset % kSector);
    std::string sector(data.substr(0, n));
    switch (random.below(8)) {
      case 0:
      case 1:
      case 2:
        break;  // dropped
      case 3:
        sector.assign(n, '\0');
        [[fallthrough]];  // the size arrived, the bytes did not
      case 4:
      case 5:
      case 6:
        if (random.one_in(8)) sector = random.bytes(n);
        if (random.one_in(8)) sector.resize(random.below(n));
        apply({offset, std::move(sector)}, content);
        break;
      default:
        apply({offset, std::move(sector)}, content);
        break;
    }
    data.remove_prefix(n);
    offset += n;
  }
}

const DiskNode* DiskDirectory::find(std::string_view name) const {
  auto at = entries_.find(name);
  return at == entries_.end() ? nullptr : &at->second;
}

void DiskDirectory::put(const std::string& name, DiskNode node) { change({{{name, std::move(node)}}, {}, nullptr}); }

void DiskDirectory::erase(const std::string& name) { change({{{name, std::nullopt}}, {}, nullptr}); }

void DiskDirectory::move(const std::shared_ptr<DiskDirectory>& from, const std::string& from_name, const std::shared_ptr<DiskDirectory>& to,
                         const std::string& to_name) {
  const DiskNode* found = from->find(from_name);
  CHECK(found);
  DiskNode node = *found;
  if (from == to) {
    from->change({{{from_name, std::nullopt}, {to_name, node}}, {}, nullptr});
    return;
  }
  auto both = std::make_shared<const int>(0);
  from->change({{{from_name, std::nullopt}}, to, both});
  to->change({{{to_name, node}}, from, both});
}

namespace {

template <class Change>
void apply_names(const Change& change, DiskDirectory::Entries& entries) {
  for (const auto& [name, node] : change.names) {
    if (node) {
      entries.insert_or_assign(name, *node);
    } else {
      entries.erase(name);
    }
  }
}

}  // namespace

void DiskDirectory::change(Change change) {
  apply_names(change, entries_);
  unsynced_.push_back(std::move(change));
}

void DiskDirectory::commit(size_t count) {
  for (; count > 0 && !unsynced_.empty(); --count) {
    Change change = std::move(unsynced_.front());
    unsynced_.pop_front();
    apply_names(change, durable_);
    auto partner = change.partner.lock();
    if (partner) partner->commit_half(change.move);
  }
}

void DiskDirectory::commit_half(const std::shared_ptr<const int>& move) {
  auto same = [&](const Change& change) { return change.move == move; };
  auto half = std::find_if(unsynced_.begin(), unsynced_.end(), same);
  if (half != unsynced_.end()) commit(static_cast<size_t>(half - unsynced_.begin()) + 1);
}

void DiskDirectory::crash(SimRandom& random, Unsynced unsynced) {
  choose(random, unsynced);
  settle(random, unsynced);
}

// First every directory decides how much of its changes survive, which may commit halves of moves elsewhere ...
void DiskDirectory::choose(SimRandom& random, Unsynced unsynced) {
  // Over a copy of both views: a directory may be reachable by one only, and committing changes the durable one.
  Entries seen = entries_;
  seen.insert(durable_.begin(), durable_.end());
  for (const auto& [name, node] : seen) {
    if (auto directory = std::get_if<std::shared_ptr<DiskDirectory>>(&node)) (*directory)->choose(random, unsynced);
  }
  if (unsynced == Unsynced::kEverything) commit(unsynced_.size());
  if (unsynced == Unsynced::kSome) commit(random.below(unsynced_.size() + 1));
}

// ... then what is left is forgotten.
void DiskDirectory::settle(SimRandom& random, Unsynced unsynced) {
  unsynced_.clear();
  entries_ = durable_;
  for (const auto& [name, node] : entries_) {
    if (auto directory = std::get_if<std::shared_ptr<DiskDirectory>>(&node)) (*directory)->settle(random, unsynced);
    if (auto file = std::get_if<std::shared_ptr<DiskFile>>(&node)) (*file)->crash(random, unsynced);
  }
}

uint64_t DiskDirectory::bytes() const {
  uint64_t sum = 0;
  for (const auto& [name, node] : entries_) {
    if (auto directory = std::get_if<std::shared_ptr<DiskDirectory>>(&node)) sum += (*directory)->bytes();
    if (auto file = std::get_if<std::shared_ptr<DiskFile>>(&node)) sum += (*file)->content().size();
  }
  return sum;
}

}  // namespace cairn::env::sim
