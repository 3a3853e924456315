#include <set>

#include "template/body.h"

/// The shapes of a template's sections, in CloudFormation's words.
namespace cairn::cfn {
namespace {

constexpr size_t kNameLengthMax = 255;
constexpr size_t kAttributesMax = 200;  // of a mapping, and keys

bool is_alphanumeric(std::string_view name) {
  const auto is_allowed = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); };
  return !name.empty() && std::all_of(name.begin(), name.end(), is_allowed);
}

const Node* section(const Node& root, std::string_view name, std::string_view what, size_t count_max) {
  const Node* section = root.member(name);
  if (!section) return nullptr;
  if (!section->is_map()) refuse(*section, "Template format error: {} must be an object.", name);
  if (section->items.size() > count_max)
    refuse(*section, "Template format error: Number of {}, {}, is greater than maximum allowed, {}", what, section->items.size(),
           count_max);
  return section;
}

void check_name(const Node& at, std::string_view what, std::string_view name) {
  if (!is_alphanumeric(name)) refuse(at, "Template format error: {} name {} is non alphanumeric.", what, name);
  if (name.size() > kNameLengthMax)
    refuse(at, "Template format error: {} name {} is longer than {} characters.", what, name, kNameLengthMax);
}

void check_members(const Node& map, std::initializer_list<std::string_view> known, std::string_view words) {
  for (size_t i = 0; i < map.names.size(); ++i)
    if (std::find(known.begin(), known.end(), map.names[i]) == known.end()) refuse(map.items[i], "{} '{}'", words, map.names[i]);
}

void check_text_member(const Node& map, std::string_view name) {
  const Node* member = map.member(name);
  if (member && !member->is_scalar()) refuse(*member, "Template format error: Every {} member must be a string.", name);
}

void check_map_member(const Node& map, std::string_view name) {
  const Node* member = map.member(name);
  if (member && !member->is_map()) refuse(*member, "Template format error: Every {} member must be an object.", name);
}

void check_depends_on(const Node& resource) {
  const Node* depends_on = resource.member("DependsOn");
  if (!depends_on || depends_on->is_scalar()) return;
  const auto is_text = [](const Node& node) { return node.is_scalar(); };
  if (!depends_on->is_list() || !std::all_of(depends_on->items.begin(), depends_on->items.end(), is_text))
    refuse(*depends_on, "Template format error: DependsOn must be a string or list of strings.");
}

void check_resource(const std::string& id, const Node& resource) {
  if (!resource.is_map()) refuse(resource, "Template format error: Any Resources member must be an object.");
  check_name(resource, "Resource", id);
  const Node* type = resource.member("Type");
  if (!type) refuse(resource, "Template format error: [/Resources/{}] Every Resources object must contain a Type member.", id);
  check_text_member(resource, "Type");
  check_members(resource,
                {"Type", "Properties", "Metadata", "DependsOn", "Condition", "CreationPolicy", "UpdatePolicy", "DeletionPolicy",
                 "UpdateReplacePolicy", "Version"},
                "Invalid template resource property");
  check_text_member(resource, "Condition");
  for (const std::string_view name : {"Properties", "Metadata", "CreationPolicy", "UpdatePolicy"}) check_map_member(resource, name);
  check_depends_on(resource);
}

void check_count(const Node& map, const std::string& name) {
  if (map.items.size() > kAttributesMax)
    refuse(map, "Template format error: Number of attributes of mapping {}, {}, is greater than maximum allowed, {}", name,
           map.items.size(), kAttributesMax);
}

void check_mapping(const std::string& name, const Node& mapping) {
  check_name(mapping, "Mappings", name);
  if (!mapping.is_map()) refuse(mapping, "Template format error: Every Mappings member {} must be a map", name);
  check_count(mapping, name);
  for (size_t i = 0; i < mapping.items.size(); ++i) {
    const Node& values = mapping.items[i];
    if (!values.is_map()) refuse(values, "Template format error: Every Mappings member {} must be a map", mapping.names[i]);
    check_count(values, name);
    for (const Node& value : values.items) {
      const auto is_text = [](const Node& node) { return node.is_scalar(); };
      const bool is_list = value.is_list() && std::all_of(value.items.begin(), value.items.end(), is_text);
      if (!value.is_scalar() && !is_list) refuse(value, "Template format error: Every Mappings attribute must be a String or a List.");
    }
  }
}

