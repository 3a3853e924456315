#include "services/s3/object_headers.h"

#include "base/text.h"
#include "services/s3/errors.h"
#include "services/s3/input.h"
#include "services/s3/sent_header.h"

namespace cairn::s3 {
namespace {

constexpr size_t kMetadataBytesMax = 2048;
constexpr std::string_view kDefaultContentType = "binary/octet-stream";
constexpr std::string_view kHeaderMembers[] = {"CacheControl",    "ContentDisposition", "ContentEncoding",
                                               "ContentLanguage", "ContentType",        "WebsiteRedirectLocation"};

/// "aws-chunked" says how the request was framed and is no property of the object. What has none of it stays as it is.
std::string without_chunking(const std::string& encoding) {
  if (text::lower(encoding).find("aws-chunked") == std::string::npos) return encoding;
  std::string kept;
  for (std::string_view part : text::split(encoding, ',')) {
    part = text::trim(part);
    if (part.empty() || text::equals_ignoring_case(part, "aws-chunked")) continue;
    if (!kept.empty()) kept += ',';
    kept += part;
  }
  return kept;
}

}  // namespace

void check_write_headers(const Json& in) {
  static constexpr std::pair<std::string_view, std::string_view> kNotHere[] = {
      {"WriteOffsetBytes", "x-amz-write-offset-bytes"},
  };
  for (const auto& [member, header] : kNotHere)
    if (has(in, member)) throw header_not_implemented(header);
}

void take_tags(const Json& in, Object& object) {
  if (const std::string header = text_of(in, "Tagging"); !header.empty()) object.tags = tags_of_header(header);
}

void take_storage_class(const Json& in, Object& object) {
  const std::string wanted = text_of(in, "StorageClass");
  if (wanted.empty()) return;
  // Classes that are read at once are names only; an archive would have to be restored first.
  static constexpr std::string_view kAtOnce[] = {"STANDARD",   "REDUCED_REDUNDANCY",  "STANDARD_IA",
                                                 "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER_IR"};
  if (wanted == "GLACIER" || wanted == "DEEP_ARCHIVE") throw header_not_implemented("x-amz-storage-class");
  if (std::ranges::find(kAtOnce, wanted) == std::end(kAtOnce))
    throw Error(kInvalidStorageClass, "The storage class you specified is not valid").with("StorageClassRequested", wanted);
  object.storage_class = wanted;
}

void take_headers(const api::Call& call, Object& object) {
  for (std::string_view member : kHeaderMembers) {
    std::string value = text_of(call.in, member);
    if (member == "ContentEncoding") value = without_chunking(value);
    if (member == "ContentType" && value.empty()) value = kDefaultContentType;
    if (!value.empty()) object.headers.emplace_back(std::string(member), std::move(value));
  }
  // Kept as sent: S3 gives back what is no date, too.
  if (const std::string expires = sent_header(call, "expires"); !expires.empty()) object.headers.emplace_back("Expires", expires);

  const auto metadata = call.in.find("Metadata");
  if (metadata == call.in.end()) return;
  size_t bytes = 0;
  for (const auto& [name, value] : metadata->items()) {
    const std::string& text = value.get_ref<const std::string&>();
    bytes += name.size() + text.size();
    object.metadata.emplace_back(text::lower(name), text);
  }
  if (bytes > kMetadataBytesMax) {
    throw Error(kMetadataTooLarge, "Your metadata headers exceed the maximum allowed metadata size")
        .with("Size", std::to_string(bytes))
        .with("MaxSizeAllowed", std::to_string(kMetadataBytesMax));
  }
}

void show_headers(api::Call& call, const Object& object) {
  Json& out = call.out;
  out["AcceptRanges"] = "bytes";
  out["LastModified"] = timestamps::iso8601(object.modified);
  out["ETag"] = object.quoted_etag();
  for (const auto& [member, value] : object.headers) {
    if (member == "Expires") {
      call.reply.headers.emplace_back("Expires", value);
    } else {
      out[member] = value;
    }
  }
  show_encryption(call, object.encryption);
  Json metadata = Json::object();
  for (const auto& [name, value] : object.metadata) metadata[name] = value;
  out["Metadata"] = std::move(metadata);
  if (object.storage_class != "STANDARD") out["StorageClass"] = object.storage_class;
  if (!object.tags.empty()) out["TagCount"] = object.tags.size();
}

}  // namespace cairn::s3
