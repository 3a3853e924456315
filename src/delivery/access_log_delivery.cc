#include "delivery/access_log_delivery.h"

#include <algorithm>

#include "base/crypto.h"
#include "base/log.h"
#include "base/text.h"
#include "base/xml.h"
#include "journal/entry.h"
#include "state/internal_commit.h"

namespace cairn::delivery {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

constexpr size_t kReadBytes = 4 << 20;  // of the journal in one step
constexpr auto kGather = 100ms;         // between looks at a journal that goes on and on
constexpr auto kRetryFirst = 1s, kRetryMax = 300s;
constexpr auto kLookAtClock = 60s;

uint64_t number(state::Transaction& state, const std::string& key) {
  const std::optional<std::string> text = state.get(key);
  return text ? text::to_uint(*text).value_or(0) : 0;
}

std::string text_of(const Json& in, const char* member) {
  const auto it = in.find(member);
  return it != in.end() && it->is_string() ? it->get<std::string>() : std::string();
}

/// PartitionedPrefix's PartitionDateSource; "": the simple form.
std::string date_source(const Json& logging) {
  const auto format = logging.find("TargetObjectKeyFormat");
  if (format == logging.end() || !format->contains("PartitionedPrefix")) return "";
  const std::string source = text_of(format->at("PartitionedPrefix"), "PartitionDateSource");
  return source.empty() ? "DeliveryTime" : source;
}

/// "2026-01-02"
std::string day_of(Time time) { return timestamps::iso8601(time).substr(0, 10); }

/// Whether the lines may be in one object.
bool go_together(const AccessLogLines& a, const AccessLogLines& b) {
  return a.logging == b.logging && (date_source(a.logging) != "EventTime" || day_of(a.time) == day_of(b.time));
}

/// TargetGrants, as PutObject's headers; without any the object is its bucket owner's as all are.
std::vector<std::pair<std::string, std::string>> grant_headers(const Json& logging) {
  const auto grants = logging.find("TargetGrants");
  if (grants == logging.end() || grants->empty()) return {{"x-amz-acl", "bucket-owner-full-control"}};
  std::string full, read;
  for (const Json& grant : *grants) {
    if (!grant.contains("Grantee")) continue;
    const Json& grantee = grant.at("Grantee");
    const std::string permission = text_of(grant, "Permission");
    std::string& list = permission == "FULL_CONTROL" ? full : read;
    if (permission == "WRITE") continue;  // means nothing of an object
    if (!list.empty()) list += ", ";
    list += text_of(grantee, "ID").empty() ? fmt::format("uri=\"{}\"", text_of(grantee, "URI"))
                                           : fmt::format("id=\"{}\"", text_of(grantee, "ID"));
  }
  std::vector<std::pair<std::string, std::string>> headers;
  if (!full.empty()) headers.emplace_back("x-amz-grant-full-control", full);
  if (!read.empty()) headers.emplace_back("x-amz-grant-read", read);
  return headers;
}

}  // namespace

std::string access_log_key(const AccessLogLines& lines, Time delivered, std::string_view unique) {
  const std::string prefix = text_of(lines.logging, "TargetPrefix"), source = date_source(lines.logging);
  const bool by_event = source == "EventTime";
  const std::string stamp = timestamps::iso8601(by_event ? lines.time : delivered);  // 2026-01-02T03:04:05Z
  std::string name = stamp.substr(0, 10) + "-" + (by_event ? "00-00-00" : stamp.substr(11, 8)) + "-" + std::string(unique);
  std::ranges::replace(name, ':', '-');
  if (source.empty()) return prefix + name;
  return fmt::format("{}{}/{}/{}/{}/{}/{}/{}", prefix, lines.account.str(), lines.region.str(), lines.source, stamp.substr(0, 4),
                     stamp.substr(5, 2), stamp.substr(8, 2), name);
}

AccessLogDelivery::AccessLogDelivery(const Means& means, env::Tasks& tasks) : means_(means) {
  state::Transaction state(means_.store);
  // What the journal has forgotten was delivered: it keeps what position() asks for.
  const uint64_t oldest = means_.journal.oldest().seq - 1;
  read_ = kept_ = {std::max(number(state, keys::kAccessLogPlace), oldest)};
  needed_ = read_.seq;
  for (std::string after;;) {
    const state::Page page = state.list(keys::kAccessLogs, after, state::Transaction::kListMax);
    for (const state::Item& item : page.items)
      sources_[item.key.substr(keys::kAccessLogs.size())].delivered = {text::to_uint(item.value).value_or(0)};
    if (!page.more) break;
    after = page.items.back().key;
  }
  task_ = tasks.start("access logs", [this] { return ready_ ? step() : env::Next::when_woken(); });
  completions_->wake_by(task_.get());
  ready_ = true;
  task_->wake();
}

