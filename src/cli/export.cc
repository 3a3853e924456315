#include "cli/export.h"

#include <unistd.h>

#include <chrono>
#include <filesystem>

#include "cli/event_pages.h"
#include "cli/event_text.h"
#include "cli/trouble.h"
#include "cli/export_directory.h"
#include "cli/lookup.h"
#include "cli/parquet_files.h"
#include "cli/partitions.h"
#include "env/clock.h"

namespace cairn::cli {

namespace {

using Reached = ExportDirectory::Reached;

// What an interruption costs at most: so much is fetched anew.
constexpr std::chrono::seconds kKeepInterval{5};
constexpr int kKeepPages = 100;

constexpr std::string_view kUnknownPlace = "InvalidNextTokenException";

int fail(int exit_code, std::string_view message) {
  fmt::print(stderr, "cairn export: {}\n", printable_lines(message));
  return exit_code;
}

/// All that says which export it is; the same again goes on with it.
Json arguments_of(const ExportOptions& options, const Target& target) {
  return {{"--format", options.format},
          {"--filter", options.filter},
          {"--start-time", options.start_time},
          {"--end-time", options.end_time},
          {"--account", options.accounts},
          {"--endpoint-url", target.endpoint},
          {ExportDirectory::kCaller, target.signer.access_key.str()}};
}

/// Events on their way from the server into a directory, oldest first.
class Exporting {
 public:
  Exporting(const Target& target, const env::Clock& clock, ExportDirectory& directory, Json arguments, Reached reached, bool has_begun)
      : target_(target),
        clock_(clock),
        directory_(directory),
        arguments_(std::move(arguments)),
        reached_(std::move(reached)),
        has_begun_(has_begun),
        kept_(clock.steady()) {}

  /// The directory is made when there is something to put into it.
  Result<void, Trouble> run() {
    if (reached_.is_fetched) return {};
    Json input = reached_.input;
    if (!reached_.next_token.empty()) input["NextToken"] = reached_.next_token;
    EventPages pages(target_, clock_, std::move(input));
    const bool is_shown = isatty(STDERR_FILENO) != 0;
    for (bool has_hinted = false; !reached_.is_fetched;) {
      Result<void, Trouble> written;
      const auto more = pages.next([&](std::string_view record) {
        if (written) written = add(record);
      });
      for (const std::string& hint : pages.hints())
        if (!has_hinted) fmt::print(stderr, "cairn export: {}\n", printable(hint));
      has_hinted = true;
      if (!written) return written;
      if (!more) {
        if (has_begun_) (void)directory_.keep(reached_);
        is_refused_ = more.error().code == kUnknownPlace || exit_code_of(more.error()) == kWrongUsage;
        return trouble(exit_code_of(more.error()), more.error().message);
      }
      reached_.next_token = pages.next_token();
      reached_.is_fetched = reached_.next_token.empty();
      if (auto kept = keep_now_and_then(); !kept) return kept;
      if (is_shown) fmt::print(stderr, "\r{}\x1b[K", counted(reached_.events, "event"));
    }
    if (is_shown) fmt::print(stderr, "\r\x1b[K");
    return {};
  }

  bool has_begun() const { return has_begun_; }
  /// The server would say the same to the same question.
  bool is_refused() const { return is_refused_; }
  uint64_t events() const { return reached_.events; }

 private:
  Result<void, Trouble> add(std::string_view record) {
    const auto root = document_.parse(record);
    if (!root) return trouble(kCouldNot, fmt::format("the server gives an event that is none: {}", root.error().message));
    if (!has_begun_)
      if (auto begun = directory_.begin(arguments_, reached_); !begun) return begun;
    has_begun_ = true;
    const std::string_view account = (*root)["recipientAccountId"].string_or((*root)["userIdentity"]["accountId"].string_or(""));
    const auto time = timestamps::parse_iso8601((*root)["eventTime"].string_or(""));
    const auto added = directory_.partitions().add(account, (*root)["awsRegion"].string_or(""), time.value_or(Time()), record);
    if (!added) return trouble(kCouldNot, added.error().message);
    ++reached_.events;
    return {};
  }

  Result<void, Trouble> keep_now_and_then() {
    ++pages_;
    if (!has_begun_ || (!reached_.is_fetched && pages_ < kKeepPages && clock_.steady() - kept_ < kKeepInterval)) return {};
    if (auto kept = directory_.keep(reached_); !kept) return trouble(kCouldNot, kept.error().message);
    pages_ = 0;
    kept_ = clock_.steady();
    return {};
  }

