#include <array>

#include "api/operation.h"
#include "services/cloudformation/errors.h"
#include "services/cloudformation/exports.h"
#include "services/cloudformation/page.h"

/// What is beside stacks: exports and imports, termination protection.
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
  stack.about["EnableTerminationProtection"] = call.in["EnableTerminationProtection"];
  put_stack(*call.state, stack);
  call.out["StackId"] = stack.arn();
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"ListExports", list_exports},
    {"ListImports", list_imports},
    {"UpdateTerminationProtection", update_termination_protection},
});

}  // namespace
}  // namespace cairn::cloudformation

namespace cairn::services {
extern const api::Family cloudformation_settings;
const api::Family cloudformation_settings{.service = "cloudformation", .operations = cloudformation::kOperations};
}  // namespace cairn::services
