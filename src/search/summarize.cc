#include "search/summarize.h"

#include <algorithm>

#include "history/terms.h"

namespace cairn::search {
namespace {

using history::Attribute;
using history::Column;

std::optional<Column> column_of(Attribute attribute) {
  switch (attribute) {
    case Attribute::kEventName:
      return Column::kEventName;
    case Attribute::kEventSource:
      return Column::kEventSource;
    case Attribute::kReadOnly:
      return Column::kReadOnly;
    case Attribute::kUsername:
      return Column::kUsername;
    default:
      return std::nullopt;
  }
}

/// None: some events would have to be read to know.
std::optional<history::Tally> tally_of(const history::Query& query, const Summary::Options& options) {
  if (query.order != history::Query::Order::kNewestFirst || query.newer_than) return std::nullopt;
  history::Tally tally{.conditions = {}, .fields = {}, .interval = options.interval};
  if (query.condition != nullptr) {
    if (!query.condition_columns) return std::nullopt;
    tally.conditions = *query.condition_columns;
  }
  for (const history::Filter& filter : query.filters) {
    const auto column = column_of(filter.attribute);
    if (!column) return std::nullopt;
    if (std::ranges::find(tally.conditions, *column) == tally.conditions.end()) tally.conditions.push_back(*column);
  }
  for (const Field& field : options.fields) {
    const auto column = field.column();
    if (!column) return std::nullopt;
    tally.fields.push_back(*column);
  }
  return tally;
}

/// An event that has these values and nothing else.
history::Event example(std::span<const Column> columns, history::Counter::Values values) {
  history::Event event;
  std::string identity_text;
  json::Writer record(event.record), identity(identity_text);
  record.begin_object();
  identity.begin_object();
  for (size_t i = 0; i < columns.size(); ++i) {
    const std::string_view value = values[i];
    if (value.empty()) continue;
    constexpr std::string_view kIdentity = "userIdentity.";
    const std::string_view name = history::name_of(columns[i]);
    if (columns[i] == Column::kUsername) event.attributes.username = value;
    else if (columns[i] == Column::kReadOnly) record.key(name).boolean(value == "true");
    else if (name.starts_with(kIdentity)) identity.key(name.substr(kIdentity.size())).string(value);
    else record.key(name).string(value);
    if (columns[i] == Column::kReadOnly) event.attributes.read_only = value == "true";
    if (columns[i] == Column::kEventName) event.attributes.event_name = value;
    if (columns[i] == Column::kEventSource) event.attributes.event_source = value;
  }
  identity.end_object();
  record.key("userIdentity").raw(identity_text);
  record.end_object();
  return event;
}

class Summing final : public history::Counter {
 public:
  Summing(const history::Query& query, const history::Tally& tally, Summary& summary) : query_(query), tally_(tally), summary_(summary) {}

  bool wants(Values values) override {
    const history::Event event = example(tally_.conditions, values);
    if (!std::ranges::all_of(query_.filters, [&](const auto& filter) { return history::holds(event.attributes, filter); })) return false;
    return query_.condition == nullptr || query_.condition->holds(event.attributes, event.record);
  }
  void add(size_t field, std::string_view value, uint64_t events) override { summary_.add_value(field, value, events); }
  void add_time(int64_t second, uint64_t events) override { summary_.add_events(second, events); }
  void add(const history::Event& event) override { summary_.add(event); }
  void forget() override { summary_.forget(); }

 private:
  const history::Query& query_;
  const history::Tally& tally_;
  Summary& summary_;
};

}  // namespace

Result<history::History::Counted> summarize(history::History& history, const history::Query& query, Summary& summary) {
  if (const auto tally = tally_of(query, summary.options())) {
    Summing summing(query, *tally, summary);
    return history.count(query, *tally, summing);
  }
  Time seen;
  const auto visited = history.visit(query, [&](const history::Event& event) {
    seen = event.attributes.time;
    summary.add(event);
    return true;
  });
  if (!visited) return tl::unexpected(visited.error());
  history::History::Counted counted{visited->next, std::nullopt};
  if (counted.next && summary.total() > 0) counted.seen_from = seen;
  return counted;
}

}  // namespace cairn::search
