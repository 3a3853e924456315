#pragma once
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "history/store.h"
#include "logquery/formula.h"
#include "search/filter.h"
#include "search/top_values.h"

namespace cairn::search {

/// A field whose most frequent values are to be known: a formula, or a word, of which each value counts.
class Field {
 public:
  static Result<Field, logquery::Refusal> compile(std::string_view text);
  const std::string& text() const { return text_; }
  /// If it is one by itself.
  std::optional<history::Column> column() const { return history::column_named(text_); }

 private:
  friend class Summary;
  std::string text_;
  logquery::Formula formula_;
  std::optional<size_t> word_;
};

/// How many events there are, when, and with which values. One thread.
class Summary {
 public:
  static constexpr int64_t kBinsMax = 2000;

  struct Options {
    std::optional<std::chrono::seconds> interval;  // of the bins; nullopt: there are none
    std::vector<Field> fields;
    Time now;
  };
  explicit Summary(Options options);

  void add(const history::Event& event);
  /// Several whose times lie in one interval with `second`, since 1970. Their values are added by themselves.
  void add_events(int64_t second, uint64_t events);
  /// Of so many events the value of a field; "": they have none.
  void add_value(size_t field, std::string_view value, uint64_t events);

  /// All that was added.
  void forget();

  const Options& options() const { return options_; }
  uint64_t total() const { return total_; }
  /// Events of each interval that has any, by its first second; intervals begin at whole multiples since 1970.
  const std::map<int64_t, uint64_t>& bins() const { return bins_; }
  struct Values {
    TopValues values;
    uint64_t without = 0;  // events that have none
  };
  const Values& values_of(size_t field) const { return values_[field]; }

  /// A round interval of which a span of time has at most `bins_max`.
  static std::chrono::seconds interval_for(std::chrono::seconds span, int64_t bins_max);

 private:
  const Options options_;
  std::vector<logquery::FormulaRun> runs_;  // of the fields
  std::vector<Values> values_;
  Sighted sighted_;
  std::map<int64_t, uint64_t> bins_;
  uint64_t total_ = 0;
};

}  // namespace cairn::search
