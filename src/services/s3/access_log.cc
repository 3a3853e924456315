#include "services/s3/access_log.h"

#include <algorithm>
#include <array>
#include <map>

#include "api/ports.h"
#include "base/text.h"
#include "delivery/access_log.h"
#include "journal/entry.h"
#include "services/s3/bucket_setting.h"
#include "services/s3/input.h"
#include "services/s3/look_up_bucket.h"
#include "services/s3/sent_header.h"

namespace cairn::s3 {
namespace {

using delivery::AccessLogLines;
using Kind = aws::Principal::Kind;

/// What the log calls that which an operation is about, behind the method: REST.PUT.OBJECT. Sorted.
constexpr auto kResources = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"AbortMultipartUpload", "UPLOAD"},
    {"CompleteMultipartUpload", "UPLOAD"},
    {"CreateBucket", "BUCKET"},
    {"CreateMultipartUpload", "UPLOADS"},
    {"DeleteBucket", "BUCKET"},
    {"DeleteBucketAnalyticsConfiguration", "ANALYTICS"},
    {"DeleteBucketCors", "CORS"},
    {"DeleteBucketEncryption", "ENCRYPTION"},
    {"DeleteBucketIntelligentTieringConfiguration", "INTELLIGENT_TIERING"},
    {"DeleteBucketInventoryConfiguration", "INVENTORY"},
    {"DeleteBucketLifecycle", "LIFECYCLE"},
    {"DeleteBucketMetricsConfiguration", "METRICS"},
    {"DeleteBucketOwnershipControls", "OWNERSHIP_CONTROLS"},
    {"DeleteBucketPolicy", "BUCKETPOLICY"},
    {"DeleteBucketReplication", "REPLICATION"},
    {"DeleteBucketTagging", "TAGGING"},
    {"DeleteBucketWebsite", "WEBSITE"},
    {"DeleteObject", "OBJECT"},
    {"DeleteObjectTagging", "OBJECT_TAGGING"},
    {"DeleteObjects", "MULTI_OBJECT_DELETE"},
    {"DeletePublicAccessBlock", "PUBLIC_ACCESS_BLOCK"},
    {"GetBucketAccelerateConfiguration", "ACCELERATE"},
    {"GetBucketAcl", "ACL"},
    {"GetBucketAnalyticsConfiguration", "ANALYTICS"},
    {"GetBucketCors", "CORS"},
    {"GetBucketEncryption", "ENCRYPTION"},
    {"GetBucketIntelligentTieringConfiguration", "INTELLIGENT_TIERING"},
    {"GetBucketInventoryConfiguration", "INVENTORY"},
    {"GetBucketLifecycleConfiguration", "LIFECYCLE"},
    {"GetBucketLocation", "LOCATION"},
    {"GetBucketLogging", "LOGGING_STATUS"},
    {"GetBucketMetricsConfiguration", "METRICS"},
    {"GetBucketNotificationConfiguration", "NOTIFICATION"},
    {"GetBucketOwnershipControls", "OWNERSHIP_CONTROLS"},
    {"GetBucketPolicy", "BUCKETPOLICY"},
    {"GetBucketPolicyStatus", "POLICY_STATUS"},
    {"GetBucketReplication", "REPLICATION"},
    {"GetBucketRequestPayment", "REQUEST_PAYMENT"},
    {"GetBucketTagging", "TAGGING"},
    {"GetBucketVersioning", "VERSIONING"},
    {"GetBucketWebsite", "WEBSITE"},
    {"GetObject", "OBJECT"},
    {"GetObjectAcl", "ACL"},
    {"GetObjectAttributes", "OBJECT_ATTRIBUTES"},
    {"GetObjectLegalHold", "OBJECT_LOCK_LEGALHOLD"},
    {"GetObjectLockConfiguration", "OBJECT_LOCK_CONFIGURATION"},
    {"GetObjectRetention", "OBJECT_LOCK_RETENTION"},
    {"GetObjectTagging", "OBJECT_TAGGING"},
    {"GetPublicAccessBlock", "PUBLIC_ACCESS_BLOCK"},
    {"HeadBucket", "BUCKET"},
    {"HeadObject", "OBJECT"},
    {"ListBucketAnalyticsConfigurations", "ANALYTICS"},
    {"ListBucketIntelligentTieringConfigurations", "INTELLIGENT_TIERING"},
    {"ListBucketInventoryConfigurations", "INVENTORY"},
    {"ListBucketMetricsConfigurations", "METRICS"},
    {"ListMultipartUploads", "UPLOADS"},
    {"ListObjectVersions", "BUCKETVERSIONS"},
    {"ListObjects", "BUCKET"},
    {"ListObjectsV2", "BUCKET"},
    {"ListParts", "UPLOAD"},
    {"PostObject", "BUCKET"},
    {"PreflightRequest", "PREFLIGHT"},
    {"PutBucketAccelerateConfiguration", "ACCELERATE"},
    {"PutBucketAcl", "ACL"},
    {"PutBucketCors", "CORS"},
    {"PutBucketEncryption", "ENCRYPTION"},
    {"PutBucketLifecycleConfiguration", "LIFECYCLE"},
    {"PutBucketLogging", "LOGGING_STATUS"},
    {"PutBucketNotificationConfiguration", "NOTIFICATION"},
    {"PutBucketOwnershipControls", "OWNERSHIP_CONTROLS"},
    {"PutBucketPolicy", "BUCKETPOLICY"},
    {"PutBucketRequestPayment", "REQUEST_PAYMENT"},
    {"PutBucketTagging", "TAGGING"},
    {"PutBucketVersioning", "VERSIONING"},
    {"PutObject", "OBJECT"},
    {"PutObjectAcl", "ACL"},
    {"PutObjectLegalHold", "OBJECT_LOCK_LEGALHOLD"},
    {"PutObjectLockConfiguration", "OBJECT_LOCK_CONFIGURATION"},
    {"PutObjectRetention", "OBJECT_LOCK_RETENTION"},
    {"PutObjectTagging", "OBJECT_TAGGING"},
    {"PutPublicAccessBlock", "PUBLIC_ACCESS_BLOCK"},
    {"UploadPart", "PART"},
});
static_assert(std::ranges::is_sorted(kResources));

