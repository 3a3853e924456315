#include "services/s3/requested_acl.h"

#include "base/text.h"
#include "identity/documents.h"
#include "services/s3/access.h"
#include "services/s3/errors.h"
#include "services/s3/input.h"
#include "services/s3/ownership.h"
#include "services/s3/public_access.h"

namespace cairn::s3 {
namespace {

using Kind = aws::Principal::Kind;

constexpr ErrorKind kMalformedAcl{.code = "MalformedACLError", .status = 400};
constexpr ErrorKind kUnexpectedContent{.code = "UnexpectedContent", .status = 400};
constexpr ErrorKind kUnresolvableEmail{.code = "UnresolvableGrantByEmailAddress", .status = 400};

struct GrantHeader {
  std::string_view member, header;
  Permission permission;
};
constexpr GrantHeader kGrantHeaders[] = {
    {"GrantFullControl", "x-amz-grant-full-control", Permission::kFullControl},
    {"GrantRead", "x-amz-grant-read", Permission::kRead},
    {"GrantReadACP", "x-amz-grant-read-acp", Permission::kReadAcp},
    {"GrantWrite", "x-amz-grant-write", Permission::kWrite},
    {"GrantWriteACP", "x-amz-grant-write-acp", Permission::kWriteAcp},
};

bool has_grant_headers(const Json& in) {
  return std::ranges::any_of(kGrantHeaders, [&](const GrantHeader& one) { return has(in, one.member); });
}

Error malformed_acl() {
  return Error(kMalformedAcl, "The XML you provided was not well-formed or did not validate against our published schema");
}

/// Accounts have no addresses here, so none is on record.
Error unknown_address(const std::string& address) {
  return Error(kUnresolvableEmail, "The e-mail address you provided does not match any account on record.").with("EmailAddress", address);
}

bool is_some_accounts(state::Transaction& state, const std::string& id) {
  const std::string prefix = identity::kAccountPrefix;
  std::string after = prefix;
  for (bool more = true; more;) {
    const state::Page page = state.list(prefix, after, 1000);
    for (const state::Item& item : page.items)
      if (owner_id(aws::AccountId(item.key.substr(prefix.size()))) == id) return true;
    more = page.more && !page.items.empty();
    if (more) after = page.items.back().key;
  }
  return false;
}

void check_group(const std::string& uri) {
  if (!is_group(uri)) throw invalid_argument("Invalid group uri", "Group/URI", uri);
}

void add(Grants& grants, Grant grant) {
  if (std::ranges::find(grants, grant) == grants.end()) grants.push_back(std::move(grant));
}

/// id="…", uri="…", emailAddress="…"; quotes may be missing.
void add_header_grants(api::Call& call, const Bucket& bucket, const GrantHeader& header, Grants& grants) {
  const std::string value = text_of(call.in, header.member);
  for (std::string_view part : text::split(value, ',')) {
    const size_t equals = part.find('=');
    const std::string_view name = text::trim(part.substr(0, equals));
    std::string_view who = equals == std::string_view::npos ? std::string_view() : text::trim(part.substr(equals + 1));
    if (who.size() >= 2 && who.front() == '"' && who.back() == '"') who = who.substr(1, who.size() - 2);
    const std::string grantee(who);
    if (grantee.empty()) throw invalid_argument("Argument format not recognized", header.header, value);
    if (text::equals_ignoring_case(name, "emailAddress")) throw unknown_address(grantee);
    if (text::equals_ignoring_case(name, "id")) check_canonical_id(call, bucket, grantee);
    else if (text::equals_ignoring_case(name, "uri")) check_group(grantee);
    else throw invalid_argument("Argument format not recognized", header.header, value);
    add(grants, {grantee, header.permission});
  }
}

/// A list in a body may be by headers' names as well: then it is not looked at.
Grants body_grants(api::Call& call, const Bucket& bucket, const Json& policy, std::string_view owner) {
  if (!policy.contains("Owner")) throw malformed_acl();
  if (const std::string named = text_of(policy.at("Owner"), "ID"); named != owner) throw access_denied();
  Grants grants;
  const auto list = policy.find("Grants");
  if (list == policy.end()) return grants;
  for (const Json& one : *list) {
    const std::optional<Permission> permission = parse_permission(text_of(one, "Permission"));
    const auto grantee = one.find("Grantee");
    if (!permission || grantee == one.end()) throw malformed_acl();
    const std::string type = text_of(*grantee, "Type"), id = text_of(*grantee, "ID"), uri = text_of(*grantee, "URI");
    if (type == "AmazonCustomerByEmail") throw unknown_address(text_of(*grantee, "EmailAddress"));
    if (type == "CanonicalUser" && !id.empty()) check_canonical_id(call, bucket, id);
    else if (type == "Group" && !uri.empty()) check_group(uri);
    else throw malformed_acl();
    add(grants, {type == "Group" ? uri : id, *permission});
  }
  if (grants.size() > kGrantsMax) throw malformed_acl();
  return grants;
}

Grants canned_grants(std::string_view name, const Bucket& bucket, std::string_view owner, ListOf what) {
  Grants grants = owners_own(owner);
  const auto everyone = [&](std::string_view group, Permission permission) { grants.push_back({std::string(group), permission}); };
  const auto bucket_owner = [&](Permission permission) {
    const std::string id = owner_id(bucket.account);
    if (what == ListOf::kObject && id != owner) grants.push_back({id, permission});
  };
  if (name == "private") return grants;
  if (name == "public-read") everyone(kAllUsers, Permission::kRead);
  else if (name == "authenticated-read") everyone(kAuthenticatedUsers, Permission::kRead);
  else if (name == "bucket-owner-read") bucket_owner(Permission::kRead);
  else if (name == "bucket-owner-full-control") bucket_owner(Permission::kFullControl);
  else if (name == "public-read-write") {
    everyone(kAllUsers, Permission::kRead);
    everyone(kAllUsers, Permission::kWrite);
  } else if (name == "log-delivery-write" && what == ListOf::kBucket) {
    everyone(kLogDelivery, Permission::kWrite);
    everyone(kLogDelivery, Permission::kReadAcp);
  } else if (name == "aws-exec-read") {
    throw header_not_implemented("x-amz-acl");  // a gift to a service that is not here
  } else {
    throw invalid_argument("", "x-amz-acl", name);
  }
  return grants;
}

/// The account that an object belongs to by who writes it: services' and the bucket owner's are the bucket owner's.
std::string writer(const api::Call& call, const Bucket& bucket) {
  if (call.principal.kind == Kind::kAnonymous) return std::string(kAnonymousOwner);
  const bool is_own = call.principal.kind == Kind::kService || call.account == bucket.account;
  return is_own ? "" : call.account.str();
}

}  // namespace

void check_canonical_id(api::Call& call, const Bucket& bucket, const std::string& id) {
  if (id == owner_id(bucket.account) || id == owner_id(call.account)) return;
  if (is_some_accounts(*call.state, id)) return;
  throw invalid_argument("Invalid id", "CanonicalUser/ID", id);
}

std::optional<Grants> requested_grants(api::Call& call, const Bucket& bucket, std::string_view owner, ListOf what) {
  const std::string canned = text_of(call.in, "ACL");
  const bool by_headers = has_grant_headers(call.in);
  const auto policy = call.in.find("AccessControlPolicy");
  if (!canned.empty() && by_headers) throw Error(kInvalidRequest, "Specifying both Canned ACLs and Header Grants is not allowed");
  if (policy != call.in.end()) {
    if (!canned.empty() || by_headers) throw Error(kUnexpectedContent, "This request does not support content");
    return body_grants(call, bucket, *policy, owner);
  }
  if (!canned.empty()) return canned_grants(canned, bucket, owner, what);
  if (!by_headers) return std::nullopt;
  Grants grants;
  for (const GrantHeader& header : kGrantHeaders)
    if (has(call.in, header.member)) add_header_grants(call, bucket, header, grants);
  if (grants.size() > kGrantsMax) throw malformed_acl();
  return grants;
}

void refuse_grants(const api::Call& call, const Bucket& bucket) {
  const std::string canned = text_of(call.in, "ACL");
  if (!canned.empty()) canned_grants(canned, bucket, "", ListOf::kBucket);  // one that nobody knows is told first
  if (has_grant_headers(call.in) && !canned.empty())
    throw Error(kInvalidRequest, "Specifying both Canned ACLs and Header Grants is not allowed");
  const auto policy = call.in.find("AccessControlPolicy");
  const auto is_owners_own = [&] {
    if (!policy->contains("Grants") || policy->at("Grants").size() != 1) return false;
    const Json& grant = policy->at("Grants").front();
    return text_of(grant, "Permission") == "FULL_CONTROL" && grant.contains("Grantee") &&
           text_of(grant.at("Grantee"), "ID") == owner_id(bucket.account);
  };
  if (has_grant_headers(call.in) || (!canned.empty() && canned != "bucket-owner-full-control") ||
      (policy != call.in.end() && !is_owners_own()))
    throw Error(kAccessControlListNotSupported, "The bucket does not allow ACLs");
}

void check_public_grants(api::Call& call, const Bucket& bucket, const Grants& grants, std::string_view action, std::string_view key) {
  if (!is_public(grants) || !public_access_block(*call.state, bucket).block_acls) return;
  throw prevented(call, action, bucket_arn(bucket.name, key), "public access control lists (ACLs)", "BlockPublicAcls");
}

void take_acl(api::Call& call, const Bucket& bucket, Object& object) {
  const Ownership ownership = ownership_of(*call.state, bucket.name);
  if (!has_lists(ownership)) return refuse_grants(call, bucket);
  object.owner = writer(call, bucket);
  if (ownership == Ownership::kBucketOwnerPreferred && text_of(call.in, "ACL") == "bucket-owner-full-control") object.owner.clear();
  const std::string key = text_of(call.in, "Key"), owner = object.owner_id(bucket);
  const std::optional<Grants> asked = requested_grants(call, bucket, owner, ListOf::kObject);
  if (!asked) return;
  check_public_grants(call, bucket, *asked, "s3:PutObject", key);
  if (*asked != owners_own(owner)) object.grants = *asked;
  // What gives to the bucket's owner alone takes nothing from anyone.
  const bool for_owner = text_of(call.in, "ACL") == "bucket-owner-full-control" || *asked == owners_own(owner_id(bucket.account));
  if (!for_owner) Access(call, bucket).require_new_acl(key);
}

void check_acl(api::Call& call, const Bucket& bucket) {
  Object unused;
  take_acl(call, bucket, unused);
}

}  // namespace cairn::s3
