#include <array>

#include "api/operation.h"
#include "services/cloudformation/errors.h"
#include "services/cloudformation/exports.h"
#include "services/cloudformation/page.h"
#include "services/cloudformation/stack_policy.h"

/// What is beside stacks: exports and imports, stack policies, termination protection.
namespace cairn::cloudformation {
namespace {

void list_exports(api::Call& call) {
  call.out["Exports"] = Json::array();
  each_of_page(call, keys::exports_in(call.account, call.region), [&](const std::string& name, const std::string& document) {
    const Json text = json::parse(document).value();
    call.out["Exports"].push_back({{"ExportingStackId", text.at("stack")}, {"Name", name}, {"Value", text.at("value")}});
  });
}

void list_imports(api::Call& call) {
  const std::string name = call.in["ExportName"].get<std::string>();
  if (!find_export(*call.state, call.account, call.region, name)) throw Error(kValidationError, "Export '{}' does not exist.", name);
  call.out["Imports"] = Json::array();
  each_of_page(call, keys::imports_of(call.account, call.region, name),
               [&](const std::string&, const std::string& stack) { call.out["Imports"].push_back(stack); });
  if (call.out["Imports"].empty()) throw Error(kValidationError, "Export '{}' is not imported by any stack.", name);
}

void update_termination_protection(api::Call& call) {
  Stack stack = open_stack(call, call.in["StackName"].get<std::string>());
  if (stack.is_nested())
    throw Error(kValidationError, "Termination protection of a nested stack is that of its root stack [{}]: change it there.", stack.root);
  stack.about["EnableTerminationProtection"] = call.in["EnableTerminationProtection"];
  put_stack(*call.state, stack);
  call.out["StackId"] = stack.arn();
}

void get_stack_policy(api::Call& call) {
  const Stack stack = open_stack(call, call.in["StackName"].get<std::string>());
  if (const auto policy = call.state->get(keys::policy(stack.id))) call.out["StackPolicyBody"] = policy->empty() ? "{}" : *policy;
}

void set_stack_policy(api::Call& call) {
  const Stack stack = open_stack(call, call.in["StackName"].get<std::string>());
  call.state->put(keys::policy(stack.id), given_stack_policy(call, "StackPolicy").value_or(""));
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"GetStackPolicy", get_stack_policy},
    {"ListExports", list_exports},
    {"ListImports", list_imports},
    {"SetStackPolicy", set_stack_policy, api::Runs::kPool},
    {"UpdateTerminationProtection", update_termination_protection},
});

}  // namespace
}  // namespace cairn::cloudformation

namespace cairn::services {
extern const api::Family cloudformation_settings;
const api::Family cloudformation_settings{.service = "cloudformation", .operations = cloudformation::kOperations};
}  // namespace cairn::services
