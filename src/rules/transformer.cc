#include "rules/transformer.h"

#include <algorithm>
#include <array>

#include "base/json.h"
#include "base/json_cursor.h"
#include "rules/event_text.h"

namespace cairn::rules {
namespace {

/// The text without blanks between its tokens; the text is JSON.
std::string minified(std::string_view json) {
  std::string out;
  out.reserve(json.size());
  bool in_string = false;
  for (size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (in_string && c == '\\' && i + 1 < json.size()) {
      out += c;
      out += json[++i];
      continue;
    }
    if (c == '"') in_string = !in_string;
    if (!in_string && (c == ' ' || c == '\t' || c == '\r' || c == '\n')) continue;
    out += c;
  }
  return out;
}

bool is_json(std::string_view text) {
  json::Cursor cursor(text);
  return cursor.skip() && cursor.at_end();
}

/// A value for the inside of a string: a string's own text without its quotes, of others their JSON with its quotes escaped.
std::string within_string(std::string_view json) {
  if (json.size() >= 2 && json.front() == '"') return std::string(json.substr(1, json.size() - 2));
  std::string quoted;
  json::append_quoted(quoted, json);
  return quoted.substr(1, quoted.size() - 2);
}

std::string string_of(std::string_view text) {
  std::string out;
  json::append_quoted(out, text);
  return out;
}

}  // namespace

Result<Transformer, Transformer::Refusal> Transformer::compile(const std::map<std::string, std::string>& paths, std::string_view text) {
  static constexpr auto kKnown = std::to_array<std::pair<std::string_view, Known>>({
      {"aws.events.rule-arn", Known::kRuleArn},
      {"aws.events.rule-name", Known::kRuleName},
      {"aws.events.event.ingestion-time", Known::kIngestionTime},
      {"aws.events.event", Known::kEvent},
      {"aws.events.event.json", Known::kEventJson},
  });
  Transformer made;
  std::map<std::string_view, size_t> numbers;
  for (const auto& [name, path] : paths) {
    std::optional<JsonPath> read = JsonPath::parse(path);
    if (!read) return tl::unexpected(Refusal{Refusal::What::kPath, name});
    numbers[name] = made.paths_.size();
    made.paths_.push_back(std::move(*read));
  }
  const size_t first = text.find_first_not_of(" \t\r\n");
  made.is_json_ = first != std::string_view::npos && (text[first] == '{' || text[first] == '[');
  Part part;
  bool in_string = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const size_t end = c == '<' ? text.find('>', i) : std::string_view::npos;
    if (end == std::string_view::npos) {
      part.text += c;
      if (c == '\\' && in_string && i + 1 < text.size() && text[i + 1] != '<') part.text += text[++i];
      else if (c == '"') in_string = !in_string;
      continue;
    }
    const std::string_view name = text.substr(i + 1, end - i - 1);
    const auto known = std::ranges::find(kKnown, name, &std::pair<std::string_view, Known>::first);
    if (const auto number = numbers.find(name); number != numbers.end()) part.placeholder = number->second;
    else if (known != kKnown.end()) part.placeholder = known->second;
    else return tl::unexpected(Refusal{Refusal::What::kPlaceholder, std::string(name)});
    part.is_in_string = in_string;
    made.parts_.push_back(std::move(part));
    part = {};
    i = end;
  }
  made.parts_.push_back(std::move(part));
  return made;
}

std::string Transformer::value_of(const Part& part, std::string_view event, const AboutRule& rule,
                                  const std::vector<std::optional<std::string>>& values) const {
  std::string json = R"("")";  // of what is not there
  if (const size_t* number = std::get_if<size_t>(&part.placeholder)) {
    if (values[*number]) json = *values[*number];
  } else if (const Known* known = std::get_if<Known>(&part.placeholder)) {
    switch (*known) {
      case Known::kRuleArn:
        json = string_of(rule.arn);
        break;
      case Known::kRuleName:
        json = string_of(rule.name);
        break;
      case Known::kIngestionTime:
        json = string_of(rule.ingestion_time);
        break;
      case Known::kEvent:
        json = without_detail(event);
        break;
      case Known::kEventJson:
        json = event;
        break;
    }
  } else {
    return "";
  }
  const bool is_string = json.front() == '"';
  if (part.is_in_string || (is_string && !is_json_)) return within_string(json);
  return json;
}

Result<std::string> Transformer::apply(std::string_view event, const AboutRule& rule) const {
  std::vector<std::optional<std::string>> values;
  for (const JsonPath& path : paths_) values.push_back(path.find(event));
  std::string out;
  for (const Part& part : parts_) {
    out += part.text;
    out += value_of(part, event, rule, values);
    if (out.size() > kOutputBytesMax) return failure("The transformed input is larger than {} bytes.", kOutputBytesMax);
  }
  if (!is_json_) return out;
  if (!is_json(out)) return failure("The transformed input is not valid JSON.");
  return minified(out);
}

}  // namespace cairn::rules
