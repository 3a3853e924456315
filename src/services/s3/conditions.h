#pragma once
#include <optional>
#include <string>

#include "api/call.h"

namespace cairn::s3 {

/// What conditions look at.
struct Validators {
  std::string etag;  // without quotes
  Time modified;
};

enum class Read { kGo, kNotModified };
/// If-Match, If-None-Match, If-(Un)Modified-Since of GetObject and HeadObject, in RFC 9110's order. Throws PreconditionFailed.
Read check_read_conditions(const api::Call& call, const Validators& object);

/// The same for a copy's source (x-amz-copy-source-if-…). Throws PreconditionFailed.
void check_source_conditions(const api::Call& call, const Validators& source);

/// If-Match and If-None-Match of a write over `current` (nullopt: no such object). Throws PreconditionFailed, NoSuchKey,
/// NotImplemented for values that S3 does not take.
void check_write_conditions(const api::Call& call, const std::optional<Validators>& current);

/// If-Match of a delete. Throws PreconditionFailed, NotImplemented for what S3 has in directory buckets only.
void check_delete_conditions(const api::Call& call, const std::optional<Validators>& current);

}  // namespace cairn::s3
