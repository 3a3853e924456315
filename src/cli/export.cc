#include "cli/export.h"

#include <unistd.h>

#include <filesystem>

#include "cli/client.h"
#include "cli/lookup.h"
#include "cli/partitions.h"
#include "env/clock.h"

namespace cairn::cli {

namespace {

constexpr int kDone = 0, kUsage = 2, kCouldNot = 3;
constexpr int kPageEvents = 1000;

int fail(int exit_code, std::string_view message) {
  fmt::print(stderr, "cairn export: {}\n", message);
  return exit_code;
}

std::string_view text_of(const Json& event, const char* member) {
  const auto found = event.find(member);
  return found != event.end() && found->is_string() ? std::string_view(found->get_ref<const std::string&>()) : std::string_view();
}

/// The answers' events, oldest first.
Result<uint64_t> write_all(Client& client, Json input, Partitions& partitions) {
  json::Document document;
  uint64_t events = 0;
  input["MaxResults"] = kPageEvents;
  input["Order"] = "OLDEST_FIRST";
  input["Category"] = "ALL";
  while (true) {
    const auto page = client.call("cairn", "Cairn.SearchEvents", input);
    if (!page) return failure("{}", page.error().message);
    if (const auto list = page->find("Events"); list != page->end() && list->is_array()) {
      for (const Json& event : *list) {
        const std::string_view record = text_of(event, "CloudTrailEvent");
        const auto root = document.parse(record);
        if (!root) return failure("the server gives an event that is none: {}", root.error().message);
        const std::string_view account = (*root)["recipientAccountId"].string_or((*root)["userIdentity"]["accountId"].string_or(""));
        const auto time = timestamps::parse_iso8601((*root)["eventTime"].string_or(""));
        if (auto added = partitions.add(account, (*root)["awsRegion"].string_or(""), time.value_or(Time()), record); !added)
          return tl::unexpected(added.error());
        ++events;
      }
      if (isatty(STDERR_FILENO) != 0) fmt::print(stderr, "\r{} events\x1b[K", events);
    }
    const auto token = page->find("NextToken");
    if (token == page->end() || !token->is_string()) break;
    input["NextToken"] = *token;
  }
  if (isatty(STDERR_FILENO) != 0) fmt::print(stderr, "\r\x1b[K");
  return events;
}

}  // namespace

int export_events(const ExportOptions& options) {
  if (options.from != "history")
    return fail(kUsage, fmt::format("there is no {} to export from: only the history (--from history)", options.from));
  if (options.format == "parquet")
    return fail(kUsage,
                "Parquet is what `cairn query` writes: cairn query \"SELECT * EXCLUDE (record) FROM events\" --from history --output "
                "parquet --to FILE");
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
  const auto input = search_input(lookup, "", clock.now());
  if (!input) return fail(kUsage, input.error().message);
  Client client(std::move(*target), clock);
  Partitions partitions(env::system_files(), options.to);
  const auto events = write_all(client, *input, partitions);
  if (!events) return fail(kCouldNot, events.error().message);
  if (const auto finished = partitions.finish(); !finished) return fail(kCouldNot, finished.error().message);
  fmt::print("{} events in {} files below {}\n", *events, partitions.count(), options.to);
  return kDone;
}

}  // namespace cairn::cli
