#include "patterns/event/compiled.h"

#include <algorithm>
#include <map>

#include "base/text.h"

namespace cairn::patterns {
namespace {

constexpr size_t kSearchedInTurnMax = 8;  // names of a place; more are looked up

/// What tells one test from another.
std::string key_of(const Test& test) {
  std::string key = fmt::format("{} {} {} {} {} {} {} ", static_cast<int>(test.kind), test.low, test.high, test.low_open, test.high_open,
                                test.address.is_v4, test.prefix_bits);
  key.append(reinterpret_cast<const char*>(test.address.bytes.data()), test.address.bytes.size());
  key += fmt::format("{} {}", test.text.size(), test.text);
  for (const Test& one : test.but) key += key_of(one);
  return key;
}

/// Whether most values of a field will pass, so that it is of no use to look at a rule because of it.
bool is_broad(const Test& test) {
  return test.kind == Test::Kind::kExists || test.kind == Test::Kind::kAbsent || test.kind == Test::Kind::kAnythingBut ||
         (test.text.empty() && (test.kind == Test::Kind::kPrefix || test.kind == Test::Kind::kSuffix)) ||
         (test.kind == Test::Kind::kWildcard && test.text == "*");
}

}  // namespace

uint32_t EventMatcher::Compiled::field_of(std::string_view path) {
  uint32_t node = 0;
  for (const std::string_view name : text::split(path, '.')) {
    auto& next = nodes[node].next;
    const auto found = std::find_if(next.begin(), next.end(), [&](const auto& way) { return way.first == name; });
    if (found != next.end()) {
      node = found->second;
    } else {
      next.emplace_back(name, static_cast<uint32_t>(nodes.size()));
      node = static_cast<uint32_t>(nodes.size());
      nodes.emplace_back();
    }
  }
  if (nodes[node].field == kNone) {
    nodes[node].field = static_cast<uint32_t>(fields.size());
    fields.emplace_back();
  }
  return nodes[node].field;
}

EventMatcher::Compiled::Compiled(std::span<const EventPattern* const> patterns) : rule_count(static_cast<uint32_t>(patterns.size())) {
  std::map<std::pair<uint32_t, std::string>, uint32_t> tests;                   // of a field
  std::map<std::pair<uint32_t, std::vector<uint32_t>>, uint32_t> same_clauses;  // of a field, by tests
  constexpr uint32_t kAbsentTest = kNone;
  for (uint32_t rule = 0; rule < patterns.size(); ++rule) {
    for (const EventPattern::Alternative& from : patterns[rule]->alternatives()) {
      Alternative alternative{rule, {}};
      for (const EventPattern::Field& asked : from) {
        const uint32_t field = field_of(asked.path);
        std::vector<uint32_t> numbers;
        bool broad = false;
        for (const Test& test : asked.any_of) {
          broad = broad || is_broad(test);
          if (test.kind == Test::Kind::kAbsent) {
            numbers.push_back(kAbsentTest);
            continue;
          }
          const auto [place, is_new] = tests.try_emplace({field, key_of(test)}, static_cast<uint32_t>(clauses_of_test.size()));
          if (is_new) {
            clauses_of_test.emplace_back();
            fields[field].index.add(test, place->second);
          }
          numbers.push_back(place->second);
        }
        std::sort(numbers.begin(), numbers.end());
        numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
        const auto [place, is_new] = same_clauses.try_emplace({field, numbers}, static_cast<uint32_t>(clauses.size()));
        if (is_new) {
          clauses.push_back({.field = field, .absent = numbers.back() == kAbsentTest, .broad = broad});
          for (const uint32_t number : numbers)
            if (number != kAbsentTest) clauses_of_test[number].push_back(place->second);
        }
        ++clauses[place->second].uses;
        alternative.clauses.push_back(place->second);
      }
      alternatives.push_back(std::move(alternative));
    }
  }
  for (uint32_t i = 0; i < alternatives.size(); ++i) {
    const auto rarer = [this](uint32_t a, uint32_t b) {
      return std::pair(clauses[a].broad, clauses[a].uses) < std::pair(clauses[b].broad, clauses[b].uses);
    };
    const auto rarest = std::min_element(alternatives[i].clauses.begin(), alternatives[i].clauses.end(), rarer);
    Clause& clause = clauses[*rarest];
    if (clause.absent && clause.looks_at.empty()) absent_first.push_back(*rarest);
    clause.looks_at.push_back(i);
  }
  for (PathNode& node : nodes)
    if (node.next.size() > kSearchedInTurnMax) node.by_name.insert(node.next.begin(), node.next.end());
}

void EventMatcher::Work::State::begin(const EventMatcher::Compiled& compiled) {
  ++round;
  values.clear();
  hits.clear();
  elements.clear();
  arrays.clear();
  candidates.clear();
  decoded.clear();
  if (clauses.size() < compiled.clauses.size()) clauses.resize(compiled.clauses.size());
  if (fields.size() < compiled.fields.size()) fields.resize(compiled.fields.size());
  if (matched.size() < compiled.rule_count) matched.resize(compiled.rule_count);
  steps_left = EventMatcher::kStepsMax;
}

}  // namespace cairn::patterns
