#include "api/operation.h"
#include "base/text.h"
#include "services/s3/errors.h"
#include "services/s3/input.h"
#include "services/s3/object_headers.h"
#include "services/s3/lifecycle_rules.h"
#include "services/s3/range.h"
#include "services/s3/versions.h"

/// GetObject and HeadObject: the same answer, with and without the bytes.
namespace cairn::s3 {
namespace {

constexpr int64_t kWholeBytesMax = 64 << 10;
constexpr int kLooksMax = 8;  // an object that is replaced again and again while we look

constexpr std::pair<std::string_view, std::string_view> kOverrides[] = {
    {"ResponseCacheControl", "CacheControl"},       {"ResponseContentDisposition", "ContentDisposition"},
    {"ResponseContentEncoding", "ContentEncoding"}, {"ResponseContentLanguage", "ContentLanguage"},
    {"ResponseContentType", "ContentType"},
};

/// The part of an object that `partNumber` asks for. Objects that were not uploaded in parts have one.
struct PartAsked {
  Range range;
  std::string checksum;  // base64; "" if there is none of its own
};
PartAsked find_part(api::Call& call, const Object& object, int64_t number) {
  const int count = object.upload.empty() ? 1 : object.parts;
  if (number < 1 || number > count) {
    throw Error(kInvalidPartNumber, "The requested partnumber is not satisfiable")
        .with("ActualPartCount", std::to_string(count))
        .with("PartNumberRequested", std::to_string(number));
  }
  if (object.upload.empty()) return {{0, object.size}, object.checksum.value};
  PartAsked asked;
  int64_t at = 0;
  for (const auto& [part_number, part] : list_parts(call, object.upload, 0, static_cast<size_t>(number))) {
    asked.range = {asked.range.offset + asked.range.length, part.size};
    asked.checksum = part.checksum;
    ++at;
  }
  if (at != number) throw internal_error();
  return asked;
}

/// Decides what to send and fills in the headers. nullopt: nothing, as the client has it already (304).
std::optional<Range> answer_head(api::Call& call, const Bucket& bucket, const Object& object) {
  if (check_read_conditions(call, object.validators()) == Read::kNotModified) {
    call.reply.status = 304;
    call.out["ETag"] = object.quoted_etag();
    call.out["LastModified"] = timestamps::iso8601(object.modified);
    return std::nullopt;
  }
  const std::string range_header = text_of(call.in, "Range");
  const std::optional<int64_t> part_number = number_of(call.in, "PartNumber");
  if (part_number && !range_header.empty()) throw Error(kInvalidRequest, "Cannot specify both Range header and partNumber query parameter");

  Range range{0, object.size};
  bool partial = false;
  std::string checksum = object.checksum.value;
  if (part_number) {
    PartAsked asked = find_part(call, object, *part_number);
    range = asked.range;
    // Uploads that named no algorithm keep none for their parts, as far as clients can see.
    if (!object.upload.empty()) {
      checksum = object.checksum.algorithm == default_checksum().name ? "" : asked.checksum;
      call.out["PartsCount"] = object.parts;
    }
    partial = object.size > 0;
  } else if (!range_header.empty()) {
    if (const std::optional<Range> parsed = parse_range(range_header, object.size)) {
      range = *parsed;
      partial = true;
      if (range.length != object.size) checksum.clear();
    }
  }
  show_headers(call, object);
  if (!has(call.in, "VersionId")) show_expiration(call, bucket.name, text_of(call.in, "Key"), object);
  show_lock(call, bucket, text_of(call.in, "Key"), object.lock);
  for (const auto& [parameter, member] : kOverrides)
    if (has(call.in, parameter)) call.out[std::string(member)] = text_of(call.in, parameter);
  if (has(call.in, "ResponseExpires")) {
    if (const std::optional<Time> expires = timestamps::parse_iso8601(text_of(call.in, "ResponseExpires"))) {
      std::erase_if(call.reply.headers, [](const auto& header) { return header.first == "Expires"; });
      call.reply.headers.emplace_back("Expires", timestamps::http_date(*expires));
    }
  }
  if (text_of(call.in, "ChecksumMode") == "ENABLED" && !checksum.empty())
    Checksum{object.checksum.algorithm, checksum, object.checksum.composite}.show(call.out);
  if (partial) {
    call.reply.status = 206;
    call.out["ContentRange"] = fmt::format("bytes {}-{}/{}", range.offset, range.offset + range.length - 1, object.size);
  }
  return range;
}

/// A small answer leaves in one piece with its head, instead of being pulled by yet another thread.
void send_whole(api::Call& call) {
  std::string body(call.reply.source_bytes, '\0');
  for (size_t done = 0; done < body.size();) {
    const Result<size_t> n = call.reply.source->read(std::span(body).subspan(done));
    if (!n || *n == 0) throw internal_error();
    done += *n;
  }
  call.reply.body = std::move(body);
  call.reply.source = nullptr;
  call.reply.source_bytes = 0;
}

void get_object(api::Call& call) {
  const Bucket bucket = open_bucket(call);
  const std::string key = checked_key(call);
  for (int look = 0; look < kLooksMax; ++look) {
    call.reply = {};
    call.out = Json::object();
    call.records_within.clear();
    const Object object = open_object(call, bucket.name, key);
    check_customer_key(call, object.encryption);
    const std::optional<Range> range = answer_head(call, bucket, object);
    if (!range) return;
    const Secret object_key = open_object_key(call, object.encryption, bucket.name, key);
    call.reply.source = open_content(call, extents_of(call, bucket.name, key, object), *range, object_key);
    call.reply.source_bytes = range->length;
    if (call.reply.source == nullptr) continue;
    if (range->length <= kWholeBytesMax) send_whole(call);
    return;
  }
  throw internal_error();
}

void head_object(api::Call& call) {
  const Bucket bucket = open_bucket(call);
  const std::string key = checked_key(call);
  const Object object = open_object(call, bucket.name, key);
  check_customer_key(call, object.encryption);
  // Checksums tell of the bytes: they take what the bytes take.
  if (text_of(call.in, "ChecksumMode") == "ENABLED") open_object_key(call, object.encryption, bucket.name, key);
  if (const std::optional<Range> range = answer_head(call, bucket, object)) call.out["ContentLength"] = range->length;
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"GetObject", get_object},  // moves to the pool where a file must be opened
    {"HeadObject", head_object},
});

}  // namespace
}  // namespace cairn::s3

namespace cairn::services {
extern const api::Family s3_get_object;
const api::Family s3_get_object{.service = "s3", .operations = s3::kOperations, .decides = api::Decides::kHandler};
}  // namespace cairn::services
