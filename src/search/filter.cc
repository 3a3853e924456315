#include "search/filter.h"

#include <algorithm>
#include <iterator>

#include "history/terms.h"

namespace cairn::search {
namespace {

using history::Attribute;

constexpr size_t kNarrowedMax = 16;  // filters that a search is given beside its own

/// Fields and words that stand in the index under an attribute, as they are.
constexpr std::pair<std::string_view, Attribute> kIndexed[] = {
    {"eventName", Attribute::kEventName},       {"eventSource", Attribute::kEventSource},
    {"eventID", Attribute::kEventId},           {"userIdentity.accessKeyId", Attribute::kAccessKeyId},
    {"Username", Attribute::kUsername},         {"ResourceName", Attribute::kResourceName},
    {"ResourceType", Attribute::kResourceType},
};

/// The same of what no attribute is made of.
constexpr std::pair<std::string_view, history::TermKind> kTerms[] = {
    {"errorCode", history::TermKind::kErrorCode},
    {"sourceIPAddress", history::TermKind::kSourceAddress},
    {"recipientAccountId", history::TermKind::kAccount},
    {"userIdentity.arn", history::TermKind::kPrincipalArn},
};

double seconds(Time time) { return std::chrono::duration<double>(time.time_since_epoch()).count(); }

class FilterCondition : public history::Condition {
 public:
  FilterCondition(const logquery::Formula& formula, Time now) : formula_(formula), run_(formula, seconds(now)) {}

  bool may_hold(std::string_view record) override { return formula_.may_hold(record); }
  bool holds(const event::Attributes& attributes, std::string_view record) override {
    return run_.holds(sighted_.see(attributes, record)) && !run_.failed();
  }

 private:
  const logquery::Formula formula_;
  logquery::FormulaRun run_;
  Sighted sighted_;
};

}  // namespace

const logquery::Dialect& dialect() {
  static const logquery::Dialect dialect{.words = {"Username", "ResourceName", "ResourceType"}, .free_text = true};
  return dialect;
}

std::optional<std::vector<history::Column>> columns_of(const logquery::Formula& formula) {
  if (!formula.is_of_names_alone()) return std::nullopt;
  std::vector<history::Column> columns;
  for (const std::string& name : formula.names()) {
    const auto column = history::column_named(name);
    if (!column) return std::nullopt;
    columns.push_back(*column);
  }
  return columns;
}

const logquery::Event& Sighted::see(const event::Attributes& attributes, std::string_view record) {
  for (auto& values : words_) values.clear();
  auto& [username, names, types] = words_;
  if (!attributes.username.empty()) username.push_back(attributes.username);
  for (const event::LookupResource& resource : attributes.resources) {
    if (!resource.name.empty()) names.push_back(resource.name);
    if (!resource.type.empty()) types.push_back(resource.type);
  }
  const int64_t time = attributes.time.time_since_epoch().count();
  event_ = {.timestamp = time,
            .ingested = time,
            .log = {},
            .stream = {},
            .message = record,
            .account = attributes.account,
            .region = attributes.region,
            .words = words_};
  return event_;
}

Result<Filter, logquery::Refusal> Filter::compile(std::string_view text) {
  auto formula = logquery::Formula::compile(text, dialect());
  if (!formula) return tl::unexpected(std::move(formula.error()));
  return Filter(std::move(*formula));
}

void Filter::narrow(history::Query& query) const {
  size_t narrowed = 0;
  for (const auto& [name, value] : formula_.equalities()) {
    if (const bool* truth = std::get_if<bool>(&value)) {
      if (name == "readOnly") query.filters.push_back({Attribute::kReadOnly, *truth ? "true" : "false"});
      continue;
    }
    const std::string& text = std::get<std::string>(value);
    if (name == "awsRegion" && query.region.empty()) query.region = text;
    const auto indexed = std::ranges::find(kIndexed, name, &std::pair<std::string_view, Attribute>::first);
    if (indexed != std::end(kIndexed) && narrowed++ < kNarrowedMax) query.filters.push_back({indexed->second, text});
    const auto term = std::ranges::find(kTerms, name, &std::pair<std::string_view, history::TermKind>::first);
    if (term != std::end(kTerms) && query.terms.size() < kNarrowedMax) query.terms.push_back(history::term_hash(term->second, text));
  }
  query.condition_columns = columns_of(formula_);
  const auto& hints = formula_.hints();
  if (const auto best = std::ranges::max_element(hints, {}, &logquery::Formula::Hint::weight); best != hints.end())
    query.texts = {best->any, best->any_case};
}

std::unique_ptr<history::Condition> Filter::condition(Time now) const { return std::make_unique<FilterCondition>(formula_, now); }

}  // namespace cairn::search
