#include "logquery/evaluate.h"

#include <re2/re2.h>

#include <algorithm>
#include <cmath>

namespace cairn::logquery {
namespace {

using Op = Node::Op;

constexpr size_t kArgumentsInPlace = 8;  // more are a vector

re2::StringPiece piece(std::string_view text) { return {text.data(), text.size()}; }

/// What stands for the stars of a pattern; the first text that fits, each star as short as can be but the last at the end.
bool match_glob(const std::vector<std::string>& texts, std::string_view text, std::vector<std::string_view>& found) {
  const size_t begin = text.find(texts[0]);
  if (begin == std::string_view::npos) return false;
  size_t at = begin + texts[0].size();
  for (size_t i = 1; i < texts.size(); ++i) {
    const bool takes_rest = texts[i].empty() && i + 1 == texts.size();
    const size_t end = takes_rest ? text.size() : text.find(texts[i], at);
    if (end == std::string_view::npos) return false;
    found.push_back(text.substr(at, end - at));
    at = end + texts[i].size();
  }
  return true;
}

}  // namespace

void Row::begin(const Event& event) {
  begin();
  event_ = &event;
  is_read_ = plan_.field_slots.empty();
  slots_[kTimestamp] = Value::time(static_cast<double>(event.timestamp));
  slots_[kIngestionTime] = Value::time(static_cast<double>(event.ingested));
  slots_[kMessage] = Value::of(event.message);
  slots_[kLogStream] = Value::of(event.stream);
  slots_[kLog] = Value::of(event.log);
  slots_[kAccount] = Value::of(event.account);
  slots_[kRegion] = Value::of(event.region);
  for (size_t i = 0; i < plan_.word_slots.size() && i < event.words.size(); ++i)
    if (!event.words[i].empty()) slots_[plan_.word_slots[i]] = Value::of(event.words[i].front());
}

void Row::begin() {
  std::ranges::fill(slots_, Value());
  arena_.clear();
  rows_ = 0;
  is_read_ = true;
  event_ = nullptr;
}

Value Row::at(Slot slot) {
  if (!is_read_ && plan_.is_field[slot]) {
    is_read_ = true;
    plan_.fields.read(event_->message, found_, arena_);
    for (size_t i = 0; i < found_.size(); ++i) slots_[plan_.field_slots[i]] = found_[i];
  }
  if (slot == kPointer && event_ != nullptr && pointer_) return Value::of(arena_.keep(pointer_(*event_)));
  return slots_[slot];
}

Value Row::value(const Node& node) {
  const auto part = [&](size_t i) { return value(node.parts[i]); };
  switch (node.op) {
    case Op::kLiteral:
      return node.literal;
    case Op::kSlot:
      return at(node.slot);
    case Op::kMember:
      failed_ = failed_ || arena_.bytes() > kEventBytesMax;
      return member_of(at(node.slot), node.text, arena_);
    case Op::kAnd:
      return Value::of(std::ranges::all_of(node.parts, [&](const Node& each) { return holds(each); }));
    case Op::kOr:
      return Value::of(std::ranges::any_of(node.parts, [&](const Node& each) { return holds(each); }));
    case Op::kNot:
      return Value::of(!holds(node.parts[0]));
    case Op::kEqual:
    case Op::kNotEqual: {
      const Value a = part(0), b = part(1);
      const bool equal = a.exists() && b.exists() && are_equal(a, b);
      return Value::of(equal == (node.op == Op::kEqual));
    }
    case Op::kLess:
    case Op::kLessOrEqual:
    case Op::kGreater:
    case Op::kGreaterOrEqual: {
      const Value a = part(0), b = part(1);
      if (!a.exists() || !b.exists()) return Value::of(false);
      const std::weak_ordering order = compare(a, b);
      return Value::of(node.op == Op::kLess          ? order < 0
                       : node.op == Op::kLessOrEqual ? order <= 0
                       : node.op == Op::kGreater     ? order > 0
                                                     : order >= 0);
    }
    case Op::kContains: {
      const Value a = part(0);
      return Value::of(a.exists() && text_of(a, arena_).find(node.text) != std::string_view::npos);
    }
    case Op::kMatches: {
      const Value a = part(0);
      return Value::of(a.exists() && RE2::PartialMatch(piece(text_of(a, arena_)), *node.regex));
    }
    case Op::kIn: {
      const Value a = part(0);
      if (!a.exists()) return Value::of(false);
      for (size_t i = 1; i < node.parts.size(); ++i)
        if (const Value b = part(i); b.exists() && are_equal(a, b)) return Value::of(true);
      return Value::of(false);
    }
    case Op::kAnyWord: {
      if (event_ == nullptr || node.word >= event_->words.size()) return Value::of(false);
      const Value first = slots_[node.slot];
      const bool any = std::ranges::any_of(event_->words[node.word], [&](std::string_view each) {
        slots_[node.slot] = Value::of(each);
        return holds(node.parts[0]);
      });
      slots_[node.slot] = first;
      return Value::of(any);
    }
    case Op::kCall:
      return call(node);
    default:
      return arithmetic(node);
  }
}

Value Row::arithmetic(const Node& node) {
  const std::optional<double> a = number_of(value(node.parts[0]));
  if (!a) return {};
  if (node.op == Op::kNegative) return Value::of(-*a);
  const std::optional<double> b = number_of(value(node.parts[1]));
  if (!b) return {};
  const double result = node.op == Op::kAdd        ? *a + *b
                        : node.op == Op::kSubtract ? *a - *b
                        : node.op == Op::kMultiply ? *a * *b
                        : node.op == Op::kDivide   ? *a / *b
                        : node.op == Op::kPower    ? std::pow(*a, *b)
                                                   : std::fmod(*a, *b);
  return std::isfinite(result) ? Value::of(result) : Value();
}

Value Row::call(const Node& node) {
  const Surroundings surroundings{arena_, started_seconds_, failed_};
  if (node.parts.size() > kArgumentsInPlace) {
    std::vector<Value> arguments;
    for (const Node& part : node.parts) arguments.push_back(value(part));
    return node.function->apply(arguments, surroundings);
  }
  Value arguments[kArgumentsInPlace];
  for (size_t i = 0; i < node.parts.size(); ++i) arguments[i] = value(node.parts[i]);
  return node.function->apply({arguments, node.parts.size()}, surroundings);
}

void Row::parse(const Step& step) {
  const Value source = value(step.node);
  if (!source.exists()) return;
  const std::string_view text = text_of(source, arena_);
  if (step.kind == Step::Kind::kGlob) {
    std::vector<std::string_view> found;
    if (!match_glob(step.texts, text, found)) return;
    for (size_t i = 0; i < found.size(); ++i) set(step.slots[i], Value::of(found[i]));
    return;
  }
  const int groups = step.regex->NumberOfCapturingGroups() + 1;
  std::vector<re2::StringPiece> found(static_cast<size_t>(groups));
  if (!step.regex->Match(piece(text), 0, text.size(), RE2::UNANCHORED, found.data(), groups)) return;
  for (size_t i = 0; i < step.slots.size(); ++i) {
    const re2::StringPiece& group = found[static_cast<size_t>(step.groups[i])];
    if (group.data() != nullptr) set(step.slots[i], Value::of(std::string_view(group.data(), group.size())));
  }
}

}  // namespace cairn::logquery
