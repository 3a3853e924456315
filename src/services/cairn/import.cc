#include <map>
#include <memory>
#include <mutex>
#include <span>

#include "api/operation.h"
#include "api/ports.h"
#include "archive/log_file.h"
#include "aws/error.h"
#include "base/crypto.h"
#include "base/text.h"
#include "services/cairn/imported_file.h"
#include "state/store.h"

/// Log files that somebody brings become part of the history. They are no news: the journal's entry names the file in which the history has
/// put them, and holds the record of the call alone, so that trails, rules and filters see the call and nothing else.
namespace cairn::services {
namespace {

using Fate = history::Staged::Fate;

constexpr size_t kRawBytesMax = 96 << 20;  // of one call's files, uncompressed
constexpr size_t kRecordsMax = 150'000;    // of one call, bad ones included
constexpr size_t kInflationMax = 1032;     // bytes that one byte of gzip can hold
constexpr size_t kPartsMax = 1000;
constexpr size_t kAccountsRecordedMax = 100;  // of those whose events a call brings, in its record
constexpr size_t kAtOnce = 4;                 // calls, each with so much in memory

constexpr aws::ErrorKind kTooLarge{.code = "ImportTooLargeException", .status = 413};
constexpr aws::ErrorKind kThrottling{.code = "ThrottlingException", .status = 429};

/// What a call's files need much memory for. It is kept while calls follow each other, so that the pages need not be made anew for each.
struct Workplace {
  static constexpr size_t kTextBytes = kRawBytesMax + 1;  // one more than may be: who fills it has too much
  std::unique_ptr<char[]> texts = std::make_unique_for_overwrite<char[]>(kTextBytes);
  std::vector<history::Arrival> arrivals;
};

/// Held while one call's files are in memory.
class Room {
 public:
  Room() {
    const std::lock_guard lock(mutex_);
    if (taken_ == kAtOnce) throw aws::Error(kThrottling, "{} imports are under way; try again.", kAtOnce);
    kept_.reserve(kAtOnce);  // giving back must not fail
    ++taken_;
    if (!kept_.empty()) {
      place_ = std::move(kept_.back());
      kept_.pop_back();
    }
  }
  ~Room() {
    if (place_) place_->arrivals.clear();
    std::vector<std::unique_ptr<Workplace>> unused;  // freed without the lock
    const std::lock_guard lock(mutex_);
    --taken_;
    if (place_) kept_.push_back(std::move(place_));
    if (taken_ == 0) unused.swap(kept_);
  }
  Room(const Room&) = delete;
  Room& operator=(const Room&) = delete;

  Workplace& place() {
    if (!place_) place_ = std::make_unique<Workplace>();
    return *place_;
  }

