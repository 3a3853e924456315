#include <algorithm>
#include <array>
#include <set>

#include "api/operation.h"
#include "api/ports.h"
#include "services/cloudformation/change_set.h"
#include "services/cloudformation/errors.h"
#include "services/cloudformation/nested.h"
#include "template/summary.h"

/// CreateChangeSet, DescribeChangeSet, ExecuteChangeSet, DeleteChangeSet, ListChangeSets.
namespace cairn::cloudformation {
namespace {

constexpr size_t kChangeSetsMax = 50;  // of a stack
constexpr const char* kNoChanges = "The submitted information didn't contain changes. Submit different information to create a change set.";

/// What may have made a property another: parameters with another value, and resources that change, too.
struct Causes {
  const cfn::Program& program;
  std::set<std::string> parameters, resources;
};

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

Json shown(const Change& change, const Causes& causes) {
  Json out{{"LogicalResourceId", change.resource}, {"ResourceType", change.type}, {"Scope", Json::array()}, {"Details", Json::array()}};
  if (!change.physical.empty()) out["PhysicalResourceId"] = change.physical;
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

Stack stack_for(api::Call& call, const std::string& type, const std::string& set) {
  const std::string name = call.in["StackName"].get<std::string>();
  std::optional<Stack> there = find_stack(call, name);
  if (type == "CREATE") {
    if (there && there->status != "REVIEW_IN_PROGRESS")
      throw Error(kValidationError, "Stack [{}] already exists and cannot be created again with the changeSet [{}].", name, set);
    if (there) return std::move(*there);
    check_name(name);
    Stack stack = new_stack(call, name);
    stack.status = "REVIEW_IN_PROGRESS";
    stack.reason = "User Initiated";
    put_stack(*call.state, stack);
    call.state->put(keys::name(call.account, call.region, name), stack.id);
    put_stack_event(*call.state, *call.ports->random, stack, "", call.now);
    return stack;
  }
  if (!there || there->is_gone()) throw Error(kValidationError, "Stack [{}] does not exist", name);
  check_updatable(*there);
  return std::move(*there);
}

void refuse_options(const Json& in) {
  const auto refuse_if = [&](bool is_asked, const char* what) {
    if (is_asked) throw Error(aws::kNotImplemented, "{} is not implemented: leave it out.", what);
  };
  refuse_if(in.contains("ResourcesToImport") && !in.at("ResourcesToImport").empty(), "ResourcesToImport");
  refuse_if(in.value("ImportExistingResources", false), "ImportExistingResources");
  refuse_if(in.contains("DeploymentMode"), "DeploymentMode");
}

/// Differs from AWS: a set is complete at once. Resources are not imported, and nested stacks not looked into.
void create_change_set(api::Call& call) {
  refuse_options(call.in);
  const std::string name = call.in["ChangeSetName"].get<std::string>(), type = call.in.value("ChangeSetType", "UPDATE");
  if (type != "CREATE" && type != "UPDATE") throw Error(aws::kNotImplemented, "ChangeSetType {} is not implemented.", type);
  const Stack stack = stack_for(call, type, name);
  const std::vector<ChangeSet> there = change_sets_of(*call.state, stack.id);
  for (const ChangeSet& set : there)
    if (set.name == name) throw Error(kAlreadyExists, "ChangeSet {} already exists for stack {}", name, stack.name);
  if (there.size() >= kChangeSetsMax)
    throw Error(kLimitExceeded, "Limit for the number of change sets of a stack, {}, has been exceeded", kChangeSetsMax);
  ChangeSet set{
      .stack = stack.id, .name = name, .id = call.ports->random->uuid(), .arn = {}, .shown = {}, .about = {}, .role = {}, .on_failure = {}};
  set.arn = fmt::format("arn:aws:cloudformation:{}:{}:changeSet/{}/{}", call.region.str(), call.account.str(), name, set.id);
  set.is_creation = type == "CREATE";
  set.on_failure = call.in.value("OnStackFailure", "ROLLBACK");
  if (set.on_failure == "DELETE" && !set.is_creation)
    throw Error(kValidationError, "OnStackFailure DELETE is only valid when ChangeSetType is CREATE.");
  set.role = call.in.value("RoleARN", stack.about.value("RoleARN", ""));
  if (call.in.contains("RoleARN")) check_role(call, set.role);
  Asked asked = read_request(call, stack);
  const bool has_nested =
      std::ranges::any_of(asked.program->resources(), [](const cfn::Resource& each) { return each.type == kStackType; });
  if (call.in.value("IncludeNestedStacks", false) && has_nested)
    throw Error(aws::kNotImplemented, "IncludeNestedStacks is not implemented: leave it out, or change the stack without a change set.");
  const Resources resources = resources_of(*call.state, *call.ports->sealer, stack.id);
  std::vector<Change> changed;
  try {
    changed = changes(*call.state, stack, *asked.program, asked.about["Tags"], resources);
  } catch (const Failed& failed) {
    throw Error(kValidationError, "{}", failed.reason);
  }
  const bool is_nothing = !set.is_creation && changed.empty() && stack.about.value("Tags", Json()) == asked.about.value("Tags", Json()) &&
                          !changes_outputs(*call.state, stack, *asked.program, resources);
  Json changes_shown = Json::array();
  Causes causes{.program = *asked.program, .parameters = {}, .resources = {}};
  for (const Change& each : changed) causes.resources.insert(each.resource);
  const auto former = get_sealed(*call.state, *call.ports->sealer, keys::parameters(stack.id, stack.generation));
  for (const auto& [parameter, value] : asked.values)
    if (!former || !former->contains(parameter) || former->at(parameter).at("resolved") != value.resolved)
      causes.parameters.insert(parameter);
  for (const Change& each : changed) changes_shown.push_back(shown(each, causes));
  set.shown = {{"ChangeSetName", name},
               {"ChangeSetId", set.arn},
               {"StackId", stack.arn()},
               {"StackName", stack.name},
               {"Parameters", asked.about["Parameters"]},
               {"CreationTime", timestamps::iso8601_millis(call.now)},
               {"ExecutionStatus", is_nothing ? "UNAVAILABLE" : "AVAILABLE"},
               {"Status", is_nothing ? "FAILED" : "CREATE_COMPLETE"},
               {"NotificationARNs", asked.about["NotificationARNs"]},
               {"RollbackConfiguration", asked.about["RollbackConfiguration"]},
               {"Capabilities", asked.about["Capabilities"]},
               {"Tags", asked.about["Tags"]},
               {"Changes", std::move(changes_shown)},
               {"IncludeNestedStacks", false}};
  if (is_nothing) set.shown["StatusReason"] = kNoChanges;
  if (call.in.contains("Description")) set.shown["Description"] = call.in["Description"];
  if (call.in.contains("OnStackFailure")) set.shown["OnStackFailure"] = call.in["OnStackFailure"];
  set.about = std::move(asked.about);
  set.about["ChangeSetId"] = set.arn;
  put_change_set(*call.state, set);
  call.state->put(keys::change_set_template(set.id), asked.text);
  put_sealed(*call.state, *call.ports->sealer, keys::change_set_parameters(set.id), to_json(asked.values));
  call.out = {{"Id", set.arn}, {"StackId", stack.arn()}};
}

/// Differs from AWS: property values are not shown, also where IncludePropertyValues asks for them, as CDK always does.
void describe_change_set(api::Call& call) { call.out = open_change_set(call).shown; }

void execute_change_set(api::Call& call) {
  const ChangeSet set = open_change_set(call);
  if (set.shown.value("ExecutionStatus", "") != "AVAILABLE")
    throw Error(kInvalidChangeSetStatus, "ChangeSet [{}] cannot be executed in its current {} of [{}]", set.arn,
                set.shown.value("Status", "") == "FAILED" ? "status" : "execution status",
                set.shown.value("Status", "") == "FAILED" ? "FAILED" : set.shown.value("ExecutionStatus", ""));
  std::optional<Stack> stack = find_stack(*call.state, call.account, call.region, set.stack);
  const auto text = call.state->get(keys::change_set_template(set.id));
  const auto values = get_sealed(*call.state, *call.ports->sealer, keys::change_set_parameters(set.id));
  if (!stack || !text || !values) throw Error(kChangeSetNotFound, "ChangeSet [{}] does not exist", set.arn);
  check_not_held(call, *stack);
  if (!set.is_creation) check_updatable(*stack);
  Asked asked{.text = *text, .values = parameter_values(*values), .program = std::nullopt, .about = set.about};
  std::string on_failure = set.on_failure;
  if (call.in.contains("DisableRollback")) {
    on_failure = call.in["DisableRollback"].get<bool>() ? "DO_NOTHING" : "ROLLBACK";
    asked.about["DisableRollback"] = call.in["DisableRollback"];
  }
  if (call.in.contains("RetainExceptOnCreate")) asked.about["RetainExceptOnCreate"] = call.in["RetainExceptOnCreate"];
  begin(call, *stack, asked,
        {.is_creation = set.is_creation,
         .token = call.in.value("ClientRequestToken", ""),
         .role = set.role,
         .on_failure = on_failure,
         .policy = call.state->get(keys::policy(stack->id)).value_or(""),
         .change_set = set.id});
}

void delete_change_set(api::Call& call) {
  std::optional<ChangeSet> set;
  try {
    set = open_change_set(call);
  } catch (const Error& refusal) {
    if (refusal.kind.code == kChangeSetNotFound.code) return;
    throw;
  }
  erase_change_set(*call.state, *set);
}

void list_change_sets(api::Call& call) {
  const Stack stack = open_stack(call, call.in["StackName"].get<std::string>());
  call.out["Summaries"] = Json::array();
  for (const ChangeSet& set : change_sets_of(*call.state, stack.id)) {
    Json summary = Json::object();
    for (const char* member : {"StackId", "StackName", "ChangeSetId", "ChangeSetName", "ExecutionStatus", "Status", "StatusReason",
                               "CreationTime", "Description", "IncludeNestedStacks"})
      if (set.shown.contains(member)) summary[member] = set.shown.at(member);
    call.out["Summaries"].push_back(std::move(summary));
  }
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"CreateChangeSet", create_change_set, api::Runs::kPool},
    {"DeleteChangeSet", delete_change_set},
    {"DescribeChangeSet", describe_change_set},
    {"ExecuteChangeSet", execute_change_set},
    {"ListChangeSets", list_change_sets},
});

}  // namespace
}  // namespace cairn::cloudformation

namespace cairn::services {
extern const api::Family cloudformation_change_sets;
const api::Family cloudformation_change_sets{.service = "cloudformation", .operations = cloudformation::kOperations};
}  // namespace cairn::services
