#include <array>

#include "api/operation.h"
#include "services/ssm/errors.h"
#include "services/ssm/filters.h"
#include "services/ssm/shown.h"

namespace cairn::ssm {
namespace {

constexpr int64_t kShownMax = 50;

/// Differs from AWS: Filters, which ParameterFilters has replaced, and Shared are refused by name.
void describe_parameters(api::Call& call) {
  const Json& in = call.in;
  require_own(call, "DescribeParameters", "*");
  const bool has_filters = in.contains("Filters") && !in.at("Filters").empty();
  if (has_filters && in.contains("ParameterFilters"))
    throw Error(aws::kValidation, "You can use either Filters or ParameterFilters in a single request.");
  if (has_filters) throw Error(aws::kNotImplemented, "Filters is not implemented: use ParameterFilters.");
  if (in.value("Shared", false)) throw Error(aws::kNotImplemented, "Parameters of other accounts are not implemented: leave out Shared.");
  const Filters filters(in, Filters::For::kDescribe);
  Json& found = call.out["Parameters"] = Json::array();
  each_of_page(call, "", in.value("MaxResults", kShownMax), [&](const Parameter& parameter) {
    if (!filters.match(parameter)) return false;
    Json one = described(parameter, parameter.now);
    one["ARN"] = parameter.arn();
    found.push_back(std::move(one));
    return true;
  });
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"DescribeParameters", describe_parameters},
});

}  // namespace
}  // namespace cairn::ssm

namespace cairn::services {
extern const api::Family ssm_describe_parameters;
const api::Family ssm_describe_parameters{.service = "ssm", .operations = ssm::kOperations, .decides = api::Decides::kHandler};
}  // namespace cairn::services
