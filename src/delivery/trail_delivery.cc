#include "delivery/trail_delivery.h"

#include <algorithm>
#include <array>

#include "archive/log_file.h"
#include "base/crypto.h"
#include "base/log.h"
#include "base/text.h"
#include "delivery/backlog.h"
#include "delivery/notices.h"
#include "journal/entry.h"
#include "state/internal_commit.h"

namespace cairn::delivery {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

constexpr size_t kReadBytes = 4 << 20;  // of the journal in one step
constexpr size_t kPutsAtOnce = 4;       // of one trail
constexpr auto kRetryFirst = 1s, kRetryMax = 60s;
// Between looks at a journal that goes on and on, a tenth of the interval within these bounds: callers need the cores, and each of 200
// trails would be woken by each call.
constexpr std::chrono::milliseconds kPauseMin{25}, kPauseMax{1000};
constexpr auto kLookAtClock = 60s;                 // it may be set
constexpr auto kLookAtBacklog = 250ms;             // while it waits for the bucket
constexpr auto kTellOfDropped = 60s;               // at most so often
constexpr auto kStuck = 5s;                        // files under way for longer: the bucket is as good as gone
constexpr int kTriesOfDeleted = 3;                 // for the last files of a trail that is gone
constexpr size_t kErasedAtOnce = 4000;             // documents in one entry
constexpr uint64_t kOrders = 218'340'105'584'896;  // 62^8: archive::unique_part
constexpr uint64_t kOrdersPerMilli = kOrders / 60'000;
/// Codes after which nothing was stored, for certain.
constexpr std::array<std::string_view, 5> kRefusals = {"AccessDenied", "InvalidAccessKeyId", "KeyTooLongError", "NoSuchBucket",
                                                       "SignatureDoesNotMatch"};
constexpr const char* kLetters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

Time whole_seconds(Time t) { return std::chrono::floor<std::chrono::seconds>(t); }
Time minute_of(Time t) { return std::chrono::floor<std::chrono::minutes>(t); }

/// The place in a file's name that sorts as files are cut: by the time within the minute.
uint64_t order_at(Time t, uint64_t random) {
  return static_cast<uint64_t>((t - minute_of(t)).count()) * kOrdersPerMilli + random % kOrdersPerMilli;
}

bool digests(const std::optional<Trail>& trail) { return trail && trail->logging && trail->validation; }

}  // namespace

TrailDelivery::TrailDelivery(const Means& means, env::Tasks& tasks, std::string trail_id, Cursor cursor)
    : means_(means),
      id_(std::move(trail_id)),
      blobs_(means_.blobs, means_.random, means_.object_key, id_),
      cursor_(std::move(cursor)),
      read_(cursor_.position),
      turn_(cursor_.turn),
      gathered_(means_.clock, means_.options.interval),
      digested_at_(means_.clock.steady()),
      needed_(cursor_.position.seq) {
  state::Transaction state(means_.store);
  for (std::string after;;) {
    const state::Page page = state.list(keys::files_of(id_), after, state::Transaction::kListMax);
    for (const state::Item& item : page.items) {
      CutFile file = decode_cut_file(item.value);
      if (!file.blob.empty()) outgoing_.push_back(std::move(file));
    }
    if (!page.more) break;
    after = page.items.back().key;
  }
  for (const state::Item& item : state.list(keys::chains_of(id_), "", state::Transaction::kListMax).items) {
    Chain chain = decode_chain(item.value);
    gathered_.know(chain.region);
    chains_[chain.region] = std::move(chain);
  }
  means_.counters.outgoing += static_cast<int64_t>(outgoing_.size());
  status_ = read_status(state, id_);
  gathered_.follow(cursor_.trail);
  task_ = tasks.start("trail", [this] { return ready_ ? step() : env::Next::when_woken(); });
  completions_->wake_by(task_.get());
  ready_ = true;
  task_->wake();
}

TrailDelivery::~TrailDelivery() { stop(); }

void TrailDelivery::stop() {
  if (!task_) return;
  means_.journal.unwatch(task_.get());
  completions_->wake_by(nullptr);
  task_.reset();
}

void TrailDelivery::hurry() {
  hurried_ = true;
  task_->wake();
}

// ------------------------------------------------------------------ what is next

