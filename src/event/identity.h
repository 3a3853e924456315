#pragma once
#include <string_view>

#include "aws/principal.h"
#include "base/json.h"

namespace cairn::event {

/// Writes the record's userIdentity, one object. `event_type`: sign-in events show an empty accessKeyId.
void write_identity(json::Writer& writer, const aws::Principal& principal, std::string_view event_type);

/// The same in the copy of the account that owns what was called: the caller's account, and an id.
void write_stranger(json::Writer& writer, const aws::Principal& principal);

}  // namespace cairn::event
