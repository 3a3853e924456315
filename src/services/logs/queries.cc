#include "services/logs/queries.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"
#include "base/text.h"
#include "services/logs/errors.h"
#include "services/logs/group_key.h"
#include "services/logs/place_text.h"
#include "services/logs/stream.h"
#include "state/internal_commit.h"

namespace cairn::logs_service {
namespace {

constexpr uint64_t kEventsBetweenLooks = 1024;  // at the clock
constexpr size_t kQueryOverheadBytes = 1024;

bool is_done(Queries::Status status) { return status != Queries::Status::kScheduled && status != Queries::Status::kRunning; }

}  // namespace

struct Queries::Query {
  explicit Query(Asked given) : asked(std::make_shared<const Asked>(std::move(given))) {}

  const std::shared_ptr<const Asked> asked;
  std::atomic<Status> status{Status::kScheduled};
  std::atomic<bool> stopped{false};
  std::atomic<uint64_t> matched{0}, scanned{0}, bytes{0}, groups{0};
  std::atomic<int64_t> took_ms{0};
  std::shared_ptr<const logquery::Table> table;  // under mutex_
  size_t kept_bytes = 0;                         // the same
};

Queries::Queries(const Means& means) : means_(means), pool_("log-query", means.threads, kWaitingMax) {}

Queries::~Queries() {
  const std::lock_guard lock(mutex_);
  for (const auto& query : by_age_) query->stopped = true;
}

Queries::Key Queries::key_of(const aws::AccountId& account, const aws::Region& region, const std::string& id) {
  return fmt::format("{}/{}/{}", account.str(), region.str(), id);
}

Result<void, Queries::Refused> Queries::start(Asked asked) {
  const Key key = key_of(asked.account, asked.region, asked.id);
  const auto query = std::make_shared<Query>(std::move(asked));
  {
    const std::lock_guard lock(mutex_);
    forget_old(query->asked->created);
    if (queries_.contains(key)) return {};
    const auto unfinished = std::ranges::count_if(by_age_, [&](const std::shared_ptr<Query>& each) {
      return !is_done(each->status) && each->asked->account == query->asked->account && each->asked->region == query->asked->region;
    });
    if (static_cast<size_t>(unfinished) >= kUnfinishedMax) return tl::unexpected(Refused::kTooMany);
    query->kept_bytes = kQueryOverheadBytes + query->asked->text.size();
    for (const Group& group : query->asked->groups) query->kept_bytes += sizeof(Group) + encode(group).size();
    kept_bytes_ += query->kept_bytes;
    queries_.emplace(key, query);
    by_age_.push_back(query);
  }
  if (pool_.submit([this, query] { work(*query), keep(query); })) {
    ++started_;
    return {};
  }
  const std::lock_guard lock(mutex_);
  kept_bytes_ -= query->kept_bytes;
  queries_.erase(key);
  std::erase(by_age_, query);
  return tl::unexpected(Refused::kBusy);
}

void Queries::work(Query& query) {
  Status expected = Status::kScheduled;
  if (!query.status.compare_exchange_strong(expected, Status::kRunning)) return;  // cancelled while it waited
  const auto began = means_.clock.steady();
  const Status end = scan(query);
  query.took_ms = std::chrono::duration_cast<std::chrono::milliseconds>(means_.clock.steady() - began).count();
  scanned_bytes_ += query.bytes;
  Status running = Status::kRunning;
  query.status.compare_exchange_strong(running, end);  // unless it was cancelled
}

struct Queries::Scan {
  std::chrono::nanoseconds deadline;
  bool wants_more = true, timed_out = false;
  std::string_view group_id;
};

Queries::Status Queries::scan(Query& query) {
  const Asked& asked = *query.asked;
  // Not while it waited: regular expressions take megabytes.
  Result<logquery::Query, logquery::Refusal> compiled = logquery::Query::compile(asked.text);
  if (!compiled) return Status::kFailed;
  Scan scan{.deadline = means_.clock.steady() + kTimeMax, .group_id = {}};
  logquery::Run run(*compiled, {.started_seconds = static_cast<double>(asked.created.time_since_epoch().count()) / 1000,
                                .rows = asked.rows,
                                .memory_bytes_max = kQueryBytesMax,
                                .pointer = [&](const logquery::Event& event) {
                                  const auto index = static_cast<uint32_t>(event.index);
                                  return pointer_of(scan.group_id, {event.timestamp, event.position, index});
                                }});
  for (const Group& group : asked.groups) {
    if (!scan.wants_more || scan.timed_out || query.stopped) break;
    scan.group_id = group.id;
    if (!this->scan(query, group, run, scan)) return Status::kFailed;
    ++query.groups;
  }
  if (query.stopped) return Status::kCancelled;
  if (scan.timed_out) return Status::kTimeout;
  Result<logquery::Table> table = run.finish();
  if (!table) {
    log::warning("a query of log groups failed", {{"query", asked.id}, {"error", table.error().message}});
    return Status::kFailed;
  }
  const std::lock_guard lock(mutex_);
  query.table = std::make_shared<const logquery::Table>(std::move(*table));
  return Status::kComplete;
}

bool Queries::scan(Query& query, const Group& group, logquery::Run& run, Scan& scan) {
  const Asked& asked = *query.asked;
  const auto fail = [&](std::string_view why) {
    log::error("a query of log groups failed", {{"query", asked.id}, {"error", std::string(why)}});
    return false;
  };
  // KMS is asked in no call of anybody's, so its records make an entry of their own, before there are results.
  state::Transaction state(means_.store);
  api::Call call;
  call.ports = &means_.ports;
  call.state = &state;
  call.now = means_.clock.now();
  MessageOpener opener = opener_of(call, group);
  const std::string log = fmt::format("{}:{}", asked.account.str(), group.name);
  const logs::Query wanted{.group = group.id,
                           .start = std::max(asked.start, group.oldest_wanted(asked.created)),
                           .end = asked.end,
                           .newest_first = true,
                           .beyond = std::nullopt,
                           .wants_stream = live_streams(means_.store, group.id)};
  bool is_readable = true;
  Result<void> read;
  try {
    read = means_.events.visit(wanted, [&](const logs::EventView& event) {
      if (query.scanned++ % kEventsBetweenLooks == 0) scan.timed_out = means_.clock.steady() >= scan.deadline;
      if (scan.timed_out || query.stopped) return false;
      const std::optional<std::string_view> message = opener.open(event);
      is_readable = message.has_value();
      if (!is_readable) return false;
      query.bytes += message->size();
      scan.wants_more = run.add({.timestamp = event.place.timestamp,
                                 .ingested = event.ingested,
                                 .log = log,
                                 .stream = name_of_stored(event.stream),
                                 .message = *message,
                                 .account = asked.account.str(),
                                 .region = asked.region.str(),
                                 .position = event.place.position,
                                 .index = event.place.index});
      query.matched = run.matched();
      return scan.wants_more;
    });
  } catch (const Error& refusal) {
    read = failure("{}", refusal.message);
  }
  if (!call.records_within.empty()) {
    state::Transaction records(means_.store);
    if (!state::commit_internal(means_.store, means_.journal, records, call.records_within)) return fail("the journal takes no records");
  }
  if (!read) return fail(read.error().message);
  return is_readable || fail("a log event is not as it was stored");
}

/// It is done: counts what it keeps, and drops the oldest that there is no room for.
void Queries::keep(const std::shared_ptr<Query>& query) {
  const std::lock_guard lock(mutex_);
  if (query->status != Status::kComplete) query->table.reset();
  const size_t bytes = query->table ? query->table->bytes : 0;
  if (!queries_.contains(key_of(query->asked->account, query->asked->region, query->asked->id))) return;  // cleared meanwhile
  query->kept_bytes += bytes;
  kept_bytes_ += bytes;
  forget_old(means_.clock.now());
}

void Queries::forget_old(Time now) {
  const auto is_too_much = [&] { return kept_bytes_ > kKeptBytesMax || by_age_.size() > kKeptMax; };
  for (auto each = by_age_.begin(); each != by_age_.end();) {
    const Query& query = **each;
    const bool is_too_old = query.asked->created + kKeptFor < now;
    if (!is_too_much() && !is_too_old) return;  // nor is any that came later
    if (!is_done(query.status)) {
      ++each;
      continue;
    }
    kept_bytes_ -= query.kept_bytes;
    queries_.erase(key_of(query.asked->account, query.asked->region, query.asked->id));
    each = by_age_.erase(each);
  }
}

Queries::Seen Queries::seen(const Query& query) {
  const Status status = query.status;
  return {.asked = query.asked,
          .status = status,
          .counts = {query.matched, query.scanned, query.bytes, query.groups},
          .took = std::chrono::milliseconds(query.took_ms),
          .table = status == Status::kComplete ? query.table : nullptr};
}

std::optional<Queries::Seen> Queries::find(const aws::AccountId& account, const aws::Region& region, const std::string& id) const {
  const std::lock_guard lock(mutex_);
  const auto found = queries_.find(key_of(account, region, id));
  if (found == queries_.end()) return std::nullopt;
  return seen(*found->second);
}

std::vector<Queries::Seen> Queries::list(const aws::AccountId& account, const aws::Region& region) const {
  std::vector<Seen> all;
  const std::lock_guard lock(mutex_);
  for (auto each = by_age_.rbegin(); each != by_age_.rend(); ++each)
    if ((*each)->asked->account == account && (*each)->asked->region == region) all.push_back(seen(**each));
  return all;
}

bool Queries::stop(const aws::AccountId& account, const aws::Region& region, const std::string& id) {
  const std::lock_guard lock(mutex_);
  const auto found = queries_.find(key_of(account, region, id));
  if (found == queries_.end()) return false;
  Query& query = *found->second;
  query.stopped = true;
  for (Status status : {Status::kScheduled, Status::kRunning})
    if (query.status.compare_exchange_strong(status, Status::kCancelled)) return true;
  return false;
}

void Queries::clear() {
  const std::lock_guard lock(mutex_);
  for (const auto& query : by_age_) query->stopped = true;
  queries_.clear();
  by_age_.clear();
  kept_bytes_ = 0;
}

std::string pointer_of(std::string_view group_id, const logs::Place& place) {
  return text::base64(fmt::format("{}/{}", group_id, place_text(place)));
}

std::optional<std::pair<std::string, logs::Place>> parse_pointer(std::string_view pointer) {
  const std::optional<std::string> text = text::from_base64(pointer);
  if (!text) return std::nullopt;
  const size_t slash = text->rfind('/');
  if (slash == std::string::npos) return std::nullopt;
  const std::optional<logs::Place> place = parse_place(std::string_view(*text).substr(slash + 1));
  if (!place) return std::nullopt;
  return std::pair(text->substr(0, slash), *place);
}

std::function<bool(std::string_view)> live_streams(state::Store& store, std::string group_id) {
  const auto known = std::make_shared<std::map<std::string, bool, std::less<>>>();
  return [&store, group_id = std::move(group_id), known](std::string_view stored) {
    if (const auto found = known->find(stored); found != known->end()) return found->second;
    state::Transaction transaction(store);
    const auto document = transaction.get(documents::stream(group_id, name_of_stored(stored)));
    const bool is_live = document && decode_stream(*document).stored_name() == stored;
    known->emplace(stored, is_live);
    return is_live;
  };
}

}  // namespace cairn::logs_service
