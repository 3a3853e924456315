#pragma once
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "history/store.h"

namespace cairn::history {

/// Counts wanted events by the values of one column, and those that had to be read for it.
class Counts : public Counter {
 public:
  using Wanted = std::function<bool(const std::vector<std::string>& values)>;
  explicit Counts(Column column, Wanted wanted = nullptr) : column_(column), wanted_(std::move(wanted)) {}

  bool wants(Values values) override { return wanted_ == nullptr || wanted_({values.begin(), values.end()}); }
  void add(size_t, std::string_view value, uint64_t events) override { by_value[std::string(value)] += events; }
  void add_time(int64_t second, uint64_t events) override {
    by_time[second] += events;
    total += events;
  }
  void add(const Event& event) override {
    ++total;
    ++read;
    ++by_value[column_ == Column::kUserAgent ? event.attributes.user_agent : event.attributes.event_name];
  }

  void forget() override {
    by_value.clear();
    by_time.clear();
    total = read = 0;
  }

  std::map<std::string, uint64_t> by_value;
  std::map<int64_t, uint64_t> by_time;
  uint64_t total = 0, read = 0;

 private:
  const Column column_;
  const Wanted wanted_;
};

}  // namespace cairn::history