  const Target& target_;
  const env::Clock& clock_;
  ExportDirectory& directory_;
  const Json arguments_;
  Reached reached_;
  bool has_begun_, is_refused_ = false;
  int pages_ = 0;  // since the last time that what was there was kept
  std::chrono::nanoseconds kept_;
  json::Document document_;
};

/// Makes each file Parquet, and removes what it was made of.
Partitions::Seal parquet_of(ParquetFiles& parquet, size_t files) {
  return
      [&parquet, files, done = size_t{0}](const std::string& directory, const std::string& part, uint64_t events) mutable -> Result<void> {
        const bool shown = isatty(STDERR_FILENO) != 0;
        if (shown) fmt::print(stderr, "\r{} of {} files are Parquet\x1b[K", done, files);
        auto written = parquet.write(part, events, fmt::format("{}/{}", directory, Partitions::kParquetName));
        if (shown && (!written || ++done == files)) fmt::print(stderr, "\r\x1b[K");
        return written;
      };
}

}  // namespace

int export_events(const ExportOptions& options) {
  if (options.from != "history")
    return fail(kWrongUsage, fmt::format("there is no {} to export from: only the history (--from history)", options.from));
  if (options.to.empty()) return fail(kWrongUsage, "--to wants the name of a directory");
  for (std::filesystem::path each = options.to; !each.empty() && each != each.parent_path(); each = each.parent_path()) {
    std::error_code ignored;
    if (const auto status = std::filesystem::status(each, ignored);
        std::filesystem::exists(status) && !std::filesystem::is_directory(status))
      return fail(kWrongUsage, fmt::format("{} is no directory: name a new one", each.string()));
  }
  const auto target = find_target(options.target, system_surroundings());
  if (!target) return fail(kCouldNot, target.error().message);
  const env::Clock& clock = env::system_clock();
  LookupOptions lookup{.target = options.target,
                       .filters = {},
                       .filter = options.filter,
                       .start_time = options.start_time,
                       .end_time = options.end_time,
                       .accounts = options.accounts,
                       .all_regions = true};
  // What happens meanwhile, these calls among it, is not part of it.
  if (lookup.end_time.empty()) lookup.end_time = "now";
  const auto input = search_input(lookup, "", clock.now());
  if (!input) return fail(kWrongUsage, input.error().message);
  if (options.format == "parquet")
    if (const auto possible = ParquetFiles::are_possible(); !possible) return fail(kCouldNot, possible.error().message);

  std::string path = std::filesystem::path(options.to).lexically_normal().string();
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  ExportDirectory directory(env::system_files(), path);
  const Json arguments = arguments_of(options, *target);
  if (const auto plain = holds_files_alone(path); !plain)
    return fail(kCouldNot, fmt::format("{} cannot be gone on with: {}. Name a new directory", path, plain.error().message));
  const auto before = directory.take_up(arguments);
  if (!before) return fail(before.error().exit_code, before.error().message);
  if (*before)
    fmt::print(stderr, "cairn export: goes on with the export that was interrupted; {} are there\n", counted((*before)->events, "event"));
  Reached reached{.input = *input, .next_token = {}, .is_fetched = false, .events = 0};
  reached.input["Order"] = "OLDEST_FIRST";
  reached.input["Category"] = "ALL";
  if (*before) reached = **before;
  Exporting exporting(*target, clock, directory, arguments, std::move(reached), before->has_value());
  const auto ended = [&]() -> Result<void, Trouble> {
    if (auto fetched = exporting.run(); !fetched || !exporting.has_begun()) return fetched;
    const auto finished = [&]() -> Result<void> {
      if (options.format != "parquet") return directory.partitions().finish();
      auto parquet = ParquetFiles::open(path);
      if (!parquet) return tl::unexpected(parquet.error());
      return directory.partitions().finish(parquet_of(**parquet, directory.partitions().count()));
    }();
    const auto whole = finished ? directory.end() : finished;
    if (!whole) return trouble(kCouldNot, whole.error().message);
    return {};
  }();
  if (!ended) {
    const std::string_view advice = !exporting.has_begun() ? ""
                                    : exporting.is_refused()
                                        ? "\nThe server does not go on where the export is now: begin another, in a new directory."
                                        : "\nThe same command goes on where this one ended.";
    return fail(ended.error().exit_code, fmt::format("{}{}", ended.error().message, advice));
  }
  if (!exporting.has_begun()) fmt::print("0 events: there is nothing to export\n");
  else fmt::print("{} in {} below {}\n", counted(exporting.events(), "event"), counted(directory.partitions().count(), "file"), options.to);
  return kDone;
}

}  // namespace cairn::cli
