#include <algorithm>
#include <array>

#include "api/operation.h"
#include "api/ports.h"
#include "api/waiting_room.h"
#include "services/cloudformation/drift.h"
#include "services/cloudformation/errors.h"
#include "services/cloudformation/nested.h"
#include "services/cloudformation/page.h"
#include "services/cloudformation/resource.h"

/// What stacks show: DescribeStacks, DescribeStackEvents, ListStacks.
namespace cairn::cloudformation {
namespace {

constexpr auto kWaitMax = std::chrono::seconds(1);

void put_family(Json& out, const Stack& stack) {
  if (!stack.is_nested()) return;
  out["ParentId"] = stack.parent;
  out["RootId"] = stack.root;
}

Json shown(state::Transaction& state, const Stack& stack) {
  Json out{{"StackId", stack.arn()},
           {"StackName", stack.name},
           {"CreationTime", timestamps::iso8601_millis(stack.created)},
           {"StackStatus", stack.status},
           {"DriftInformation", stack_drift(state, stack)}};
  for (const auto& [name, value] : stack.about.items()) out[name] = value;
  if (stack.about.empty()) {  // in review
    out["DisableRollback"] = false;
    out["NotificationARNs"] = Json::array();
    out["RollbackConfiguration"] = Json::object();
    out["Tags"] = Json::array();
    out["EnableTerminationProtection"] = false;
  }
  put_family(out, stack);
  if (stack.is_nested()) out["EnableTerminationProtection"] = root_of(state, stack).about.value("EnableTerminationProtection", Json(false));
  if (!stack.reason.empty()) out["StackStatusReason"] = stack.reason;
  if (stack.updated != Time{}) out["LastUpdatedTime"] = timestamps::iso8601_millis(stack.updated);
  if (stack.deleted != Time{}) out["DeletionTime"] = timestamps::iso8601_millis(stack.deleted);
  return out;
}

/// As long as the stack is being worked on, and not longer than a moment: clients look again after half a minute, though most is done
/// within a second.
void wait_for(api::Call& call, const Stack& stack, uint64_t version) {
  const Time until = call.arrived + kWaitMax;
  api::WaitingRoom& room = *call.ports->waiting_room;
  if (!stack.status.ends_with("_IN_PROGRESS") || stack.status == "REVIEW_IN_PROGRESS" || call.now >= until || !room.has_room()) return;
  throw api::NotYet{[&room, key = keys::stacks_in(call.account, call.region), version, until](std::function<void()> resume) {
    return room.wait(key, version, until, std::move(resume));
  }};
}

void describe_stacks(api::Call& call) {
  call.out["Stacks"] = Json::array();
  if (const std::string name = call.in.value("StackName", ""); !name.empty()) {
    const uint64_t version = call.ports->waiting_room->version(keys::stacks_in(call.account, call.region));
    const std::optional<Stack> stack = find_stack(call, name);
    if (stack) wait_for(call, *stack, version);
    if (!stack || (stack->is_gone() && !name.starts_with("arn:"))) throw Error(kValidationError, "Stack with id {} does not exist", name);
    call.out["Stacks"].push_back(shown(*call.state, *stack));
    return;
  }
  each_of_page(call, keys::stacks_in(call.account, call.region), [&](const std::string&, const std::string& document) {
    const Stack stack = decode_stack(document);
    if (!stack.is_gone()) call.out["Stacks"].push_back(shown(*call.state, stack));
  });
}

/// Differs from AWS: ResourceProperties of more than 16 KiB are left out.
void describe_stack_events(api::Call& call) {
  const std::string name = call.in["StackName"].get<std::string>();
  const std::optional<Stack> stack = find_stack(call, name);
  if (!stack) throw Error(kValidationError, "Stack [{}] does not exist", name);
  call.out["StackEvents"] = Json::array();
  each_of_page(call, keys::events(stack->id),
               [&](const std::string&, const std::string& document) { call.out["StackEvents"].push_back(json::parse(document).value()); });
}

void list_stacks(api::Call& call) {
  call.out["StackSummaries"] = Json::array();
  const Json filter = call.in.value("StackStatusFilter", Json::array());
  each_of_page(call, keys::stacks_in(call.account, call.region), [&](const std::string&, const std::string& document) {
    const Stack stack = decode_stack(document);
    if (!filter.empty() && std::ranges::find(filter, Json(stack.status)) == filter.end()) return;
    Json out{{"StackId", stack.arn()},
             {"StackName", stack.name},
             {"CreationTime", timestamps::iso8601_millis(stack.created)},
             {"StackStatus", stack.status},
             {"DriftInformation", stack_drift(*call.state, stack)}};
    put_family(out, stack);
    if (stack.about.contains("Description")) out["TemplateDescription"] = stack.about.at("Description");
    if (!stack.reason.empty()) out["StackStatusReason"] = stack.reason;
    if (stack.updated != Time{}) out["LastUpdatedTime"] = timestamps::iso8601_millis(stack.updated);
    if (stack.deleted != Time{}) out["DeletionTime"] = timestamps::iso8601_millis(stack.deleted);
    call.out["StackSummaries"].push_back(std::move(out));
  });
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"DescribeStackEvents", describe_stack_events},
    {"DescribeStacks", describe_stacks},
    {"ListStacks", list_stacks},
});

}  // namespace
}  // namespace cairn::cloudformation

namespace cairn::services {
extern const api::Family cloudformation_describe;
const api::Family cloudformation_describe{.service = "cloudformation", .operations = cloudformation::kOperations};
}  // namespace cairn::services
