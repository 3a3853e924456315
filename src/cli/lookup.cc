#include "cli/lookup.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>

#include "base/text.h"
#include "cli/client.h"
#include "cli/counts.h"
#include "cli/following.h"
#include "cli/standard_output.h"
#include "cli/when.h"
#include "env/clock.h"

namespace cairn::cli {

namespace {

constexpr uint64_t kPageEvents = 200;
constexpr size_t kValuesMax = 1000;  // of a field, that an answer has

int fail(int exit_code, std::string_view message) {
  fmt::print(stderr, "cairn lookup: {}\n", message);
  return exit_code;
}
int fail(const CallFailure& failure) { return fail(exit_code_of(failure), failure.message); }

/// What an answer says of the condition.
void tell_hints(const Json& answer) {
  const auto hints = answer.find("Hints");
  if (hints == answer.end() || !hints->is_array()) return;
  for (const Json& hint : *hints) fmt::print(stderr, "cairn lookup: {}\n", hint.is_string() ? printable(hint.get<std::string>()) : "");
}

/// Pages through an answer until `f` returns false.
template <class F>
Result<void, CallFailure> each_event(Client& client, Json input, uint64_t items_max, F&& f) {
  bool has_hinted = false;
  for (uint64_t left = items_max == 0 ? UINT64_MAX : items_max; left > 0;) {
    input["MaxResults"] = std::min(left, kPageEvents);
    const auto answer = client.call("cairn", "Cairn.SearchEvents", input);
    if (!answer) return tl::unexpected(answer.error());
    if (!std::exchange(has_hinted, true)) tell_hints(*answer);
    const auto events = answer->find("Events");
    if (events == answer->end() || !events->is_array()) return {};
    for (const Json& event : *events) {
      if (!f(event)) return {};
    }
    left -= std::min<uint64_t>(left, events->size());  // a page may have none: the server looked at much for it
    const auto token = answer->find("NextToken");
    if (token == answer->end() || !token->is_string()) return {};
    input["NextToken"] = *token;
  }
  return {};
}

int count(const Target& target, const env::Clock& clock, Json input, const LookupOptions& options) {
  Client client(target, clock);
  Counts counts;
  const bool is_watched = isatty(STDERR_FILENO) != 0;
  for (bool is_first = true;; is_first = false) {
    const auto answer = client.call("cairn", "Cairn.SummarizeEvents", input);
    if (!answer) return fail(answer.error());
    if (is_first) tell_hints(*answer);
    counts.add(*answer);
    const auto token = answer->find("NextToken");
    if (token == answer->end() || !token->is_string()) break;
    if (const auto seen = answer->find("SeenTime"); is_watched && seen != answer->end() && seen->is_number())
      fmt::print(stderr, "\rcounted from {} on ...",
                 timestamps::iso8601(Time(std::chrono::seconds(static_cast<int64_t>(seen->get<double>())))));
    input["NextToken"] = *token;
  }
  if (is_watched && input.contains("NextToken")) fmt::print(stderr, "\r{:40}\r", "");
  if (!counts.is_exact())
    fmt::print(stderr, "cairn lookup: there are so many different values that those counts are near, and not exact\n");
  return print(counts.text(options.output, options.items_max == 0 ? kValuesMax : options.items_max)) ? kDone : unwritable("lookup", errno);
}

/// The newest events, oldest of them first, and then each one that comes.
int follow_from_newest(const Target& target, const env::Clock& clock, Json input, const LookupOptions& options, EventWriter& writer) {
  const Signals signals;  // before any thread begins
  Client client(target, clock);
  Followed followed{.input = input, .begin = {}, .show = [&](const Json& event) { return print(writer.event(event)); }};
  for (const char* member : {"StartTime", "EndTime"}) followed.input.erase(member);
  followed.begin = [&](const EventPlace& start, const Followed::Show& show) -> std::optional<int> {
    std::vector<Json> newest;
    bool written = print(writer.head());
    if (options.items_max == 0) input["Order"] = "OLDEST_FIRST";  // all of them: none needs to be kept for another
    const auto done = each_event(client, input, 0, [&](const Json& event) {
      const auto place = event_place(event.value("Cursor", ""));
      if (place && *place > start) return options.items_max != 0;  // it will come
      if (options.items_max == 0) return written = written && show(event);
      newest.push_back(event);
      return newest.size() < options.items_max;
    });
    for (auto event = newest.rbegin(); written && event != newest.rend(); ++event) written = show(*event);
    if (!written) return unwritable("lookup", errno);
    if (!done) return fail(done.error());
    return std::nullopt;
  };
  return follow(target, clock, signals, followed);
}

}  // namespace

Result<Json> search_input(const LookupOptions& options, const std::string& region, Time now) {
  Json input = Json::object();
  for (const auto& [attribute, value] : options.filters) {
    if (value.empty()) continue;
    input["Filters"].push_back({{"Attribute", attribute}, {"Value", value}});
  }
  if (!options.filter.empty()) input["Filter"] = options.filter;
  for (const std::string& account : options.accounts) input["Accounts"].push_back(account);
  if (options.oldest_first) input["Order"] = "OLDEST_FIRST";
  for (const auto& [member, text] :
       {std::pair<const char*, const std::string&>{"StartTime", options.start_time}, {"EndTime", options.end_time}}) {
    if (text.empty()) continue;
    const auto time = parse_when(text, now);
    if (!time) return tl::unexpected(time.error());
    input[member] = std::chrono::floor<std::chrono::seconds>(*time).time_since_epoch().count();
  }
  if (!options.all_regions) input["Region"] = region;
  if (options.data_events) input["Category"] = "ALL";
  return input;
}

Json summary_input(Json search, const LookupOptions& options, Time now) {
  constexpr uint64_t kBins = 40;
  search.erase("Order");
  // Pages are of one span of time, and so have the same intervals.
  if (!search.contains("EndTime")) search["EndTime"] = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  search["Bins"] = 0;
  search["TopCount"] = kValuesMax;  // what is shown is chosen once all pages are there
  for (const std::string& field : options.count_by) {
    if (field == kTimeField) search["Bins"] = kBins;
    else search["Fields"].push_back(field);
  }
  return search;
}

int lookup(const LookupOptions& options) {
  auto target = find_target(options.target, system_surroundings());
  if (!target) return fail(kCouldNot, target.error().message);
  const env::Clock& clock = env::system_clock();
  const auto input = search_input(options, target->signer.region.str(), clock.now());
  if (!input) return fail(kWrongUsage, input.error().message);

  if (!options.count_by.empty()) return count(*target, clock, summary_input(*input, options, clock.now()), options);
  EventWriter writer(options.output, options.follow ? EventWriter::JsonForm::kLines : EventWriter::JsonForm::kDocument,
                     options.all_regions);
  if (options.follow) return follow_from_newest(*target, clock, *input, options, writer);
  Client client(std::move(*target), clock);
  // The head waits for the first answer: a failure alone prints nothing to stdout.
  uint64_t shown = 0;
  bool more = false, written = true;
  const auto done = each_event(client, *input, options.items_max == 0 ? 0 : options.items_max + 1, [&](const Json& event) {
    if (options.items_max != 0 && shown == options.items_max) {
      more = true;
      return false;
    }
    written = print((shown == 0 ? writer.head() : std::string()) + writer.event(event));
    ++shown;
    return written;
  });
  if (!done) return fail(done.error());
  if (!written || (shown == 0 && !print(writer.head())) || !print(writer.foot())) return unwritable("lookup", errno);
  if (options.output == Output::kTable && isatty(STDERR_FILENO) != 0) {
    if (shown == 0)
      fmt::print(stderr, "No events. Data events (object reads and writes) need --data-events, other regions --all-regions.\n");
    if (more)
      fmt::print(stderr, "There are {} events: --max-items {} shows more, --max-items 0 all.\n", options.oldest_first ? "newer" : "older",
                 options.items_max * 4);
  }
  return kDone;
}

}  // namespace cairn::cli
