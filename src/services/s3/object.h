#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/call.h"
#include "services/s3/access_list.h"
#include "services/s3/bucket.h"
#include "services/s3/checksum.h"
#include "services/s3/conditions.h"
#include "services/s3/content.h"
#include "services/s3/encryption.h"
#include "services/s3/object_lock.h"
#include "services/s3/tags.h"

namespace cairn::s3 {

constexpr uint64_t kPutBytesMax = uint64_t{5} << 30;  // one PutObject, one part, one copy

/// An object as its document tells it. Its bytes are elsewhere.
struct Object {
  uint64_t size = 0;
  std::string etag;  // without quotes: MD5 in hex, or of the parts' MD5s with -N
  Time modified;
  std::vector<std::pair<std::string, std::string>> headers;   // by model member: ContentType, CacheControl, ...
  std::vector<std::pair<std::string, std::string>> metadata;  // x-amz-meta-…, without the prefix
  Tags tags;
  std::string storage_class = "STANDARD";
  Checksum checksum;
  Encryption encryption;
  Content content;     // of objects put or copied in one piece
  std::string upload;  // or: the multipart upload whose part documents hold the bytes
  int parts = 0;
  std::string version;  // its name (version_name.h); "": written before the bucket was versioned
  bool is_delete_marker = false;
  ObjectLock lock;
  std::string owner;             // an account, or kAnonymousOwner; "": the bucket's. Counts where the bucket has lists (ownership.h)
  std::optional<Grants> grants;  // the access control list; nullopt: the owner's full control

  std::string owner_id(const Bucket& bucket) const;
  Grants acl(const Bucket& bucket) const;
  Validators validators() const { return {etag, modified}; }
  std::string quoted_etag() const { return "\"" + etag + "\""; }
};

std::string encode(const Object& object);
Object decode_object(std::string_view document);

/// The current version. Of a key whose current version is a delete marker there is none.
std::optional<Object> find_object(api::Call& call, std::string_view bucket, std::string_view key);

/// One part of a multipart upload, finished or not.
struct Part {
  uint64_t size = 0;
  std::string etag;
  Time modified;
  std::string checksum;  // base64, by the upload's algorithm (or the default one)
  Content content;
};
std::string encode(const Part& part);
Part decode_part(std::string_view document);
/// The parts of an upload with numbers greater than `after`, in order, at most `limit`.
std::vector<std::pair<int, Part>> list_parts(api::Call& call, std::string_view upload, int after, size_t limit);

/// The object's bytes in order.
std::vector<Extent> extents_of(api::Call& call, std::string_view bucket, std::string_view key, const Object& object);

/// Erases the object's bytes. False: that would not fit into `budget` bytes of journal entry, which is lowered.
bool erase_bytes(api::Call& call, const Object& object, size_t& budget);
/// Erases all parts of an upload.
bool erase_parts(api::Call& call, std::string_view upload, size_t& budget);
constexpr size_t kErasureBudgetBytes = 960 << 10;  // below the journal's limit for one entry; 10,000 parts take 850 KB

}  // namespace cairn::s3
