#pragma once
#include <fmt/format.h>

#include <string>
#include <string_view>

/// Names of S3's state documents: docs/formats/state.md says what each holds.
namespace cairn::s3::keys {

/// Between an object's key and the upload id: below every byte that a key is likely to hold, so that uploads sort by key.
constexpr char kUploadSeparator = '\x01';
/// Greater than every byte of UTF-8: `prefix + kAfterAll` sorts behind all keys that start with `prefix`.
constexpr std::string_view kAfterAll = "\xff";

inline std::string join(std::string_view a, std::string_view b) { return fmt::format("{}{}", a, b); }

inline std::string bucket(std::string_view name) { return join("s3/bucket/", name); }
inline std::string bucket_tagging(std::string_view name) { return join("s3/bucket-tagging/", name); }
inline std::string bucket_policy(std::string_view name) { return join("s3/bucket-policy/", name); }
inline std::string bucket_setting(std::string_view name, std::string_view kind) {
  return fmt::format("s3/bucket-setting/{}/{}", name, kind);
}
inline std::string public_access_block(std::string_view account) { return join("s3/public-access-block/", account); }
inline std::string owned_prefix(std::string_view account) { return fmt::format("s3/owned/{}/", account); }
inline std::string owned(std::string_view account, std::string_view name) { return fmt::format("s3/owned/{}/{}", account, name); }
inline std::string object_prefix(std::string_view bucket) { return fmt::format("s3/object/{}/", bucket); }
inline std::string object(std::string_view bucket, std::string_view key) { return fmt::format("s3/object/{}/{}", bucket, key); }
/// A key in a form that keeps the order of keys when something follows it: what follows `escaped(key) + kKeyEnd` sorts below every
/// longer key.
constexpr char kKeyEnd = '\0';
inline std::string escaped(std::string_view key) {
  std::string text;
  for (const char c : key) {
    text += c;
    if (c == kKeyEnd) text += kAfterAll;
  }
  return text;
}
inline std::string version_prefix(std::string_view bucket) { return fmt::format("s3/version/{}/", bucket); }
inline std::string versions_of(std::string_view bucket, std::string_view key) {
  return fmt::format("s3/version/{}/{}{}", bucket, escaped(key), kKeyEnd);
}
inline std::string version(std::string_view bucket, std::string_view key, std::string_view name) {
  return versions_of(bucket, key) + std::string(name);
}
inline std::string null_version(std::string_view bucket, std::string_view key) { return fmt::format("s3/null-version/{}/{}", bucket, key); }
inline std::string bytes(std::string_view id) { return join("s3/bytes/", id); }
inline std::string blob(std::string_view id) { return join("blob/", id); }
inline std::string upload_prefix(std::string_view bucket) { return fmt::format("s3/upload/{}/", bucket); }
inline std::string upload(std::string_view bucket, std::string_view key, std::string_view id) {
  return fmt::format("s3/upload/{}/{}{}{}", bucket, key, kUploadSeparator, id);
}
inline std::string part_prefix(std::string_view upload_id) { return fmt::format("s3/part/{}/", upload_id); }
inline std::string part(std::string_view upload_id, int number) { return fmt::format("s3/part/{}/{:05}", upload_id, number); }

}  // namespace cairn::s3::keys