env::Next TrailDelivery::step() {
  if (ended_) return env::Next::when_woken();
  const bool all_came = completions_->complete();
  take_outcomes(all_came);
  if (ended_) return env::Next::when_woken();
  const nanoseconds now = means_.clock.steady();
  const bool is_answered = all_came && completions_->complete();
  if (!is_answered || now < retry_at_) {
    if (outgoing_.empty()) return is_answered ? env::Next::after(retry_at_ - now) : env::Next::when_woken();
    // Events go on meanwhile. Nothing else may be on its way to the journal: the one place that is needed follows the last entry.
    if (durable_expected_ == 0 && bytes_too_many() > 0) drop_what_is_too_old();
    return env::Next::after(is_answered ? std::min<nanoseconds>(retry_at_ - now, kLookAtBacklog) : kLookAtBacklog);
  }
  if (!outgoing_.empty()) return send();
  checked_ = false;
  if (!made_.empty()) return cut();
  if (turn_) return make_turn();
  // Digests and reading take turns, so that no number of regions keeps a trail from reading.
  for (const auto& [region, chain] : std::exchange(digested_last_, false) ? decltype(chains_)() : chains_) {
    const auto end = period_end(chain.start, means_.clock.now(), means_.options.digest_interval, now - digested_at_);
    digested_last_ = end.has_value();
    if (end) return cut_digest(chain, *end, Digested::kGoesOn);
  }
  return follow();
}

/// `all_came`: there is none that is still to come.
void TrailDelivery::take_outcomes(bool all_came) {
  for (Outcome& outcome : completions_->take()) {
    if (outcome.kind == Outcome::kPut) put_.push_back(std::move(outcome));
    if (outcome.kind == Outcome::kDurable && --durable_expected_ == 0) needed_ = cursor_.position.seq;
    if (outcome.kind != Outcome::kChecked) continue;
    asked_at_.reset();
    checked_ = outcome.result.has_value();
    if (!checked_) failed(outcome.result.error());
  }
  if (!all_came || put_.empty()) return;
  asked_at_.reset();
  finish_puts(std::exchange(put_, {}));
}

/// Until what was gathered, or a digest, is due.
nanoseconds TrailDelivery::until_due() const {
  nanoseconds wait = kLookAtClock;
  if (gathered_.due()) wait = std::min(wait, *gathered_.due() - means_.clock.steady());
  for (const auto& [region, chain] : chains_)
    wait = std::min<nanoseconds>(wait, chain.start + means_.options.digest_interval - means_.clock.now());
  return std::max<nanoseconds>(wait, 1ms);
}

bool TrailDelivery::is_digest_overdue() const {
  const Time now = means_.clock.now();
  return std::ranges::any_of(chains_, [&](const auto& each) { return each.second.start + means_.options.digest_interval <= now; });
}

/// Sleeps until there is something to do: the journal goes on, or something is due.
env::Next TrailDelivery::rest() {
  means_.journal.watch(task_.get());
  watching_ = true;
  if (means_.journal.durable() > read_) return env::Next::now();
  return env::Next::after(until_due());
}

// ------------------------------------------------------------------ reading and cutting

env::Next TrailDelivery::follow() {
  const nanoseconds now = means_.clock.steady();
  if (watching_) {
    means_.journal.unwatch(task_.get());
    watching_ = false;
    if (means_.journal.durable() > read_) paused_until_ = now + std::clamp(means_.options.interval / 10, kPauseMin, kPauseMax);
  }
  const bool is_due = gathered_.due() && *gathered_.due() <= now;
  if (now < paused_until_ && !is_due && !hurried_.exchange(false)) return env::Next::after(std::min(paused_until_ - now, until_due()));

  if (!read_on()) {
    retry_at_ = now + kRetryFirst;
    return env::Next::after(kRetryFirst);
  }
  const bool caught_up = read_ >= means_.journal.durable() || turn_;
  // A few events among many that are not wanted hold back as much of the journal as a backlog would.
  const uint64_t unread = means_.journal.bytes_behind(read_);  // asked first: the journal grows meanwhile
  const bool holds_much = means_.journal.bytes_behind(cursor_.position) > unread + means_.options.backlog_bytes_max / 2;
  const bool is_enough = gathered_.full() || (holds_much && !gathered_.empty());
  if (turn_ || is_enough || (is_due && caught_up)) {
    make_files();
    return env::Next::now();
  }
  if (!caught_up) return env::Next::now();
  if (gathered_.empty() && skipped_bytes_ >= means_.options.skipped_bytes) {
    // Nothing of interest for a long way: let the journal go.
    state::Transaction state(means_.store);
    Cursor next = cursor_;
    next.position = read_;
    if (commit_cursor(state, std::move(next))) return env::Next::when_woken();
  }
  return rest();
}