void check_output(const std::string& name, const Node& output) {
  if (!output.is_map()) refuse(output, "Template format error: Any Outputs member must be an object.");
  if (!is_alphanumeric(name)) refuse(output, "Template format error: Outputs name '{}' is non alphanumeric.", name);
  const Node* value = output.member("Value");
  if (!value) refuse(output, "Template format error: Every Outputs member must contain a Value object");
  check_members(output, {"Description", "Value", "Export", "Condition"}, "Invalid template outputs property");
  if (!value->is_scalar() && !function_of(*value))
    refuse(*value, "Template format error: The Value field of every Outputs member must evaluate to a String.");
  check_text_member(output, "Description");
  check_text_member(output, "Condition");
  if (const Node* exported = output.member("Export"); exported && (!exported->is_map() || !exported->member("Name")))
    refuse(*exported,
           "Template format error: Output {} is malformed. The Name field of every Export member must be specified and consist only of "
           "alphanumeric characters, colons, or hyphens.",
           name);
}

void check_rule(const Node& rule) {
  if (!rule.is_map()) refuse(rule, "Template format error: Any Rules member must be an object.");
  check_members(rule, {"RuleCondition", "Assertions"}, "Invalid template rule property");
  const Node* assertions = rule.member("Assertions");
  if (!assertions || !assertions->is_list()) refuse(rule, "Template format error: Every Rules object must contain an Assertions list.");
  for (const Node& assertion : assertions->items) {
    if (!assertion.is_map() || !assertion.member("Assert"))
      refuse(assertion, "Template format error: Every Assertions member must contain an Assert object.");
    check_text_member(assertion, "AssertDescription");
  }
}

void check_top(const Node& root) {
  std::vector<std::string> unknown;
  constexpr auto kKnown = std::to_array<std::string_view>({"AWSTemplateFormatVersion", "Description", "Metadata", "Parameters", "Rules",
                                                           "Mappings", "Conditions", "Transform", "Resources", "Outputs", "Hooks"});
  for (const std::string& name : root.names)
    if (std::find(kKnown.begin(), kKnown.end(), name) == kKnown.end()) unknown.push_back(name);
  if (!unknown.empty()) refuse(root, "Invalid template property or properties [{}]", fmt::join(unknown, ", "));
  if (const Node* hooks = root.member("Hooks")) refuse(*hooks, "The Hooks section of templates is not supported");
}

}  // namespace

void check_sections(const Node& root) {
  check_top(root);
  const Node* resources = section(root, "Resources", "resources", kResourcesMax);
  if (!resources || resources->items.empty()) refuse(root, "Template format error: At least one Resources member must be defined.");
  for (size_t i = 0; i < resources->items.size(); ++i) check_resource(resources->names[i], resources->items[i]);
  if (const Node* mappings = section(root, "Mappings", "mappings", kMappingsMax))
    for (size_t i = 0; i < mappings->items.size(); ++i) check_mapping(mappings->names[i], mappings->items[i]);
  if (const Node* outputs = section(root, "Outputs", "outputs", kOutputsMax))
    for (size_t i = 0; i < outputs->items.size(); ++i) check_output(outputs->names[i], outputs->items[i]);
  if (const Node* conditions = section(root, "Conditions", "conditions", kNodesMax))
    for (size_t i = 0; i < conditions->items.size(); ++i) check_name(conditions->items[i], "Condition", conditions->names[i]);
  if (const Node* rules = section(root, "Rules", "rules", kNodesMax))
    for (const Node& rule : rules->items) check_rule(rule);
}

}  // namespace cairn::cfn
