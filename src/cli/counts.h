#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/json.h"
#include "cli/event_text.h"

namespace cairn::cli {

/// How many events there are, as SummarizeEvents answers page by page. Pure.
class Counts {
 public:
  /// An answer; of what it lacks nothing is said.
  void add(const Json& answer);
  /// False: of some values there may be more or fewer.
  bool is_exact() const { return is_exact_ && !(pages_ > 1 && has_others_); }
  /// In full, as text: at most `values_max` of each field, the most frequent first.
  std::string text(Output output, size_t values_max) const;

 private:
  struct Field {
    std::string name;
    std::map<std::string, uint64_t> values;
    uint64_t total = 0, missing = 0;  // of values; events without one
  };
  struct Row {
    std::string value;
    uint64_t events = 0;
  };
  static std::vector<Row> top(const Field& field, size_t values_max);
  std::string table(size_t values_max) const;
  std::string document(size_t values_max) const;

  uint64_t total_ = 0;
  int64_t interval_ = 0;               // seconds; 0: there are none
  std::map<int64_t, uint64_t> times_;  // by the first second of an interval
  std::vector<Field> fields_;
  size_t pages_ = 0;
  bool is_exact_ = true, has_others_ = false;
};

}  // namespace cairn::cli
