#include "history/imports.h"

#include <algorithm>

#include "base/log.h"
#include "base/text.h"
#include "history/terms.h"

namespace cairn::history {

namespace {

constexpr std::string_view kSuffix = ".import";

constexpr size_t kAhead = 4;           // events: their memory is asked for before they come ...
constexpr size_t kAskedMax = 2 << 10;  // ... so much of each
constexpr size_t kCacheLineBytes = 64;

void ask_for(const void* begin, size_t bytes) {
  for (size_t at = 0; at < std::min(bytes, kAskedMax); at += kCacheLineBytes) __builtin_prefetch(static_cast<const char*>(begin) + at);
}

std::string file_name(uint64_t number) { return fmt::format("{:020}{}", number, kSuffix); }
std::optional<uint64_t> number_of(std::string_view file) {
  if (!file.ends_with(kSuffix)) return std::nullopt;
  return text::to_uint(file.substr(0, file.size() - kSuffix.size()));
}

}  // namespace

// ---- what is there already

Seeking::Seeking(std::vector<Sought> sought, std::vector<char>& known, RecordOf record_of)
    : sought_(std::move(sought)), known_(known), record_of_(std::move(record_of)) {
  std::erase_if(sought_, [&](const Sought& one) { return known_[one.event] != 0; });
  std::ranges::sort(sought_, [](const Sought& a, const Sought& b) { return a.hash != b.hash ? a.hash < b.hash : a.event < b.event; });
  for (size_t i = 1; i < sought_.size(); ++i)
    if (sought_[i].hash == sought_[i - 1].hash) (void)names_of(sought_[i].hash);  // marks what stands in the list twice
}

Result<std::string> Seeking::name_of(std::string_view record) {
  const auto attributes = event::attributes(record, document_);
  if (!attributes) return tl::unexpected(attributes.error());
  return attributes->account + '\n' + attributes->event_id;
}

Result<const Seeking::Names*> Seeking::names_of(uint64_t hash) {
  const auto [at, is_new] = names_.try_emplace(hash);
  if (!is_new) return &at->second;
  for (auto same = std::ranges::lower_bound(sought_, hash, {}, &Sought::hash); same != sought_.end() && same->hash == hash; ++same) {
    const Sought& one = *same;
    if (known_[one.event] != 0) continue;
    const auto record = record_of_(one.event);
    auto name = record ? name_of(*record) : Result<std::string>(tl::unexpected(record.error()));
    if (!name) {
      const Failure why = name.error();
      names_.erase(at);
      return tl::unexpected(why);
    }
    if (!at->second.emplace(std::move(*name), one.event).second) known_[one.event] = 1;
  }
  return &at->second;
}

/// A record whose event ID has this hash, elsewhere.
Result<void> Seeking::meet(uint64_t hash, std::string_view record) {
  const auto names = names_of(hash);
  if (!names) return tl::unexpected(names.error());
  const auto name = name_of(record);
  if (!name) return {};  // it is no event
  if (const auto same = (*names)->find(*name); same != (*names)->end()) known_[same->second] = 1;
  return {};
}

void Seeking::choose(uint32_t oldest, uint32_t newest) {
  hashes_.clear();
  for (const Sought& one : sought_) {
    if (one.time < oldest || one.time > newest || known_[one.event] != 0) continue;
    if (hashes_.empty() || hashes_.back() != one.hash) hashes_.push_back(one.hash);
  }
}

Result<void> Seeking::look_in(const Segment& segment) {
  choose(segment.oldest_time(), segment.newest_time());
  if (hashes_.empty()) return {};
  Result<void> result;
  const auto matched = segment.match(hashes_, [&](size_t which, std::string_view record) {
    if (const auto met = meet(hashes_[which], record); !met) result = met;
  });
  if (!matched && segment.is_dropped()) return {};  // past the retention, or in another segment by now
  return matched ? result : matched;
}

Result<void> Seeking::look_in(const Tail& tail) {
  choose(0, 0xffffffff);
  for (const auto& [which, candidate] : tail.match(hashes_))
    if (const auto met = meet(hashes_[which], candidate.record); !met) return met;
  return {};
}

std::vector<Seeking::Sought> Seeking::take_unknown() {
  std::erase_if(sought_, [&](const Sought& one) { return known_[one.event] != 0; });
  return std::move(sought_);
}

// ---- the files

Imports::Imports(env::Files& files, const env::Clock& clock, const std::string& directory, std::shared_ptr<segment::Storage> storage)
    : files_(files),
      clock_(clock),
      directory_(directory + "/imports"),
      segments_(files, "imported events", directory_, 0, {}, std::move(storage)),
      merger_(files, segments_, UINT32_MAX) {}

Result<void> Imports::load() {
  if (auto made = files_.make_directory(directory_); !made) return failure("{}", made.error().message);
  const auto names = files_.list(directory_);
  if (!names) return failure("{}", names.error().message);
  const bool has_files = std::ranges::any_of(*names, [](const std::string& name) { return number_of(name).has_value(); });
  if (has_files && std::ranges::find(*names, "manifest") == names->end())
    return failure("{} has imported events but no manifest: restore the file `manifest`, or move the directory away to begin without them",
                   directory_);
  const Result<uint64_t> highest = segments_.load();
  if (!highest) return tl::unexpected(highest.error());
  uint64_t number = *highest;
  for (const std::string& name : *names) number = std::max(number, number_of(name).value_or(0));
  first_number_ = number + 1;
  next_number_ = first_number_;
  return {};
}

Result<std::string> Imports::stage(std::span<const Arrival> arrivals, std::vector<Seeking::Sought> added, Seen seen) {
  if (auto room = make_room(); !room) return tl::unexpected(room.error());
  std::ranges::sort(
      added, [](const Seeking::Sought& a, const Seeking::Sought& b) { return a.time != b.time ? a.time < b.time : a.event < b.event; });
  const uint64_t number = next_number_++;
  const uint64_t position = kImportedPositions + number;
  Tail tail(position);
  uint32_t row = 0;
  for (size_t i = 0; i < added.size(); ++i) {
    // In order of time they lie anywhere in memory.
    if (i + 2 * kAhead < added.size()) ask_for(&arrivals[added[i + 2 * kAhead].event], sizeof(Arrival));
    if (i + kAhead < added.size()) {
      const std::string_view record = arrivals[added[i + kAhead].event].record;
      ask_for(record.data(), record.size());
    }
    const Arrival& arrival = arrivals[added[i].event];
    tail.add({position, row}, arrival.attributes, arrival.record);
    added[i].event = row++;
  }
  tail.close_block();
  std::string file = file_name(number);
  auto segment = segments_.make(file, [&](const std::string& path) { return write_segment(files_, path, tail, position); });
  if (!segment) return failure("the disk refuses the events; the server's log says why");
  std::ranges::sort(added, {}, &Seeking::Sought::hash);
  const std::lock_guard lock(mutex_);
  waiting_[file] = {.segment = std::move(segment), .sought = std::move(added), .seen = std::move(seen), .since = clock_.steady()};
  return file;
}

/// What is staged and never named holds memory and disk.
Result<void> Imports::make_room() {
  const std::lock_guard lock(mutex_);
  if (waiting_.size() < kStagedMax) return {};
  for (auto it = waiting_.begin(); it != waiting_.end();) {
    if (it->second.is_named || clock_.steady() - it->second.since < kStagedFor) {
      ++it;
      continue;
    }
    it->second.segment->drop();
    segments_.discard(*it->second.segment);
    it = waiting_.erase(it);
  }
  if (waiting_.size() >= kStagedMax) return failure("{} imports wait for the journal", waiting_.size());
  return {};
}

void Imports::name(const std::string& file) {
  const std::lock_guard lock(mutex_);
  if (const auto found = waiting_.find(file); found != waiting_.end()) found->second.is_named = true;
}

/// What an entry names. None: it was adopted before, and has gone since.
Result<std::optional<Imports::Waiting>> Imports::take(const std::string& file) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = waiting_.find(file); found != waiting_.end()) return std::optional<Waiting>(found->second);
  }
  const auto there = files_.open(segments_.path(file), env::Files::Open::kRead);
  if (!there && there.error().kind == env::IoFailure::kNotFound) return std::optional<Waiting>();
  if (!there) return failure("{}", there.error().message);
  auto segment = segments_.open(file);
  if (!segment) {
    log::error("imported events are lost", {{"error", segment.error().message}});
    return std::optional<Waiting>();
  }
  Waiting waiting{.segment = *segment, .sought = {}, .seen = {}, .since = {}};
  json::Document document;
  const auto read = (*segment)->each([&](uint32_t number, const Row& row, std::string_view record) {
    if (const auto attributes = event::attributes(record, document))
      waiting.sought.push_back({term_hash(TermKind::kEventId, attributes->event_id), number, row.time});
  });
  if (!read) {
    log::error("imported events are lost", {{"error", read.error().message}});
    return std::optional<Waiting>();
  }
  return std::optional<Waiting>(std::move(waiting));
}

