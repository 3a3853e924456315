#include "cli/import_client.h"

#include <cstring>

#include "archive/log_file.h"
#include "base/json.h"

namespace cairn::cli {

namespace {

constexpr int kUnreachableTriesMax = 4, kBusyTriesMax = 60;
constexpr std::chrono::milliseconds kPause{100}, kPauseMax{2000};

/// What a gzip file says of its size: its last member's, modulo 2^32.
size_t raw_bytes_of(std::string_view bytes) {
  constexpr size_t kTrailerBytes = 4;
  if (!archive::is_gzip(bytes) || bytes.size() < kTrailerBytes) return bytes.size();
  uint32_t size;
  std::memcpy(&size, bytes.data() + bytes.size() - kTrailerBytes, kTrailerBytes);
  return size;
}

uint64_t count_of(const Json& from, const char* name) {
  const auto found = from.find(name);
  return found != from.end() && found->is_number() ? found->get<uint64_t>() : 0;
}

}  // namespace

// ---- the ledger

void ImportLedger::add(const ImportCounts& counts) {
  const std::lock_guard lock(mutex_);
  for (const auto member : {&ImportCounts::files, &ImportCounts::bytes, &ImportCounts::records, &ImportCounts::added, &ImportCounts::known,
                            &ImportCounts::expired, &ImportCounts::insights, &ImportCounts::bad, &ImportCounts::digests,
                            &ImportCounts::insights_files, &ImportCounts::others})
    counts_.*member += counts.*member;
}

void ImportLedger::add(Problem problem) {
  const std::lock_guard lock(mutex_);
  if (problems_.size() < kProblemsMax) problems_.push_back(std::move(problem));
}

ImportCounts ImportLedger::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

std::vector<ImportLedger::Problem> ImportLedger::problems() const {
  const std::lock_guard lock(mutex_);
  return problems_;
}

void ImportLedger::fail(std::string why) {
  const std::lock_guard lock(mutex_);
  if (failure_.empty()) failure_ = std::move(why);
  failed_.notify_all();
}

std::string ImportLedger::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_;
}

void ImportLedger::pause(std::chrono::milliseconds time) const {
  std::unique_lock lock(mutex_);
  failed_.wait_for(lock, time, [this] { return !failure_.empty(); });
}

bool ImportLedger::has_failed() const { return !failure().empty(); }

// ---- a file that is too large

/// Goes through a file's records as they come.
class ImportSender::Apart {
 public:
  std::optional<archive::Gunzip> gunzip;
  bool is_member_over = false;  // another follows
  std::string text;             // not yet gone through
  archive::LogRecords records{"", false};
  std::string chunk;
  uint64_t chunk_records = 0, sent_records = 0, lines = 0;
  std::string broken;  // why the rest is of no use
};

ImportSender::ImportSender(SignedHttp& http, ImportLedger& ledger) : http_(http), ledger_(ledger) {}
ImportSender::~ImportSender() = default;

void ImportSender::begin(std::string name) {
  name_ = std::move(name);
  whole_.clear();
  apart_.reset();
}

bool ImportSender::feed(std::string_view bytes) {
  if (ledger_.has_failed()) return false;
  if (!apart_) {
    whole_ += bytes;
    if (whole_.size() > kBodyBytesMax) take_apart();
  } else {
    take_apart(bytes, false);
  }
  return !ledger_.has_failed() && (!apart_ || apart_->broken.empty());
}

void ImportSender::take_apart() {
  apart_ = std::make_unique<Apart>();
  if (archive::is_gzip(whole_)) apart_->gunzip.emplace();
  const std::string first = std::move(whole_);
  whole_.clear();
  constexpr size_t kPieceBytes = 256 << 10;
  for (size_t at = 0; at < first.size(); at += kPieceBytes) take_apart(std::string_view(first).substr(at, kPieceBytes), false);
}

