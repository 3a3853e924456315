#include "cli/export.h"

#include <unistd.h>

#include <filesystem>

#include "cli/event_pages.h"
#include "cli/event_text.h"
#include "cli/lookup.h"
#include "cli/parquet_files.h"
#include "cli/partitions.h"
#include "env/clock.h"

namespace cairn::cli {

namespace {

constexpr int kDone = 0, kUsage = 2, kCouldNot = 3;

int fail(int exit_code, std::string_view message) {
  fmt::print(stderr, "cairn export: {}\n", message);
  return exit_code;
}

/// The answers' events, oldest first.
Result<uint64_t> write_all(EventPages& pages, Partitions& partitions) {
  json::Document document;
  uint64_t events = 0;
  while (true) {
    Result<void> written;
    const auto more = pages.next([&](std::string_view record) {
      if (!written) return;
      const auto root = document.parse(record);
      if (!root) {
        written = failure("the server gives an event that is none: {}", root.error().message);
        return;
      }
      const std::string_view account = (*root)["recipientAccountId"].string_or((*root)["userIdentity"]["accountId"].string_or(""));
      const auto time = timestamps::parse_iso8601((*root)["eventTime"].string_or(""));
      written = partitions.add(account, (*root)["awsRegion"].string_or(""), time.value_or(Time()), record);
      ++events;
    });
    if (!more) return tl::unexpected(more.error());
    if (!written) return tl::unexpected(written.error());
    if (!*more) break;
    if (isatty(STDERR_FILENO) != 0) fmt::print(stderr, "\r{}\x1b[K", counted(events, "event"));
  }
  if (isatty(STDERR_FILENO) != 0) fmt::print(stderr, "\r\x1b[K");
  return events;
}

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
    return fail(kUsage, fmt::format("there is no {} to export from: only the history (--from history)", options.from));
  std::error_code error;
  if (std::filesystem::exists(options.to, error) && !std::filesystem::is_empty(options.to, error))
    return fail(kUsage, fmt::format("{} is there and not empty: name a new directory", options.to));
  auto target = find_target(options.target, system_surroundings());
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
  auto input = search_input(lookup, "", clock.now());
  if (!input) return fail(kUsage, input.error().message);
  (*input)["Order"] = "OLDEST_FIRST";
  (*input)["Category"] = "ALL";
  std::unique_ptr<ParquetFiles> parquet;
  if (options.format == "parquet") {
    auto opened = ParquetFiles::open(options.to);
    if (!opened) return fail(kCouldNot, opened.error().message);
    parquet = std::move(*opened);
  }
  EventPages pages(*target, clock, std::move(*input));
  Partitions partitions(env::system_files(), options.to);
  const auto events = write_all(pages, partitions);
  if (!events) return fail(kCouldNot, events.error().message);
  const auto finished = parquet ? partitions.finish(parquet_of(*parquet, partitions.count())) : partitions.finish();
  if (!finished) return fail(kCouldNot, finished.error().message);
  fmt::print("{} in {} below {}\n", counted(*events, "event"), counted(partitions.count(), "file"), options.to);
  return kDone;
}

}  // namespace cairn::cli
