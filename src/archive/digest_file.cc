#include "archive/digest_file.h"

#include <algorithm>

#include "base/crypto.h"
#include "base/json.h"
#include "base/text.h"

namespace cairn::archive {
namespace {

constexpr std::string_view kSha256 = "SHA-256";

bool is_hex(std::string_view s) {
  return std::ranges::all_of(s, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}
bool is_sha256(std::string_view s) { return s.size() == 64 && is_hex(s); }

/// Reads members and remembers the first that is not as it must be.
class Members {
 public:
  Members(json::View object, std::string_view where) : object_(object), where_(where) {}

  std::string string(std::string_view name) {
    const auto value = object_[name].string();
    if (!value) fail(name, "is no string");
    return std::string(value.value_or(""));
  }
  std::string sha256(std::string_view name) {
    std::string value = string(name);
    if (!is_sha256(value)) fail(name, "is no SHA-256 in hex");
    return value;
  }
  void constant(std::string_view name, std::string_view expected) {
    if (string(name) != expected) fail(name, fmt::format("is not {}", expected));
  }
  /// Whole seconds, written as AWS writes them: a digest's end is signed as text.
  Time time(std::string_view name) {
    const std::string value = string(name);
    const auto read = timestamps::parse_iso8601(value);
    if (!read || timestamps::iso8601(*read) != value) fail(name, "is no time like 2026-01-02T03:04:05Z");
    return read.value_or(Time{});
  }
  /// Null or, as Java's libraries may have it, not there.
  bool absent(std::string_view name) const { return !object_[name].exists() || object_[name].is_null(); }

  void fail(std::string_view name, std::string_view what) {
    if (error_.empty()) error_ = fmt::format("{}{} {}", where_, name, what);
  }
  const std::string& error() const { return error_; }

 private:
  json::View object_;
  std::string_view where_;
  std::string error_;
};

void put(json::Writer& out, std::string_view name, std::string_view value) { out.key(name).string(value); }

}  // namespace

std::string encode(const Digest& digest) {
  std::string json;
  json.reserve(2048 + digest.files.size() * 512);
  json::Writer out(json);
  out.begin_object();
  put(out, "awsAccountId", digest.account.str());
  put(out, "digestStartTime", timestamps::iso8601(digest.start));
  put(out, "digestEndTime", timestamps::iso8601(digest.end));
  put(out, "digestS3Bucket", digest.bucket);
  put(out, "digestS3Object", digest.key);
  put(out, "digestPublicKeyFingerprint", digest.fingerprint);
  put(out, "digestSignatureAlgorithm", kSha256WithRsa);
  if (digest.files.empty()) {
    out.key("newestEventTime").null().key("oldestEventTime").null();
  } else {
    put(out, "newestEventTime", timestamps::iso8601(std::ranges::max(digest.files, {}, &DigestedFile::newest).newest));
    put(out, "oldestEventTime", timestamps::iso8601(std::ranges::min(digest.files, {}, &DigestedFile::oldest).oldest));
  }
  if (const auto& previous = digest.previous) {
    put(out, "previousDigestS3Bucket", previous->bucket);
    put(out, "previousDigestS3Object", previous->key);
    put(out, "previousDigestHashValue", previous->sha256);
    put(out, "previousDigestHashAlgorithm", kSha256);
    put(out, "previousDigestSignature", previous->signature);
  } else {
    for (std::string_view name : {"previousDigestS3Bucket", "previousDigestS3Object", "previousDigestHashValue",
                                  "previousDigestHashAlgorithm", "previousDigestSignature"})
      out.key(name).null();
  }
  out.key("logFiles").begin_array();
  for (const DigestedFile& file : digest.files) {
    out.begin_object();
    put(out, "s3Bucket", file.bucket);
    put(out, "s3Object", file.key);
    put(out, "hashValue", file.sha256);
    put(out, "hashAlgorithm", kSha256);
    put(out, "newestEventTime", timestamps::iso8601(file.newest));
    put(out, "oldestEventTime", timestamps::iso8601(file.oldest));
    out.end_object();
  }
  out.end_array().end_object();
  return json;
}

Result<Digest> parse_digest(std::string_view json) {
  json::Document document;
  const auto root = document.parse(json);
  if (!root) return tl::unexpected(root.error());
  if (!root->is_object()) return failure("it is no JSON object");

  Members members(*root, "");
  Digest digest;
  digest.account = aws::AccountId(members.string("awsAccountId"));
  if (!aws::is_account_id(digest.account.str())) members.fail("awsAccountId", "is no account number");
  digest.start = members.time("digestStartTime");
  digest.end = members.time("digestEndTime");
  digest.bucket = members.string("digestS3Bucket");
  digest.key = members.string("digestS3Object");
  digest.fingerprint = members.string("digestPublicKeyFingerprint");
  members.constant("digestSignatureAlgorithm", kSha256WithRsa);
  if (!members.absent("previousDigestSignature") || !members.absent("previousDigestS3Object")) {
    digest.previous.emplace();
    digest.previous->bucket = members.string("previousDigestS3Bucket");
    digest.previous->key = members.string("previousDigestS3Object");
    digest.previous->sha256 = members.sha256("previousDigestHashValue");
    members.constant("previousDigestHashAlgorithm", kSha256);
    digest.previous->signature = members.string("previousDigestSignature");
    if (!is_hex(digest.previous->signature)) members.fail("previousDigestSignature", "is not in hex");
  }
  const json::View files = (*root)["logFiles"];
  if (!files.is_array()) members.fail("logFiles", "is no list");
  std::string error = members.error();
  files.each([&](json::View element) {
    Members of_file(element, "logFiles: ");
    DigestedFile file;
    file.bucket = of_file.string("s3Bucket");
    file.key = of_file.string("s3Object");
    file.sha256 = of_file.sha256("hashValue");
    of_file.constant("hashAlgorithm", kSha256);
    file.newest = of_file.time("newestEventTime");
    file.oldest = of_file.time("oldestEventTime");
    if (error.empty()) error = of_file.error();
    digest.files.push_back(std::move(file));
  });
  if (!error.empty()) return failure("{}", error);
  return digest;
}

std::string text_to_sign(const Digest& digest, std::string_view json) {
  return text_to_sign_by_hash(digest, text::hex(crypto::sha256(json)));
}
std::string text_to_sign_by_hash(const Digest& digest, std::string_view sha256_hex) {
  return fmt::format("{}\n{}/{}\n{}\n{}", timestamps::iso8601(digest.end), digest.bucket, digest.key, sha256_hex,
                     digest.previous ? digest.previous->signature : "null");
}

std::string fingerprint(std::string_view public_der) { return text::hex(crypto::md5(public_der)); }

}  // namespace cairn::archive
