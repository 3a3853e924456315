#include "services/s3/access.h"

#include "services/s3/actions.h"
#include "services/s3/errors.h"
#include "services/s3/input.h"
#include "services/s3/keys.h"
#include "services/s3/object.h"
#include "services/s3/request_context.h"

namespace cairn::s3 {
namespace {

using aws::policy::Decision;
using aws::policy::Policy;
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

aws::policy::Policies policies_of(const aws::Principal& principal, const BucketPolicy& policy) {
  static const Policy administrator_access =
      Policy::parse(R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]})",
                    aws::policy::Kind::kIdentity)
          .value();
  static const Policy* const kOwn[] = {&administrator_access};
  aws::policy::Policies policies;
  if (principal.is_administrator) policies.identity = kOwn;
  policies.resource = &policy.policy;
  return policies;
}

Access::Access(api::Call& call, const Bucket& bucket)
    : call_(call), bucket_(bucket), is_owners_(call.principal.is_administrator && call.principal.account == bucket.account) {
  const std::optional<std::string> text = call.state->get(keys::bucket_policy(bucket.name));
  if (!text) return;
  policy_ = compiled_policy(*text);
  request_.caller = aws::policy::caller_of(call.principal);
  if (!call.principal.account.empty()) request_.caller.canonical = owner_id(call.principal.account);
  request_.resource_account = bucket.account.str();
  describe_call(call, bucket, request_.context);
}

void Access::look_at_object_tags(std::string_view key, aws::policy::Context& context) const {
  const std::optional<Object> object = find_object(call_, bucket_.name, key);
  if (!object) return;
  for (const auto& [name, value] : object->tags) context.add("s3:ExistingObjectTag/" + name, value);
}

Decision Access::decide(std::string_view action, std::string_view key) {
  const aws::policy::Policies policies = policies_of(call_.principal, *policy_);
  request_.action = std::string(action);
  request_.resource = bucket_arn(bucket_.name, key);
  if (!policy_->looks_at_object_tags || key.empty()) return aws::policy::decide(request_, policies);
  aws::policy::Request request = request_;
  look_at_object_tags(key, request.context);
  return aws::policy::decide(request, policies);
}

bool Access::allows(std::string_view action, std::string_view key) {
  return policy_ == nullptr ? is_owners_ : decide(action, key).allowed();
}

/// Callers of the bucket's own account, and services, are told why; others are told nothing.
void Access::require(std::string_view action, std::string_view key) {
  if (is_roots_way_back(call_, bucket_, action)) return;
  Decision decision;
  if (policy_ != nullptr) decision = decide(action, key);
  else if (is_owners_) return;
  if (decision.allowed()) return;
  if (policy_ == nullptr) decision.kind = aws::policy::Kind::kResource;  // the only one that could have let others in
  const bool is_service = call_.principal.kind == Kind::kService;
  if (!is_service && call_.principal.account != bucket_.account) throw access_denied();
  throw Error(kAccessDenied, "User: {} is not authorized to perform: {} on resource: \"{}\" {}",
              is_service ? call_.principal.user_name : call_.principal.arn, action, bucket_arn(bucket_.name, key),
              aws::policy::because(decision, action));
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
