#include "patterns/filter/json_condition.h"

#include <algorithm>

#include "base/check.h"
#include "base/text.h"

namespace cairn::patterns {
namespace {

bool is_member(char c) { return is_word(c) || c == '-'; }

}  // namespace

Result<Selector, Refusal> Selector::read(Reader& reader) {
  Selector selector;
  const size_t begin = reader.at;
  if (reader.peek() != '$') return reader.done() || is_word(reader.peek()) ? reader.invalid() : reader.bad_characters();
  if (!reader.text.substr(reader.at).starts_with("$.")) return ++reader.at, reader.invalid();
  ++reader.at;
  while (true) {
    if (reader.take(".['")) {
      const std::string_view member = reader.take_while([](char c) { return c != '\''; });
      if (member.empty() || !reader.take("']")) return reader.invalid();
      selector.steps.push_back({std::string(member), std::nullopt});
    } else if (reader.take(".")) {
      const std::string_view member = reader.take_while(is_member);
      if (member.empty()) return reader.bad_characters();
      selector.steps.push_back({std::string(member), std::nullopt});
    } else if (reader.take("[")) {
      if (reader.take("*]")) {
        selector.steps.push_back({"", kEvery});
        continue;
      }
      const std::optional<uint64_t> index = text::to_uint(reader.take_while([](char c) { return c >= '0' && c <= '9'; }));
      if (!index || *index == kEvery || !reader.take("]")) return reader.invalid();
      selector.steps.push_back({"", *index});
    } else {
      break;
    }
  }
  selector.text = reader.text.substr(begin, reader.at - begin);
  return selector;
}

size_t JsonCondition::node_of(const Selector& selector) {
  size_t node = 0;
  for (const Selector::Step& step : selector.steps) {
    const auto& next = nodes_[node].next;
    const auto found = std::find_if(next.begin(), next.end(), [&](const auto& way) { return way.first == step; });
    if (found != next.end()) {
      node = found->second;
    } else {
      nodes_[node].next.emplace_back(step, nodes_.size());
      node = nodes_.size();
      nodes_.emplace_back();
    }
  }
  return node;
}

Result<void, Refusal> JsonCondition::read_one(Reader& reader) {
  reader.blanks();
  if (reader.take("(")) {
    if (Result<void, Refusal> inner = read_or(reader); !inner) return inner;
    reader.blanks();
    if (!reader.take(")")) return reader.invalid();
    return {};
  }
  Result<Selector, Refusal> selector = Selector::read(reader);
  if (!selector) return tl::unexpected(selector.error());
  const auto word = [&reader](std::string_view expected) {
    reader.blanks();
    const size_t begin = reader.at;
    if (reader.take_while(is_word) == expected) return true;
    reader.at = begin;
    return false;
  };
  Condition condition;
  if (word("IS")) {
    if (word("NULL")) condition.test = Test::kNull;
    else if (word("TRUE")) condition.test = Test::kTrue;
    else if (word("FALSE")) condition.test = Test::kFalse;
    else return reader.invalid();
  } else if (word("NOT")) {
    if (!word("EXISTS")) return reader.invalid();
    condition.test = Test::kNotExists;
  } else {
    Result<Comparison, Refusal> comparison = Comparison::read(reader);
    if (!comparison) return tl::unexpected(comparison.error());
    regex_count_ += comparison->is_regex() ? 1 : 0;
    condition.comparison = std::move(*comparison);
  }
  const size_t node = node_of(*selector);
  nodes_[node].conditions.push_back(conditions_.size());
  if (nodes_[node].outputs.empty()) {
    nodes_[node].outputs.push_back(output_count_++);
    selectors_.push_back(selector->text);
  }
  program_.push_back(static_cast<int>(conditions_.size()));
  conditions_.push_back(std::move(condition));
  return {};
}

Result<void, Refusal> JsonCondition::read_and(Reader& reader) {
  Result<void, Refusal> read = read_one(reader);
  while (read && (reader.blanks(), reader.take("&&"))) {
    read = read_one(reader);
    program_.push_back(kAnd);
  }
  return read;
}

Result<void, Refusal> JsonCondition::read_or(Reader& reader) {
  Result<void, Refusal> read = read_and(reader);
  while (read && (reader.blanks(), reader.take("||"))) {
    read = read_and(reader);
    program_.push_back(kOr);
  }
  return read;
}

Result<JsonCondition, Refusal> JsonCondition::read(Reader reader) {
  JsonCondition pattern;
  ++reader.at;  // the brace
  if (Result<void, Refusal> read = pattern.read_or(reader); !read) return tl::unexpected(read.error());
  reader.blanks();
  if (!reader.take("}")) return is_word(reader.peek()) ? reader.invalid() : reader.bad_characters();
  reader.blanks();
  if (!reader.done()) return reader.bad_characters();
  return pattern;
}

Result<void, Refusal> JsonCondition::add_field(std::string_view reference) {
  Reader reader{reference};
  Result<Selector, Refusal> selector = Selector::read(reader);
  if (!selector) return tl::unexpected(selector.error());
  if (!reader.done()) return reader.invalid();
  std::vector<size_t>& outputs = nodes_[node_of(*selector)].outputs;
  if (outputs.empty()) outputs.push_back(output_count_++);
  fields_.push_back(outputs.front());
  return {};
}

bool JsonCondition::decide(const std::vector<int>& program, const std::vector<char>& holds, size_t first) {
  thread_local std::vector<char> stack;
  stack.clear();
  for (const int step : program) {
    if (step >= 0) {
      stack.push_back(holds[first + static_cast<size_t>(step)]);
      continue;
    }
    const char right = stack.back();
    stack.pop_back();
    stack.back() = static_cast<char>(step == kAnd ? stack.back() & right : stack.back() | right);
  }
  CHECK(stack.size() == 1);
  return stack.back() != 0;
}

void JsonConditions::add(const JsonCondition& condition) {
  const size_t first = all_.conditions_.size();
  all_.conditions_.insert(all_.conditions_.end(), condition.conditions_.begin(), condition.conditions_.end());
  parts_.push_back({condition.program_, first});
  add_node(condition, 0, 0, first);
}

void JsonConditions::add_node(const JsonCondition& from, size_t number, size_t to, size_t first_condition) {
  for (const size_t condition : from.nodes_[number].conditions) all_.nodes_[to].conditions.push_back(first_condition + condition);
  for (const auto& [step, node] : from.nodes_[number].next) {
    const auto& ways = all_.nodes_[to].next;
    const auto known = std::ranges::find(ways, step, &std::pair<Selector::Step, size_t>::first);
    size_t next = 0;
    if (known != ways.end()) {
      next = known->second;
    } else {
      next = all_.nodes_.size();
      all_.nodes_.emplace_back();
      all_.nodes_[to].next.emplace_back(step, next);
    }
    add_node(from, node, next, first_condition);
  }
}

}  // namespace cairn::patterns
