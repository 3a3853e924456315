#pragma once
#include <optional>
#include <span>
#include <string_view>

/// Which permissions S3's operations need.
namespace cairn::s3 {

enum class On { kBucket, kObject };  // what an action is about

struct Action {
  std::string_view operation;
  std::string_view name;  // s3:GetObject
  On on;
  std::string_view versioned = {};  // instead, if the call names a version
};

/// The actions that an operation needs on the bucket (or object) it is addressed to, all of them; more may be needed for what it
/// carries (access.cc). Empty: an operation that no bucket's door is for.
std::span<const Action> actions_of(std::string_view operation);

/// What an action of a policy is about; nullopt: not known here, or more than one by wildcards. Case does not count.
std::optional<On> target_of_action(std::string_view action);

}  // namespace cairn::s3
