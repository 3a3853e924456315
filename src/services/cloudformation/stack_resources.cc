#include <array>

#include "api/authorize.h"
#include "api/operation.h"
#include "api/ports.h"
#include "services/cloudformation/drift.h"
#include "services/cloudformation/errors.h"
#include "services/cloudformation/resource.h"

/// What stacks are made of: DescribeStackResource, DescribeStackResources, ListStackResources.
namespace cairn::cloudformation {
namespace {

Stack stack_of(api::Call& call, const std::string& name) {
  std::optional<Stack> stack = find_stack(call, name);
  if (!stack || (stack->is_gone() && !name.starts_with("arn:"))) throw Error(kValidationError, "Stack with id {} does not exist", name);
  return std::move(*stack);
}

Json shown(api::Call& call, const Stack& stack, const Resource& resource, const char* time) {
  Json out{{"LogicalResourceId", resource.id},
           {"ResourceType", resource.type},
           {time, timestamps::iso8601_millis(resource.changed)},
           {"ResourceStatus", resource.status},
           {"DriftInformation", resource_drift(*call.state, *call.ports->sealer, stack, resource)}};
  if (!resource.now.physical.empty()) out["PhysicalResourceId"] = resource.now.physical;
  if (!resource.reason.empty()) out["ResourceStatusReason"] = resource.reason;
  return out;
}

Json shown_with_stack(api::Call& call, const Stack& stack, const Resource& resource, const char* time) {
  Json out = shown(call, stack, resource, time);
  out["StackName"] = stack.name;
  out["StackId"] = stack.arn();
  return out;
}

void describe_stack_resource(api::Call& call) {
  const std::string name = call.in["StackName"].get<std::string>(), id = call.in["LogicalResourceId"].get<std::string>();
  const std::optional<Stack> stack = find_stack(call, name);
  if (!stack || (stack->is_gone() && !name.starts_with("arn:"))) throw Error(kValidationError, "Stack '{}' does not exist", name);
  const Resources resources = resources_of(*call.state, *call.ports->sealer, stack->id);
  const auto it = resources.find(id);
  if (it == resources.end()) throw Error(kValidationError, "Resource {} does not exist for stack {}", id, stack->name);
  call.out["StackResourceDetail"] = shown_with_stack(call, *stack, it->second, "LastUpdatedTimestamp");
}

/// The stack that has the thing.
Stack stack_with(api::Call& call, const std::string& physical) {
  const std::string prefix = keys::stacks_in(call.account, call.region);
  for (std::string after;;) {
    const state::Page page = call.state->list(prefix, after, 100);
    for (const state::Item& item : page.items) {
      after = item.key;
      Stack stack = decode_stack(item.value);
      if (stack.is_gone()) continue;
      for (const auto& [id, resource] : resources_of(*call.state, *call.ports->sealer, stack.id))
        if (!resource.is_gone() && resource.now.physical == physical) return stack;
    }
    if (!page.more) throw Error(kValidationError, "Stack for {} does not exist", physical);
  }
}

void describe_stack_resources(api::Call& call) {
  const std::string name = call.in.value("StackName", ""), id = call.in.value("LogicalResourceId", "");
  const std::string physical = call.in.value("PhysicalResourceId", "");
  if (name.empty() == physical.empty()) throw Error(kValidationError, "Must specify either stack name or physical resource id");
  const Stack stack = name.empty() ? stack_with(call, physical) : stack_of(call, name);
  if (name.empty())  // whose it is was not known at the door
    api::require(call, {.action = "cloudformation:DescribeStackResources", .resource = stack.arn(), .shown = stack.arn()});
  call.out["StackResources"] = Json::array();
  for (const auto& [logical, resource] : resources_of(*call.state, *call.ports->sealer, stack.id))
    if (id.empty() || id == logical) call.out["StackResources"].push_back(shown_with_stack(call, stack, resource, "Timestamp"));
  if (!id.empty() && call.out["StackResources"].empty())
    throw Error(kValidationError, "Resource {} does not exist for stack {}", id, stack.name);
}

void list_stack_resources(api::Call& call) {
  constexpr size_t kPage = 100;
  const Stack stack = stack_of(call, call.in["StackName"].get<std::string>());
  const std::string after = call.in.value("NextToken", "");
  Json& shown_resources = call.out["StackResourceSummaries"] = Json::array();
  const Resources resources = resources_of(*call.state, *call.ports->sealer, stack.id);
  for (auto it = resources.upper_bound(after); it != resources.end(); ++it) {
    if (shown_resources.size() == kPage) {
      call.out["NextToken"] = shown_resources.back()["LogicalResourceId"];
      return;
    }
    shown_resources.push_back(shown(call, stack, it->second, "LastUpdatedTimestamp"));
  }
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"DescribeStackResource", describe_stack_resource},
    {"DescribeStackResources", describe_stack_resources, api::Runs::kPool},
    {"ListStackResources", list_stack_resources},
});

}  // namespace
}  // namespace cairn::cloudformation

namespace cairn::services {
extern const api::Family cloudformation_stack_resources;
const api::Family cloudformation_stack_resources{.service = "cloudformation", .operations = cloudformation::kOperations};
}  // namespace cairn::services
