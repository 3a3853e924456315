#include "services/cloudformation/changes_shown.h"

namespace cairn::cloudformation {
namespace {

/// As recorded of AWS: what a parameter brings may also have been written otherwise, and what a resource brings is known when it is there.
void add_details(Json& details, const Causes& causes, const std::string& resource, const std::string& property, bool is_replacing) {
  const Json target{{"Attribute", "Properties"}, {"Name", property}, {"RequiresRecreation", is_replacing ? "Always" : "Never"}};
  bool has_parameter = false, has_any = false;
  for (const cfn::Cause& cause : causes.program.causes(resource, property)) {
    const bool is_parameter = cause.source == cfn::Cause::Source::kParameter;
    const bool is_attribute = cause.source == cfn::Cause::Source::kAttribute;
    if (is_parameter ? !causes.parameters.contains(cause.entity)
                     : !causes.resources.contains(cause.entity.substr(0, cause.entity.find('.'))))
      continue;
    has_any = true;
    has_parameter = has_parameter || is_parameter;
    details.push_back({{"Target", target},
                       {"Evaluation", is_parameter ? "Static" : "Dynamic"},
                       {"ChangeSource", is_parameter   ? "ParameterReference"
                                        : is_attribute ? "ResourceAttribute"
                                                       : "ResourceReference"},
                       {"CausingEntity", cause.entity}});
  }
  if (!has_any || has_parameter)
    details.push_back({{"Target", target}, {"Evaluation", has_any ? "Dynamic" : "Static"}, {"ChangeSource", "DirectModification"}});
}

}  // namespace

Json shown(const Change& change, const Causes& causes) {
  Json out{{"LogicalResourceId", change.resource}, {"ResourceType", change.type}, {"Scope", Json::array()}, {"Details", Json::array()}};
  if (!change.physical.empty()) out["PhysicalResourceId"] = change.physical;
  if (change.is_import) {
    out["Action"] = "Import";
    return {{"Type", "Resource"}, {"ResourceChange", std::move(out)}};
  }
  const bool is_modified = change.kind == Change::Kind::kModify || change.kind == Change::Kind::kReplace;
  out["Action"] = change.kind == Change::Kind::kAdd ? "Add" : is_modified ? "Modify" : "Remove";
  if (!is_modified) return {{"Type", "Resource"}, {"ResourceChange", std::move(out)}};
  if (change.is_automatic) {
    out["Details"].push_back({{"Target", {{"Attribute", "Properties"}, {"RequiresRecreation", "Never"}}},
                              {"Evaluation", "Dynamic"},
                              {"ChangeSource", "Automatic"}});
    out["Scope"].push_back("Properties");
    out["Replacement"] = "False";
    return {{"Type", "Resource"}, {"ResourceChange", std::move(out)}};
  }
  out["Scope"].push_back(change.properties.empty() ? "DeletionPolicy" : "Properties");
  const ResourceType* type = resource_type(change.type);
  bool is_sure = false;  // that it is replaced
  for (const std::string& name : change.properties) {
    const Property* property = type == nullptr ? nullptr : type->property(name);
    const bool is_replacing = type != nullptr && (type->update == nullptr || (property != nullptr && property->on == On::kReplace));
    const size_t before = out["Details"].size();
    add_details(out["Details"], causes, change.resource, name, is_replacing);
    is_sure = is_sure || (is_replacing && out["Details"][before].at("Evaluation") == "Static");
  }
  out["Replacement"] = change.kind != Change::Kind::kReplace ? "False" : is_sure ? "True" : "Conditional";
  return {{"Type", "Resource"}, {"ResourceChange", std::move(out)}};
}

}  // namespace cairn::cloudformation
