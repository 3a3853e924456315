#include "services/s3/access.h"

#include "api/authorize.h"
#include "services/s3/actions.h"
#include "services/s3/errors.h"
#include "services/s3/input.h"
#include "services/s3/keys.h"
#include "services/s3/request_context.h"
#include "services/s3/versions.h"

namespace cairn::s3 {
namespace {

using aws::policy::Decision;
using Kind = aws::Principal::Kind;

/// S3 lets the owning account's root repair a policy that denies everyone.
bool is_roots_way_back(const api::Call& call, const Bucket& bucket, std::string_view action) {
  return call.principal.kind == Kind::kRoot && call.principal.account == bucket.account &&
         (action == "s3:GetBucketPolicy" || action == "s3:PutBucketPolicy" || action == "s3:DeleteBucketPolicy");
}

/// One that was found before in this decision.
Bucket opened_bucket(api::Call& call, std::string_view name) { return decode_bucket(name, call.state->get(keys::bucket(name)).value()); }

}  // namespace

std::string bucket_arn(std::string_view bucket, std::string_view key) {
  return key.empty() ? fmt::format("arn:aws:s3:::{}", bucket) : fmt::format("arn:aws:s3:::{}/{}", bucket, key);
}

Access::Access(api::Call& call, const Bucket& bucket) : call_(call), bucket_(bucket), policies_(api::policies_of(call)) {
  call.is_decided = true;
  request_.caller = aws::policy::caller_of(call.principal);
  request_.resource_account = bucket.account.str();
  if (!call.principal.account.empty()) request_.caller.canonical = owner_id(call.principal.account);
  if (const std::optional<std::string> text = call.state->get(keys::bucket_policy(bucket.name))) {
    policy_ = compiled_policy(*text);
    policies_.resource = &policy_->policy;
  }
  if (policy_ != nullptr || api::looks_at_context(call)) describe_call(call, bucket, request_.context);
}

void Access::look_at_object_tags(std::string_view key, std::string_view version, aws::policy::Context& context) const {
  if (!version.empty() && !is_version_id(version)) return;
  const std::optional<Version> found = find_version(call_, bucket_.name, key, version);
  if (!found) return;
  for (const auto& [name, value] : found->object.tags) context.add("s3:ExistingObjectTag/" + name, value);
}

Decision Access::decide(std::string_view action, std::string_view key, std::string_view version) {
  request_.action = std::string(action);
  request_.resource = bucket_arn(bucket_.name, key);
  const bool looks_at_tags = policy_ != nullptr ? policy_->looks_at_object_tags : false;
  const bool looks = looks_at_tags || api::looks_at_context(call_);
  if (key.empty() || !(looks || !version.empty())) return aws::policy::decide(request_, policies_);
  aws::policy::Request request = request_;
  if (!version.empty()) request.context.add("s3:VersionId", std::string(version));
  if (looks) look_at_object_tags(key, version.empty() ? text_of(call_.in, "VersionId") : std::string(version), request.context);
  return aws::policy::decide(request, policies_);
}

bool Access::allows(std::string_view action, std::string_view key, std::string_view version) {
  return decide(action, key, version).allowed();
}

/// Callers of the bucket's own account, and services, are told why; others are told nothing.
void Access::require(std::string_view action, std::string_view key) {
  if (is_roots_way_back(call_, bucket_, action)) return;
  const Decision decision = decide(action, key);
  if (decision.allowed()) return;
  if (call_.principal.kind != Kind::kService && call_.principal.account != bucket_.account) throw access_denied();
  throw api::denied(call_, decision, action, fmt::format("\"{}\"", bucket_arn(bucket_.name, key)));
}

void Access::require_operation() {
  const std::string_view operation = call_.model->name;
  if (operation == "DeleteObjects") return;
  const std::span<const Action> needed = actions_of(operation);
  if (needed.empty()) throw access_denied();  // no row, no access; access_test.cc sees to the rows
  const std::string key = text_of(call_.in, "Key");
  for (const Action& action : needed) {
    const bool versioned = has(call_.in, "VersionId") && !action.versioned.empty();
    require(versioned ? action.versioned : action.name, action.on == On::kObject ? key : std::string());
  }
  const bool writes_tags = has(call_.in, "Tagging") && needed.front().name == "s3:PutObject";
  if (writes_tags) require("s3:PutObjectTagging", key);
}

Error absent_key(api::Call& call, std::string_view bucket_name, std::string_view key) {
  const Bucket bucket = opened_bucket(call, bucket_name);
  return Access(call, bucket).allows("s3:ListBucket") ? no_such_key(key) : access_denied();
}

void require_copying_tags(api::Call& call, std::string_view from_bucket, std::string_view from_key, const Bucket& to,
                          std::string_view to_key) {
  const Bucket from = opened_bucket(call, from_bucket);
  Access(call, from).require("s3:GetObjectTagging", from_key);
  Access(call, to).require("s3:PutObjectTagging", to_key);
}

}  // namespace cairn::s3
