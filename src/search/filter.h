#pragma once
#include <array>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "history/store.h"
#include "logquery/formula.h"

/// Searches of the event history beyond AWS's call. docs/search.md.
namespace cairn::search {

/// What formulas may name beside a record's fields: Username, ResourceName and ResourceType mean what they mean to LookupEvents.
const logquery::Dialect& dialect();

/// What a formula looks at, if it is columns alone.
std::optional<std::vector<history::Column>> columns_of(const logquery::Formula& formula);

/// An event as formulas see it. It stands as long as what it was made of.
class Sighted {
 public:
  const logquery::Event& see(const event::Attributes& attributes, std::string_view record);

 private:
  logquery::Event event_;
  std::array<std::vector<std::string_view>, 3> words_;
};

/// A condition in the language of log queries, on events of the history. Immutable; any thread.
class Filter {
 public:
  static Result<Filter, logquery::Refusal> compile(std::string_view text);

  /// Tells the history what it can find by its index.
  void narrow(history::Query& query) const;
  std::unique_ptr<history::Condition> condition(Time now) const;
  const std::vector<std::string>& names() const { return formula_.names(); }

 private:
  explicit Filter(logquery::Formula formula) : formula_(std::move(formula)) {}
  logquery::Formula formula_;
};

}  // namespace cairn::search
