#include "services/iam/managed_policy.h"

namespace cairn::iam {
namespace {

void add_usage(api::Call& call, const std::string& arn, Json& out) {
  using identity::Usage;
  const auto count = [&](Usage usage) { return count_below(call, identity::usage_prefix(call.account, arn, usage), 10'000); };
  out["AttachmentCount"] = count(Usage::kAttached);
  out["PermissionsBoundaryUsageCount"] = count(Usage::kBoundary);
}

}  // namespace

std::string checked_policy_arn(const api::Call& call, const std::string& arn) {
  const std::optional<identity::IamArn> parts = identity::parse_arn(arn);
  if (!parts || parts->type != "policy") throw Error(aws::kValidation, "Invalid ARN:  Could not be parsed!");
  if (parts->account != "aws" && parts->account != call.account.str()) throw Error(kNoSuchEntity, "Policy {} was not found.", arn);
  return arn;
}

Json show_policy(api::Call& call, const identity::ManagedPolicy& policy, Shown how) {
  Json out{{"PolicyName", policy.name},
           {"PolicyId", policy.id},
           {"Arn", policy.arn()},
           {"Path", policy.path},
           {"DefaultVersionId", fmt::format("v{}", policy.default_version)}};
  add_usage(call, policy.arn(), out);
  out["IsAttachable"] = true;
  if (how == Shown::kDetails && !policy.description.empty()) out["Description"] = policy.description;
  out["CreateDate"] = timestamps::iso8601(policy.created);
  out["UpdateDate"] = timestamps::iso8601(policy.updated);
  if (how == Shown::kDetails && !policy.tags.empty()) out["Tags"] = show_tags(policy.tags);
  return out;
}

Json show_policy(api::Call& call, const identity::AwsManagedPolicy& policy, Shown how) {
  Json out{{"PolicyName", policy.name}, {"PolicyId", policy.id}, {"Arn", policy.arn()}, {"Path", policy.path}, {"DefaultVersionId", "v1"}};
  add_usage(call, policy.arn(), out);
  out["IsAttachable"] = true;
  if (how == Shown::kDetails) out["Description"] = policy.description;
  out["CreateDate"] = out["UpdateDate"] = timestamps::iso8601(kAwsPoliciesSince);
  return out;
}

}  // namespace cairn::iam
