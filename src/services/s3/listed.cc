#include "base/text.h"
#include "services/s3/errors.h"
#include "services/s3/input.h"
#include "services/s3/listed.h"

namespace cairn::s3 {
namespace {

constexpr size_t kKeysMax = 1000;

size_t max_keys(const Json& in, std::string_view member, std::string_view argument) {
  const int64_t asked = number_of(in, member).value_or(kKeysMax);
  if (asked < 0 || asked > INT32_MAX) {
    throw invalid_argument(fmt::format("Argument {} must be an integer between 0 and 2147483647", argument), argument,
                           std::to_string(asked));
  }
  return std::min(static_cast<size_t>(asked), kKeysMax);
}

}  // namespace

NameEncoder::NameEncoder(const Json& in) {
  const std::string type = text_of(in, "EncodingType");
  if (!type.empty() && type != "url") throw invalid_argument("Invalid Encoding Method specified in Request", "encoding-type", type);
  is_url_ = !type.empty();
}

std::string NameEncoder::operator()(std::string_view name) const {
  return is_url_ ? text::percent_encode(name, text::Slash::kKeep) : std::string(name);
}

std::string listed_time(Time t) { return timestamps::iso8601_millis(std::chrono::floor<std::chrono::seconds>(t)); }

Json describe_listed(const Object& object, const std::string& shown_key) {
  Json entry;
  entry["Key"] = shown_key;
  entry["LastModified"] = listed_time(object.modified);
  entry["ETag"] = object.quoted_etag();
  if (!object.checksum.algorithm.empty()) {
    entry["ChecksumAlgorithm"] = {object.checksum.algorithm};
    entry["ChecksumType"] = std::string(object.checksum.type());
  }
  entry["Size"] = object.size;
  entry["StorageClass"] = object.storage_class;
  return entry;
}

Json common_prefixes(const std::vector<std::string>& prefixes, const NameEncoder& encoder) {
  Json list = Json::array();
  for (const std::string& prefix : prefixes) list.push_back({{"Prefix", encoder(prefix)}});
  return list;
}

void echo_listing(api::Call& call, const Bucket& bucket, const Scan& scan, const NameEncoder& encoder) {
  call.reply.headers.emplace_back("x-amz-bucket-region", bucket.region.str());
  call.out["Name"] = bucket.name;
  call.out["Prefix"] = encoder(scan.prefix);
  if (!scan.delimiter.empty()) call.out["Delimiter"] = encoder(scan.delimiter);
  if (encoder.is_url()) call.out["EncodingType"] = "url";
  call.out["MaxKeys"] = scan.limit;
}

Scan scan_of(const api::Call& call) {
  Scan scan;
  scan.prefix = text_of(call.in, "Prefix");
  scan.delimiter = text_of(call.in, "Delimiter");
  scan.limit = max_keys(call.in, "MaxKeys", "maxKeys");
  return scan;
}

}  // namespace cairn::s3