 private:
  static inline std::mutex mutex_;
  static inline size_t taken_ = 0;
  static inline std::vector<std::unique_ptr<Workplace>> kept_;  // as long as any is taken
  std::unique_ptr<Workplace> place_;
};

/// The body, cut into the files that it consists of.
std::vector<std::string_view> parts_of(const api::Call& call) {
  std::string_view body = call.body;
  std::vector<std::string_view> parts;
  if (const auto sizes = call.in.find("PartSizes"); sizes != call.in.end()) {
    if (sizes->size() > kPartsMax) throw aws::Error(aws::kValidation, "A call may bring {} files, not {}.", kPartsMax, sizes->size());
    for (const Json& size : *sizes) {
      const auto bytes = size.get<int64_t>();
      if (bytes < 0 || static_cast<uint64_t>(bytes) > body.size())
        throw aws::Error(aws::kValidation, "The sizes of the parts do not fit the body.");
      parts.push_back(body.substr(0, static_cast<size_t>(bytes)));
      body.remove_prefix(static_cast<size_t>(bytes));
    }
    if (!body.empty()) throw aws::Error(aws::kValidation, "The sizes of the parts do not fit the body.");
  } else {
    parts.push_back(body);
  }
  return parts;
}

std::string_view name_of(ImportedFile::Kind kind) {
  switch (kind) {
    case ImportedFile::Kind::kLog:
      return "LOG";
    case ImportedFile::Kind::kDigest:
      return "DIGEST";
    case ImportedFile::Kind::kInsights:
      return "INSIGHTS";
    case ImportedFile::Kind::kUnreadable:
      break;
  }
  return "UNREADABLE";
}

struct Part {
  ImportedFile file;
  size_t arrivals_begin = 0, arrivals_end = 0;
};

Json show(const Part& part, const std::vector<Fate>& fates) {
  Json out = {{"Kind", name_of(part.file.kind)}, {"Records", part.file.records}};
  size_t counts[3] = {};
  for (size_t i = part.arrivals_begin; i < part.arrivals_end; ++i) ++counts[static_cast<size_t>(fates[i])];
  out["Added"] = counts[static_cast<size_t>(Fate::kAdded)];
  out["Known"] = counts[static_cast<size_t>(Fate::kKnown)];
  out["Expired"] = counts[static_cast<size_t>(Fate::kExpired)];
  out["Insights"] = part.file.insights;
  out["Bad"] = part.file.bad;
  out["Problems"] = Json::array();
  for (const ImportedFile::Problem& problem : part.file.problems) {
    Json& shown = out["Problems"].emplace_back(Json::object());
    if (problem.record > 0) shown = {{"Record", problem.record}, {"Line", problem.line}};
    shown["Reason"] = problem.reason;
  }
  return out;
}

void import_events(api::Call& call) {
  const std::vector<std::string_view> files = parts_of(call);
  call.recorded_in = Json{{"files", files.size()}, {"bytes", call.body.size()}, {"sha256", text::hex(crypto::sha256(call.body))}};
  Room room;

  const bool is_first = call.account == call.ports->default_account;
  ImportRules rules{.account = is_first ? aws::AccountId() : call.account, .now = call.now, .records_max = kRecordsMax};
  Workplace& place = room.place();
  std::span<char> unused(place.texts.get(), Workplace::kTextBytes);  // of what is unpacked there; the arrivals point into it
  std::vector<history::Arrival>& arrivals = place.arrivals;
  std::vector<Part> parts;
  json::Document scratch;
  size_t raw_bytes = 0;
  const auto check_bytes = [&] {
    if (raw_bytes > kRawBytesMax)
      throw aws::Error(kTooLarge, "The files hold more than {} bytes: send fewer of them in one call.", kRawBytesMax);
  };
  for (std::string_view bytes : files) {
    check_bytes();
    Part& part = parts.emplace_back();
    part.arrivals_begin = arrivals.size();
    std::string_view text = bytes;
    if (archive::is_gzip(bytes)) {
      const auto raw = archive::gunzip_members(bytes, unused);
      if (!raw) {
        part.file.kind = ImportedFile::Kind::kUnreadable;
        part.file.bad = 1;
        part.file.problems.push_back({0, 0, raw.error().message});
        part.arrivals_end = arrivals.size();
        raw_bytes += std::min(bytes.size() * kInflationMax, kRawBytesMax + 1);  // the work that it may have been
        continue;
      }
      text = {unused.data(), *raw};
      unused = unused.subspan(*raw);
    }
    raw_bytes += text.size();
    check_bytes();
    part.file = read_imported(text, rules, scratch, arrivals);
    if (part.file.is_cut) throw aws::Error(kTooLarge, "The files hold more than {} records: send fewer in one call.", kRecordsMax);
    rules.records_max -= part.file.records;
    part.arrivals_end = arrivals.size();
  }

  std::vector<Fate> fates;
  std::map<std::string, uint64_t> added;  // by account
  std::string note;
  for (size_t begin = 0; begin < arrivals.size(); begin += history::kArrivalsMax) {
    const auto some = std::span(arrivals).subspan(begin, std::min(history::kArrivalsMax, arrivals.size() - begin));
    const auto staged = call.ports->history->stage(some);
    if (!staged)
      throw aws::Error({.code = "ServiceUnavailableException", .status = 503}, "The history takes no events at the moment: {}.",
                       staged.error().message);
    for (size_t i = 0; i < some.size(); ++i)
      if (staged->fates[i] == Fate::kAdded) ++added[some[i].attributes.account];
    fates.insert(fates.end(), staged->fates.begin(), staged->fates.end());
    if (!staged->file.empty()) note += (note.empty() ? "" : "\n") + staged->file;
  }
  if (!note.empty()) call.state->note(history::kImportTopic, note);

  Json totals = Json::object();
  Json shown = Json::array();
  for (const Part& part : parts) {
    Json one = show(part, fates);
    for (const char* count : {"Records", "Added", "Known", "Expired", "Insights", "Bad"})
      totals[count] = totals.value(count, int64_t{0}) + one[count].get<int64_t>();
    shown.push_back(std::move(one));
  }
  call.recorded_out = totals;
  Json& accounts = (*call.recorded_out)["accounts"] = Json::array();
  for (const auto& [account, events] : added) {
    if (accounts.size() == kAccountsRecordedMax) break;
    accounts.push_back({{"accountId", account}, {"added", events}});
  }
  if (added.size() > accounts.size()) (*call.recorded_out)["moreAccounts"] = added.size() - accounts.size();
  call.out = std::move(totals);
  call.out["Parts"] = std::move(shown);
}

constexpr api::Operation kOperations[] = {
    {.name = "ImportEvents", .handle = import_events, .runs = api::Runs::kPool},
};

}  // namespace

extern const api::Family cairn_import;
const api::Family cairn_import{"cairn", kOperations};

}  // namespace cairn::services
