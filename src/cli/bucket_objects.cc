#include "cli/bucket_objects.h"

#include "base/text.h"
#include "base/xml.h"

namespace cairn::cli {

namespace {

constexpr int kTriesMax = 3;
constexpr std::string_view kMetadataPrefix = "x-amz-meta-";

std::string text_of(const xml::Element& parent, std::string_view name) {
  const xml::Element* child = parent.child(name);
  return child ? child->text : "";
}

}  // namespace

BucketObjects::BucketObjects(const Target& target, const env::Clock& clock)
    : http_(
          [&] {
            Target s3 = target;
            s3.endpoint = target.s3_endpoint;
            return s3;
          }(),
          clock) {}

std::string BucketObjects::region_of(const std::string& bucket) {
  const std::lock_guard lock(mutex_);
  const auto found = regions_.find(bucket);
  return found == regions_.end() ? http_.target().signer.region.str() : found->second;
}

Result<env::HttpAnswer, BucketObjects::Refused> BucketObjects::get(const std::string& bucket, const std::string& path,
                                                                   const std::string& query) {
  bool corrected = false;  // its region, once
  for (int tries = 1;; ++tries) {
    const std::string region = region_of(bucket);
    auto answer = http_.send({.service = "s3", .region = region, .method = "GET", .path = path, .query = query, .headers = {}, .body = {}});
    // One call of many thousands may meet a server that is busy, or a connection that ends.
    const bool passing = answer ? answer->status >= 500 : !answer.error().too_long;
    if (passing && tries < kTriesMax) continue;
    if (!answer) return tl::unexpected(Refused{"", answer.error().message});
    if (answer->status == 200) return std::move(*answer);
    Refused refused{"", fmt::format("{} answers {}", http_.target().endpoint, answer->status)};
    std::string right_region(answer->header("x-amz-bucket-region"));
    if (const auto document = xml::parse(answer->body)) {
      refused.code = text_of(*document, "Code");
      refused.message = fmt::format("{} ({})", text_of(*document, "Message"), refused.code);
      if (right_region.empty()) right_region = text_of(*document, "Region");
    }
    if (corrected || right_region == region || !aws::is_region(right_region)) return tl::unexpected(std::move(refused));
    corrected = true;
    const std::lock_guard lock(mutex_);
    regions_[bucket] = right_region;
  }
}

Result<std::vector<std::string>> BucketObjects::list(const std::string& bucket, const std::string& prefix, const std::string& after,
                                                     size_t limit) {
  std::string query = fmt::format("encoding-type=url&list-type=2&max-keys={}&prefix={}", limit, text::percent_encode(prefix));
  if (!after.empty()) query += "&start-after=" + text::percent_encode(after);
  const auto answer = get(bucket, "/" + text::percent_encode(bucket), query);
  if (!answer) return failure("Cannot list s3://{}/{}: {}", bucket, prefix, answer.error().message);
  const std::string& body = answer->body;
  const auto document = xml::parse(body);
  if (!document || document->name != "ListBucketResult")
    return failure("The listing of s3://{}/{} is none: {}", bucket, prefix, body.substr(0, 200));
  std::vector<std::string> keys;
  for (const xml::Element& child : document->children) {
    if (child.name != "Contents") continue;
    auto key = text::percent_decode(text_of(child, "Key"), text::Plus::kSpace);
    if (!key) return failure("The listing of s3://{}/{} holds a key that cannot be decoded: {}", bucket, prefix, text_of(child, "Key"));
    keys.push_back(std::move(*key));
  }
  return keys;
}

Result<std::optional<archive::Metadata>, archive::ReadFailure> BucketObjects::read(const std::string& bucket, const std::string& key,
                                                                                   const Sink& sink) {
  using archive::ReadFailure;
  const auto answer = get(bucket, fmt::format("/{}/{}", text::percent_encode(bucket), text::percent_encode(key, text::Slash::kKeep)), "");
  if (!answer) {
    const bool missing = answer.error().code == "NoSuchKey" || answer.error().code == "NoSuchBucket";
    return tl::unexpected(
        ReadFailure{missing ? ReadFailure::kNotFound : ReadFailure::kOther, fmt::format("cannot be read: {}", answer.error().message)});
  }
  sink(answer->body);
  archive::Metadata metadata;
  for (const auto& [name, value] : answer->headers) {
    if (name.starts_with(kMetadataPrefix)) metadata[name.substr(kMetadataPrefix.size())] = value;
  }
  return metadata;
}

}  // namespace cairn::cli
