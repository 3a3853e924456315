#pragma once
#include <string>
#include <string_view>

#include "base/time.h"
#include "env/random.h"

/// What versions of an object are called. A version's *name* is its place among the versions of its key and its id in one: names sort
/// newest first, so that the documents of a key's versions lie in S3's order. Ids are names, but for "null", the id of what was written
/// while the bucket was not (or no longer) versioned. Format: docs/formats/state.md.
namespace cairn::s3 {

inline constexpr std::string_view kNullVersion = "null";

/// A name that sorts before `newest` ("": there is none), whatever the clock says.
std::string new_version_name(env::Random& random, Time now, std::string_view newest);
std::string new_null_name(Time now, std::string_view newest);

std::string_view version_id(std::string_view name);  // "": null
inline bool is_null_version(std::string_view name) { return version_id(name) == kNullVersion; }

/// An id that some server like this one may have given. Made-up ones are none.
bool is_version_id(std::string_view id);

}  // namespace cairn::s3
