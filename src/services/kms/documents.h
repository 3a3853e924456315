#pragma once
#include <fmt/format.h>

#include <string>
#include <string_view>

#include "aws/names.h"
#include "base/time.h"

/// Keys of KMS's state documents: docs/formats/state.md. The byte \x01 ends what may hold any character before it.
namespace cairn::kms::documents {

inline std::string key(std::string_view id) { return fmt::format("kms/key/{}", id); }
inline std::string owned_in(const aws::AccountId& account, const aws::Region& region) {
  return fmt::format("kms/owned/{}/{}/", account.str(), region.str());
}
inline std::string owned(const aws::AccountId& account, const aws::Region& region, std::string_view id) {
  return owned_in(account, region) + std::string(id);
}
inline std::string materials_of(std::string_view id) { return fmt::format("kms/material/{}/", id); }
inline std::string material(std::string_view id, std::string_view material) { return materials_of(id) + std::string(material); }
inline std::string policy(std::string_view id) { return fmt::format("kms/policy/{}", id); }
inline std::string tags(std::string_view id) { return fmt::format("kms/tags/{}", id); }

inline std::string aliases_in(const aws::AccountId& account, const aws::Region& region) {
  return fmt::format("kms/alias/{}/{}/", account.str(), region.str());
}
inline std::string alias(const aws::AccountId& account, const aws::Region& region, std::string_view name) {
  return aliases_in(account, region) + std::string(name);
}
inline std::string aliases_of(std::string_view id) { return fmt::format("kms/alias-of/{}/", id); }
inline std::string alias_of(std::string_view id, std::string_view name) { return aliases_of(id) + std::string(name); }

inline std::string grants_of(std::string_view id) { return fmt::format("kms/grant/{}/", id); }
inline std::string grant(std::string_view id, std::string_view grant) { return grants_of(id) + std::string(grant); }
inline std::string grant_count(std::string_view id) { return fmt::format("kms/grants/{}", id); }
inline std::string grant_named(std::string_view id, std::string_view digest) { return fmt::format("kms/grant-named/{}/{}", id, digest); }
inline std::string granted_to(std::string_view id, std::string_view grantee) { return fmt::format("kms/granted/{}/{}\x01", id, grantee); }
inline std::string granted(std::string_view id, std::string_view grantee, std::string_view grant) {
  return granted_to(id, grantee) + std::string(grant);
}
inline std::string retirable_by(const aws::Region& region, std::string_view principal) {
  return fmt::format("kms/retirable/{}/{}\x01", region.str(), principal);
}
inline std::string retirable(const aws::Region& region, std::string_view principal, std::string_view id, std::string_view grant) {
  return fmt::format("{}{}/{}", retirable_by(region, principal), id, grant);
}

inline const std::string kDue = "kms/due/";
inline std::string due(Time time, std::string_view id) { return fmt::format("{}{:016}/{}", kDue, time.time_since_epoch().count(), id); }

}  // namespace cairn::kms::documents
