#include <array>

#include "api/operation.h"
#include "aws/policy/policy.h"
#include "services/logs/access.h"
#include "services/logs/errors.h"

/// Policies of an account that let services write to its log groups.
namespace cairn::logs_service {
namespace {

constexpr size_t kDocumentCharactersMax = 5120;

std::string key_of(const api::Call& call) {
  const std::string name = call.in.value("policyName", "");
  if (name.empty()) throw Error(kInvalidParameter, "policyName is required.");
  return documents::resource_policies_in(call.account, call.region) + name;
}

void refuse_resources(const api::Call& call) {
  for (const char* member : {"resourceArn", "expectedRevisionId"})
    if (call.in.contains(member)) throw Error(aws::kNotImplemented, "{} is not implemented.", member);
  if (call.in.value("policyScope", "ACCOUNT") != "ACCOUNT") throw Error(aws::kNotImplemented, "policyScope RESOURCE is not implemented.");
}

Json shown(const std::string& name, const std::string& text) {
  const Json document = json::parse(text).value();  // we wrote it
  return {{"policyName", name},
          {"policyDocument", document.at("document")},
          {"lastUpdatedTime", document.at("updated")},
          {"policyScope", "ACCOUNT"}};
}

/// Differs from AWS: policies of single log groups are not implemented.
void put_resource_policy(api::Call& call) {
  refuse_resources(call);
  const std::string key = key_of(call), text = call.in.value("policyDocument", "");
  if (text.size() > kDocumentCharactersMax) throw Error(kLimitExceeded, "Resource limit exceeded.");
  if (const auto policy = aws::policy::Policy::parse(text, aws::policy::Kind::kResource); !policy)
    throw Error(kInvalidParameter, "Invalid policy document: {}", policy.error().message());
  const std::string folder = documents::resource_policies_in(call.account, call.region);
  if (!call.state->exists(key) && call.state->list(folder, "", kPoliciesMax).items.size() >= kPoliciesMax)
    throw Error(kLimitExceeded, "Resource limit exceeded.");
  const Json document{{"document", text}, {"updated", call.now.time_since_epoch().count()}};
  call.state->put(key, json::dump(document));
  call.out["resourcePolicy"] = shown(key.substr(folder.size()), json::dump(document));
}

void delete_resource_policy(api::Call& call) {
  refuse_resources(call);
  const std::string key = key_of(call);
  if (!call.state->exists(key)) throw Error(kNotFound, "Policy with name [{}] does not exist.", call.in.value("policyName", ""));
  call.state->erase(key);
}

/// Ten at most: one page.
void describe_resource_policies(api::Call& call) {
  refuse_resources(call);
  const std::string folder = documents::resource_policies_in(call.account, call.region);
  call.out["resourcePolicies"] = Json::array();
  for (const state::Item& item : call.state->list(folder, "", kPoliciesMax).items)
    call.out["resourcePolicies"].push_back(shown(item.key.substr(folder.size()), item.value));
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"DeleteResourcePolicy", delete_resource_policy},
    {"DescribeResourcePolicies", describe_resource_policies},
    {"PutResourcePolicy", put_resource_policy},
});

}  // namespace
}  // namespace cairn::logs_service

namespace cairn::services {
extern const api::Family logs_resource_policies;
const api::Family logs_resource_policies{.service = "logs", .operations = logs_service::kOperations};
}  // namespace cairn::services