/// False: the journal cannot be read.
bool TrailDelivery::read_on() {
  const auto given = means_.journal.read(read_, kReadBytes, [&](journal::Position position, std::string_view bytes) {
    if (turn_ || gathered_.full()) return;
    const Result<journal::EntryView> entry = journal::decode_entry(bytes);
    if (!entry) return;  // the journal's own checksum was right, and a newer version wrote it: Feed has crashed by now
    for (const journal::ChangeView& change : entry->changes) {
      if (change.key != cursor_.trail_key) continue;
      Turn turn = turn_of(id_, change.value);
      if (turn.trail && cursor_.trail && encode(*turn.trail) == encode(*cursor_.trail)) continue;  // taken already
      turn_ = std::move(turn);
    }
    // What starts logging is the trail's first event, what stops it its last: so the former is read again after the turn.
    if (turn_ && !(cursor_.trail && cursor_.trail->logging)) return;
    read_ = position;
    skipped_bytes_ += bytes.size();
    for (const std::string_view record : entry->records) gathered_.add(record);
  });
  if (!given) log::error("A trail cannot read the journal and waits.", {{"trail", cursor_.trail_key}, {"error", given.error().message}});
  return given.has_value();
}

void TrailDelivery::make_files() {
  Gatherer::Batches batches = gathered_.take();
  if (batches.empty()) return;
  const Trail& trail = *cursor_.trail;  // who gathers, logs
  const Time now = means_.clock.now();
  for (auto& [region, batch] : batches) {
    // A clock that was set back by less than a day does not make names sort before those that consumers have seen.
    const bool is_behind = now < cursor_.named && cursor_.named - now <= 24h;
    const Time named = is_behind ? cursor_.named : now;
    const uint64_t drawn = random_number();
    uint64_t order = order_at(named, drawn);
    if (minute_of(named) == minute_of(cursor_.named)) order = std::max(order, cursor_.order + 1 + drawn % 4096);
    cursor_.named = named;
    cursor_.order = order;

    Made made;
    made.file.number = cursor_.files + made_.size();
    made.file.region = region;
    made.file.bucket = trail.bucket;
    made.file.key = archive::log_file_key(place_of(trail), region, named, archive::unique_part(order, means_.random.letters(8, kLetters)));
    made.file.oldest = batch.oldest;
    made.file.newest = batch.newest;
    made.file.records = batch.writer.records();
    archive::LogFile file = batch.writer.finish();
    made.file.sha256 = file.sha256;
    made.gzip = std::move(file.gzip);
    made_.push_back(std::move(made));
  }
}

/// One entry: the cursor moves on, and the files are named.
env::Next TrailDelivery::cut() {
  for (Made& made : made_)
    if (!write_blob(made)) return later();
  state::Transaction state(means_.store);
  Cursor next = cursor_;
  next.position = read_;
  next.turn = turn_;
  next.files += made_.size();
  std::map<aws::Region, Chain> begun;
  uint64_t events = 0;
  for (const Made& made : made_) {
    put_file(state, made.file);
    events += made.file.records;
    if (chains_.empty() || chains_.contains(made.file.region)) continue;
    // A region's first file begins its chain, in step with the others'.
    const Chain chain{made.file.region, chains_.begin()->second.start, std::nullopt};
    state.put(keys::chain(id_, chain.region), encode(chain));
    begun[chain.region] = chain;
  }
  if (!commit_cursor(state, std::move(next))) return later();
  chains_.merge(begun);
  means_.counters.files += made_.size();
  means_.counters.events += events;
  means_.counters.outgoing += static_cast<int64_t>(made_.size());
  for (Made& made : made_) outgoing_.push_back(std::move(made.file));
  made_.clear();
  return env::Next::when_woken();
}

