#include "cli/import.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <set>
#include <thread>

#include "archive/crew.h"
#include "base/json.h"
#include "base/text.h"
#include "cli/bucket_objects.h"
#include "cli/directory_objects.h"
#include "cli/event_text.h"
#include "cli/export_directory.h"
#include "cli/trouble.h"
#include "cli/import_client.h"
#include "cli/standard_output.h"
#include "cli/verify.h"

namespace cairn::cli {

namespace {

constexpr size_t kNotCoveredShownMax = 1000;
constexpr size_t kThreadsMax = 16;
constexpr size_t kThreadsUsual = 4;  // what a server takes at once
constexpr size_t kPage = 1000;

/// Where files are, by name; a name is a key below the bucket, or a path below the directory.
struct Source {
  std::unique_ptr<archive::Objects> objects;  // null: the standard input
  std::string bucket, prefix;
  std::string shown;  // before a name, for people: "s3://bucket/", "dir/"
  std::vector<std::string> names;
};

enum class NameKind { kLog, kDigest, kInsights, kOther };
NameKind kind_of(std::string_view name) {
  if (name.find("/CloudTrail-Digest/") != name.npos) return NameKind::kDigest;
  if (name.find("/CloudTrail-Insight/") != name.npos) return NameKind::kInsights;
  for (std::string_view end : {".gz", ".json", ".ndjson", ".jsonl", ".log"})
    if (name.ends_with(end) && !name.ends_with("public-keys.json")) return NameKind::kLog;
  return NameKind::kOther;
}

/// A line on the terminal that is written over; elsewhere one now and then.
class ProgressLine {
 public:
  ProgressLine(const env::Clock& clock, uint64_t files)
      : clock_(clock), files_(files), is_terminal_(isatty(STDERR_FILENO) != 0), began_(clock.now()), last_(began_) {}
  ~ProgressLine() {
    if (is_terminal_ && written_) fmt::print(stderr, "\r\x1b[K");
  }
  void operator()(const ImportCounts& counts) {
    const std::lock_guard lock(mutex_);
    const Time now = clock_.now();
    if (now - last_ < (is_terminal_ ? kInterval : kLineInterval)) return;
    last_ = now;
    written_ = true;
    const uint64_t done = counts.files + counts.digests + counts.insights_files;
    const auto seconds = std::max<int64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(now - began_).count(), 1);
    const std::string text = fmt::format("{} of {}, {} ({}/s): {} new, {} there already, {} bad", done, counted(files_, "file"),
                                         counted(counts.records, "event"), counts.records * 1000 / static_cast<uint64_t>(seconds),
                                         counts.added, counts.known, counts.bad);
    if (!is_terminal_) {
      fmt::print(stderr, "{}\n", text);
    } else {
      constexpr size_t kCells = 24;
      const size_t full = files_ == 0 ? 0 : std::min<size_t>(kCells, static_cast<size_t>(done * kCells / files_));
      fmt::print(stderr, "\r[{}{}] {}\x1b[K", std::string(full, '#'), std::string(kCells - full, '.'), text);
    }
    (void)std::fflush(stderr);
  }