bool Imports::adopt(const std::string& file, const Look& look) {
  const std::optional<uint64_t> number = number_of(file);
  const auto before = segments_.segments();
  if (!number || std::ranges::any_of(*before, [&](const auto& segment) { return segment->file() == file; })) return true;
  auto waiting = take(file);
  if (!waiting) {
    log::error("imported events cannot be opened, and wait", {{"error", waiting.error().message}});
    return false;
  }
  if (!*waiting) return true;
  std::shared_ptr<Segment> segment = (*waiting)->segment;
  const std::optional<Seen> seen = (*waiting)->seen;

  std::vector<char> known(segment->count());
  std::string own;
  Seeking seeking(std::move((*waiting)->sought), known, [&](uint32_t event) -> Result<std::string_view> {
    auto record = segment->record(event);
    if (!record) return tl::unexpected(record.error());
    own = std::move(*record);
    return own;
  });
  Result<void> looked = look(seeking, seen);
  for (const auto& other : *before) {
    if (!looked) break;
    if (!seen || !seen->imported.contains(other->file())) looked = seeking.look_in(*other);
  }
  if (!looked)
    log::error("whether imported events are there already cannot be told: some may be twice", {{"error", looked.error().message}});

  std::shared_ptr<Segment> adopted = segment;
  if (std::ranges::find(known, 1) != known.end()) {
    auto rest = without(*segment, known);
    if (!rest) return false;
    adopted = std::move(*rest);
  }
  auto after = std::make_shared<Segments>(*before);
  if (adopted) after->push_back(adopted);
  if (!segments_.replace(std::move(after), std::nullopt, std::max(segments_.position(), next_number_ - 1))) {
    if (adopted && adopted != segment && segments_.write_again()) segments_.discard(*adopted);  // else the next opening may want it
    return false;
  }
  {
    const std::lock_guard lock(mutex_);
    waiting_.erase(file);
  }
  if (adopted != segment) {
    segment->drop();
    segments_.discard(*segment);
  }
  return true;
}

