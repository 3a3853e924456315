#include "template/evaluator.h"

#include "base/text.h"
#include "template/canonical.h"
#include "template/cidr.h"
#include "template/substitution.h"

namespace cairn::cfn {
namespace {

constexpr auto kJoinWords =
    "Template error: every Fn::Join object requires two parameters, (1) a string delimiter and (2) a list of strings to be joined or a "
    "function that returns a list of strings (such as Fn::GetAZs) to be joined.";
constexpr auto kSplitWords =
    "Template error: every Fn::Split object requires two parameters, (1) a string delimiter and (2) a string to be split or a function "
    "that "
    "returns a string to be split.";
constexpr auto kSelectWords = "Template error: Fn::Select requires a list argument with two elements: an integer index and a list";
constexpr auto kFindWords =
    "Template error: every Fn::FindInMap object requires three parameters, the map name, map key and the attribute for return value";

bool is_unknown(std::string_view text) { return text.find(kKnownAfterApply) != std::string_view::npos; }
bool is_unknown_value(const Json& value) { return value.is_string() && is_unknown(value.get_ref<const std::string&>()); }

/// Of an answer of `Surroundings`.
size_t bytes_of(const Json& value) {
  constexpr size_t kOverheadBytes = 64;
  return kOverheadBytes + (value.is_string() ? value.get_ref<const std::string&>().size() : json::dump(value).size());
}

}  // namespace

Json Evaluator::charge(Json value, size_t bytes, const Node& at) {
  bytes_ += bytes;
  if (bytes_ > kBytesMax) refuse(at, "Template error: the values of the template take more than {} bytes", kBytesMax);
  return value;
}

Json Evaluator::list(const std::string& joined, const Node& at) {
  Json list = Json::array();
  for (const std::string_view element : text::split(joined, ',')) list.push_back(std::string(text::trim(element)));
  return charge(std::move(list), joined.size() + 32 * list.size(), at);
}

std::optional<Json> Evaluator::named(const std::string& name, const Node& at) {
  if (const auto given = scope_.parameters.find(name); given != scope_.parameters.end()) {
    const Parameter* parameter = scope_.of.parameter(name);
    if (parameter && parameter->is_list()) return list(given->second.resolved, at);
    return charge(given->second.resolved, given->second.resolved.size(), at);
  }
  const Environment& environment = scope_.environment;
  if (name == "AWS::NoValue") return std::nullopt;
  if (name == "AWS::AccountId") return environment.account;
  if (name == "AWS::Region") return environment.region;
  if (name == "AWS::Partition") return environment.partition;
  if (name == "AWS::URLSuffix") return environment.url_suffix;
  if (name == "AWS::StackName") return environment.stack_name;
  if (name == "AWS::StackId") return environment.stack_id;
  if (name == "AWS::NotificationARNs") return Json(environment.notification_arns);
  auto value = scope_.surroundings ? scope_.surroundings->ref(name) : std::nullopt;
  if (!value) refuse(at, "Template format error: Unresolved resource dependencies [{}] in the Resources block of the template", name);
  const size_t bytes = bytes_of(*value);
  return charge(*std::move(value), bytes, at);
}

Json Evaluator::attribute(const std::string& resource, const std::string& name, const Node& at) {
  auto value = scope_.surroundings ? scope_.surroundings->attribute(resource, name) : std::nullopt;
  if (value) {
    const size_t bytes = bytes_of(*value);
    return charge(*std::move(value), bytes, at);
  }
  const Node* resources = scope_.root.member("Resources");
  const Node* declared = resources ? resources->member(resource) : nullptr;
  if (!declared || !scope_.surroundings)
    refuse(at, "Template format error: Unresolved resource dependencies [{}] in the Resources block of the template", resource);
  refuse(at, "Requested attribute {} does not exist in schema for {}", name, declared->member("Type")->text);
}

std::string Evaluator::text(const Node& node, std::string_view words) {
  if (node.is_scalar()) return node.text;
  const auto evaluated = value(node);
  auto text = evaluated ? scalar_text(*evaluated) : std::nullopt;
  if (!text) refuse(node, "{}", words);
  return *std::move(text);
}

std::optional<Json> Evaluator::value(const Node& node) {
  if (const auto function = function_of(node)) return call(*function, node);
  if (!node.is_map() && !node.is_list()) return charge(scalar_json(node), node.text.size(), node);
  if (node.is_list()) {
    Json list = Json::array();
    for (const Node& item : node.items)
      if (auto element = value(item)) list.push_back(*std::move(element));
    return charge(std::move(list), 32 * node.items.size(), node);
  }
  Json map = Json::object();
  auto& members = map.get_ref<Json::object_t&>();
  size_t bytes = 0;
  for (size_t i = 0; i < node.items.size(); ++i) {
    bytes += node.names[i].size() + 32;
    if (auto member = value(node.items[i])) members.emplace_back(node.names[i], *std::move(member));  // names differ
  }
  return charge(std::move(map), bytes, node);
}

std::optional<Json> Evaluator::call(const Function& function, const Node& at) {
  const std::string_view name = function.name;
  const Node& argument = *function.argument;
  if (name == "Ref") return named(argument.text, at);
  if (name == "Fn::If") {
    if (!scope_.outcome) refuse(at, "Template error: Fn::If may not stand here");
    return value(argument.items[scope_.outcome(argument.items[0].text, at) ? 1 : 2]);
  }
  if (name == "Fn::GetAtt") {
    const Attribute told = attribute_of(argument);
    const bool computed = told.computed_name != nullptr;
    return attribute(told.resource, computed ? text(*told.computed_name, "Template error: attribute names must be strings") : told.name,
                     at);
  }
  if (name == "Fn::Select") return select(argument, at);
  if (name == "Fn::FindInMap") return find_in_map(argument, at);
  if (name == "Fn::Sub") return substitute(argument, at);
  if (name == "Fn::Join") return join(argument, at);
  if (name == "Fn::Split") return split(argument, at);
  if (name == "Fn::Cidr") return cidr(argument, at);
  if (name == "Fn::GetAZs") return zones(argument, at);
  if (name == "Fn::ImportValue") return import(argument, at);
  if (name == "Fn::Base64") {
    const std::string plain = text(argument, "Template error: every Fn::Base64 object must have a String-typed value.");
    if (is_unknown(plain)) return std::string(kKnownAfterApply);
    return charge(text::base64(plain), 2 * plain.size(), at);
  }
  if (name == "Fn::Length") {
    const auto list = value(argument);
    if (list && is_unknown_value(*list)) return *list;
    if (!list || !list->is_array()) refuse(at, "Template error: every Fn::Length object must have a list or a function that returns one");
    return Json(list->size());
  }
  if (name == "Fn::ToJsonString") {
    const auto plain = value(argument);
    std::string text = plain ? json::dump(*plain) : "null";
    const size_t bytes = text.size();
    return charge(std::move(text), bytes, at);
  }
  refuse(at, "Template error: {} may not stand here", name);
}

Json Evaluator::join(const Node& argument, const Node& at) {
  const auto list = value(argument.items[1]);
  if (list && is_unknown_value(*list)) return *list;
  if (!list || !list->is_array()) refuse(at, kJoinWords);
  std::string joined;
  for (const Json& element : *list) {
    const auto text = scalar_text(element);
    if (!text) refuse(at, kJoinWords);
    if (&element != &list->front()) joined += argument.items[0].text;
    joined += *text;
    if (joined.size() > kBytesMax) break;  // refused below
  }
  const size_t bytes = joined.size();
  return charge(std::move(joined), bytes, at);
}

Json Evaluator::split(const Node& argument, const Node& at) {
  const std::string source = text(argument.items[1], kSplitWords);
  if (is_unknown(source)) return std::string(kKnownAfterApply);
  const std::string& delimiter = argument.items[0].text;
  Json parts = Json::array();
  size_t from = 0;
  while (true) {
    const size_t found = source.find(delimiter, from);
    parts.push_back(source.substr(from, found - from));
    if (found == std::string::npos) break;
    from = found + delimiter.size();
  }
  const size_t bytes = source.size() + 32 * parts.size();
  return charge(std::move(parts), bytes, at);
}

Json Evaluator::select(const Node& argument, const Node& at) {
  const std::string index = text(argument.items[0], kSelectWords);
  if (is_unknown(index)) return std::string(kKnownAfterApply);
  const auto number = text::to_int(index);
  if (!number) refuse(at, "{}", kSelectWords);
  auto list = value(argument.items[1]);
  if (list && is_unknown_value(*list)) return *list;
  if (!list || !list->is_array()) refuse(at, "{}", kSelectWords);
  if (*number < 0 || static_cast<size_t>(*number) >= list->size())
    refuse(at, "Template error: Fn::Select  cannot select nonexistent value at index {}", *number);
  return std::move((*list)[static_cast<size_t>(*number)]);
}

Json Evaluator::substitute(const Node& argument, const Node& at) {
  const Node* own = argument.is_list() ? &argument.items[1] : nullptr;
  std::map<std::string_view, std::string> values;
  if (own)
    for (size_t i = 0; i < own->items.size(); ++i)
      values.emplace(own->names[i], text(own->items[i],
                                         "Template error: every value of the context object of every Fn::Sub object must be a string or a "
                                         "function that returns a string"));
  std::string out;
  for (const Piece& piece : substitution_of(own ? argument.items[0] : argument)) {
    if (!piece.is_variable) {
      out += piece.text;
    } else if (const auto value = values.find(piece.text); value != values.end()) {
      out += value->second;
    } else {
      const size_t dot = piece.text.find('.');
      const std::string name(piece.text.substr(0, dot));
      const auto meant = dot == std::string_view::npos ? named(name, at) : attribute(name, std::string(piece.text.substr(dot + 1)), at);
      const auto text = meant ? scalar_text(*meant) : std::nullopt;
      if (!text) refuse(at, "Template error: variable {} in Fn::Sub expression does not resolve to a string", piece.text);
      out += *text;
    }
    if (out.size() > kBytesMax) break;  // refused below
  }
  const size_t bytes = out.size();
  return charge(std::move(out), bytes, at);
}

std::optional<Json> Evaluator::find_in_map(const Node& argument, const Node& at) {
  const std::string name = text(argument.items[0], kFindWords), key = text(argument.items[1], kFindWords),
                    attribute = text(argument.items[2], kFindWords);
  if (is_unknown(name) || is_unknown(key) || is_unknown(attribute)) return std::string(kKnownAfterApply);
  const Node* mappings = scope_.root.member("Mappings");
  const Node* mapping = mappings ? mappings->member(name) : nullptr;
  const Node* values = mapping ? mapping->member(key) : nullptr;
  const Node* hit = values ? values->member(attribute) : nullptr;
  if (hit) return value(*hit);
  if (argument.items.size() == 4) return value(*argument.items[3].member("DefaultValue"));
  if (!mapping) refuse(at, "Template error: Mapping named '{}' is not present in the 'Mappings' section of template.", name);
  refuse(at, "Template error: Unable to get mapping for {}::{}::{}", name, key, attribute);
}

Json Evaluator::cidr(const Node& argument, const Node& at) {
  constexpr auto kWords = "Template error: every Fn::Cidr object requires an address block, a count and a number of bits";
  const std::string block = text(argument.items[0], kWords), count = text(argument.items[1], kWords),
                    bits = text(argument.items[2], kWords);
  if (is_unknown(block) || is_unknown(count) || is_unknown(bits)) return std::string(kKnownAfterApply);
  const auto blocks = cidr_blocks(block, text::to_int(count).value_or(0), text::to_int(bits).value_or(-1));
  if (!blocks) refuse(at, "Template error: {}", blocks.error().message);
  return charge(Json(*blocks), 64 * blocks->size(), at);
}

Json Evaluator::zones(const Node& argument, const Node& at) {
  std::string region = text(argument, "Template error: every Fn::GetAZs object must have a String-typed value.");
  if (is_unknown(region)) return std::string(kKnownAfterApply);
  if (region.empty()) region = scope_.environment.region;
  if (!scope_.surroundings) refuse(at, "Template error: Fn::GetAZs may not stand here");
  const auto zones = scope_.surroundings->zones(region);
  return charge(Json(zones), 32 * zones.size(), at);
}

Json Evaluator::import(const Node& argument, const Node& at) {
  const std::string name = text(argument, "Template error: every Fn::ImportValue object must have a String-typed value.");
  auto value = scope_.surroundings ? scope_.surroundings->import_value(name) : std::nullopt;
  if (!value) refuse(at, "No export named {} found", name);
  const size_t bytes = value->size();
  return charge(*std::move(value), bytes, at);
}

}  // namespace cairn::cfn