AccessLogDelivery::~AccessLogDelivery() { stop(); }

void AccessLogDelivery::stop() {
  if (!task_) return;
  means_.journal.unwatch(task_.get());
  completions_->wake_by(nullptr);
  task_.reset();
}

env::Next AccessLogDelivery::step() {
  if (watching_) {
    means_.journal.unwatch(task_.get());
    watching_ = false;
    if (means_.journal.durable() > read_) return env::Next::after(kGather);  // more is likely to come with it
  }
  take_outcomes();
  const bool is_full = bytes_ >= kGatherBytesMax;
  if (is_full) make_room();
  if (!is_full && !read_on()) return env::Next::after(kRetryFirst);
  put_what_is_due();
  count_needed();
  let_go_of_journal();
  if (needed_ >= kept_.seq + kKeptEvery) keep_place();
  if (!is_full && means_.journal.durable() > read_) return env::Next::now();
  return rest();
}

/// False: the journal cannot be read.
bool AccessLogDelivery::read_on() {
  const auto given = means_.journal.read(read_, kReadBytes, [&](journal::Position position, std::string_view bytes) {
    const Result<journal::EntryView> entry = journal::decode_entry(bytes);
    if (!entry) return;  // a newer version wrote it: Feed has crashed by now
    for (const journal::ChangeView& change : entry->changes)
      if (journal::topic_of(change.key) == kAccessLogNote && change.value) take(position, *change.value);
    read_ = position;
  });
  if (!given) log::error("Access logs cannot read the journal and wait.", {{"error", given.error().message}});
  return given.has_value();
}

void AccessLogDelivery::take(journal::Position position, std::string_view note) {
  Result<std::vector<AccessLogLines>> all = decode_access_log(note);
  if (!all) {
    log::error("Lines of an access log cannot be read and are lost.", {{"error", all.error().message}});
    return;
  }
  for (AccessLogLines& lines : *all) {
    Source& source = sources_[lines.source];
    if (position <= source.delivered) continue;
    bytes_ += lines.text.size();
    File* last = source.files.empty() ? nullptr : &source.files.back();
    const bool is_open = last != nullptr && !(source.is_putting && source.files.size() == 1);
    // An entry's lines are in one file: the place in the journal is all that is kept of what is delivered.
    if (is_open && (last->last == position || (last->lines.text.size() < kFileBytesMax && go_together(last->lines, lines)))) {
      last->lines.text += lines.text;
      last->last = position;
      continue;
    }
    source.files.push_back(
        {.lines = std::move(lines), .first = position, .last = position, .due = means_.clock.steady() + means_.interval});
  }
}

void AccessLogDelivery::put_what_is_due() {
  const nanoseconds now = means_.clock.steady();
  for (auto& [name, source] : sources_) {
    if (putting_ >= kPutsMax) return;
    if (source.is_putting || source.files.empty() || now < source.retry_at) continue;
    const File& first = source.files.front();
    const bool is_done = source.files.size() > 1 || first.lines.text.size() >= kFileBytesMax || bytes_ >= kGatherBytesMax;
    if (is_done || first.due <= now) put(name, source);
  }
}

void AccessLogDelivery::put(const std::string& name, Source& source) {
  const File& file = source.files.front();
  const AccessLogLines& lines = file.lines;
  const std::string key = access_log_key(lines, means_.clock.now(), means_.random.letters(16, "0123456789ABCDEF"));
  api::Client::Request request;
  request.principal.kind = aws::Principal::Kind::kService;
  request.principal.user_name = std::string(kAccessLogService);
  request.principal.source_arn = "arn:aws:s3:::" + name;
  request.principal.source_account = lines.account;
  request.service = "s3";
  request.region = lines.region;
  request.method = "PUT";
  request.target = "/" + text_of(lines.logging, "TargetBucket") + "/" + text::percent_encode(key, text::Slash::kKeep);
  request.host = "s3.amazonaws.com";
  request.headers = grant_headers(lines.logging);
  request.headers.emplace_back("Content-Type", "text/plain");
  request.headers.emplace_back("x-amz-expected-bucket-owner", lines.account.str());  // the target's name may be another's by now
  request.headers.emplace_back("Content-MD5", text::base64(crypto::md5(lines.text)));
  request.body = lines.text;
  request.along = [document = keys::kAccessLogs + name, position = std::to_string(file.last.seq)](
                      state::Transaction& transaction, const Json&) { transaction.put(document, position); };
  source.is_putting = true;
  ++putting_;
  completions_->expect();
  means_.client.call(std::move(request), [to = completions_, name](const http::Response& response) {
    Outcome outcome{name, response.status, ""};
    if (response.status >= 300) {
      outcome.message = fmt::format("S3 answered {}", response.status);
      if (const auto root = xml::parse(response.body)) {
        const xml::Element *code = root->child("Code"), *message = root->child("Message");
        if (code != nullptr && message != nullptr) outcome.message = code->text + ": " + message->text;
      }
    }
    to->put(std::move(outcome));
  });
}

