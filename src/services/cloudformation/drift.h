#pragma once
#include <string>
#include <string_view>

#include "services/cloudformation/doing.h"
#include "services/cloudformation/resource.h"

/// How a stack's resources differ from what its template made them.
namespace cairn::cloudformation {

/// What differs in one property, as DescribeStackResourceDrifts tells it. `shown`: `expected` as it may be seen, with **** for secrets.
/// `path`: /PROPERTY. Only what the template names is compared; documents such as policies are compared whole.
void compare_property(const Json& expected, const Json& shown, const Json& live, const std::string& path, Json& differences);

struct Drift {
  std::string status;  // IN_SYNC, MODIFIED, DELETED, NOT_CHECKED; "": it could not be read, `reason` says why
  Json expected = Json::object(), actual = Json::object(), differences = Json::array();
  std::string reason = {};
};
/// From what a type's `read` found.
Drift drift_from(const Doing& doing, const Json& shown);

namespace keys {
inline std::string drift(std::string_view id) { return of("drift", id); }  // of each resource, sealed
inline std::string detection_of(std::string_view id) { return "cloudformation/detection-of/" + std::string(id); }  // the newest: its id
inline std::string detection(std::string_view id) { return "cloudformation/detection/" + std::string(id); }
}  // namespace keys

/// {"StackDriftStatus": ..., "LastCheckTimestamp": ...} of a stack.
Json stack_drift(state::Transaction& state, const Stack& stack);
/// {"StackResourceDriftStatus": ...} of a resource.
Json resource_drift(state::Transaction& state, const state::Sealer& sealer, const Stack& stack, const Resource& resource);
void erase_drift(state::Transaction& state, std::string_view stack);

}  // namespace cairn::cloudformation
