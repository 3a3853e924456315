#include <array>

#include "api/operation.h"
#include "services/ssm/errors.h"
#include "services/ssm/filters.h"
#include "services/ssm/shown.h"
#include "state/store.h"

namespace cairn::ssm {
namespace {

constexpr int64_t kShownMax = 50;
constexpr size_t kReadAtOnce = 100, kReadMax = 2000;  // documents that one page looks at

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
  const int64_t limit = in.value("MaxResults", kShownMax);
  const std::string all = documents::parameters_in(call.account, call.region);
  std::string after = read_token(in, all);
  Json& found = call.out["Parameters"] = Json::array();
  size_t read = 0;
  for (bool more = true; more;) {
    const state::Page page = call.state->list(all, after, kReadAtOnce);
    more = page.more;
    for (const state::Item& item : page.items) {
      if (static_cast<int64_t>(found.size()) == limit || read == kReadMax) {
        call.out["NextToken"] = token_of(after, all);
        return;
      }
      after = item.key;
      ++read;
      const Parameter parameter = decode_parameter({call.account, call.region, item.key.substr(all.size())}, item.value);
      if (!filters.match(parameter)) continue;
      Json one = described(parameter, parameter.now);
      one["ARN"] = parameter.arn();
      found.push_back(std::move(one));
    }
  }
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