void AccessLogDelivery::take_outcomes() {
  for (const Outcome& outcome : completions_->take()) {
    Source& source = sources_.at(outcome.source);
    source.is_putting = false;
    --putting_;
    const File& file = source.files.front();
    if (outcome.status < 300) {
      ++means_.counters.files;
      means_.counters.bytes += file.lines.text.size();
      bytes_ -= file.lines.text.size();
      source.delivered = file.last;
      source.files.pop_front();
      source.failures = 0;
      continue;
    }
    ++means_.counters.failures;
    const nanoseconds now = means_.clock.steady();
    if (source.failures == 0) {
      source.failing_since = now;
      log::warning("A bucket takes no access log; its lines wait.",
                   {{"source", outcome.source}, {"target", text_of(file.lines.logging, "TargetBucket")}, {"error", outcome.message}});
    }
    source.retry_at = now + std::min<nanoseconds>(kRetryFirst * (1 << std::min(source.failures, 9)), kRetryMax);
    ++source.failures;
    if (now - source.failing_since >= kGiveUpAfter) drop(outcome.source, source, outcome.message);
  }
}

void AccessLogDelivery::drop(const std::string& name, Source& source, std::string_view why) {
  uint64_t bytes = 0;
  for (const File& file : source.files) bytes += file.lines.text.size();
  bytes_ -= bytes;
  means_.counters.dropped_bytes += bytes;
  source.files.clear();
  source.failures = 0;
  log::error("Lines of an access log were given up, as their target takes none.",
             {{"source", name}, {"bytes", std::to_string(bytes)}, {"error", std::string(why)}});
}

/// Too much waits: what waits for a target that takes nothing goes, so that the others' lines come.
void AccessLogDelivery::make_room() {
  for (auto& [name, source] : sources_)
    if (source.failures > 0 && !source.is_putting) drop(name, source, "too much waits");
}

/// A few lines among much else hold back as much of the journal as many would.
void AccessLogDelivery::let_go_of_journal() {
  while (means_.journal.bytes_behind({needed_.load()}) > means_.backlog_bytes_max) {
    const auto holds_it = std::ranges::find_if(sources_, [&](const auto& each) {
      const Source& source = each.second;
      return source.failures > 0 && !source.is_putting && !source.files.empty() && source.files.front().first.seq - 1 == needed_;
    });
    if (holds_it == sources_.end()) return;  // it is on its way, or soon will be
    drop(holds_it->first, holds_it->second, "too much of the journal waits");
    count_needed();
  }
}

void AccessLogDelivery::count_needed() {
  uint64_t needed = read_.seq;
  for (const auto& [name, source] : sources_)
    if (!source.files.empty()) needed = std::min(needed, source.files.front().first.seq - 1);
  needed_ = needed;
}

/// So that the next start need not read what it read before; what is kept of single buckets before that place is of no use any more.
void AccessLogDelivery::keep_place() {
  state::Transaction state(means_.store);
  const uint64_t place = needed_;
  state.put(keys::kAccessLogPlace, std::to_string(place));
  std::vector<std::string> over;
  for (const auto& [name, source] : sources_)
    if (source.files.empty() && source.delivered.seq <= place) over.push_back(name);
  for (const std::string& name : over)
    if (sources_.at(name).delivered.seq > 0) state.erase(keys::kAccessLogs + name);
  if (!state::commit_internal(means_.store, means_.journal, state)) return;  // with the next entries
  kept_ = {place};
  for (const std::string& name : over) sources_.erase(name);
}

env::Next AccessLogDelivery::rest() {
  const nanoseconds now = means_.clock.steady();
  nanoseconds wait = kLookAtClock;
  for (const auto& [name, source] : sources_) {
    if (source.is_putting || source.files.empty()) continue;
    const nanoseconds due = source.failures > 0 ? source.retry_at : source.files.front().due;
    wait = std::min(wait, std::max<nanoseconds>(due - now, 1ms));
  }
  if (putting_ >= kPutsMax || bytes_ >= kGatherBytesMax) return env::Next::after(wait);
  means_.journal.watch(task_.get());
  watching_ = true;
  if (means_.journal.durable() > read_) return env::Next::now();
  return env::Next::after(wait);
}

}  // namespace cairn::delivery
