#include "rules/json_path.h"

#include "base/json.h"
#include "base/json_cursor.h"
#include "base/text.h"

namespace cairn::rules {
namespace {

constexpr size_t kTextMax = 256;  // as the API has it
constexpr size_t kIndexDigitsMax = 6;

/// The text of the value that begins here; the cursor stands behind it. "": the text is no JSON.
std::string_view take_value(json::Cursor& cursor, std::string_view json) {
  (void)cursor.peek();  // steps over blanks
  const size_t begin = cursor.offset();
  if (!cursor.skip()) return {};
  return json.substr(begin, cursor.offset() - begin);
}

}  // namespace

std::optional<JsonPath> JsonPath::parse(std::string_view text) {
  if (text.empty() || text.size() > kTextMax || text.front() != '$') return std::nullopt;
  JsonPath path;
  for (size_t at = 1; at < text.size();) {
    if (text[at] == '.') {
      const size_t end = std::min(text.find_first_of(".[", at + 1), text.size());
      const std::string_view name = text.substr(at + 1, end - at - 1);
      if (name.empty() || name.find(']') != std::string_view::npos) return std::nullopt;
      if (name == "*") path.steps_.push_back({.kind = Step::Kind::kAny});
      else path.steps_.push_back({.kind = Step::Kind::kMember, .name = std::string(name)});
      at = end;
      continue;
    }
    if (text[at] != '[') return std::nullopt;
    const size_t end = text.find(']', at);
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view inside = text.substr(at + 1, end - at - 1);
    if (inside == "*") {
      path.steps_.push_back({.kind = Step::Kind::kAny});
    } else {
      if (!text::is_digits(inside) || inside.size() > kIndexDigitsMax) return std::nullopt;
      path.steps_.push_back({.kind = Step::Kind::kElement, .name = "", .index = *text::to_uint(inside)});
    }
    at = end + 1;
  }
  for (const Step& step : path.steps_) path.is_plural_ = path.is_plural_ || step.kind == Step::Kind::kAny;
  return path;
}

void JsonPath::collect(std::string_view json, size_t number, std::vector<std::string_view>& found) const {
  if (number == steps_.size()) {
    found.push_back(json);
    return;
  }
  const Step& step = steps_[number];
  json::Cursor cursor(json);
  const json::Cursor::Kind kind = cursor.peek();
  if (kind == json::Cursor::Kind::kObject && step.kind != Step::Kind::kElement && cursor.enter_object()) {
    std::string_view last;  // of members of one name the last counts
    for (json::Cursor::Text name; cursor.next_member(name);) {
      const std::string_view value = take_value(cursor, json);
      if (value.empty()) return;
      if (step.kind == Step::Kind::kAny) collect(value, number + 1, found);
      else if (name.escaped ? name.decoded() == step.name : name.raw == step.name) last = value;
    }
    if (!last.empty()) collect(last, number + 1, found);
  } else if (kind == json::Cursor::Kind::kArray && step.kind != Step::Kind::kMember && cursor.enter_array()) {
    for (size_t i = 0; cursor.next_element(); ++i) {
      const std::string_view value = take_value(cursor, json);
      if (value.empty()) return;
      if (step.kind == Step::Kind::kAny || i == step.index) collect(value, number + 1, found);
      if (step.kind == Step::Kind::kElement && i == step.index) return;
    }
  }
}

std::optional<std::string> JsonPath::find(std::string_view json) const {
  std::vector<std::string_view> found;
  json::Cursor cursor(json);
  const std::string_view root = take_value(cursor, json);
  if (root.empty()) return std::nullopt;
  collect(root, 0, found);
  if (!is_plural_) return found.empty() ? std::nullopt : std::optional(std::string(found.front()));
  if (found.empty()) return std::nullopt;
  std::string list = "[";
  for (const std::string_view value : found) {
    if (list.size() > 1) list += ',';
    list += value;
  }
  return list + "]";
}

std::string JsonPath::text_of(std::string_view json) const {
  const std::string found = find(json).value_or("");
  const Result<Json> value = json::parse(found);
  return value && value->is_string() ? value->get<std::string>() : found;
}

}  // namespace cairn::rules