/// The trail was changed, and all that was gathered before is in its bucket: end its chains if they end, and go on as it is now.
env::Next TrailDelivery::make_turn() {
  if (digests(cursor_.trail) && !digests(turn_->trail) && !chains_.empty()) {
    const Chain chain = chains_.begin()->second;
    return cut_digest(chain, std::max(whole_seconds(means_.clock.now()), chain.start + 1s), Digested::kEnds);
  }
  if (!turn_->trail) return abandon();
  state::Transaction state(means_.store);
  Cursor next = cursor_;
  next.position = read_;
  next.trail = turn_->trail;
  next.turn.reset();
  std::optional<Chain> begun;
  if (digests(next.trail) && !digests(cursor_.trail)) {
    begun = Chain{next.trail->home, whole_seconds(means_.clock.now()), std::nullopt};
    state.put(keys::chain(id_, begun->region), encode(*begun));
  }
  if (!commit_cursor(state, std::move(next))) return later();
  if (begun) {
    chains_[begun->region] = *begun;
    digested_at_ = means_.clock.steady();
  }
  turn_.reset();
  gathered_.follow(cursor_.trail);
  return env::Next::when_woken();
}

env::Next TrailDelivery::cut_digest(Chain chain, Time end, Digested digested) {
  state::Transaction state(means_.store);
  // A digest's name has the second of its end, and trails begin and end within one, also under the same name: none takes another's.
  const std::string digested_key = keys::digested(*cursor_.trail, chain.region);
  if (const std::optional<std::string> last_text = state.get(digested_key)) {
    const Time last{std::chrono::milliseconds(text::to_int(*last_text).value_or(0))};
    if (!chain.previous) chain.start = std::max(chain.start, last);
    end = std::max({end, last + 1s, chain.start + 1s});
  }
  state.put(digested_key, std::to_string(end.time_since_epoch().count()));
  std::vector<CutFile> files;
  bool more = false;
  for (const state::Item& item : state.list(keys::files_of(id_), "", state::Transaction::kListMax).items) {
    CutFile file = decode_cut_file(item.value);
    if (file.region != chain.region || !file.blob.empty()) continue;
    more = files.size() == kDigestFilesMax;
    if (more) break;
    state.erase(item.key);
    files.push_back(std::move(file));
  }
  const Result<SigningKey> key = means_.signing_keys.key(chain.region, end);
  if (!key) {
    log::warning("A digest waits for its signing key.", {{"trail", trail_arn()}, {"error", key.error().message}});
    return later();
  }
  const MadeDigest made = make_digest(*cursor_.trail, chain, end, files, *key);
  Made digest;
  digest.gzip = archive::gzip(made.json);
  CutFile& file = digest.file;
  file.number = cursor_.files;
  file.is_digest = true;
  file.region = chain.region;
  file.bucket = made.digest.bucket;
  file.key = made.digest.key;
  file.sha256 = text::hex(crypto::sha256(made.json));
  file.signature = made.signature;
  if (!write_blob(digest)) return later();
  put_file(state, file);
  const Chain next_of_chain = next_chain(chain, made);
  const bool ends = digested == Digested::kEnds && !more;
  if (ends) state.erase(keys::chain(id_, chain.region));
  else state.put(keys::chain(id_, chain.region), encode(next_of_chain));
  Cursor next = cursor_;
  ++next.files;
  if (!commit_cursor(state, std::move(next))) {
    blobs_.remove(file);
    return later();
  }
  if (ends) chains_.erase(chain.region);
  else chains_[chain.region] = next_of_chain;
  digested_at_ = means_.clock.steady();
  ++means_.counters.digests;
  ++means_.counters.outgoing;
  outgoing_.push_back(std::move(file));
  return env::Next::when_woken();
}

// ------------------------------------------------------------------ sending

env::Next TrailDelivery::send() {
  asked_at_ = means_.clock.steady();
  if (!checked_) {
    completions_->expect();
    means_.destination.check(trail_arn(), account(), outgoing_.front().bucket, [to = completions_](Result<void, PutFailure> result) {
      to->put({.kind = Outcome::kChecked, .file = 0, .result = std::move(result)});
    });
    return env::Next::after(kLookAtBacklog);
  }
  const std::optional<Trail> trail = current_trail();
  const std::string key = trail ? trail->kms_key : "";
  for (size_t i = 0; i < std::min(kPutsAtOnce, outgoing_.size()); ++i) {
    const CutFile& file = outgoing_[i];
    completions_->expect();
    auto done = [to = completions_, i](Result<void, PutFailure> result) {
      to->put({.kind = Outcome::kPut, .file = i, .result = std::move(result)});
    };
    Result<std::string> bytes = blobs_.read(file);
    if (!bytes) {
      done(tl::unexpected(PutFailure{"InternalError", bytes.error().message}));
      continue;
    }
    Put put{.trail_arn = trail_arn(),
            .account = account(),
            .bucket = file.bucket,
            .key = file.key,
            .bytes = std::make_shared<const std::string>(std::move(*bytes)),
            .kms_key = key,
            .metadata = {}};
    if (file.is_digest) {
      put.metadata = {{std::string(archive::kSignature), file.signature},
                      {std::string(archive::kSignatureAlgorithm), std::string(archive::kSha256WithRsa)}};
    }
    means_.destination.put(std::move(put), std::move(done));
  }
  return env::Next::after(kLookAtBacklog);
}

