#include "journal/writer.h"

#include <unistd.h>

#include "base/check.h"
#include "base/crypto.h"
#include "base/log.h"
#include "env/clock.h"

namespace cairn::journal {

namespace {

using std::chrono_literals::operator""ms;

constexpr size_t kBatchBytesMax = 1 << 20;
constexpr size_t kIdleBuffersMax = 2;
constexpr uint64_t kFirstSegmentBytes = 2 << 20;  // a fresh journal is up at once; sizes double from here
constexpr uint64_t kSegmentBytesMin = 16 << 10;
constexpr uint64_t kHeadroomBytes = 1 << 20;  // kept for what was accepted, when no further segment can be made
constexpr size_t kReleasedKept = 1;           // released segments kept to be recycled next
constexpr size_t kCompanyMin = 8;             // entries in the last batch that make a delay worth while
constexpr auto kRetryAfter = 200ms;           // the disk is full, or failed
constexpr auto kFillPause = 4ms;              // between pieces of zero-filling
constexpr auto kRoomPause = 5ms;              // the committer waits for a segment
constexpr int kExitCode = 70;                 // EX_SOFTWARE

uint64_t capacity(uint64_t segment_bytes) { return segment_bytes - kSegmentHeaderBytes - kBatchHeaderBytes; }

}  // namespace

Writer::Writer(env::Files& files, const Options& options, Found found)
    : files_(files),
      options_(options),
      segments_(std::move(found.live), std::move(found.spares), found.last),
      appended_(found.last.seq),
      current_(segments_.newest()),
      offset_(current_->end),
      incarnation_(found.incarnation + 1),
      chain_(found.chain),
      durable_(found.last.seq),
      maker_(files, *options.random, options.directory) {
  const size_t most = capacity(options_.segment_bytes) - kBatchHeaderBytes - kEntryHeaderBytes - 7;
  entry_bytes_max_ = std::min(kEntryBytesMax, most);
  batch_bytes_max_ = std::min<size_t>(kBatchBytesMax, capacity(options_.segment_bytes));
  room_ = current_->header.bytes - offset_;
}

Writer::~Writer() {
  try {
    drain();
    const std::lock_guard lock(commit_mutex_);
    // Best effort: without this mark only damage of the very last batch is harder to see.
    Batch mark{std::string(kBatchHeaderBytes, '\0'), {}, appended_ + 1, 0};
    if (!dead_ && mark_needed_ && durable_ == appended_ && room_ >= kBatchHeaderBytes) write(mark);
    dead_ = true;
  } catch (...) {  // only a simulated crash throws here: then nothing more may be written
    dead_ = true;
  }
  preparer_.reset();  // first: its last step may still wake the committer
  committer_.reset();
}

env::Done Writer::begin(const std::vector<TornTail>& torn, const std::vector<Repair>& repairs, std::optional<Doubtful> doubtful) {
  const std::lock_guard lock(commit_mutex_);
  if (auto done = mend(torn, repairs); !done) return done;
  if (doubtful) {
    if (auto done = repeat(*doubtful); !done) return done;
  }
  if (room_ >= kBatchHeaderBytes) {
    BatchHeader header{.incarnation = incarnation_, .first = appended_ + 1, .durable = durable_, .previous = chain_};
    std::string mark(std::min<uint64_t>(room_, 2 * kBatchHeaderBytes), '\0');
    encode_batch_header(header, current_->header.salt, mark.data());
    if (auto done = current_->file->pwrite(offset_, mark); !done) return done;
    chain_ = header.checksum;
    offset_ += kBatchHeaderBytes;
    room_ = current_->header.bytes - offset_;
  }
  // A mark alone needs no sync of its own: the next batch's is its as well, and until then nothing depends on it.
  unsynced_ = true;
  if (doubtful) {
    if (auto done = sync_current(); !done) return done;
  }
  segments_.publish(appended_ + 1, offset_, {durable_});
  ahead_ = room_ < current_->header.bytes / 8 * 7;
  low_on_disk();
  return {};
}

env::Done Writer::repeat(Doubtful& doubtful) {
  const std::shared_ptr<Segment> original = current_;
  while (!make_room(doubtful.bytes.size())) {  // rare: it lies at its segment's very end
    bool made = false;
    while (!made) {
      if (auto done = make_spare(made); !done) return done;
    }
  }
  BatchHeader header = doubtful.header;
  header.incarnation = incarnation_;
  std::string again = doubtful.bytes;
  encode_batch_header(header, current_->header.salt, again.data());
  again.append(std::min<uint64_t>(kBatchHeaderBytes, room_ - again.size()), '\0');
  if (auto done = current_->file->pwrite(offset_, again); !done) return done;
  if (auto done = current_->file->sync(); !done) return done;
  // Only now in place: an interrupted overwrite may destroy what it was to refresh.
  if (auto done = original->file->pwrite(doubtful.offset, doubtful.bytes); !done) return done;
  if (original != current_) {
    if (auto done = original->file->sync(); !done) return done;
  }
  chain_ = header.checksum;
  offset_ += doubtful.bytes.size();
  room_ = current_->header.bytes - offset_;
  segments_.publish(header.first, offset_, {durable_});
  return {};
}

void Writer::start(env::Tasks& tasks) {
  committer_ = tasks.start("journal", [this] { return commit_step(); });
  preparer_ = tasks.start("journal-ahead", [this] { return prepare_step(); });
}

// ---- appending

Position Writer::append(std::string_view entry, Waiter* waiter) {
  CHECK(!entry.empty() && entry.size() <= entry_bytes_max_);
  // Over the payload outside the lock: inside remain a header, a chain over 8 bytes, and the copy.
  char head[kEntryHeaderBytes];
  encode_entry_header(entry, crypto::crc32c(entry), head);
  const size_t bytes = kEntryHeaderBytes + padded(entry.size());
  uint64_t seq;
  bool wake = false;
  {
    const std::lock_guard lock(gather_mutex_);
    seq = appended_.load(std::memory_order_relaxed) + 1;
    appended_.store(seq, std::memory_order_release);
    if (dead_) return {seq};
    if (gathered_.empty() || gathered_.back().bytes.size() + bytes > batch_bytes_max_) {
      if (idle_.empty()) {
        gathered_.emplace_back();
      } else {
        gathered_.push_back(std::move(idle_.back()));
        idle_.pop_back();
      }
      gathered_.back().bytes.assign(kBatchHeaderBytes, '\0');
      gathered_.back().first = seq;
    }
    Batch& batch = gathered_.back();
    batch.chain = crypto::crc32c({head, sizeof head}, batch.chain);
    batch.bytes.append(head, sizeof head);
    batch.bytes.append(entry);
    batch.bytes.append(padded(entry.size()) - entry.size(), '\0');
    batch.waiters.push_back(waiter);
    gathered_bytes_.fetch_add(bytes, std::memory_order_relaxed);
    wake = !std::exchange(committer_awake_, true);
  }
  if (wake) committer_->wake();
  return {seq};
}

bool Writer::accepting() const {
  if (dead_ || low_on_disk_.load(std::memory_order_relaxed)) return false;
  const uint64_t gathered = gathered_bytes_.load(std::memory_order_relaxed);
  if (gathered >= options_.gather_bytes_max) return false;
  // Without a further segment: only while what is left holds all that waits, and what is being decided.
  const uint64_t headroom = std::min(kHeadroomBytes, options_.segment_bytes / 4);
  return !spare_failed_.load(std::memory_order_relaxed) || room_.load(std::memory_order_relaxed) > gathered + headroom;
}

Position Writer::appended() const { return {appended_.load(std::memory_order_acquire)}; }

// ---- committing

env::Next Writer::commit_step() {
  const std::lock_guard lock(commit_mutex_);
  if (options_.gather_delay.count() > 0 && last_count_ >= kCompanyMin && !std::exchange(delayed_, true)) {
    return env::Next::after(options_.gather_delay);
  }
  delayed_ = false;
  switch (commit_batch()) {
    case Outcome::kWritten:
      return env::Next::now();
    case Outcome::kNoRoom:
      return env::Next::after(kRoomPause);
    case Outcome::kNothing:
    case Outcome::kDead:
      break;
  }
  return env::Next::when_woken();
}

Writer::Outcome Writer::commit_batch() {
  if (dead_) return Outcome::kDead;
  if (!writing_) {
    const std::lock_guard lock(gather_mutex_);
    if (gathered_.empty()) {
      committer_awake_ = false;
      return Outcome::kNothing;
    }
    writing_ = std::move(gathered_.front());
    gathered_.pop_front();
  }
  if (!make_room(writing_->bytes.size())) return Outcome::kNoRoom;
  last_count_ = writing_->waiters.size();
  if (const Outcome outcome = write(*writing_); outcome != Outcome::kWritten) return outcome;
  finish(*writing_);
  writing_.reset();
  return Outcome::kWritten;
}

bool Writer::make_room(size_t bytes) {
  while (room_ < bytes) {
    if (!segments_.has_spare()) {
      look_ahead();
      return false;
    }
    // Nothing may stand in a segment before all of the one before is durable. A batch is, when the next is written.
    if (unsynced_) {
      if (auto done = sync_current(); !done) {
        fatal("sync", done.error());
        return false;
      }
    }
    segments_.begin_spare();
    current_ = segments_.newest();
    offset_ = kSegmentHeaderBytes;
    room_ = current_->header.bytes - offset_;
    ahead_ = false;
  }
  return true;
}

env::Done Writer::sync_current() {
  try {
    auto done = current_->file->sync();
    if (done) unsynced_ = false;
    return done;
  } catch (...) {  // a simulated crash
    dead_ = true;
    throw;
  }
}

/// A journal that is hardly used costs one segment; a busy one has the next long before it is needed.
void Writer::look_ahead() {
  if (!ahead_.exchange(true) && preparer_) preparer_->wake();
}

Writer::Outcome Writer::write(Batch& batch) {
  BatchHeader header{.incarnation = incarnation_,
                     .first = batch.first,
                     .durable = durable_,
                     .count = static_cast<uint32_t>(batch.waiters.size()),
                     .bytes = static_cast<uint32_t>(batch.bytes.size() - kBatchHeaderBytes),
                     .previous = chain_,
                     .entries = batch.chain};
  encode_batch_header(header, current_->header.salt, batch.bytes.data());
  const size_t bytes = batch.bytes.size();
  batch.bytes.append(std::min<uint64_t>(kBatchHeaderBytes, room_ - bytes), '\0');
  try {
    if (auto done = current_->file->pwrite(offset_, batch.bytes); !done) return fatal("write", done.error());
    if (auto done = sync_current(); !done) return fatal("sync", done.error());
  } catch (...) {  // a simulated crash
    dead_ = true;
    throw;
  }
  chain_ = header.checksum;
  offset_ += bytes;
  room_ = current_->header.bytes - offset_;
  if (room_ < current_->header.bytes / 8 * 7) look_ahead();
  mark_needed_ = header.count > 0;
  segments_.publish(header.first, offset_, {header.last()});
  durable_.store(header.last(), std::memory_order_release);
  gathered_bytes_.fetch_sub(bytes - kBatchHeaderBytes, std::memory_order_relaxed);
  return Outcome::kWritten;
}

Writer::Outcome Writer::fatal(const std::string& what, const env::IoFailure& why) {
  // Not retried: the system may have dropped the data, and would call a second sync a success.
  dead_ = true;
  const std::string message = fmt::format("journal: {} of {} failed: {}", what, current_->path, why.message);
  if (options_.on_fatal) {
    options_.on_fatal(message);
    return Outcome::kDead;
  }
  log::error("The journal cannot be written; the server ends here. What was answered is safe.", {{"error", message}});
  _exit(kExitCode);
}

void Writer::finish(Batch& batch) {
  for (size_t i = 0; i < batch.waiters.size(); ++i) {
    if (batch.waiters[i]) batch.waiters[i]->durable({batch.first + i});
  }
  {
    const std::lock_guard lock(watchers_mutex_);
    for (env::Task* task : watchers_) task->wake();
  }
  batch.waiters.clear();
  batch.chain = 0;
  {
    const std::lock_guard lock(gather_mutex_);
    if (idle_.size() < kIdleBuffersMax) idle_.push_back(std::move(batch));
  }
  if (!low_on_disk_ && low_on_disk() && preparer_) preparer_->wake();  // it watches until there is space again
}

void Writer::drain() {
  while (true) {
    Outcome outcome;
    {
      const std::lock_guard lock(commit_mutex_);
      outcome = commit_batch();
    }
    if (outcome == Outcome::kNothing || outcome == Outcome::kDead) return;
    if (outcome == Outcome::kNoRoom) {
      prepare_step();
      if (spare_failed_) return;
    }
  }
}

// ---- segments ahead

env::Next Writer::prepare_step() {
  const std::lock_guard lock(prepare_mutex_);
  if (dead_) return env::Next::when_woken();
  try {
    return prepare();
  } catch (...) {  // a simulated crash
    dead_ = true;
    throw;
  }
}

env::Next Writer::prepare() {
  const bool low = low_on_disk_ && low_on_disk();
  if (ahead_ && !segments_.has_spare()) {
    bool made = false;
    if (auto done = make_spare(made); !done) {
      if (!spare_failed_.exchange(true)) {
        log::warning("The journal's next segment cannot be made; calls are refused when the current one is full.",
                     {{"error", done.error().message}});
      }
      return env::Next::after(kRetryAfter);
    }
    if (!made) return room_ < options_.segment_bytes / 2 ? env::Next::now() : env::Next::after(kFillPause);
    if (spare_failed_.exchange(false)) log::info("The journal's next segment is made: calls are taken again.");
    if (committer_) committer_->wake();
  }
  if (trim()) return env::Next::now();
  return low ? env::Next::after(kRetryAfter) : env::Next::when_woken();
}

uint64_t Writer::segment_bytes_of(uint64_t number) const {
  uint64_t bytes = kFirstSegmentBytes;
  for (uint64_t i = 1; i < number && bytes < options_.segment_bytes; ++i) bytes *= 2;
  return std::min(bytes, options_.segment_bytes);
}

env::Done Writer::make_spare(bool& made) {
  if (!maker_.busy()) {
    const uint64_t number = segments_.next_number();
    const auto old = segments_.released();
    if (old && old->header.bytes == options_.segment_bytes) {
      if (auto done = maker_.begin_recycled(number, *old); !done) return done;
      segments_.forget_released();
    } else {
      const uint64_t bytes = segment_bytes_of(number);
      if (!reserve_allows(bytes)) {
        return tl::unexpected(env::IoFailure{
            env::IoFailure::kNoSpace, fmt::format("{}: less than {} bytes would stay free", options_.directory, options_.reserve_bytes)});
      }
      if (auto done = maker_.begin(number, bytes); !done) return done;
    }
  }
  auto segment = maker_.step();
  if (!segment) return tl::unexpected(segment.error());
  made = *segment != nullptr;
  if (made) segments_.add_spare(std::move(*segment));
  return {};
}

/// Removes released segments beyond those kept for recycling, one at a time and oldest first, so that no gap can appear.
bool Writer::trim() {
  const auto old = segments_.released();
  if (!old || (old->header.bytes == options_.segment_bytes && segments_.released_count() <= kReleasedKept)) return false;
  if (const auto done = files_.remove(old->path); !done) {
    log::warning("A journal segment cannot be removed.", {{"error", done.error().message}});
    return false;
  }
  segments_.forget_released();
  if (const auto done = files_.sync_directory(options_.directory); !done) {
    log::warning("The journal's directory cannot be synced.", {{"error", done.error().message}});
    return false;
  }
  return true;
}

bool Writer::low_on_disk() {
  const auto bytes = files_.free_bytes(options_.directory);
  const bool low = bytes && *bytes < options_.reserve_bytes;
  if (low_on_disk_.exchange(low) != low) {
    if (low) {
      log::warning("The disk is nearly full: new calls are refused.", {{"directory", options_.directory}});
    } else {
      log::info("There is space on the disk again: calls are taken.", {{"directory", options_.directory}});
    }
  }
  return low;
}

bool Writer::reserve_allows(uint64_t bytes) {
  const auto free = files_.free_bytes(options_.directory);
  return !free || *free >= options_.reserve_bytes + bytes;
}

void Writer::watch(env::Task* task) {
  const std::lock_guard lock(watchers_mutex_);
  watchers_.push_back(task);
}

void Writer::unwatch(env::Task* task) {
  const std::lock_guard lock(watchers_mutex_);
  std::erase(watchers_, task);
}

void Writer::release(Position position) {
  if (segments_.release(position)) preparer_->wake();
}

// ---- opening

Result<std::unique_ptr<Journal>> Journal::open(env::Files& files, env::Tasks& tasks, const Options& options, Position replay_after,
                                               const OnEntry& on_entry, Recovery* recovery) {
  const auto started = env::system_clock().steady();
  const auto failed = [&](const env::IoFailure& why) { return failure("journal: cannot open {}: {}", options.directory, why.message); };
  if (options.segment_bytes < kSegmentBytesMin || options.segment_bytes % 8 != 0) {
    return failure("journal: segment size {} must be a multiple of 8, at least {}", options.segment_bytes, kSegmentBytesMin);
  }
  if (auto done = files.make_directory(options.directory); !done) return failed(done.error());
  auto found = find_end(files, options.directory);
  if (!found) return tl::unexpected(found.error());
  if (replay_after > found->last) {
    return failure(
        "journal: {} ends with entry {}, but the state holds everything up to {}: segments are missing or damaged. "
        "Nothing was changed. Restore the directory from a backup.",
        options.directory, found->last.seq, replay_after.seq);
  }
  if (found->live.empty()) {
    if (auto done = files.sync_directory(env::parent_directory(options.directory)); !done) return failed(done.error());
    SegmentMaker maker(files, *options.random, options.directory);
    if (auto done = maker.begin(1, std::min(kFirstSegmentBytes, options.segment_bytes)); !done) return failed(done.error());
    while (found->live.empty()) {
      auto segment = maker.step();
      if (!segment) return failed(segment.error());
      if (*segment) found->live.push_back(std::move(*segment));
    }
  } else if (replay_after.seq + 1 < found->live.front()->first) {
    return failure(
        "journal: {} begins with entry {}, but the state needs everything after {}: segments are missing. Nothing was "
        "changed. Restore the directory from a backup.",
        options.directory, found->live.front()->first, replay_after.seq);
  }

  Recovery summary{.last = found->last};
  for (const TornTail& torn : found->torn) summary.torn_bytes += torn.bytes;
  const auto torn = std::move(found->torn);
  const auto repairs = std::move(found->repairs);
  auto doubtful = std::move(found->doubtful);
  auto writer = std::make_unique<Writer>(files, options, std::move(*found));
  if (auto done = writer->begin(torn, repairs, std::move(doubtful)); !done) return failed(done.error());
  constexpr size_t kReplayBytes = 1 << 20;
  Position at = replay_after;
  while (at < summary.last) {
    const auto given = writer->read(at, kReplayBytes, [&](Position position, std::string_view entry) {
      at = position;
      ++summary.entries_replayed;
      if (on_entry) on_entry(position, entry);
    });
    if (!given) return tl::unexpected(given.error());
    CHECK(*given > 0);
  }
  writer->start(tasks);
  summary.took = std::chrono::duration_cast<std::chrono::microseconds>(env::system_clock().steady() - started);
  if (recovery) *recovery = summary;
  return writer;
}

}  // namespace cairn::journal
