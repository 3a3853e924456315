#pragma once
#include <optional>
#include <string>

#include "api/call.h"
#include "services/s3/access_list.h"
#include "services/s3/bucket.h"
#include "services/s3/object.h"

namespace cairn::s3 {

/// The access control list that a request asks for: by x-amz-acl, by x-amz-grant-… headers, or in its body. nullopt: by none of them.
/// `owner`: canonical id of who owns what the list is of. Throws InvalidArgument, InvalidRequest, MalformedACLError, UnexpectedContent,
/// UnresolvableGrantByEmailAddress.
enum class ListOf { kBucket, kObject };
std::optional<Grants> requested_grants(api::Call& call, const Bucket& bucket, std::string_view owner, ListOf what);

/// Of a write: sets whose the object becomes and its list, by the bucket's ownership setting and the request's headers. Throws
/// AccessControlListNotSupported, AccessDenied (a public list that is blocked), and what requested_grants throws.
void take_acl(api::Call& call, const Bucket& bucket, Object& object);
/// The same before there is an object: throws only.
void check_acl(api::Call& call, const Bucket& bucket);

/// An id that is nobody's would be a grant that never counts, and looks like one: throws InvalidArgument.
void check_canonical_id(api::Call& call, const Bucket& bucket, const std::string& id);
/// Throws AccessDenied for a list that Block Public Access keeps out.
void check_public_grants(api::Call& call, const Bucket& bucket, const Grants& grants, std::string_view action, std::string_view key);
/// For buckets without lists: all but the owner's own full control is refused with AccessControlListNotSupported.
void refuse_grants(const api::Call& call, const Bucket& bucket);

}  // namespace cairn::s3
