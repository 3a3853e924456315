#include <array>

#include "api/operation.h"
#include "services/ssm/errors.h"
#include "services/ssm/parameter.h"

namespace cairn::ssm {
namespace {

bool erase(api::Call& call, std::string_view action, const std::string& name) {
  const ParameterName named{call.account, call.region, name};
  require(call, action, named);
  const std::optional<Parameter> parameter = find_parameter(*call.state, named);
  if (!parameter) return false;
  erase_parameter(*call.state, *parameter);
  call.resources.push_back({.type = {}, .arn = named.arn(), .account = named.account});
  return true;
}

void delete_parameter(api::Call& call) {
  call.resources.clear();
  if (!erase(call, "DeleteParameter", call.in.at("Name").get<std::string>())) throw not_found();
}

void delete_parameters(api::Call& call) {
  call.resources.clear();
  call.out = {{"DeletedParameters", Json::array()}, {"InvalidParameters", Json::array()}};
  for (const Json& name : call.in.at("Names")) {
    const bool is_gone = erase(call, "DeleteParameters", name.get<std::string>());
    call.out[is_gone ? "DeletedParameters" : "InvalidParameters"].push_back(name);
  }
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"DeleteParameter", delete_parameter},
    {"DeleteParameters", delete_parameters},
});

}  // namespace
}  // namespace cairn::ssm

namespace cairn::services {
extern const api::Family ssm_delete_parameters;
const api::Family ssm_delete_parameters{.service = "ssm", .operations = ssm::kOperations, .decides = api::Decides::kHandler};
}  // namespace cairn::services
