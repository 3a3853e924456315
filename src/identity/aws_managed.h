#pragma once
#include <span>
#include <string>
#include <string_view>

namespace cairn::identity {

/// A policy that AWS keeps for every account: arn:aws:iam::aws:policy/NAME. There are those that an audit trail's set-up names; they
/// say about the services of this server what AWS's say.
struct AwsManagedPolicy {
  std::string_view name, id, path, description, text;
  std::string arn() const;
};

std::span<const AwsManagedPolicy> aws_managed_policies();        // sorted by name
const AwsManagedPolicy* find_aws_managed(std::string_view arn);  // nullptr: none of this ARN

inline constexpr const char* kAdministratorAccess = "arn:aws:iam::aws:policy/AdministratorAccess";

}  // namespace cairn::identity