void TrailDelivery::finish_puts(const std::vector<Outcome>& puts) {
  state::Transaction state(means_.store);
  std::vector<size_t> arrived;
  const PutFailure* failure = nullptr;
  status_.delivery_attempt = means_.clock.now();
  const std::optional<Trail> trail = current_trail();
  for (const Outcome& put : puts) {
    CutFile file = outgoing_[put.file];
    if (!put.result) {
      failure = &put.result.error();
      (file.is_digest ? status_.digest_error : status_.delivery_error) = failure->code;
      continue;
    }
    arrived.push_back(put.file);
    state.erase("blob/" + file.blob.str());
    file.blob = {};
    if (!file.is_digest && chains_.contains(file.region))
      state.put(keys::file(id_, file.number), encode(file));  // the next digest names it
    else state.erase(keys::file(id_, file.number));
    (file.is_digest ? status_.digest_delivered : status_.delivered) = means_.clock.now();
    if (trail && !file.is_digest) put_notice(state, means_.random, means_.clock.now(), *trail, file.bucket, file.key);
  }
  if (failure == nullptr) {  // nothing that failed before is left: it would be among these
    status_.delivery_error.clear();
    status_.digest_error.clear();
  }
  status_.delivery_attempt_succeeded = failure == nullptr;
  state.put(keys::status(id_), encode(status_));
  if (!commit(state, nullptr)) {  // put again later, with the same bytes
    (void)later();
    return;
  }
  means_.counters.outgoing -= static_cast<int64_t>(arrived.size());
  std::ranges::sort(arrived);
  for (size_t i = arrived.size(); i-- > 0;) outgoing_.erase(outgoing_.begin() + static_cast<ptrdiff_t>(arrived[i]));
  if (failure != nullptr) return failed(*failure);
  if (failures_ > 0) log::info("A trail delivers again.", {{"trail", trail_arn()}});
  failures_ = 0;
}

/// The bucket does not take what is sent: try again, ever more rarely, and see whether the trail still wants it there.
void TrailDelivery::failed(const PutFailure& failure) {
  ++means_.counters.put_failures;
  checked_ = false;
  if (failures_++ == 0) {
    log::warning("A trail cannot deliver; its events wait in the journal.",
                 {{"trail", trail_arn()}, {"bucket", outgoing_.front().bucket}, {"code", failure.code}, {"error", failure.message}});
  }
  const bool is_refusal = std::ranges::find(kRefusals, failure.code) != kRefusals.end();
  only_refused_ = only_refused_ && is_refusal;
  retry_at_ = means_.clock.steady() + std::min<nanoseconds>(kRetryMax, kRetryFirst * (int64_t{1} << std::min(failures_ - 1, 6)));

  state::Transaction state(means_.store);
  status_.delivery_attempt = means_.clock.now();
  status_.delivery_attempt_succeeded = false;
  status_.delivery_error = failure.code;  // of a digest, too: log files wait behind it
  if (outgoing_.front().is_digest || is_digest_overdue()) status_.digest_error = failure.code;  // and digests behind log files
  state.put(keys::status(id_), encode(status_));
  commit(state, nullptr);

  const std::optional<std::string> document = state::Transaction(means_.store).get(cursor_.trail_key);
  const Turn current = turn_of(id_, document ? std::optional<std::string_view>(*document) : std::nullopt);
  if (!current.trail) {
    if (failures_ < kTriesOfDeleted) return;
    log::error("The last files of a trail that was deleted could not be delivered and are given up.",
               {{"trail", trail_arn()}, {"files", std::to_string(outgoing_.size())}});
    abandon();
  } else if (is_elsewhere(*current.trail, outgoing_.front()) && is_refusal && only_refused_) {
    // Never stored there, for certain: so it may go where the trail sends its files now.
    if (retarget(*current.trail)) retry_at_ = {};
  }
  drop_what_is_too_old();
}

