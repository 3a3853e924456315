#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/call.h"
#include "base/json.h"

namespace cairn::s3 {

/// Sorted by key, as S3 lists them.
using Tags = std::vector<std::pair<std::string, std::string>>;

enum class Tagged { kObject, kBucket, kNewBucket };  // kNewBucket: tags given to CreateBucket

/// Reads a TagSet (a list of Key and Value), checked. Throws InvalidTag, MalformedXML, BadRequest.
Tags tags_of(const Json& set, Tagged what);
/// The same of a bucket: `before` are its tags, whose system tags (api/system_tags.h) stay as they are unless the caller may change them.
Tags bucket_tags_of(const api::Call& call, const Json& set, const Tags& before, Tagged what);
/// The x-amz-tagging header: a query string. Throws InvalidArgument, InvalidTag, BadRequest.
Tags tags_of_header(std::string_view header);
Json tag_set(const Tags& tags);  // back to a TagSet

Json encode(const Tags& tags);  // for documents: an object
Tags decode_tags(const Json& document);

}  // namespace cairn::s3
