#include "event/xml_json.h"

#include <charconv>
#include <cmath>
#include <unordered_map>
#include <vector>

#include "base/json.h"
#include "base/text.h"
#include "event/java_hash_map.h"

namespace cairn::event {
namespace {

/// JSON's grammar for numbers: what Java's parsers take beyond it (1., 1f, 0x1) is rare enough to stay text.
bool is_number(std::string_view s) {
  const auto digits = [&] {
    size_t n = 0;
    while (n < s.size() && s[n] >= '0' && s[n] <= '9') ++n;
    s.remove_prefix(n);
    return n;
  };
  if (s.starts_with('-')) s.remove_prefix(1);
  const bool leading_zero = s.starts_with('0');
  const size_t whole = digits();
  if (whole == 0 || (leading_zero && whole > 1)) return false;
  if (s.starts_with('.')) {
    s.remove_prefix(1);
    if (digits() == 0) return false;
  }
  if (s.starts_with('e') || s.starts_with('E')) {
    s.remove_prefix(1);
    if (s.starts_with('+') || s.starts_with('-')) s.remove_prefix(1);
    if (digits() == 0) return false;
  }
  return s.empty();
}

void append_text(std::string& out, std::string_view text) {
  if (text::equals_ignoring_case(text, "true")) {
    out += "true";
  } else if (text::equals_ignoring_case(text, "false")) {
    out += "false";
  } else if (is_number(text)) {
    if (text.find_first_of(".eE") == std::string_view::npos) {
      if (text::to_int(text) && text != "-0") {
        out += text;
      } else {
        json::append_quoted(out, text);  // beyond a Java long
      }
      return;
    }
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error == std::errc() && end == text.data() + text.size() && std::isfinite(number)) {
      fmt::format_to(std::back_inserter(out), "{}", number);
    } else {
      json::append_quoted(out, text);
    }
  } else {
    json::append_quoted(out, text);
  }
}

/// All values that stand under one name, as finished JSON.
struct Member {
  std::string_view name;
  std::vector<std::string> values;
};

}  // namespace

void append_xml_as_json(std::string& out, const xml::Element& element) {
  const std::string_view text = text::trim(element.text);
  if (element.attributes.empty() && element.children.empty()) {
    append_text(out, text);
    return;
  }
  std::vector<Member> members;
  std::unordered_map<std::string_view, size_t> places;
  const auto values_of = [&](std::string_view name) -> std::string& {
    const auto [place, fresh] = places.try_emplace(name, members.size());
    if (fresh) members.push_back({name, {}});
    return members[place->second].values.emplace_back();
  };
  for (const auto& [name, value] : element.attributes) append_text(values_of(name), value);
  if (!text.empty()) append_text(values_of("content"), text);
  for (const xml::Element& child : element.children) append_xml_as_json(values_of(child.name), child);
  order_as_hash_map(members, HashTable::kGrown);

  json::Writer writer(out);
  writer.begin_object();
  for (const Member& member : members) {
    writer.key(member.name);
    if (member.values.size() == 1) {
      writer.raw(member.values.front());
      continue;
    }
    writer.begin_array();
    for (const std::string& value : member.values) writer.raw(value);
    writer.end_array();
  }
  writer.end_object();
}

}  // namespace cairn::event
