#include <algorithm>
#include <array>

#include "api/operation.h"
#include "api/ports.h"
#include "services/cloudformation/caller.h"
#include "services/cloudformation/errors.h"
#include "services/cloudformation/exports.h"
#include "services/cloudformation/nested.h"
#include "services/cloudformation/notice.h"
#include "services/cloudformation/request.h"
#include "services/cloudformation/stack_policy.h"

/// What begins something: CreateStack, UpdateStack, DeleteStack, CancelUpdateStack, ContinueUpdateRollback.
namespace cairn::cloudformation {
namespace {

std::string token_of(const api::Call& call) { return call.in.value("ClientRequestToken", ""); }

/// The changes that there would be; properties that cannot be are refused at once.
std::vector<Change> checked_changes(api::Call& call, const Stack& stack, const Asked& asked, const Resources& resources) {
  try {
    return changes(*call.state, stack, *asked.program, asked.about["Tags"], resources);
  } catch (const Failed& failed) {
    throw Error(kValidationError, "{}", failed.reason);
  }
}

void put_stack_policy(api::Call& call, const Stack& stack) {
  if (const auto policy = given_stack_policy(call, "StackPolicy")) call.state->put(keys::policy(stack.id), *policy);
}

/// Whether the stack's newest operation was asked for with this token: the call is one that is sent again.
bool is_sent_again(api::Call& call, const Stack& stack) {
  const std::optional<std::string> document = call.state->get(keys::operation(stack.id));
  return document && !token_of(call).empty() && decode_operation(*document).token == token_of(call);
}

/// Differs from AWS: what stands in properties is checked before anything is made.
void create_stack(api::Call& call) {
  const std::string name = call.in["StackName"].get<std::string>();
  check_name(name);
  std::string on_failure = call.in.value("OnFailure", "");
  if (!on_failure.empty() && call.in.contains("DisableRollback"))
    throw Error(kValidationError, "You cannot specify both DisableRollback and OnFailure");
  if (on_failure.empty()) on_failure = call.in.value("DisableRollback", false) ? "DO_NOTHING" : "ROLLBACK";
  std::optional<Stack> there = find_stack_named(*call.state, call.account, call.region, name);
  const bool is_anothers = there && there->is_nested() && call.principal.invoked_by != kService;  // the stack around it makes it
  if (there && (there->status != "REVIEW_IN_PROGRESS" || is_anothers)) {
    if (is_sent_again(call, *there)) {
      call.out["StackId"] = there->arn();
      return;
    }
    throw Error(kAlreadyExists, "Stack [{}] already exists", name);
  }
  Stack stack = there ? std::move(*there) : new_stack(call, name);
  const std::string role = call.in.value("RoleARN", "");
  check_role(call, role);
  Asked asked = read_request(call, call.in, stack);
  asked.about["DisableRollback"] = on_failure == "DO_NOTHING";
  (void)checked_changes(call, stack, asked, {});
  call.state->put(keys::name(call.account, call.region, name), stack.id);
  put_stack_policy(call, stack);
  begin(call, stack, asked, {.is_creation = true, .token = token_of(call), .role = role, .on_failure = on_failure, .policy = {}});
  call.out["StackId"] = stack.arn();
}

/// Whether what the stack shows of itself would be another.
bool is_otherwise(const Json& before, const Json& after) {
  for (const char* member : {"Tags", "RoleARN", "NotificationARNs"})
    if (before.value(member, Json()) != after.value(member, Json())) return true;
  return false;
}

/// Differs from AWS: see CreateStack. A template that changes nothing but descriptions, metadata or outputs' names is no update, but one
/// that changes outputs is.
void update_stack(api::Call& call) {
  Stack stack = open_stack(call, call.in["StackName"].get<std::string>());
  call.out["StackId"] = stack.arn();
  if (is_sent_again(call, stack)) return;
  check_not_held(call, stack);
  check_updatable(stack);
  const std::string role = call.in.value("RoleARN", stack.about.value("RoleARN", ""));
  if (call.in.contains("RoleARN")) check_role(call, role);
  const Asked asked = read_request(call, call.in, stack);
  const Resources resources = resources_of(*call.state, *call.ports->sealer, stack.id);
  const std::vector<Change> changed = checked_changes(call, stack, asked, resources);
  const bool was_complete = stack.status.ends_with("_COMPLETE");
  if (changed.empty() && was_complete && !is_otherwise(stack.about, asked.about) &&
      !changes_outputs(*call.state, stack, *asked.program, resources))
    throw Error(kValidationError, "No updates are to be performed.");
  std::string policy = call.state->get(keys::policy(stack.id)).value_or("");
  if (auto given = given_stack_policy(call, "StackPolicyDuringUpdate")) policy = std::move(*given);
  put_stack_policy(call, stack);
  begin(call, stack, asked,
        {.is_creation = false,
         .token = token_of(call),
         .role = role,
         .on_failure = call.in.value("DisableRollback", false) ? "DO_NOTHING" : "ROLLBACK",
         .policy = std::move(policy)});
}

/// NESTED.RESOURCE, where NESTED is the name of a stack that is nested in this one.
bool is_of_nested(const std::string& name, const Resources& resources) {
  const size_t dot = name.find('.');
  return dot != std::string::npos && std::ranges::any_of(resources, [&](const auto& each) {
           return each.second.type == kStackType &&
                  each.second.now.physical.find(":stack/" + name.substr(0, dot) + "/") != std::string::npos;
         });
}

/// As the caller names them; each must be there.
std::vector<std::string> resources_named(const Json& names, const Resources& resources, const Stack& stack) {
  std::vector<std::string> found;
  for (const Json& each : names) {
    const std::string name = each.get<std::string>();
    if (!resources.contains(name) && !is_of_nested(name, resources))
      throw Error(kValidationError, "Resource {} does not exist for stack {}", name.substr(0, 255), stack.name);
    found.push_back(name);
  }
  return found;
}

void delete_stack(api::Call& call) {
  std::optional<Stack> stack = find_stack(call, call.in["StackName"].get<std::string>());
  if (!stack || stack->is_gone() || stack->status == "DELETE_IN_PROGRESS") return;
  check_not_held(call, *stack);
  if (call.principal.invoked_by != kService && root_of(*call.state, *stack).about.value("EnableTerminationProtection", false))
    throw Error(kValidationError, "Stack [{}] cannot be deleted while TerminationProtection is enabled", stack->name);
  const bool is_being_made = stack->status == "CREATE_IN_PROGRESS";
  if (stack->is_in_progress() && !is_being_made)
    throw Error(kValidationError, "Stack [{}] cannot be deleted while in status {}", stack->arn(), stack->status);
  Operation operation;
  operation.phase = Operation::Phase::kRemove;
  operation.from = operation.to = stack->generation;
  operation.succeeded = "DELETE_COMPLETE";
  operation.failed_status = "DELETE_FAILED";
  operation.token = token_of(call);
  operation.role = call.in.value("RoleARN", stack->about.value("RoleARN", ""));
  if (call.in.contains("RoleARN")) check_role(call, operation.role);
  const Json retained = call.in.value("RetainResources", Json::array());
  const bool is_forced = call.in.value("DeletionMode", "") == "FORCE_DELETE_STACK";
  if ((!retained.empty() || is_forced) && stack->status != "DELETE_FAILED")
    throw Error(kValidationError, "Invalid operation on stack [{}]. {} can only be used when the stack is in DELETE_FAILED status",
                stack->arn(), is_forced ? "DeletionMode FORCE_DELETE_STACK" : "RetainResources");
  const Resources resources = resources_of(*call.state, *call.ports->sealer, stack->id);
  operation.retained = resources_named(retained, resources, *stack);
  if (is_forced)
    for (const auto& [id, resource] : resources)
      if (resource.status == "DELETE_FAILED") operation.retained.push_back(id);
  if (const std::string problem = export_problem(*call.state, *stack, {}); !problem.empty()) {
    stack->status = "DELETE_FAILED";
    stack->reason = "Delete canceled. " + problem + ".";
    put_stack(*call.state, *stack);
    operation.principal = to_json(call.principal);
    put_stack_event(*call.state, *call.ports->random, *stack, operation.token, call.now, hearers_of(*stack, operation));
    return;
  }
  begin(call, *stack, std::move(operation), "DELETE_IN_PROGRESS");
}

void cancel_update_stack(api::Call& call) {
  const Stack stack = open_stack(call, call.in["StackName"].get<std::string>());
  check_not_held(call, stack);
  const std::optional<std::string> document = call.state->get(keys::operation(stack.id));
  if (stack.status != "UPDATE_IN_PROGRESS" || !document)
    throw Error(kValidationError, "CancelUpdateStack cannot be called from current stack status");
  Operation operation = decode_operation(*document);
  operation.is_cancelled = true;
  put_operation(*call.state, operation);
}

void continue_update_rollback(api::Call& call) {
  Stack stack = open_stack(call, call.in["StackName"].get<std::string>());
  check_not_held(call, stack);
  const std::optional<std::string> document = call.state->get(keys::rollback(stack.id));
  if (stack.status != "UPDATE_ROLLBACK_FAILED" || !document)
    throw Error(kValidationError, "Stack:{} is in {} state and can not continue update rollback.", stack.arn(), stack.status);
  Operation operation = decode_operation(*document);
  operation.failed.clear();
  operation.token = token_of(call);
  if (call.in.contains("RoleARN")) {
    operation.role = call.in["RoleARN"].get<std::string>();
    check_role(call, operation.role);
  }
  operation.retained =
      resources_named(call.in.value("ResourcesToSkip", Json::array()), resources_of(*call.state, *call.ports->sealer, stack.id), stack);
  begin(call, stack, std::move(operation), "UPDATE_ROLLBACK_IN_PROGRESS");
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"CancelUpdateStack", cancel_update_stack},
    {"ContinueUpdateRollback", continue_update_rollback},
    {"CreateStack", create_stack, api::Runs::kPool},
    {"DeleteStack", delete_stack},
    {"UpdateStack", update_stack, api::Runs::kPool},
});

}  // namespace
}  // namespace cairn::cloudformation

namespace cairn::services {
extern const api::Family cloudformation_stacks;
const api::Family cloudformation_stacks{.service = "cloudformation", .operations = cloudformation::kOperations};
}  // namespace cairn::services
