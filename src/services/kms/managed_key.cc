#include "services/kms/managed_key.h"

#include "api/ports.h"
#include "services/kms/documents.h"
#include "services/kms/key.h"
#include "services/kms/material.h"

namespace cairn::kms {
namespace {

struct Managed {
  std::string_view alias, service, shown, description;
};
constexpr Managed kManaged[] = {
    {"alias/aws/s3", "s3", "S3", "Default key that protects my S3 objects when no other key is defined"},
    {"alias/aws/sns", "sns", "SNS", "Default key that protects my SNS data when no other key is defined"},
    {"alias/aws/sqs", "sqs", "SQS", "Default key that protects my SQS messages when no other key is defined"},
    {"alias/aws/ssm", "ssm", "SSM", "Default key that protects my SSM parameters when no other key is defined"},
};

/// Whoever may use the service in the account may use the key through it, and no other way.
std::string policy_of(const Managed& managed, const aws::AccountId& account, const aws::Region& region) {
  const Json use = {
      {"Sid", fmt::format("Allow access through {} for all principals in the account that are authorized to use {}", managed.shown,
                          managed.shown)},
      {"Effect", "Allow"},
      {"Principal", {{"AWS", "*"}}},
      {"Action", {"kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"}},
      {"Resource", "*"},
      {"Condition",
       {{"StringEquals",
         {{"kms:CallerAccount", account.str()}, {"kms:ViaService", fmt::format("{}.{}.amazonaws.com", managed.service, region.str())}}}}}};
  const Json look = {{"Sid", "Allow direct access to key metadata to the account"},
                     {"Effect", "Allow"},
                     {"Principal", {{"AWS", fmt::format("arn:aws:iam::{}:root", account.str())}}},
                     {"Action", {"kms:Describe*", "kms:Get*", "kms:List*"}},
                     {"Resource", "*"}};
  return json::dump(
      Json{{"Version", "2012-10-17"}, {"Id", fmt::format("auto-{}-2", managed.service)}, {"Statement", Json::array({use, look})}});
}

}  // namespace

std::optional<std::string> make_managed_key(api::Call& call, const aws::AccountId& account, const std::string& alias) {
  const auto managed = std::ranges::find(kManaged, alias, &Managed::alias);
  if (managed == std::end(kManaged) || call.principal.invoked_by.empty()) return std::nullopt;
  Key key{.id = call.ports->random->uuid(), .account = account, .region = call.region, .created = call.now};
  key.description = managed->description;
  key.is_managed = true;
  key.rotates = true;
  key.next_rotation = call.now + std::chrono::days(key.rotation_days);
  add_material(*call.state, *call.ports->random, *call.ports->sealer, call.now, "", key);
  save(*call.state, key, nullptr);
  call.state->put(documents::owned(account, key.region, key.id), "");
  call.state->put(documents::policy(key.id), policy_of(*managed, account, key.region));
  const int64_t now = call.now.time_since_epoch().count();
  call.state->put(documents::alias(account, key.region, alias), json::dump(Json{{"key", key.id}, {"created", now}, {"updated", now}}));
  call.state->put(documents::alias_of(key.id, alias), "");
  return key.id;
}

}  // namespace cairn::kms