 private:
  static constexpr std::chrono::milliseconds kInterval{200}, kLineInterval{10'000};
  const env::Clock& clock_;
  const uint64_t files_;
  const bool is_terminal_;
  const Time began_;
  std::mutex mutex_;
  bool written_ = false;
  Time last_;
};

Result<Source, Trouble> open_source(const std::string& what, const Target& target, ImportLedger& ledger) {
  Source source;
  if (what == "-") {
    source.names = {"standard input"};
    return source;
  }
  if (what.starts_with("s3://")) {
    const std::string_view url = std::string_view(what).substr(5);
    const size_t slash = std::min(url.find('/'), url.size());
    source.bucket = url.substr(0, slash);
    source.prefix = url.substr(std::min(slash + 1, url.size()));
    source.shown = "s3://" + source.bucket + "/";
    if (source.bucket.empty()) return trouble(kWrongUsage, "s3:// needs a bucket: s3://BUCKET or s3://BUCKET/PREFIX");
    if (!target.s3_overruled.empty()) fmt::print(stderr, "cairn import: {}\n", printable(target.s3_overruled));
    source.objects = std::make_unique<BucketObjects>(target, env::system_clock());
  } else {
    std::error_code error;
    const std::filesystem::path path = std::filesystem::path(what).lexically_normal();
    if (std::filesystem::is_directory(path, error)) {
      source.shown = path.string();
      if (!source.shown.ends_with('/')) source.shown += '/';
    } else if (std::filesystem::is_regular_file(path, error)) {
      source.shown = path.parent_path().empty() ? "" : path.parent_path().string() + "/";
      source.names = {path.filename().string()};
    } else {
      return trouble(kWrongUsage,
                     fmt::format("there is no file or directory {}; a bucket begins with s3://, - is the standard input", what));
    }
    source.objects = std::make_unique<DirectoryObjects>(env::system_files(), source.shown.empty() ? "." : source.shown, "");
    if (!source.names.empty()) return source;
  }
  ImportCounts passed;
  bool holds_parquet = false;
  for (std::string after;;) {
    const auto page = source.objects->list(source.bucket, source.prefix, after, kPage);
    if (!page) return trouble(kCouldNot, page.error().message);
    if (page->empty()) break;
    after = page->back();
    for (const std::string& name : *page) {
      if (is_unfinished_export(name.substr(name.rfind('/') + 1)))
        return trouble(kWrongUsage,
                       fmt::format("{}{} is of an export that did not end: what lies in {} is not all of it", source.shown, name, what));
      switch (kind_of("/" + name)) {
        case NameKind::kLog:
          source.names.push_back(name);
          break;
        case NameKind::kDigest:
          ++passed.digests;
          break;
        case NameKind::kInsights:
          ++passed.insights_files;
          break;
        case NameKind::kOther:
          ++passed.others;
          holds_parquet = holds_parquet || name.ends_with(".parquet");
          break;
      }
    }
  }
  if (source.names.empty() && passed.digests == 0 && passed.insights_files == 0)
    return trouble(kWrongUsage, fmt::format("{} holds no log files{}", what,
                                            holds_parquet ? ", but Parquet, which is not taken: export the events as NDJSON" : ""));
  ledger.add(passed);
  return source;
}

void read_standard_input(ImportSender& sender, const std::function<void()>& progress) {
  sender.begin("standard input");
  std::string piece(256 << 10, '\0');
  for (size_t n; (n = std::fread(piece.data(), 1, piece.size(), stdin)) > 0;) {
    if (!sender.feed(std::string_view(piece).substr(0, n))) break;
    progress();
  }
  sender.end();
}

void run(const Source& source, const Target& target, size_t threads, ImportLedger& ledger) {
  SignedHttp http(target, env::system_clock());
  ProgressLine line(env::system_clock(), source.names.size());
  const auto progress = [&] { line(ledger.counts()); };
  if (!source.objects) {
    ImportSender sender(http, ledger);
    read_standard_input(sender, progress);
    return sender.flush();
  }
  std::atomic<size_t> next = 0;
  threads = std::clamp<size_t>(std::min(threads, source.names.size()), 1, kThreadsMax);
  archive::Crew(threads).each(threads, [&](size_t) {
    ImportSender sender(http, ledger);
    for (size_t i; (i = next++) < source.names.size() && !ledger.has_failed();) {
      sender.begin(source.shown + source.names[i]);
      const auto read = source.objects->read(source.bucket, source.names[i], [&](std::string_view piece) { return sender.feed(piece); });
      if (read) sender.end();
      else sender.give_up(read.error().message);
      progress();
    }
    sender.flush();
    progress();
  });
}

/// What is answered is durable, and found some moments later. Whoever looks once this command has ended shall find it. False: not yet.
bool wait_until_found(const Target& target, const ImportLedger& ledger) {
  constexpr std::chrono::milliseconds kPause{10};
  constexpr int kTriesMax = 1000;
  SignedHttp http(target, env::system_clock());
  std::optional<uint64_t> wanted;
  for (int tries = 0; tries < kTriesMax; ++tries, ledger.pause(kPause)) {
    const auto answer = http.send(
        {.service = "cairn", .region = target.signer.region.str(), .path = "/_cairn/metrics", .query = "", .headers = {}, .body = nullptr});
    if (!answer || answer->status != 200) return true;  // then it cannot be known
    std::optional<uint64_t> journal, history;
    for (std::string_view line : text::split(answer->body, '\n')) {
      constexpr std::string_view kJournal = "cairn_journal_position ", kHistory = "cairn_history_position ";
      if (line.starts_with(kJournal)) journal = text::to_uint(line.substr(kJournal.size()));
      if (line.starts_with(kHistory)) history = text::to_uint(line.substr(kHistory.size()));
    }
    if (!wanted) wanted = journal;
    if (!wanted || !history || *history >= *wanted) return true;
  }
  return false;
}

/// Files that the digests say nothing of: newer than the last one, or not of a trail whose digests are there.
struct NotCovered {
  uint64_t files = 0;
  std::vector<std::string> shown;  // the first of them
};
NotCovered not_covered_of(const Source& source, const std::set<std::string>& proven) {
  NotCovered out;
  for (const std::string& name : source.names) {
    const std::string shown = source.shown + name;
    if (proven.contains(source.bucket.empty() ? std::filesystem::path(shown).lexically_normal().string() : name)) continue;
    if (++out.files <= kNotCoveredShownMax) out.shown.push_back(shown);
  }
  return out;
}

std::string as_json(const ImportLedger& ledger, const NotCovered& not_covered) {
  const ImportCounts counts = ledger.counts();
  Json out = {{"Files", counts.files},           {"Bytes", counts.bytes},
              {"Records", counts.records},       {"Added", counts.added},
              {"Known", counts.known},           {"Expired", counts.expired},
              {"Insights", counts.insights},     {"Bad", counts.bad},
              {"DigestFiles", counts.digests},   {"InsightsFiles", counts.insights_files},
              {"OtherFiles", counts.others},     {"NotCoveredFiles", not_covered.files},
              {"NotCovered", not_covered.shown}, {"Problems", Json::array()}};
  for (const auto& problem : ledger.problems())
    out["Problems"].push_back({{"File", problem.file}, {"Where", problem.where}, {"Reason", problem.reason}});
  return json::dump(out) + "\n";
}

std::string as_text(const ImportLedger& ledger, const NotCovered& not_covered) {
  const ImportCounts counts = ledger.counts();
  std::string text = fmt::format("{}, {}: {} added, {} there already\n", counted(counts.files, "file"), counted(counts.records, "record"),
                                 counted(counts.added, "event"), counts.known);
  const auto say = [&text](uint64_t count, std::string_view noun, std::string_view what) {
    if (count > 0) text += fmt::format("{}{}\n", counted(count, noun), what);
  };
  say(counts.expired, "event", " older than what the history keeps (history.retention, 90 days if it was not set): left out");
  say(counts.insights, "event", " of CloudTrail Insights, which the history does not show: left out");
  say(counts.digests, "digest file", ": passed over; `cairn verify` proves log files by them");
  say(counts.insights_files, "file", " of CloudTrail Insights: passed over");
  say(counts.others, "other file", ": passed over");
  say(not_covered.files, "file", " not covered by a digest: taken without a proof");
  if (counts.bad > 0) text += fmt::format("{} bad, records or files: not taken; why stands above\n", counts.bad);
  return text;
}

}  // namespace

int import(const ImportOptions& options) {
  const auto fail = [](int exit_code, std::string_view message) {
    fmt::print(stderr, "cairn import: {}\n", printable_lines(message));
    return exit_code;
  };
  if (!options.event_store.empty())
    return fail(kWrongUsage,
                fmt::format("there are no event data stores yet, so none is called {}: leave --event-store out, and events go into the "
                            "history",
                            options.event_store));
  const auto target = find_target(options.target, system_surroundings());
  if (!target) return fail(kCouldNot, target.error().message);
  std::set<std::string> proven;
  if (options.check_digests) {
    if (options.what == "-") return fail(kWrongUsage, "the standard input has no digests to check");
    const int found = verify({.target = options.target,
                              .what = options.what,
                              .start_time = {},
                              .end_time = {},
                              .until = {},
                              .regions = {},
                              .keys_file = options.keys_file,
                              .save = {}},
                             &proven);
    if (found != 0)
      return fail(found, found == 1 ? "nothing was imported, as the files are not proven by their digests"
                                    : "nothing was imported, as it cannot be told whether digests prove the files");
  }
  ImportLedger ledger;
  const auto source = open_source(options.what, *target, ledger);
  if (!source) return fail(source.error().exit_code, source.error().message);
  run(*source, *target, options.threads == 0 ? kThreadsUsual : options.threads, ledger);
  if (ledger.counts().added > 0 && !wait_until_found(*target, ledger))
    fmt::print(stderr, "cairn import: what was added is safe, but not found yet: the server is still busy with what came before\n");
  for (const auto& problem : ledger.problems())
    fmt::print(stderr, "{}{}{}: {}\n", printable(problem.file), problem.where.empty() ? "" : ", ", problem.where,
               printable(problem.reason));
  const NotCovered not_covered = options.check_digests ? not_covered_of(*source, proven) : NotCovered();
  for (const std::string& file : not_covered.shown) fmt::print(stderr, "{}: not covered by a digest\n", printable(file));
  const bool is_told = print(options.json ? as_json(ledger, not_covered) : as_text(ledger, not_covered));
  const int error = errno;
  if (ledger.has_failed()) {
    fmt::print(stderr, "cairn import: {}\nThe same command goes on where this one ended: what is there is not added again.\n",
               printable_lines(ledger.failure()));
    return kCouldNot;
  }
  if (!is_told) return unwritable("import", error);
  return ledger.counts().bad > 0 ? kFound : not_covered.files > 0 ? kNotCovered : kDone;
}

}  // namespace cairn::cli
