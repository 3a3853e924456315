#include "patterns/filter/filter_set.h"

#include "patterns/filter/json_condition.h"

namespace cairn::patterns {

FilterSet::FilterSet(std::vector<FilterPattern> patterns) : patterns_(std::move(patterns)) {
  auto json = std::make_shared<JsonConditions>();
  for (size_t i = 0; i < patterns_.size(); ++i) {
    const JsonCondition* condition = patterns_[i].json();
    if (condition == nullptr) continue;
    json->add(*condition);
    json_numbers_.push_back(i);
  }
  json_ = std::move(json);
}

std::vector<char> FilterSet::match(std::string_view message) const {
  std::vector<char> matches(patterns_.size());
  if (!json_numbers_.empty()) {
    const std::vector<char> hold = json_->match(message);
    for (size_t i = 0; i < hold.size(); ++i) matches[json_numbers_[i]] = hold[i];
  }
  for (size_t i = 0; i < patterns_.size(); ++i)
    if (patterns_[i].kind() != FilterPattern::Kind::kJson) matches[i] = patterns_[i].matches(message) ? 1 : 0;
  return matches;
}

}  // namespace cairn::patterns
