#pragma once
#include <string>

#include "services/iam/entities.h"

namespace cairn::iam {

/// Bounds a user or role by a managed policy, in place of the one before. The entity is the caller's to save.
void set_boundary(api::Call& call, Entity& entity, const std::string& policy_arn);
void clear_boundary(api::Call& call, Entity& entity);  // throws NoSuchEntity if there is none

}  // namespace cairn::iam