void ImportSender::take_apart(std::string_view bytes, bool is_last) {
  Apart& apart = *apart_;
  const auto go_through = [&](bool is_end) {
    apart.records.go_on(apart.text, is_end);
    while (const auto item = apart.records.next()) {
      const auto where = [&] { return fmt::format("record {}, line {}", item->number, apart.lines + apart.records.line_of(item->offset)); };
      if (item->record.empty() || item->record.size() > kRecordBytesMax) {
        ledger_.add({.records = 1, .bad = 1});
        ledger_.add({name_, where(),
                     item->record.empty() ? std::string(item->problem)
                                          : fmt::format("it has {} bytes; at most {} are taken", item->record.size(), kRecordBytesMax)});
        send_chunk();  // so that the numbers in a chunk follow each other
        apart.sent_records = item->number;
        continue;
      }
      if (apart.chunk.size() + item->record.size() >= kChunkBytes || apart.chunk_records == kChunkRecordsMax) send_chunk();
      apart.chunk += item->record;
      apart.chunk += '\n';
      ++apart.chunk_records;
    }
    const size_t consumed = apart.records.consumed();
    apart.lines += static_cast<uint64_t>(std::ranges::count(std::string_view(apart.text).substr(0, consumed), '\n'));
    apart.text.erase(0, consumed);
    if (!is_end && apart.text.size() > 2 * kRecordBytesMax)
      apart.broken = fmt::format("an object of more than {} bytes begins in line {}", 2 * kRecordBytesMax, apart.lines + 1);
  };
  if (!apart.broken.empty()) return;
  if (apart.gunzip) {
    const auto sink = [&](std::string_view piece) {
      if (!apart.broken.empty()) return;
      apart.text += piece;
      if (apart.text.size() > kRecordBytesMax / 2) go_through(false);
    };
    while (!bytes.empty() && apart.broken.empty()) {
      if (apart.is_member_over) apart.gunzip->reset();
      const auto taken = apart.gunzip->feed_member(bytes, sink);
      if (!taken) {
        apart.broken = taken.error().message;
        break;
      }
      apart.is_member_over = *taken < bytes.size();
      bytes.remove_prefix(*taken);
    }
    if (is_last && apart.broken.empty())
      if (const auto ended = apart.gunzip->finish(); !ended) apart.broken = ended.error().message;
  } else {
    apart.text += bytes;
    if (apart.text.size() > kRecordBytesMax / 2) go_through(false);
  }
  if (is_last && apart.broken.empty()) go_through(true);
  if (!apart.broken.empty() || is_last) send_chunk();
}

void ImportSender::send_chunk() {
  Apart& apart = *apart_;
  if (apart.chunk_records == 0) return;
  add_part({.name = name_, .bytes = apart.chunk.size(), .records_before = apart.sent_records, .is_whole = false}, apart.chunk);
  apart.sent_records += apart.chunk_records;
  apart.chunk.clear();
  apart.chunk_records = 0;
}

void ImportSender::end() {
  if (apart_) {
    take_apart("", true);
    if (!apart_->broken.empty()) {
      ledger_.add({.bad = 1});
      ledger_.add({name_, "", apart_->broken});
    }
    ledger_.add({.files = 1});
    apart_.reset();
    return;
  }
  const std::string whole = std::exchange(whole_, {});  // sending takes files apart in its place
  add_part({.name = name_, .bytes = whole.size()}, whole);
}

void ImportSender::give_up(const std::string& why) {
  ledger_.add({.files = 1, .bad = 1});
  ledger_.add({name_, "", why});
  if (apart_) send_chunk();
  apart_.reset();
  whole_.clear();
}

// ---- calls

void ImportSender::add_part(Part part, std::string_view bytes) {
  const size_t raw = raw_bytes_of(bytes);
  if (!parts_.empty() && (body_.size() + bytes.size() > kGatheredBytesMax || raw_bytes_ + raw > kRawBytesMax || parts_.size() == kPartsMax))
    send();
  body_ += bytes;
  raw_bytes_ += raw;
  parts_.push_back(std::move(part));
}

void ImportSender::flush() {
  while (!parts_.empty() && !ledger_.has_failed()) send();  // what was taken apart then comes as further parts
}

void ImportSender::send() {
  if (parts_.empty() || ledger_.has_failed()) return;
  const std::vector<Part> parts = std::exchange(parts_, {});
  const auto body = std::make_shared<const std::string>(std::exchange(body_, {}));
  raw_bytes_ = 0;
  if (send_parts(parts, body)) return;
  // More than one call's: file by file, and what is still too large is taken apart.
  for (size_t i = 0, at = 0; i < parts.size() && !ledger_.has_failed(); at += parts[i++].bytes) {
    const auto one = std::make_shared<const std::string>(body->substr(at, parts[i].bytes));
    if (parts.size() > 1 && send_parts({parts[i]}, one)) continue;
    if (!parts[i].is_whole) {
      ledger_.add({.bytes = one->size(), .bad = 1});
      ledger_.add({parts[i].name, "", fmt::format("{} bytes of it are more records than the server takes at once", one->size())});
      continue;
    }
    const std::string name = std::exchange(name_, parts[i].name), whole = std::exchange(whole_, *one);
    auto apart = std::move(apart_);
    take_apart();
    end();
    name_ = name;
    whole_ = whole;
    apart_ = std::move(apart);
  }
}

