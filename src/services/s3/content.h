#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/call.h"
#include "services/s3/checksum.h"
#include "services/s3/range.h"

/// Object bytes: small ones are a document of their own (so that listings don't read them), large ones a blob.
namespace cairn::s3 {

/// Where some bytes are, and what they are sealed with: docs/formats/content.md. "": there are none; "I<id>.<key>": the document
/// s3/bytes/<id>; "B<id>.<key>": a blob, named by blob/<id>; <key>: the content's own, sealed under its object's. Data directories made
/// before contents were sealed have "i<id>" and "b<id>".
using Content = std::string;

/// Whose content it is, which is bound into its sealed key: one that is moved elsewhere does not open.
std::string place_of(std::string_view bucket, std::string_view key);
std::string place_of(std::string_view bucket, std::string_view key, std::string_view upload, int part);

/// What a new content's key is sealed under.
struct Lock {
  Secret key;  // the object's: encryption.h
  std::string place;
};

/// A run of bytes: all of `content`.
struct Extent {
  Content content;
  uint64_t size = 0;
  std::string place;
};

/// Puts the received body of a call into the state: afterwards the returned content is alive. `referrer`: the document's key.
Content keep_payload(api::Call& call, std::string_view referrer, const Lock& lock);

/// Removes content from the state; a blob's file goes once that is durable.
void erase_content(api::Call& call, const Content& content);
/// How many bytes of journal entry that takes, at most.
size_t erasure_bytes(const Content& content);
constexpr size_t kChangeOverheadBytes = 6;  // what an entry adds to an erased key

/// The bytes of `range` of the extents in order, as a stream that outlives the call. The first kReadersOpenMax blobs are opened
/// at once, so that a concurrent delete does not disturb; the stream of an object with more fails if they go meanwhile.
/// Null: the content went between reading the object's document and now; look again. `key`: the object's, under which the contents' keys
/// are sealed. What is damaged is never given out: it throws, or ends the stream.
std::unique_ptr<http::BodySource> open_content(api::Call& call, const std::vector<Extent>& extents, Range range, const Secret& key);
constexpr size_t kReadersOpenMax = 64;

/// What a pass over bytes tells.
struct Digests {
  std::string md5;       // raw
  std::string checksum;  // raw
};

/// Copies `range` of `extents`, whose object's key is `key`, into content of its own, hashing on the way. May run again after a conflict;
/// throws api::Outdated if they are gone.
struct Copied {
  Content content;
  Digests digests;
};
Copied copy_content(api::Call& call, const std::vector<Extent>& extents, Range range, const Secret& key, const ChecksumAlgorithm& algorithm,
                    std::string_view referrer, const Lock& lock);

/// `raw` bytes of the call's payload's checksum by `algorithm`: what the client sent and was verified, or computed here.
std::string payload_checksum(api::Call& call, const ChecksumAlgorithm& algorithm);

}  // namespace cairn::s3
