#include "services/s3/public_access.h"

#include "base/check.h"
#include "services/s3/bucket_setting.h"
#include "services/s3/input.h"
#include "services/s3/keys.h"

namespace cairn::s3 {
namespace {

constexpr std::string_view kKind = "public-access-block";

}  // namespace

PublicAccessBlock public_access_block(state::Transaction& state, const Bucket& bucket) {
  const PublicAccessBlock own = bucket_public_access_block(state, bucket.name).value_or(PublicAccessBlock{});
  if (own == PublicAccessBlock::everything()) return own;
  const PublicAccessBlock accounts = account_public_access_block(state, bucket.account).value_or(PublicAccessBlock{});
  return {own.block_acls || accounts.block_acls, own.ignore_acls || accounts.ignore_acls, own.block_policy || accounts.block_policy,
          own.restrict_buckets || accounts.restrict_buckets};
}

std::optional<PublicAccessBlock> bucket_public_access_block(state::Transaction& state, std::string_view bucket) {
  const std::optional<Json> setting = bucket_setting(state, bucket, kKind);
  if (!setting) return PublicAccessBlock::everything();
  if (setting->empty()) return std::nullopt;
  return decode_public_access_block(*setting);
}

void put_bucket_public_access_block(state::Transaction& state, std::string_view bucket, const std::optional<PublicAccessBlock>& block) {
  put_bucket_setting(state, bucket, kKind, block ? encode(*block) : Json::object());
}

std::optional<PublicAccessBlock> account_public_access_block(state::Transaction& state, const aws::AccountId& account) {
  const std::optional<std::string> text = state.get(keys::public_access_block(account.str()));
  if (!text) return std::nullopt;
  const Result<Json> document = json::parse(*text);
  CHECK(document.has_value());  // we wrote it
  return decode_public_access_block(*document);
}

Json encode(const PublicAccessBlock& block) {
  return {{"BlockPublicAcls", block.block_acls},
          {"IgnorePublicAcls", block.ignore_acls},
          {"BlockPublicPolicy", block.block_policy},
          {"RestrictPublicBuckets", block.restrict_buckets}};
}

PublicAccessBlock decode_public_access_block(const Json& configuration) {
  return {flag_of(configuration, "BlockPublicAcls"), flag_of(configuration, "IgnorePublicAcls"),
          flag_of(configuration, "BlockPublicPolicy"), flag_of(configuration, "RestrictPublicBuckets")};
}

Error no_public_access_block() {
  return Error({.code = "NoSuchPublicAccessBlockConfiguration", .status = 404}, "The public access block configuration was not found");
}

Error prevented(const api::Call& call, std::string_view action, std::string_view arn, std::string_view what, std::string_view setting) {
  return Error(kAccessDenied,
               "User: {} is not authorized to perform: {} on resource: \"{}\" because {} are prevented by the {} setting in S3 Block "
               "Public Access.",
               call.principal.arn.empty() ? "anonymous" : call.principal.arn, action, arn, what, setting);
}

}  // namespace cairn::s3
