#pragma once
#include "api/call.h"
#include "base/json.h"
#include "delivery/trail.h"

/// A trail's tags: an object of keys and values (null: a tag without a value), in the order in which they were added.
namespace cairn::cloudtrail {

Json read_tags(api::Call& call, const delivery::Trail& trail);
void write_tags(api::Call& call, const delivery::Trail& trail, const Json& tags);

/// Adds a TagsList, checked, to `tags`. Throws InvalidTagParameterException, TagsLimitExceededException.
void add_tags(const api::Call& call, const Json& list, Json& tags);
void remove_tags(const api::Call& call, const Json& list, Json& tags);
Json tags_list(const Json& tags);

}  // namespace cairn::cloudtrail