/// Whether the trail sends its files elsewhere now than when this one was cut.
bool TrailDelivery::is_elsewhere(const Trail& trail, const CutFile& file) const {
  return trail.bucket != file.bucket || (trail.prefix.empty() ? "" : trail.prefix + "/") != prefix_of(file);
}

/// What stands before AWSLogs/ in its key, with the slash.
std::string TrailDelivery::prefix_of(const CutFile& file) {
  const std::optional<archive::ParsedKey> name = archive::parse_key(file.key);
  return name && !name->place.prefix.empty() ? name->place.prefix + "/" : "";
}

/// Renames what waits for a place that the trail has left.
bool TrailDelivery::retarget(const Trail& trail) {
  state::Transaction state(means_.store);
  std::deque<CutFile> moved = outgoing_;
  std::map<aws::Region, Chain> chains;
  for (CutFile& file : moved) {
    const std::string name = file.key.substr(prefix_of(file).size());
    const std::string key = trail.prefix.empty() ? name : trail.prefix + "/" + name;
    if (file.is_digest) {
      // A digest says where it lies: it is made and signed again.
      const Result<std::string> gzip = blobs_.read(file);
      const Result<std::string> json = gzip ? archive::gunzip(*gzip, archive::kReadRawBytesMax) : gzip;
      Result<archive::Digest> digest = json ? archive::parse_digest(*json) : tl::unexpected(json.error());
      if (!digest) return false;
      const Result<SigningKey> signing_key = means_.signing_keys.key(file.region, digest->end);
      if (!signing_key) return false;
      digest->bucket = trail.bucket;
      digest->key = key;
      digest->fingerprint = signing_key->fingerprint;
      const std::string text = archive::encode(*digest);
      state.erase("blob/" + file.blob.str());
      file.sha256 = text::hex(crypto::sha256(text));
      file.signature = text::hex(signing_key->key.sign_sha256(archive::text_to_sign(*digest, text)));
      Made made{.file = file, .gzip = archive::gzip(text)};
      made.file.blob = {};
      if (!write_blob(made)) return false;
      file.blob = made.file.blob;
      file.seal = made.file.seal;
      if (const auto at = chains_.find(file.region); at != chains_.end()) {
        Chain chain = at->second;
        chain.previous = archive::Digest::Previous{trail.bucket, key, file.sha256, file.signature};
        state.put(keys::chain(id_, chain.region), encode(chain));
        chains[chain.region] = std::move(chain);
      }
    }
    file.bucket = trail.bucket;
    file.key = key;
    put_file(state, file);
  }
  if (!commit(state, [to = completions_] { to->put({}); })) return false;
  outgoing_ = std::move(moved);
  for (auto& [region, chain] : chains) chains_[region] = std::move(chain);
  return true;
}

/// The trail is gone, and so is what remembers its delivery.
env::Next TrailDelivery::abandon() {
  state::Transaction state(means_.store);
  bool more = false;
  for (const std::string& prefix : {keys::files_of(id_), keys::chains_of(id_)}) {
    const state::Page page = state.list(prefix, "", kErasedAtOnce);
    more = more || page.more;
    for (const state::Item& item : page.items) {
      state.erase(item.key);
      if (prefix != keys::files_of(id_)) continue;
      if (const CutFile file = decode_cut_file(item.value); !file.blob.empty()) state.erase("blob/" + file.blob.str());
    }
  }
  if (!more) {
    state.erase(keys::status(id_));
    state.erase(keys::notice_status(id_));
    state.erase(keys::cursor(id_));
  }
  if (!commit(state, nullptr)) return later();
  means_.counters.outgoing -= static_cast<int64_t>(outgoing_.size());
  outgoing_.clear();
  chains_.clear();
  turn_ = Turn{};
  ended_ = !more;
  return env::Next::now();
}

// ------------------------------------------------------------------ a backlog that passes its limits

/// How much of the journal behind the cursor must go.
uint64_t TrailDelivery::bytes_too_many() const {
  const uint64_t behind = means_.journal.bytes_behind(cursor_.position);
  uint64_t allowed = means_.options.backlog_bytes_max;
  if (failures_ > 0 || (asked_at_ && means_.clock.steady() - *asked_at_ >= kStuck)) {
    const env::Io<uint64_t> free = means_.files.free_bytes(means_.data_directory);
    // Only a backlog that is large itself is what fills the disk: to drop a small one would lose events and free nothing.
    if (free && *free < means_.options.keep_free_bytes) allowed = std::min(allowed, means_.options.keep_free_bytes);
  }
  return behind > allowed ? behind - allowed / 10 * 9 : 0;
}

