#include "cli/lookup.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <future>

#include "base/text.h"
#include "cli/client.h"
#include "cli/when.h"
#include "env/clock.h"
#include "env/tasks.h"

namespace cairn::cli {

namespace {

constexpr uint64_t kPageEvents = 200;
constexpr std::chrono::milliseconds kFollowInterval{1000};
constexpr std::string_view kBeforeAll = "0-0";  // the cursor before every event

bool print(const std::string& text) { return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0; }

int fail(std::string_view message) {
  fmt::print(stderr, "cairn lookup: {}\n", message);
  return 1;
}

/// Pages through an answer, newest first, until `f` returns false.
template <class F>
Result<void, CallFailure> each_event(Client& client, Json input, uint64_t items_max, F&& f) {
  for (uint64_t left = items_max == 0 ? UINT64_MAX : items_max; left > 0;) {
    input["MaxResults"] = std::min(left, kPageEvents);
    const auto answer = client.call("cairn", "Cairn.SearchEvents", input);
    if (!answer) return tl::unexpected(answer.error());
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

/// Calls of this kind, which are recorded too: following them would never come to rest.
bool is_search(const Json& event) {
  return event.value("EventName", "") == "SearchEvents" && event.value("EventSource", "") == "cairn.amazonaws.com";
}

/// Shows the newest events, oldest of them first, and then each one that arrives.
class Following {
 public:
  Following(Client& client, const Json& input, const LookupOptions& options, EventWriter& writer)
      : client_(client), input_(input), first_items_(std::max<uint64_t>(options.items_max, 1)), writer_(writer) {
    input_["NewerThan"] = kBeforeAll;
  }

  /// Goes on until it cannot: the exit code.
  int run() {
    std::promise<int> ended;
    bool told = false;
    const auto task = env::system_tasks().start("follow", [&] {
      const std::optional<int> code = told ? std::nullopt : step();
      if (code) {
        ended.set_value(*code);
        told = true;
      }
      return told ? env::Next::when_woken() : env::Next::after(kFollowInterval);
    });
    return ended.get_future().get();
  }

 private:
  /// How far there are events, whatever is looked for; "": none are newer than those before.
  std::string newest() {
    Json input = input_;
    input.erase("Filter");
    input.erase("Filters");
    input.erase("Order");
    std::string cursor;
    (void)each_event(client_, input, 1, [&](const Json& event) {
      cursor = event.value("Cursor", "");
      return false;
    });
    return cursor;
  }

  std::optional<int> step() {
    std::vector<Json> events;
    // What a filter finds nothing in is not to be gone through once a second.
    const std::string end = input_.contains("Filter") || input_.contains("Filters") ? newest() : "";
    // The first round shows a screenful; later ones everything since.
    const auto done = each_event(client_, input_, first_ ? first_items_ : 0, [&](const Json& event) {
      events.push_back(event);
      return true;
    });
    if (!done) {
      if (first_ || done.error().kind != CallFailure::kUnreachable) return fail(done.error().message);
      if (!std::exchange(waiting_, true)) fmt::print(stderr, "cairn lookup: {}\nWaiting for it.\n", done.error().message);
      return std::nullopt;
    }
    first_ = waiting_ = false;
    if (!events.empty() && events.front().contains("Cursor")) input_["NewerThan"] = events.front()["Cursor"];
    else if (events.empty() && !end.empty()) input_["NewerThan"] = end;
    for (auto event = events.rbegin(); event != events.rend(); ++event) {
      if (!is_search(*event) && !print(writer_.event(*event))) return 1;
    }
    return std::nullopt;
  }

  Client& client_;
  Json input_;
  const uint64_t first_items_;
  EventWriter& writer_;
  bool first_ = true;
  bool waiting_ = false;
};

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

int lookup(const LookupOptions& options) {
  auto target = find_target(options.target, system_surroundings());
  if (!target) return fail(target.error().message);
  const env::Clock& clock = env::system_clock();
  const auto input = search_input(options, target->signer.region.str(), clock.now());
  if (!input) return fail(input.error().message);

  Client client(std::move(*target), clock);
  EventWriter writer(options.output, options.follow ? EventWriter::JsonForm::kLines : EventWriter::JsonForm::kDocument,
                     options.all_regions);
  if (options.follow) {
    if (!print(writer.head())) return 1;
    return Following(client, *input, options, writer).run();
  }
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
  if (!done) return fail(done.error().message);
  if (!written) return 1;
  if (shown == 0 && !print(writer.head())) return 1;
  if (!print(writer.foot())) return 1;
  if (options.output == Output::kTable && isatty(STDERR_FILENO) != 0) {
    if (shown == 0)
      fmt::print(stderr, "No events. Data events (object reads and writes) need --data-events, other regions --all-regions.\n");
    if (more)
      fmt::print(stderr, "There are {} events: --max-items {} shows more, --max-items 0 all.\n", options.oldest_first ? "newer" : "older",
                 options.items_max * 4);
  }
  return 0;
}

}  // namespace cairn::cli
