#include "services/cloudformation/properties.h"

#include <algorithm>

#include "api/system_tags.h"
#include "base/text.h"
#include "services/cloudformation/references.h"
#include "services/cloudformation/surroundings.h"
#include "template/canonical.h"

namespace cairn::cloudformation {

namespace {

constexpr const char* kReservedTag = "aws: prefixed tag key names are not allowed for external use.";

}  // namespace

void check_tags(const Json& properties) {
  const auto tags = properties.find("Tags");
  if (tags == properties.end()) return;
  if (tags->is_object())
    for (const auto& [key, value] : tags->items())
      if (api::is_system_tag(key)) throw Failed{kReservedTag};
  if (!tags->is_array()) return;
  std::set<std::string> keys;
  for (const Json& tag : *tags) {
    if (!tag.is_object()) continue;
    for (const auto& [name, value] : tag.items()) {  // as the calls take them: in any case, and KMS has names of its own
      const bool is_key = text::equals_ignoring_case(name, "Key") || text::equals_ignoring_case(name, "TagKey");
      if (!is_key && !text::equals_ignoring_case(name, "Value") && !text::equals_ignoring_case(name, "TagValue"))
        throw Failed{fmt::format("Properties validation failed with message:\n[#/Tags: extraneous key [{}] is not permitted]", name)};
      if (is_key && api::is_system_tag(to_text(value))) throw Failed{kReservedTag};
      const bool is_known = to_text(value).find(Surroundings::kKnownLater) == std::string::npos;
      if (is_key && is_known && !keys.insert(to_text(value)).second)
        throw Failed{fmt::format("Properties validation failed with message:\n[#/Tags: the key {} is there twice]", to_text(value))};
    }
  }
}

void check_properties(const ResourceType& type, const std::string& resource, const Json& properties) {
  if (json::dump(properties).size() > kPropertiesBytesMax)
    throw Failed{fmt::format("Properties validation failed for resource {} with message:\n[#: longer than {} bytes]", resource,
                             kPropertiesBytesMax)};
  std::vector<std::string> problems;
  for (const auto& [name, value] : properties.items()) {
    const Property* property = type.property(name);
    if (property == nullptr) problems.push_back(fmt::format("#: extraneous key [{}] is not permitted", name));
    else if (property->on == On::kRefuse) problems.push_back(fmt::format("#/{}: this server does not implement the property", name));
  }
  for (const Property& property : type.properties)
    if (property.is_required && !properties.contains(property.name))
      problems.push_back(fmt::format("#: required key [{}] not found", property.name));
  if (!problems.empty())
    throw Failed{fmt::format("Properties validation failed for resource {} with message:\n[{}]", resource, fmt::join(problems, ", "))};
  check_tags(properties);
  check_references(type.name, properties);
}

Json with_tags(const ResourceType& type, Json properties, const Json& stack_tags) {
  if (!type.has_tags() || stack_tags.empty()) return properties;
  Json& tags = properties["Tags"];
  if (tags.is_null()) tags = Json::array();
  if (tags.is_object())  // by their keys, as some types have them
    for (const Json& tag : stack_tags)
      if (const std::string key = tag.at("Key").get<std::string>(); !tags.contains(key)) tags[key] = tag.at("Value");
  if (!tags.is_array()) return properties;
  for (const Json& tag : stack_tags)
    if (std::ranges::none_of(tags, [&](const Json& own) { return own.is_object() && own.value("Key", Json()) == tag.at("Key"); }))
      tags.push_back(tag);
  return properties;
}

Json unopposed_tags(const Json& properties, const Json& stack_tags) {
  const Json tags = properties.value("Tags", Json::array());
  const auto is_opposed = [&](const Json& tag) {
    const std::string key = tag.at("Key").get<std::string>();
    const auto is_other = [&](const Json& value) { return to_text(value) != to_text(tag.at("Value")); };
    if (tags.is_object()) return tags.contains(key) && is_other(tags.at(key));
    return std::ranges::any_of(tags, [&](const Json& own) {
      return own.is_object() && to_text(own.value("Key", Json())) == key && is_other(own.value("Value", Json()));
    });
  };
  Json unopposed = Json::array();
  for (const Json& tag : stack_tags)
    if (!is_opposed(tag)) unopposed.push_back(tag);
  return unopposed;
}

Instance declared_instance(const cfn::Resource& declared, Json properties, Json shown) {
  Json masked = shown == properties ? Json() : std::move(shown);
  return {.physical = {},
          .properties = std::move(properties),
          .attributes = Json::object(),
          .masked = std::move(masked),
          .depends = declared.depends_on,
          .deletion_policy = declared.deletion_policy,
          .replace_policy = declared.update_replace_policy};
}

Change::Kind difference(const ResourceType& type, const Json& before, const Json& after, std::vector<std::string>& properties) {
  properties = cfn::changed_members(before, after);
  if (properties.empty()) return Change::Kind::kNone;
  const bool is_replaced = type.update == nullptr || std::ranges::any_of(properties, [&](const std::string& name) {
                             const Property* property = type.property(name);
                             return property != nullptr && property->on == On::kReplace;
                           });
  return is_replaced ? Change::Kind::kReplace : Change::Kind::kModify;
}

std::vector<Change> changes(state::Transaction& state, const Stack& stack, const cfn::Program& program, const Json& tags,
                            const Resources& resources, std::map<std::string, Json>* all) {
  std::vector<std::string> retyped;
  for (const cfn::Resource& declared : program.resources())
    if (const auto it = resources.find(declared.id); it != resources.end() && !it->second.is_gone() && it->second.type != declared.type)
      retyped.push_back(declared.id);
  if (!retyped.empty())
    throw Failed{
        fmt::format("Update of resource type is not permitted. The new template modifies resource type of the following resources: [{}]",
                    fmt::join(retyped, ", "))};
  std::vector<Change> found;
  std::set<std::string> replaced;
  for (const std::string& id : program.creation_order()) {
    const cfn::Resource& declared = *program.resource(id);
    const ResourceType* type = resource_type(declared.type);
    if (type == nullptr) throw Failed{fmt::format("Template format error: Unrecognized resource types: [{}]", declared.type)};
    Surroundings surroundings(state, stack, resources, program, Surroundings::Unknown::kLater, &replaced);
    auto evaluated = program.properties(id, surroundings);
    if (!evaluated) throw Failed{evaluated.error().text()};
    const Json properties = with_tags(*type, std::move(*evaluated), tags);
    check_properties(*type, id, properties);
    // Of all types here only wait conditions have one on AWS; elsewhere it means nothing there, too.
    if (declared.type == "AWS::CloudFormation::WaitCondition")
      if (const auto policy = program.attribute_section(id, "CreationPolicy", surroundings); policy && !policy->is_null())
        throw Failed{fmt::format("CreationPolicy of resource {} is not implemented: name a Handle.", id)};
    if (all != nullptr) all->insert_or_assign(id, properties);
    Change change{.kind = Change::Kind::kAdd, .resource = id, .type = declared.type, .physical = {}};
    if (const auto it = resources.find(id); it != resources.end() && !it->second.is_gone() && !it->second.now.physical.empty()) {
      const Instance& now = it->second.now;
      change.physical = now.physical;
      change.kind = difference(*type, now.properties, properties, change.properties);
      if (change.kind == Change::Kind::kReplace) replaced.insert(id);
      change.is_automatic = change.kind == Change::Kind::kNone && type->is_always_updated;
      const bool is_kept_otherwise =
          now.deletion_policy != declared.deletion_policy || now.replace_policy != declared.update_replace_policy;
      if (change.kind == Change::Kind::kNone && (is_kept_otherwise || change.is_automatic)) change.kind = Change::Kind::kModify;
    }
    if (change.kind != Change::Kind::kNone) found.push_back(std::move(change));
  }
  Surroundings surroundings(state, stack, resources, program, Surroundings::Unknown::kLater, &replaced);
  if (const auto outputs = program.outputs(surroundings); !outputs) throw Failed{outputs.error().text()};
  for (const auto& [id, resource] : resources)
    if (program.resource(id) == nullptr && !resource.is_gone())
      found.push_back({.kind = Change::Kind::kRemove, .resource = id, .type = resource.type, .physical = resource.now.physical});
  return found;
}

bool changes_outputs(state::Transaction& state, const Stack& stack, const cfn::Program& program, const Resources& resources) {
  Surroundings surroundings(state, stack, resources, program, Surroundings::Unknown::kLater);
  const auto outputs = program.outputs(surroundings);
  if (!outputs) return true;  // the operation will say why
  const Json before = stack.about.value("Outputs", Json::array());
  if (before.size() != outputs->size()) return true;
  for (size_t i = 0; i < before.size(); ++i) {
    const cfn::Output& output = (*outputs)[i];
    if (before[i].value("OutputKey", "") != output.name || before[i].value("OutputValue", "") != output.value ||
        before[i].value("ExportName", "") != output.export_name.value_or("") || before[i].value("Description", "") != output.description)
      return true;
  }
  return false;
}

}  // namespace cairn::cloudformation
