#include <array>

#include "api/operation.h"
#include "api/ports.h"
#include "services/cloudformation/change_set_making.h"
#include "services/cloudformation/errors.h"
#include "services/cloudformation/nested.h"

/// CreateChangeSet, DescribeChangeSet, ExecuteChangeSet, DeleteChangeSet, ListChangeSets.
namespace cairn::cloudformation {
namespace {

Stack stack_for(api::Call& call, const std::string& type, const std::string& set) {
  const std::string name = call.in["StackName"].get<std::string>();
  std::optional<Stack> there = find_stack(call, name);
  const bool is_in_review = there && there->status == "REVIEW_IN_PROGRESS" && !there->is_nested();
  if (type == "CREATE" || (type == "IMPORT" && (!there || there->is_gone() || is_in_review))) {
    if (there && !there->is_gone() && !is_in_review)
      throw Error(kValidationError, "Stack [{}] already exists and cannot be created again with the changeSet [{}].", name, set);
    if (is_in_review) return std::move(*there);
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

/// Differs from AWS: a set is complete at once.
void create_change_set(api::Call& call) {
  const Json& in = call.in;
  const std::string name = in.at("ChangeSetName").get<std::string>(), type = in.value("ChangeSetType", "UPDATE");
  if (in.contains("DeploymentMode")) throw Error(aws::kNotImplemented, "DeploymentMode is not implemented: leave it out.");
  if (type != "IMPORT" && in.contains("ResourcesToImport") && !in.at("ResourcesToImport").empty())
    throw Error(kValidationError, "ResourcesToImport can only be specified with ChangeSetType IMPORT.");
  if (type == "IMPORT" && in.value("ImportExistingResources", false))
    throw Error(kValidationError, "ImportExistingResources can not be specified with ChangeSetType IMPORT.");
  const Stack stack = stack_for(call, type, name);
  ChangeSet set = new_change_set(call, stack, name, type);
  set.on_failure = in.value("OnStackFailure", "ROLLBACK");
  if (type == "IMPORT" && set.on_failure != "ROLLBACK")
    throw Error(kValidationError, "OnStackFailure {} cannot be specified with ChangeSetType IMPORT: what fails is rolled back.",
                set.on_failure);
  if (set.on_failure == "DELETE" && type != "CREATE")
    throw Error(kValidationError, "OnStackFailure DELETE is only valid when ChangeSetType is CREATE.");
  set.role = in.value("RoleARN", stack.about.value("RoleARN", ""));
  if (in.contains("RoleARN")) check_role(call, set.role);
  make_change_set(call, stack, set);
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
  asked.change_set = set.id;
  asked.imports = set.imports;
  asked.nested = set.nested;
  std::string on_failure = set.on_failure;
  if (set.is_import && call.in.value("DisableRollback", false))
    throw Error(kValidationError, "DisableRollback cannot be specified for a change set of type IMPORT: what fails is rolled back.");
  if (call.in.contains("DisableRollback")) {
    on_failure = call.in["DisableRollback"].get<bool>() ? "DO_NOTHING" : "ROLLBACK";
    asked.about["DisableRollback"] = call.in["DisableRollback"];
  }
  if (call.in.contains("RetainExceptOnCreate")) asked.about["RetainExceptOnCreate"] = call.in["RetainExceptOnCreate"];
  begin(call, *stack, asked,
        {.is_creation = set.is_creation,
         .is_import = set.is_import,
         .token = call.in.value("ClientRequestToken", ""),
         .role = set.role,
         .on_failure = on_failure,
         .policy = call.state->get(keys::policy(stack->id)).value_or("")});
}

/// Whether the operation under way needs what the set knows of nested stacks.
bool is_at_work(state::Transaction& state, const ChangeSet& set) {
  if (set.nested.empty()) return false;
  const std::optional<std::string> document = state.get(keys::operation(set.stack));
  return document && decode_operation(*document).about.value("ChangeSetId", "") == set.arn;
}

void delete_change_set(api::Call& call) {
  std::optional<ChangeSet> set;
  try {
    set = open_change_set(call);
  } catch (const Error& refusal) {
    if (refusal.kind.code == kChangeSetNotFound.code) return;
    throw;
  }
  if (set->shown.contains("ParentChangeSetId"))
    throw Error(kInvalidChangeSetStatus, "ChangeSet [{}] belongs to the root change set [{}]: delete that.", set->arn,
                set->shown.value("RootChangeSetId", ""));
  if (is_at_work(*call.state, *set))
    throw Error(kInvalidChangeSetStatus,
                "An operation on this ChangeSet is currently in progress. Please attempt this operation again later.");
  erase_change_set(*call.state, *set, {.random = *call.ports->random, .now = call.now});
}

void list_change_sets(api::Call& call) {
  const Stack stack = open_stack(call, call.in["StackName"].get<std::string>());
  call.out["Summaries"] = Json::array();
  for (const ChangeSet& set : change_sets_of(*call.state, stack.id)) {
    Json summary = Json::object();
    for (const char* member :
         {"StackId", "StackName", "ChangeSetId", "ChangeSetName", "ExecutionStatus", "Status", "StatusReason", "CreationTime",
          "Description", "IncludeNestedStacks", "ParentChangeSetId", "RootChangeSetId", "ImportExistingResources"})
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
