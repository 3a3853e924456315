#include "services/s3/access.h"

#include "api/authorize.h"
#include "services/s3/actions.h"
#include "services/s3/bucket_acl.h"
#include "services/s3/errors.h"
#include "services/s3/input.h"
#include "services/s3/keys.h"
#include "services/s3/ownership.h"
#include "services/s3/request_context.h"
#include "services/s3/upload.h"
#include "services/s3/versions.h"

namespace cairn::s3 {
namespace {

using aws::policy::Decision;
using aws::policy::NamedAs;
using Kind = aws::Principal::Kind;

/// S3 lets the owning account's root repair a policy that denies everyone.
bool is_roots_way_back(const api::Call& call, const Bucket& bucket, std::string_view action) {
  return call.principal.kind == Kind::kRoot && call.principal.account == bucket.account &&
         (action == "s3:GetBucketPolicy" || action == "s3:PutBucketPolicy" || action == "s3:DeleteBucketPolicy");
}

/// "Access control list (ACL) overview: mapping of ACL permissions and access policy permissions".
std::optional<Permission> wanted_of_bucket(std::string_view action) {
  static constexpr std::pair<std::string_view, Permission> kRows[] = {
      {"s3:GetBucketAcl", Permission::kReadAcp},
      {"s3:ListBucket", Permission::kRead},
      {"s3:ListBucketMultipartUploads", Permission::kRead},
      {"s3:ListBucketVersions", Permission::kRead},
      {"s3:PutBucketAcl", Permission::kWriteAcp},
      {"s3:PutObject", Permission::kWrite},
  };
  for (const auto& [name, permission] : kRows)
    if (name == action) return permission;
  return std::nullopt;
}

/// What an object's list decides. All else about objects is the bucket owner's affair, whoever wrote them.
std::optional<Permission> wanted_of_object(std::string_view action) {
  static constexpr std::pair<std::string_view, Permission> kRows[] = {
      {"s3:GetObject", Permission::kRead},
      {"s3:GetObjectAcl", Permission::kReadAcp},
      {"s3:GetObjectAttributes", Permission::kRead},
      {"s3:GetObjectVersion", Permission::kRead},
      {"s3:GetObjectVersionAcl", Permission::kReadAcp},
      {"s3:GetObjectVersionAttributes", Permission::kRead},
      {"s3:PutObjectAcl", Permission::kWriteAcp},
      {"s3:PutObjectVersionAcl", Permission::kWriteAcp},
  };
  for (const auto& [name, permission] : kRows)
    if (name == action) return permission;
  return std::nullopt;
}

bool is_deletion(std::string_view action) { return action == "s3:DeleteObject" || action == "s3:DeleteObjectVersion"; }

bool is_about_upload(std::string_view action) { return action == "s3:AbortMultipartUpload" || action == "s3:ListMultipartUploadParts"; }

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
  has_lists_ = has_lists(ownership_of(*call.state, bucket.name));
  if (has_lists_) grants_ = bucket_grants(*call.state, bucket);
  if (has_lists_ || (policy_ != nullptr && policy_->is_public)) block_ = public_access_block(*call.state, bucket);
  if (policy_ != nullptr || api::looks_at_context(call)) describe_call(call, bucket, request_.context);
}

/// The version that is asked about, by the call or by one item of it.
std::optional<Object> Access::find_asked(std::string_view key, std::string_view version) const {
  const std::string id = version.empty() ? text_of(call_.in, "VersionId") : std::string(version);
  if (key.empty() || (!id.empty() && !is_version_id(id))) return std::nullopt;
  std::optional<Version> found = find_version(call_, bucket_.name, key, id);
  if (!found) return std::nullopt;
  return std::move(found->object);
}

/// RestrictPublicBuckets: where a policy is open to the public, other accounts are kept out too, those that it names included.
bool Access::is_shut_out() const {
  return block_.restrict_buckets && policy_ != nullptr && policy_->is_public && call_.principal.kind != Kind::kService &&
         call_.principal.account != bucket_.account;
}

NamedAs Access::given_by_bucket(Permission wanted) const {
  return gives(grants_, wanted, request_.caller, block_.ignore_acls ? PublicGrants::kIgnored : PublicGrants::kCount);
}

/// The account that began an upload may list and abort it.
NamedAs Access::given_to_initiator(std::string_view key) const {
  const std::optional<Upload> upload = find_upload(call_, bucket_.name, key, text_of(call_.in, "UploadId"));
  return upload && !call_.principal.account.empty() && upload->was_begun_by(call_.principal.account) ? NamedAs::kAccount : NamedAs::kNot;
}

/// What the lists of bucket and object give, and whose decision it is: an object's that another account wrote is that account's, and
/// of the bucket's policy only the denials count.
void Access::ask_lists(std::string_view action, const std::optional<Object>& object, aws::policy::Request& request,
                       aws::policy::Policies& policies) const {
  if (const std::optional<Permission> wanted = wanted_of_bucket(action)) policies.granted = given_by_bucket(*wanted);
  const bool is_own = object && !object->owner.empty() && object->owner == call_.principal.account.str();
  if (is_own && is_deletion(action)) policies.granted = given_by_bucket(Permission::kWrite);
  const std::optional<Permission> wanted = wanted_of_object(action);
  if (!wanted) return;
  // What is not there has no list; who may list the bucket gets to know that it is not there.
  if (!object) policies.granted = given_by_bucket(Permission::kRead);
  else
    policies.granted =
        gives(object->acl(bucket_), *wanted, request.caller, block_.ignore_acls ? PublicGrants::kIgnored : PublicGrants::kCount);
  if (!object || object->owner.empty()) return;
  request.resource_account = object->owner;
  policies.resource_only_denies = true;
}

Decision Access::decide(std::string_view action, std::string_view key, std::string_view version) {
  request_.action = std::string(action);
  request_.resource = bucket_arn(bucket_.name, key);
  if (is_shut_out()) return {};
  if (is_about_upload(action)) {
    aws::policy::Policies policies = policies_;
    policies.granted = given_to_initiator(key);
    return aws::policy::decide(request_, policies);
  }
  const bool looks_at_tags = (policy_ != nullptr && policy_->looks_at_object_tags) || api::looks_at_context(call_);
  const bool looks_at_object = has_lists_ || looks_at_tags;
  if (key.empty() ? !has_lists_ : !looks_at_object && version.empty()) return aws::policy::decide(request_, policies_);
  aws::policy::Request request = request_;
  aws::policy::Policies policies = policies_;
  if (!version.empty()) request.context.add("s3:VersionId", std::string(version));
  const std::optional<Object> object = looks_at_object ? find_asked(key, version) : std::nullopt;
  if (object)
    for (const auto& [name, value] : object->tags) request.context.add("s3:ExistingObjectTag/" + name, value);
  if (has_lists_) ask_lists(action, object, request, policies);
  return aws::policy::decide(request, policies);
}

bool Access::allows(std::string_view action, std::string_view key, std::string_view version) {
  return decide(action, key, version).allowed();
}

/// The object is not there yet, so that it is the bucket's list that gives.
void Access::require_new_acl(std::string_view key) {
  constexpr std::string_view kAction = "s3:PutObjectAcl";
  request_.action = std::string(kAction);
  request_.resource = bucket_arn(bucket_.name, key);
  aws::policy::Policies policies = policies_;
  policies.granted = given_by_bucket(Permission::kWrite);
  const Decision decision = is_shut_out() ? Decision{} : aws::policy::decide(request_, policies);
  if (!decision.allowed()) refuse(decision, kAction, key);
}

/// Callers of the bucket's own account, and services, are told why; others are told nothing.
void Access::require(std::string_view action, std::string_view key) {
  if (is_roots_way_back(call_, bucket_, action)) return;
  const Decision decision = decide(action, key);
  if (!decision.allowed()) refuse(decision, action, key);
}

void Access::refuse(const Decision& decision, std::string_view action, std::string_view key) const {
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