std::string operation_of(const api::Call& call) {
  const std::string_view name = call.model == nullptr ? std::string_view() : std::string_view(call.model->name);
  if (name == "CopyObject") return "REST.COPY.OBJECT";
  if (name == "UploadPartCopy") return "REST.COPY.PART";
  const auto at = std::ranges::lower_bound(kResources, name, {}, [](const auto& row) { return row.first; });
  const bool is_known = at != kResources.end() && at->first == name;
  const std::string_view resource = is_known ? at->second : call.http.key.empty() ? "BUCKET" : "OBJECT";
  return fmt::format("REST.{}.{}", call.http.method, resource);
}

std::string requester_of(const api::Call& call) {
  switch (call.principal.kind) {
    case Kind::kAnonymous:
      return "";
    case Kind::kService:
      return "svc:" + call.principal.user_name;
    case Kind::kRoot:
      return owner_id(call.principal.account);
    default:
      return call.principal.arn;
  }
}

/// The request line, without what would let a reader of the log repeat the request.
std::string request_uri(const http::Head& head) {
  constexpr auto kSecret = std::to_array<std::string_view>({"x-amz-security-token", "x-amz-signature"});
  const std::string_view target = head.target;
  std::string shown(target.substr(0, target.find('?')));
  if (shown.size() < target.size()) {
    char separator = '?';
    for (const std::string_view pair : text::split(target.substr(shown.size() + 1), '&')) {
      const size_t equals = pair.find('=');
      const bool is_secret = std::ranges::find(kSecret, text::lower(pair.substr(0, equals))) != kSecret.end();
      shown += separator;
      shown += is_secret ? fmt::format("{}=REDACTED", pair.substr(0, equals)) : std::string(pair);
      separator = '&';
    }
  }
  return fmt::format("{} {} HTTP/1.{}", head.method, shown, head.http_1_0 ? 0 : 1);
}

uint64_t bytes_of(const http::Response& response) {
  return response.head_only ? 0 : response.source != nullptr ? response.source_bytes : response.body.size();
}

/// Of the object that was sent, or asked for, as far as the answer tells.
std::optional<uint64_t> object_size(const api::Call& call, const api::Leaving& leaving) {
  if (call.payload.size > 0) return call.payload.size;
  if (leaving.error != nullptr) return std::nullopt;
  const std::string range = text_of(call.out, "ContentRange");
  if (const size_t slash = range.find('/'); slash != std::string::npos) return text::to_uint(std::string_view(range).substr(slash + 1));
  if (const auto length = number_of(call.out, "ContentLength")) return static_cast<uint64_t>(*length);
  if (call.model->name == "GetObject") return bytes_of(leaving.response);
  return std::nullopt;
}

std::string version_of(const api::Call& call) {
  const std::string made = text_of(call.out, "VersionId");
  return made.empty() ? text_of(call.in, "VersionId") : made;
}

