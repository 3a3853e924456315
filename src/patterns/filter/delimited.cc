#include "patterns/filter/delimited.h"

#include <algorithm>

#include "base/text.h"

namespace cairn::patterns {
namespace {

bool is_name(char c) { return is_word(c) || c == '-'; }

struct Field {
  std::string_view value, rest;  // rest: from here to the message's end, as written
};

/// The next field of `message`, which begins with no blank and is not empty. A bracket or quote that is never closed is a character
/// like any.
Field take_field(std::string_view& message) {
  Field field{{}, message};
  const char close = message[0] == '[' ? ']' : message[0] == '"' ? '"' : '\0';
  const size_t closed = close == '\0' ? std::string_view::npos : message.find(close, 1);
  if (closed != std::string_view::npos) {
    field.value = message.substr(1, closed - 1);
    message.remove_prefix(closed + 1);
  } else {
    const size_t length = std::min(message.find_first_of(" \t\r\n"), message.size());
    field.value = message.substr(0, length);
    message.remove_prefix(length);
  }
  while (!message.empty() && is_blank(message[0])) message.remove_prefix(1);
  return field;
}

}  // namespace

Result<Delimited::Slot, Refusal> Delimited::read_slot(Reader& reader) {
  Slot slot;
  slot.name = reader.take_while(is_name);
  reader.blanks();
  if (slot.name.empty() || reader.peek() == ',' || reader.peek() == ']') return slot;
  slot.any_of.emplace_back();
  while (true) {
    Result<Comparison, Refusal> comparison = Comparison::read(reader);
    if (!comparison) return tl::unexpected(comparison.error());
    regex_count_ += comparison->is_regex() ? 1 : 0;
    slot.any_of.back().push_back(std::move(*comparison));
    reader.blanks();
    if (reader.take("||")) slot.any_of.emplace_back();
    else if (!reader.take("&&")) return slot;
    reader.blanks();
    const size_t name_at = reader.at;
    if (!text::equals_ignoring_case(reader.take_while(is_name), slot.name)) return reader.at = name_at, reader.invalid();
  }
}

Result<Delimited, Refusal> Delimited::read(Reader reader) {
  Delimited pattern;
  ++reader.at;  // the bracket
  while (true) {
    reader.blanks();
    const size_t begin = reader.at;
    if (reader.take("...")) {
      if (pattern.ellipsis_) return reader.at = begin, reader.invalid();  // it would not say which fields are which
      pattern.ellipsis_ = pattern.slots_.size();
    } else {
      Result<Slot, Refusal> slot = pattern.read_slot(reader);
      if (!slot) return tl::unexpected(slot.error());
      pattern.slots_.push_back(std::move(*slot));
    }
    reader.blanks();
    if (reader.take("]")) break;
    if (!reader.take(",")) return reader.done() ? reader.invalid() : reader.bad_characters();
  }
  reader.blanks();
  if (!reader.done()) return reader.bad_characters();
  return pattern;
}

Result<void, Refusal> Delimited::add_field(std::string_view reference) {
  const auto refused = [](size_t at) { return tl::unexpected<Refusal>({"Invalid filter pattern", at}); };
  if (!reference.starts_with('$')) return refused(0);
  const std::string_view name = reference.substr(1);
  const auto slot = std::find_if(slots_.begin(), slots_.end(), [&](const Slot& s) { return !s.name.empty() && s.name == name; });
  if (slot != slots_.end()) {
    wanted_.push_back({static_cast<size_t>(slot - slots_.begin()), 0});
  } else if (const std::optional<uint64_t> number = text::to_uint(name); number && *number > 0) {
    wanted_.push_back({std::nullopt, *number});
  } else {
    return refused(1);
  }
  return {};
}

bool Delimited::Slot::holds(std::string_view value) const {
  const auto one = [&](const Comparison& c) { return c.holds(value, Comparison::Type::kEither); };
  return any_of.empty() ||
         std::any_of(any_of.begin(), any_of.end(), [&](const Conjunction& all) { return std::all_of(all.begin(), all.end(), one); });
}

std::optional<std::vector<std::string_view>> Delimited::fields_of(std::string_view message) const {
  std::vector<std::string_view> fields;
  message = text::trim(message);
  while (!message.empty()) {
    const Field field = take_field(message);
    const bool is_last_slot = !ellipsis_ && fields.size() + 1 == slots_.size();
    if (is_last_slot && !message.empty()) {
      fields.push_back(field.rest);  // without an ellipsis the last name stands for all that is left
      break;
    }
    fields.push_back(field.value);
  }
  if (fields.size() < slots_.size()) return std::nullopt;
  return fields;
}

bool Delimited::match(std::string_view message, Values* values) const {
  const std::optional<std::vector<std::string_view>> fields = fields_of(message);
  if (!fields) return false;
  for (size_t i = 0; i < slots_.size(); ++i)
    if (!slots_[i].holds((*fields)[field_of_slot(i, fields->size())])) return false;
  if (values == nullptr) return true;
  values->clear();
  for (const Wanted& wanted : wanted_) {
    const size_t field = wanted.slot ? field_of_slot(*wanted.slot, fields->size()) : wanted.number - 1;
    values->push_back(field < fields->size() ? std::optional<std::string>((*fields)[field]) : std::nullopt);
  }
  return true;
}

std::vector<std::pair<std::string, std::string>> Delimited::extracted(std::string_view message) const {
  std::vector<std::pair<std::string, std::string>> all;
  const std::optional<std::vector<std::string_view>> fields = fields_of(message);
  if (!fields) return all;
  for (size_t i = 0; i < fields->size(); ++i) all.emplace_back(fmt::format("${}", i + 1), (*fields)[i]);
  for (size_t i = 0; i < slots_.size(); ++i)
    if (!slots_[i].name.empty()) all[field_of_slot(i, fields->size())].first = "$" + slots_[i].name;
  return all;
}

}  // namespace cairn::patterns