/// False: it was too much for one call.
bool ImportSender::send_parts(const std::vector<Part>& parts, std::shared_ptr<const std::string> body) {
  std::string sizes;
  for (const Part& part : parts) sizes += (sizes.empty() ? "" : ",") + std::to_string(part.bytes);
  std::chrono::milliseconds pause = kPause;
  for (int unreachable = 0, busy = 0; !ledger_.has_failed();) {
    const auto answer = http_.send({.service = "cairn",
                                    .region = http_.target().signer.region.str(),
                                    .method = "POST",
                                    .path = "/_cairn/api/import",
                                    .query = "",
                                    .headers = {{"Content-Type", "application/octet-stream"}, {"X-Cairn-Part-Sizes", sizes}},
                                    .body = body});
    if (answer && answer->status == 200) {
      judge(parts, answer->body);
      return true;
    }
    std::string code, message;
    if (answer) {
      if (const auto json = json::parse(answer->body); json && json->is_object()) {
        for (const auto& [name, value] : json->items()) {
          if (!value.is_string()) continue;
          if (name == "__type" || name == "code") code = value.get<std::string>();
          if (name == "message" || name == "Message") message = value.get<std::string>();
        }
      }
      if (code.empty()) code = answer->header("x-amzn-errortype");
    }
    if (answer && (code.starts_with("ImportTooLarge") || answer->status == 413)) return false;
    const bool is_busy = answer && (answer->status == 429 || answer->status == 503);
    if (is_busy ? ++busy < kBusyTriesMax : !answer && ++unreachable < kUnreachableTriesMax) {
      ledger_.pause(pause);
      pause = std::min(pause * 2, kPauseMax);
      continue;
    }
    ledger_.fail(!answer           ? answer.error().message
                 : message.empty() ? fmt::format("{} answers {}: is it a Cairn server, and as new as this program?",
                                                 http_.target().endpoint, answer->status)
                                   : fmt::format("{} ({})", message, code));
  }
  return true;
}

void ImportSender::judge(const std::vector<Part>& parts, const std::string& answer) {
  const auto json = json::parse(answer);
  const auto list = json && json->is_object() ? json->find("Parts") : Json::const_iterator();
  if (!json || !json->is_object() || list == json->end() || !list->is_array() || list->size() != parts.size())
    return ledger_.fail(fmt::format("{} gives an answer that cannot be read", http_.target().endpoint));
  for (size_t i = 0; i < parts.size(); ++i) {
    const Json& part = (*list)[i];
    ImportCounts counts{.bytes = parts[i].bytes,
                        .records = count_of(part, "Records"),
                        .added = count_of(part, "Added"),
                        .known = count_of(part, "Known"),
                        .expired = count_of(part, "Expired"),
                        .insights = count_of(part, "Insights"),
                        .bad = count_of(part, "Bad")};
    const std::string kind = part.value("Kind", "");
    if (kind == "DIGEST") counts.digests = 1;
    else if (kind == "INSIGHTS") counts.insights_files = 1;
    else if (parts[i].is_whole) counts.files = 1;
    ledger_.add(counts);
    uint64_t told = 0;
    if (const auto problems = part.find("Problems"); problems != part.end() && problems->is_array()) {
      for (const Json& problem : *problems) {
        ++told;
        std::string where;
        if (const uint64_t record = count_of(problem, "Record"); record > 0) {
          where = fmt::format("record {}", parts[i].records_before + record);
          if (parts[i].is_whole) where += fmt::format(", line {}", count_of(problem, "Line"));
        }
        ledger_.add({parts[i].name, std::move(where), problem.value("Reason", "")});
      }
    }
    if (told < counts.bad) ledger_.add({parts[i].name, "", fmt::format("and {} more", counts.bad - told)});
  }
}

}  // namespace cairn::cli