AccessLine line_of(const api::Call& call, const Bucket& bucket, const api::Leaving& leaving) {
  const http::Response& response = leaving.response;
  const aws::Error* const error = leaving.error;
  AccessLine line;
  line.owner = owner_id(bucket.account);
  line.bucket = bucket.name;
  line.time = leaving.arrived;
  line.remote_ip = call.principal.kind == Kind::kService ? "" : call.source_ip;
  line.requester = requester_of(call);
  line.request_id = call.request_id;
  line.operation = operation_of(call);
  line.key = call.http.key;
  line.request_uri = request_uri(leaving.exchange.head());
  line.status = response.status;
  if (error != nullptr) line.error_code = error->kind.wire_code.empty() ? error->kind.code : error->kind.wire_code;
  line.bytes_sent = bytes_of(response);
  line.object_size = object_size(call, leaving);
  const Time now = call.ports->clock->now();
  line.total_time = now - leaving.arrived;
  if (line.object_size) line.turn_around_time = now - call.now;
  line.referer = sent_header(call, "referer");
  line.user_agent = call.user_agent;
  line.version = version_of(call);
  line.host_id = call.host_id;
  using Authentication = event::HttpFacts::Authentication;
  if (call.http.authentication != Authentication::kAnonymous) line.signature_version = "SigV4";
  if (call.http.authentication == Authentication::kHeader && call.model->name != "PostObject") line.authentication = "AuthHeader";
  if (call.http.authentication == Authentication::kQueryString) line.authentication = "QueryString";
  line.host = call.host;
  if (const auto& tls = leaving.exchange.peer().tls) {
    line.tls_version = tls->version;
    line.cipher_suite = tls->cipher_suite;
  }
  return line;
}

AccessLogLines lines_for(const Bucket& bucket, Json logging, Time time, std::string text) {
  return {.source = bucket.name,
          .account = bucket.account,
          .region = bucket.region,
          .logging = std::move(logging),
          .time = time,
          .text = std::move(text)};
}

/// Each key of a DeleteObjects has a line of its own.
void add_deleted_keys(const api::Call& call, const AccessLine& request, size_t room, std::string& text) {
  const auto asked = call.in.find("Delete");
  if (asked == call.in.end() || !asked->contains("Objects")) return;
  std::map<std::pair<std::string, std::string>, std::string> failed;
  if (const auto errors = call.out.find("Errors"); errors != call.out.end())
    for (const Json& one : *errors) failed[{text_of(one, "Key"), text_of(one, "VersionId")}] = text_of(one, "Code");
  for (const Json& object : asked->at("Objects")) {
    AccessLine line = request;
    line.operation = "BATCH.DELETE.OBJECT";
    line.key = text_of(object, "Key");
    line.version = text_of(object, "VersionId");
    line.request_uri = line.referer = line.user_agent = "";
    line.status = 204;
    line.bytes_sent = 0;
    line.object_size.reset();
    line.total_time = line.turn_around_time = std::nullopt;
    if (const auto at = failed.find({line.key, line.version}); at != failed.end()) {
      line.error_code = at->second;
      line.status = at->second == "AccessDenied" ? 403 : 400;
    }
    const std::string written = write(line);
    if (text.size() + written.size() > room) return;
    text += written;
  }
}

/// The bucket that a copy reads from, and its key.
std::pair<std::string, std::string> copied_from(const api::Call& call) {
  std::string source = text_of(call.in, "CopySource");
  source = text::percent_decode(source.substr(0, source.find("?versionId="))).value_or("");
  if (source.starts_with('/')) source.erase(0, 1);
  const size_t slash = source.find('/');
  if (slash == std::string::npos) return {};
  return {source.substr(0, slash), source.substr(slash + 1)};
}

size_t changed_bytes(const state::Transaction& state) {
  size_t bytes = 0;
  for (const journal::Change& change : state.changes()) bytes += change.key.size() + (change.value ? change.value->size() : 0);
  return bytes;
}

}  // namespace

