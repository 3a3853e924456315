#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "base/utf8.h"
#include "logquery/fields.h"
#include "logquery/functions.h"

/// Functions of texts, of what is there at all, and of JSON.
namespace cairn::logquery {
namespace {

using Arguments = std::span<const Value>;
using Around = const Surroundings&;

constexpr std::string_view kBlanks = " \t\n\r\f\v";

Value made(std::string text, Around around) {
  if (text.size() > kTextBytesMax || around.arena.bytes() + text.size() > kEventBytesMax) {
    around.failed = true;
    return {};
  }
  return Value::of(around.arena.keep(std::move(text)));
}

size_t index_of_code_point(std::string_view text, size_t count) {
  size_t at = 0;
  for (; count > 0 && at < text.size(); --count) at += std::max<size_t>(utf8::length_at(text, at), 1);
  return at;
}

Value is_present(Arguments a, Around) { return Value::of(a[0].exists()); }
Value coalesce(Arguments a, Around) {
  const auto there = std::ranges::find_if(a, &Value::exists);
  return there == a.end() ? Value() : *there;
}
Value choose(Arguments a, Around) { return is_true(a[0]) ? a[1] : a[2]; }
Value is_empty(Arguments a, Around around) { return Value::of(!a[0].exists() || text_of(a[0], around.arena).empty()); }
Value is_blank(Arguments a, Around around) {
  return Value::of(!a[0].exists() || text_of(a[0], around.arena).find_first_not_of(kBlanks) == std::string_view::npos);
}

Value concat(Arguments a, Around around) {
  std::string text;
  for (const Value& each : a) {
    append_text(text, each);
    if (text.size() > kTextBytesMax) break;
  }
  return made(std::move(text), around);
}

std::string_view without(std::string_view text, std::string_view characters, bool left, bool right) {
  if (left) text.remove_prefix(std::min(text.find_first_not_of(characters), text.size()));
  if (right) text = text.substr(0, text.find_last_not_of(characters) + 1);
  return text;
}
template <bool left, bool right>
Value trim(Arguments a, Around around) {
  if (!a[0].exists()) return {};
  return Value::of(without(text_of(a[0], around.arena), a.size() > 1 ? text_of(a[1], around.arena) : kBlanks, left, right));
}

Value strlen(Arguments a, Around around) {
  if (!a[0].exists()) return {};
  return Value::of(static_cast<double>(text::code_points(text_of(a[0], around.arena))));
}

template <char first, char last>
Value in_case(Arguments a, Around around) {
  if (!a[0].exists()) return {};
  std::string text(text_of(a[0], around.arena));
  for (char& c : text)
    if (c >= first && c <= last) c = static_cast<char>(c ^ 0x20);
  return made(std::move(text), around);
}

Value substr(Arguments a, Around around) {
  const std::optional<double> begin = number_of(a[1]);
  const std::optional<double> length = a.size() > 2 ? number_of(a[2]) : std::optional<double>(1e18);
  if (!a[0].exists() || !begin || !length || !(*begin >= 0) || !(*length >= 0)) return {};
  std::string_view text = text_of(a[0], around.arena);
  constexpr double kEnd = 1e18;
  text.remove_prefix(index_of_code_point(text, static_cast<size_t>(std::min(*begin, kEnd))));
  return Value::of(text.substr(0, index_of_code_point(text, static_cast<size_t>(std::min(*length, kEnd)))));
}

Value replace(Arguments a, Around around) {
  if (!a[0].exists()) return {};
  std::string_view text = text_of(a[0], around.arena);
  const std::string_view old = text_of(a[1], around.arena), by = text_of(a[2], around.arena);
  if (old.empty()) return a[0];
  std::string out;
  for (size_t found = text.find(old); found != std::string_view::npos && out.size() <= kTextBytesMax; found = text.find(old)) {
    out += text.substr(0, found);
    out += by;
    text.remove_prefix(found + old.size());
  }
  out += text;
  return made(std::move(out), around);
}

Value str_contains(Arguments a, Around around) {
  return Value::of(a[0].exists() && text_of(a[0], around.arena).find(text_of(a[1], around.arena)) != std::string_view::npos);
}

Value json_parse(Arguments a, Around around) { return a[0].exists() ? parse_json(text_of(a[0], around.arena), around.arena) : Value(); }
Value json_stringify(Arguments a, Around around) { return a[0].exists() ? Value::of(text_of(a[0], around.arena)) : Value(); }

constexpr Function kFunctions[] = {
    {"coalesce", 1, kAny, coalesce},
    {"concat", 1, kAny, concat},
    {"if", 3, 3, choose},
    {"isblank", 1, 1, is_blank},
    {"isempty", 1, 1, is_empty},
    {"ispresent", 1, 1, is_present},
    {"jsonparse", 1, 1, json_parse},
    {"jsonstringify", 1, 1, json_stringify},
    {"ltrim", 1, 2, trim<true, false>},
    {"replace", 3, 3, replace},
    {"rtrim", 1, 2, trim<false, true>},
    {"strcontains", 2, 2, str_contains},
    {"strlen", 1, 1, strlen},
    {"substr", 2, 3, substr},
    {"tolower", 1, 1, in_case<'A', 'Z'>},
    {"toupper", 1, 1, in_case<'a', 'z'>},
    {"trim", 1, 2, trim<true, true>},
};

}  // namespace

std::span<const Function> text_functions() { return kFunctions; }

}  // namespace cairn::logquery
