#include "event/s3_parameters.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "base/xml.h"
#include "event/error_code.h"
#include "event/java_hash_map.h"
#include "event/xml_json.h"

namespace cairn::event {
namespace {

using Headers = std::vector<std::pair<std::string, std::string>>;

/// A member of one of S3's maps: text, or JSON that is finished.
struct Entry {
  std::string_view name;
  std::string_view value;
  bool is_json = false;
};

/// Collects members; the first of a name stands, so what the server knows cannot be overwritten by what a client sends.
class Map {
 public:
  void add(std::string_view name, std::string_view value) { entries_.push_back({name, value, false}); }
  void add_json(std::string_view name, std::string_view value) { entries_.push_back({name, value, true}); }
  void reserve_name(std::string_view name) { reserved_.push_back(name); }
  /// Adds what a client named: skipped if the name is taken.
  void add_foreign(std::string_view name, std::string_view value) {
    if (std::find(reserved_.begin(), reserved_.end(), name) != reserved_.end()) return;
    if (std::any_of(entries_.begin(), entries_.end(), [&](const Entry& entry) { return entry.name == name; })) return;
    add(name, value);
  }
  bool empty() const { return entries_.empty(); }
  void write(std::string& out) {
    order_as_hash_map(entries_, HashTable::kCopied);
    json::Writer writer(out);
    writer.begin_object();
    for (const Entry& entry : entries_) {
      writer.key(entry.name);
      entry.is_json ? writer.raw(entry.value) : writer.string(entry.value);
    }
    writer.end_object();
  }