std::string write(const AccessLine& line) {
  std::string out;
  const auto word = [&](std::string_view value) {
    out += value.empty() ? std::string_view("-") : value;
    out += ' ';
  };
  /// What a client wrote ends nothing: neither its quotes nor the line.
  const auto quoted = [&](std::string_view value) {
    out += '"';
    if (value.empty()) out += '-';
    for (const char c : value.substr(0, kAccessFieldBytesMax)) {
      const auto byte = static_cast<unsigned char>(c);
      if (c == '"' || byte < ' ' || byte == 0x7F) out += fmt::format("%{:02X}", byte);
      else out += c;
    }
    out += "\" ";
  };
  const auto number = [&](const std::optional<uint64_t>& value) { word(value ? std::to_string(*value) : ""); };
  const auto encoded = [&](std::string_view value) {
    word(text::percent_encode(value.substr(0, kAccessFieldBytesMax), text::Slash::kKeep));
  };
  const auto millis = [&](const std::optional<std::chrono::milliseconds>& value) {
    word(value ? std::to_string(std::max<int64_t>(value->count(), 0)) : "");
  };
  const std::string date = timestamps::http_date(line.time);  // Fri, 02 Jan 2026 03:04:05 GMT
  word(line.owner);
  word(line.bucket);
  out += fmt::format("[{}/{}/{}:{} +0000] ", date.substr(5, 2), date.substr(8, 3), date.substr(12, 4), date.substr(17, 8));
  word(line.remote_ip);
  word(line.requester);
  word(line.request_id);
  word(line.operation);
  encoded(line.key);
  if (line.request_uri.empty()) word("");
  else quoted(line.request_uri);
  word(line.status == 0 ? "" : std::to_string(line.status));
  word(line.error_code);
  number(line.bytes_sent == 0 ? std::nullopt : std::optional(line.bytes_sent));
  number(line.object_size);
  millis(line.total_time);
  millis(line.turn_around_time);
  quoted(line.referer);
  quoted(line.user_agent);
  encoded(line.version);
  word(line.host_id);
  word(line.signature_version);
  word(line.cipher_suite);
  word(line.authentication);
  encoded(line.host);
  word(line.tls_version);
  word(line.access_point);
  word(line.acl_required);
  out.back() = '\n';
  return out;
}

void note_access(api::Call& call, const api::Leaving& leaving) {
  if (call.http.bucket.empty() || call.model == nullptr) return;
  // The delivery of a log tells nothing new, and would have to be delivered, too.
  if (call.principal.kind == Kind::kService && call.principal.user_name == delivery::kAccessLogService) return;
  std::vector<AccessLogLines> noted;
  const auto note = [&](const std::string& name, auto&& text_of_lines) {
    std::optional<Json> logging = bucket_setting(*call.state, name, kLoggingSetting);
    const std::optional<Bucket> bucket = logging ? look_up_bucket(*call.state, name) : std::nullopt;
    if (bucket) noted.push_back(lines_for(*bucket, std::move(*logging), leaving.arrived, text_of_lines(*bucket)));
  };
  note(call.http.bucket, [&](const Bucket& bucket) {
    const AccessLine line = line_of(call, bucket, leaving);
    std::string text = write(line);
    const size_t room = kAccessLogNoteBytesMax - std::min(kAccessLogNoteBytesMax, changed_bytes(*call.state) / 2);
    if (call.model->name == "DeleteObjects" && leaving.error == nullptr) add_deleted_keys(call, line, room, text);
    return text;
  });
  if (call.model->name == "CopyObject" || call.model->name == "UploadPartCopy") {
    const auto [name, key] = copied_from(call);
    note(name, [&, key = key](const Bucket& source) {
      AccessLine line = line_of(call, source, leaving);
      line.operation += "_GET";
      line.key = key;
      line.version.clear();
      line.bytes_sent = 0;
      return write(line);
    });
  }
  if (!noted.empty()) call.state->note(delivery::kAccessLogNote, delivery::encode(noted));
}

size_t note_expiration(state::Transaction& state, const Expiration& expiration) {
  std::optional<Json> logging = bucket_setting(state, expiration.bucket, kLoggingSetting);
  const std::optional<Bucket> bucket = logging ? look_up_bucket(state, expiration.bucket) : std::nullopt;
  if (!bucket) return 0;
  AccessLine line;
  line.owner = owner_id(bucket->account);
  line.bucket = bucket->name;
  line.time = expiration.time;
  line.requester = "AmazonS3";
  line.operation = expiration.operation();
  line.key = expiration.key;
  line.object_size = expiration.size;
  line.version = expiration.version;
  std::string text = write(line);
  const size_t bytes = text.size();
  // One entry has one note: what it says already is added to.
  std::vector<AccessLogLines> noted;
  if (const auto before = state.get(journal::note_key(delivery::kAccessLogNote)))
    if (auto read = delivery::decode_access_log(*before)) noted = std::move(*read);
  if (!noted.empty() && noted.back().source == bucket->name) noted.back().text += text;
  else noted.push_back(lines_for(*bucket, std::move(*logging), expiration.time, std::move(text)));
  state.note(delivery::kAccessLogNote, delivery::encode(noted));
  return bytes;
}

}  // namespace cairn::s3