/// Gives up the oldest events that wait: counted, and no caller is ever refused for a bucket's sake. What was cut is still sent.
void TrailDelivery::drop_what_is_too_old() {
  if (ended_) return;
  GivenUp given_up = give_up_oldest(means_.journal, id_, cursor_, bytes_too_many(), means_.clock.now() - means_.options.backlog_age_max);
  if (given_up.is_gone) {
    // Else soon: it forgets the files that are under way, and those of a trail that was deleted are tried a few times.
    if (!asked_at_ && outgoing_.empty()) abandon();
    return;
  }
  Cursor& next = given_up.cursor;
  const uint64_t dropped = given_up.events;
  if (next.position == cursor_.position) return;
  state::Transaction state(means_.store);
  std::map<aws::Region, Chain> ended;
  if (!digests(next.trail)) ended = chains_;
  for (const auto& [region, chain] : ended) state.erase(keys::chain(id_, region));
  Status status = status_;
  status.dropped += dropped;
  state.put(keys::status(id_), encode(status));
  if (!commit_cursor(state, std::move(next))) return;
  const nanoseconds now = means_.clock.steady();
  if (dropped > 0 && (!told_of_dropped_ || now - *told_of_dropped_ >= kTellOfDropped)) {
    told_of_dropped_ = now;
    log::error("A trail's backlog passed its limits; its oldest events were dropped from delivery.",
               {{"trail", trail_arn()}, {"events_so_far", std::to_string(status.dropped)}});
  }
  status_ = std::move(status);
  if (!ended.empty()) chains_.clear();
  means_.counters.dropped += dropped;
  read_ = cursor_.position;
  turn_.reset();
  gathered_.take();  // read again, as far as it was not dropped
  gathered_.follow(cursor_.trail);
}

// ------------------------------------------------------------------ small things

std::string TrailDelivery::trail_arn() const {
  return cursor_.trail ? cursor_.trail->arn() : turn_ && turn_->trail ? turn_->trail->arn() : cursor_.trail_key;
}

aws::AccountId TrailDelivery::account() const { return cursor_.trail ? cursor_.trail->account : aws::AccountId(); }

uint64_t TrailDelivery::random_number() {
  uint64_t number = 0;
  means_.random.fill(std::as_writable_bytes(std::span(&number, 1)));
  return number;
}

void TrailDelivery::put_file(state::Transaction& state, const CutFile& file) const {
  const std::string key = keys::file(id_, file.number);
  state.put(key, encode(file));
  state.put("blob/" + file.blob.str(), key);
}

/// False: the disk takes nothing now.
bool TrailDelivery::write_blob(Made& made) {
  if (!made.file.blob.empty()) return true;
  if (!blobs_.write(made.file, made.gzip)) return false;
  made.gzip = {};
  return true;
}

/// The trail as it is now, not when a file was cut: a key that is disabled for good may be replaced, a topic that is gone as well.
std::optional<Trail> TrailDelivery::current_trail() const {
  state::Transaction state(means_.store);
  if (const std::optional<std::string> document = state.get(cursor_.trail_key))
    if (Trail trail = decode_trail(*document); trail.id == id_) return trail;
  return cursor_.trail;
}

bool TrailDelivery::commit(state::Transaction& state, std::function<void()> durable) {
  const bool waits = durable != nullptr;
  if (waits) completions_->expect();
  if (!state::commit_internal(means_.store, means_.journal, state, {}, std::move(durable))) {
    if (waits) completions_->expect_no_more();
    return false;
  }
  durable_expected_ += waits ? 1 : 0;
  return true;
}

/// Also the cursor moves. The step after is taken when that is durable: only then may the journal forget.
bool TrailDelivery::commit_cursor(state::Transaction& state, Cursor next) {
  state.put(keys::cursor(id_), encode(next));
  if (!commit(state, [to = completions_] { to->put({}); })) return false;
  cursor_ = std::move(next);
  skipped_bytes_ = 0;
  return true;
}

/// Something of our own is not possible now: the journal or the disk is full.
env::Next TrailDelivery::later() {
  retry_at_ = means_.clock.steady() + kRetryFirst;
  return env::Next::after(kRetryFirst);
}

}  // namespace cairn::delivery
