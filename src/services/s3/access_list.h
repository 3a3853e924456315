#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/policy/caller.h"
#include "base/json.h"

/// Access control lists, as S3 has them on buckets and objects. What they give counts beside policies: access.cc.
namespace cairn::s3 {

enum class Permission { kRead, kWrite, kReadAcp, kWriteAcp, kFullControl };
std::string_view name_of(Permission permission);  // "READ_ACP"
std::optional<Permission> parse_permission(std::string_view name);

/// Whom a grant is for: an account, by its canonical user id, or one of the groups below.
struct Grant {
  std::string grantee;
  Permission permission = Permission::kRead;
  bool operator==(const Grant&) const = default;
};
using Grants = std::vector<Grant>;

inline constexpr std::string_view kAllUsers = "http://acs.amazonaws.com/groups/global/AllUsers";
inline constexpr std::string_view kAuthenticatedUsers = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers";
inline constexpr std::string_view kLogDelivery = "http://acs.amazonaws.com/groups/s3/LogDelivery";
bool is_group(std::string_view grantee);
constexpr size_t kGrantsMax = 100;  // of one list

/// Who writes without saying who they are: as the owner of an object, and as S3 shows it.
inline constexpr std::string_view kAnonymousOwner = "anonymous";
inline constexpr std::string_view kAnonymousId = "65a011a29cdf8ec533ec3d1ccaae921c";

/// What every list begins with.
Grants owners_own(std::string_view owner);
bool is_public(const Grants& grants);  // gives something to everyone, or to everyone with an account

/// How far `grants` give `wanted` to a caller. An account's grant is a gift to the account: its users need a permission of their own, too.
enum class PublicGrants { kCount, kIgnored };
aws::policy::NamedAs gives(const Grants& grants, Permission wanted, const aws::policy::Caller& caller, PublicGrants open_ones);

Json encode(const Grants& grants);  // for documents
Grants decode_grants(const Json& document);
Json show(const Grants& grants);         // the answer's Grants
Json show_grantee(std::string_view id);  // the answer's Grantee

}  // namespace cairn::s3