/// The same without the events that are known; null if there are no others.
Result<std::shared_ptr<Segment>> Imports::without(const Segment& segment, const std::vector<char>& known) {
  const uint64_t number = next_number_++;
  const uint64_t position = kImportedPositions + number;
  Tail tail(position);
  json::Document document;
  uint32_t kept = 0;
  const auto read = segment.each([&](uint32_t row, const Row&, std::string_view record) {
    if (known[row] != 0) return;
    if (const auto attributes = event::attributes(record, document)) tail.add({position, kept++}, *attributes, record);
  });
  if (!read) {
    log::error("imported events cannot be read, and wait", {{"error", read.error().message}});
    return tl::unexpected(read.error());
  }
  if (kept == 0) return std::shared_ptr<Segment>();
  tail.close_block();
  auto made = segments_.make(file_name(number), [&](const std::string& path) { return write_segment(files_, path, tail, position); });
  if (!made) return failure("the disk refuses");
  return made;
}

void Imports::expire(uint32_t oldest) {
  (void)segments_.keep([&](const Segment& segment) { return segment.newest_time() >= oldest; }, std::nullopt, segments_.position());
}

void Imports::clear() {
  (void)segments_.keep([](const Segment&) { return false; }, std::nullopt, segments_.position());
}

/// What is imported may be of any time: that none becomes longer would leave most of it apart.
bool Imports::tidy_once(std::mutex& changing, const std::function<bool()>& wanted) {
  const auto name = [this](uint64_t, const Segments&) { return file_name(next_number_++); };
  return merger_.once(changing, wanted, name, [this] { return std::max(segments_.position(), next_number_ - 1); });
}

void Imports::sweep() {
  if (std::exchange(swept_, true)) return;
  const auto names = files_.list(directory_);
  if (!names) return;
  for (const std::string& name : *names) {
    const auto number = number_of(name);
    if (!number || *number >= first_number_) continue;
    if (std::ranges::any_of(*segments_.segments(), [&](const auto& segment) { return segment->file() == name; })) continue;
    (void)files_.remove(segments_.path(name));
  }
}

}  // namespace cairn::history