 private:
  std::vector<Entry> entries_;
  std::vector<std::string_view> reserved_;
};

constexpr size_t kForeignMembersMax = 256;  // query parameters or headers of one request that a record shows

/// Request headers that are recorded; sorted. Keys, tokens, checksums and user metadata are not among them.
constexpr auto kRequestHeaders = std::to_array<std::string_view>({
    "x-amz-acl",
    "x-amz-bucket-object-lock-enabled",
    "x-amz-bypass-governance-retention",
    "x-amz-copy-source",
    "x-amz-copy-source-range",
    "x-amz-copy-source-server-side-encryption-customer-algorithm",
    "x-amz-expected-bucket-owner",
    "x-amz-grant-full-control",
    "x-amz-grant-read",
    "x-amz-grant-read-acp",
    "x-amz-grant-write",
    "x-amz-grant-write-acp",
    "x-amz-metadata-directive",
    "x-amz-object-attributes",
    "x-amz-object-lock-legal-hold",
    "x-amz-object-lock-mode",
    "x-amz-object-lock-retain-until-date",
    "x-amz-object-ownership",
    "x-amz-rename-source",
    "x-amz-request-payer",
    "x-amz-server-side-encryption",
    "x-amz-server-side-encryption-aws-kms-key-id",
    "x-amz-server-side-encryption-bucket-key-enabled",
    "x-amz-server-side-encryption-context",
    "x-amz-server-side-encryption-customer-algorithm",
    "x-amz-source-expected-bucket-owner",
    "x-amz-storage-class",
    "x-amz-tagging",
    "x-amz-tagging-directive",
    "x-amz-website-redirect-location",
});
static_assert(std::is_sorted(kRequestHeaders.begin(), kRequestHeaders.end()));

/// Query parameters that are secret, or prove one; compared in lower case; sorted. All others are recorded.
constexpr auto kSecretQuery = std::to_array<std::string_view>({
    "awsaccesskeyid",
    "signature",
    "x-amz-copy-source-server-side-encryption-customer-key",
    "x-amz-copy-source-server-side-encryption-customer-key-md5",
    "x-amz-credential",
    "x-amz-security-token",
    "x-amz-server-side-encryption-customer-key",
    "x-amz-server-side-encryption-customer-key-md5",
    "x-amz-signature",
});
static_assert(std::is_sorted(kSecretQuery.begin(), kSecretQuery.end()));

constexpr auto kResponseHeaders = std::to_array<std::string_view>({
    "x-amz-copy-source-version-id",
    "x-amz-delete-marker",
    "x-amz-expiration",
    "x-amz-server-side-encryption",
    "x-amz-server-side-encryption-aws-kms-key-id",
    "x-amz-server-side-encryption-bucket-key-enabled",
    "x-amz-server-side-encryption-context",
    "x-amz-server-side-encryption-customer-algorithm",
    "x-amz-version-id",
});
static_assert(std::is_sorted(kResponseHeaders.begin(), kResponseHeaders.end()));

/// Operations on objects whose responseElements hold response headers.
constexpr auto kShowsResponse =
    std::to_array<std::string_view>({"CompleteMultipartUpload", "CopyObject", "CreateMultipartUpload", "DeleteObject", "PostObject",
                                     "PutObject", "UploadPart", "UploadPartCopy"});
/// Operations that list: their object resource is a prefix.
constexpr auto kAddressesPrefix =
    std::to_array<std::string_view>({"DeleteObjects", "HeadBucket", "ListMultipartUploads", "ListObjectVersions", "ListObjects"});
/// Bodies that name objects or parts one by one, or hold a query: not recorded.
constexpr auto kUnrecordedBodies = std::to_array<std::string_view>({"CompleteMultipartUpload", "Delete", "SelectObjectContentRequest"});

template <size_t n>
bool contains(const std::array<std::string_view, n>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::string_view header(const Headers& headers, std::string_view name) {
  for (const auto& [sent, value] : headers) {
    if (sent == name) return value;
  }
  return {};
}

/// The headers of `allowed` that are there, in the order of their names.
template <size_t n>
std::vector<Entry> chosen_headers(const Headers& headers, const std::array<std::string_view, n>& allowed) {
  std::vector<Entry> chosen;
  for (const auto& [name, value] : headers) {
    if (!name.starts_with("x-amz-") || !std::binary_search(allowed.begin(), allowed.end(), name)) continue;
    if (chosen.size() < kForeignMembersMax) chosen.push_back({name, value});
  }
  std::stable_sort(chosen.begin(), chosen.end(), [](const Entry& a, const Entry& b) { return a.name < b.name; });
  return chosen;
}

/// A configuration body: the member it is shown under, and its JSON. No name: not shown.
struct Body {
  std::string name;
  std::string json;
};

Body recorded_body(const Facts& facts) {
  const std::string_view body = text::trim(facts.http->body);
  if (body.starts_with('<')) {
    const Result<xml::Element> root = xml::parse(facts.http->body);
    if (!root || contains(kUnrecordedBodies, root->name)) return {};
    Body recorded{root->name, {}};
    append_xml_as_json(recorded.json, *root);
    return recorded;
  }
  if (body.starts_with('{') && facts.event_name == "PutBucketPolicy") {
    const Result<Json> policy = json::parse(body);
    if (!policy || !policy->is_object()) return {};
    Json ordered = Json::object();
    auto& members = ordered.get_ref<Json::object_t&>();  // filled as a vector: looking up each name first would be quadratic
    if (const auto version = policy->find("Version"); version != policy->end()) members.emplace_back("Version", *version);
    for (const auto& [name, value] : policy->items()) {
      if (name != "Version") members.emplace_back(name, value);
    }
    return {"bucketPolicy", json::dump(ordered)};
  }
  return {};
}

std::string arn_prefix(const Facts& facts) {
  const std::string& region = facts.region.str();
  const std::string_view partition = region.starts_with("cn-") ? "aws-cn" : region.starts_with("us-gov-") ? "aws-us-gov" : "aws";
  return fmt::format("arn:{}:s3:::", partition);
}

/// bucket/key of an x-amz-copy-source header; "" if it is none.
std::string copied_from(std::string_view source) {
  source = source.substr(0, source.find("?versionId="));
  if (source.starts_with('/')) source.remove_prefix(1);
  if (source.starts_with("arn:")) return {};
  return text::percent_decode(source).value_or("");
}

/// How an object came to be encrypted, where one was written.
std::string sse_applied(const Facts& facts) {
  const HttpFacts& http = *facts.http;
  if (!http.sse_applied.empty()) return http.sse_applied;
  if (!facts.error_code.empty() || !contains(kShowsResponse, facts.event_name)) return {};
  if (!header(http.headers, "x-amz-server-side-encryption-customer-algorithm").empty()) return "SSE_C";
  const std::string_view applied = header(http.response_headers, "x-amz-server-side-encryption");
  if (applied.empty()) return {};
  const std::string_view kind = applied == "aws:kms" ? "SSE_KMS" : applied == "aws:kms:dsse" ? "DSSE_KMS" : "SSE_S3";
  const bool asked = !header(http.headers, "x-amz-server-side-encryption").empty();
  return fmt::format("{}{}", asked ? "" : "Default_", kind);
}

}  // namespace

void append_s3_request(std::string& out, const Facts& facts) {
  const HttpFacts& http = *facts.http;
  const Body body = recorded_body(facts);
  // Members of one slot keep this order: query, bucket, key, headers, body, Host.
  Map map;
  for (const std::string_view name :
       {std::string_view("bucketName"), std::string_view("key"), std::string_view("Host"), std::string_view(body.name)}) {
    map.reserve_name(name);
  }
  size_t shown = 0;
  for (const auto& [name, value] : http.query) {
    const std::string lower = text::lower(name);
    if (name.empty() || std::binary_search(kSecretQuery.begin(), kSecretQuery.end(), std::string_view(lower))) continue;
    if (++shown > kForeignMembersMax) break;
    map.add_foreign(name, value);
  }
  if (!http.bucket.empty()) map.add("bucketName", http.bucket);
  if (!http.key.empty()) map.add("key", http.key);
  for (const Entry& entry : chosen_headers(http.headers, kRequestHeaders)) map.add_foreign(entry.name, entry.value);
  if (!body.name.empty()) map.add_json(body.name, body.json);
  map.add("Host", http.host);
  map.write(out);
}

void append_s3_response(std::string& out, const Facts& facts) {
  Map map;
  if (facts.error_code.empty() && contains(kShowsResponse, facts.event_name)) {
    for (const Entry& entry : chosen_headers(facts.http->response_headers, kResponseHeaders)) map.add_foreign(entry.name, entry.value);
  }
  if (map.empty()) {
    out += "null";
  } else {
    map.write(out);
  }
}

void append_s3_additional(std::string& out, const Facts& facts) {
  const HttpFacts& http = *facts.http;
  const bool anonymous = http.authentication == HttpFacts::Authentication::kAnonymous;
  const std::string in = std::to_string(http.bytes_in), sent = std::to_string(http.bytes_out), sse = sse_applied(facts);
  Map map;
  if (!anonymous) map.add("SignatureVersion", "SigV4");
  if (facts.tls) map.add("CipherSuite", facts.tls->cipher_suite);
  map.add_json("bytesTransferredIn", in);
  if (!sse.empty()) map.add("SSEApplied", sse);
  if (!anonymous && facts.event_name != "PostObject") {
    map.add("AuthenticationMethod", http.authentication == HttpFacts::Authentication::kQueryString ? "QueryString" : "AuthHeader");
  }
  if (!http.extended_request_id.empty()) map.add("x-amz-id-2", http.extended_request_id);
  map.add_json("bytesTransferredOut", sent);
  map.write(out);
}

std::vector<Resource> s3_resources(const Facts& facts) {
  const HttpFacts& http = *facts.http;
  if (http.bucket.empty() || facts.event_name == "CreateBucket" || facts.error_code == "NoSuchBucket") return {};
  const std::string prefix = arn_prefix(facts);
  const auto object = [&](std::string arn) { return Resource{.type = "AWS::S3::Object", .arn = std::move(arn)}; };
  std::vector<Resource> resources;
  if (contains(kAddressesPrefix, facts.event_name)) {
    std::string_view listed;
    for (const auto& [name, value] : http.query) {
      if (name == "prefix") listed = value;
    }
    resources.push_back({.type = "AWS::S3::Object", .arn_prefix = fmt::format("{}{}/{}", prefix, http.bucket, listed)});
  } else if (!http.key.empty()) {
    resources.push_back(object(fmt::format("{}{}/{}", prefix, http.bucket, http.key)));
  }
  // Who may not enter is not told whose the bucket is: only the caller's account sees this record.
  const bool is_strange = !facts.owner.empty() && facts.owner != facts.recipient;
  resources.push_back({.type = "AWS::S3::Bucket",
                       .arn = prefix + http.bucket,
                       .account = is_strange ? facts.owner : facts.recipient,
                       .is_account_hidden = is_strange && !facts.management && is_access_denied(facts.error_code)});
  if (facts.event_name == "CopyObject" || facts.event_name == "UploadPartCopy") {
    if (const std::string source = copied_from(header(http.headers, "x-amz-copy-source")); !source.empty()) {
      resources.push_back(object(prefix + source));
    }
  }
  return resources;
}

}  // namespace cairn::event
