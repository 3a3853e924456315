#pragma once
#include "api/call.h"
#include "services/s3/object.h"

/// What stands around an object's bytes: system headers, user metadata, storage class, encryption.
namespace cairn::s3 {

/// Refuses what a write asks for and this server does not do (object lock, archive classes, ACLs).
void check_write_headers(const Json& in);
/// Takes Content-Type and its like, user metadata, tags and class out of a write's parameters. Throws MetadataTooLarge ...
void take_headers(const api::Call& call, Object& object);
void take_tags(const Json& in, Object& object);
void take_storage_class(const Json& in, Object& object);

/// Headers of an answer that shows the object: all but the length, the checksum and the range.
void show_headers(api::Call& call, const Object& object);

}  // namespace cairn::s3
