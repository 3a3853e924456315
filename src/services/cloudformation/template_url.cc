#include "services/cloudformation/template_url.h"

#include "api/within.h"
#include "base/text.h"
#include "services/cloudformation/caller.h"
#include "services/cloudformation/errors.h"
#include "template/template.h"

namespace cairn::cloudformation {
namespace {

struct Place {
  std::string bucket, key;
};

/// https://s3.REGION.amazonaws.com/BUCKET/KEY, https://BUCKET.s3.REGION.amazonaws.com/KEY, the same without a region or with a dash before
/// it, and /BUCKET/KEY on the host that the call itself came to.
std::optional<Place> place_of(std::string_view url, std::string_view own_host) {
  const bool is_secure = url.starts_with("https://");
  if (!is_secure && !url.starts_with("http://")) return std::nullopt;
  url.remove_prefix(is_secure ? 8 : 7);
  url = url.substr(0, url.find_first_of("?#"));
  const size_t slash = url.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const std::string host = text::lower(url.substr(0, slash));
  const std::optional<std::string> path = text::percent_decode(url.substr(slash + 1));
  if (!path) return std::nullopt;
  const auto in_path = [&]() -> std::optional<Place> {
    const size_t end = path->find('/');
    if (end == 0 || end == std::string::npos || end + 1 == path->size()) return std::nullopt;
    return Place{path->substr(0, end), path->substr(end + 1)};
  };
  if (host == text::lower(own_host)) return in_path();
  if (!is_secure || !host.ends_with(".amazonaws.com")) return std::nullopt;
  if (host.starts_with("s3.") || host.starts_with("s3-")) return in_path();
  for (const std::string_view mark : {".s3.", ".s3-"})
    if (const size_t at = host.find(mark); at != std::string::npos && !path->empty()) return Place{host.substr(0, at), *path};
  return std::nullopt;
}

Place supported(const api::Call& call, const std::string& url) {
  std::optional<Place> place = place_of(url, call.host);
  if (!place) throw Error(kValidationError, "TemplateURL must be a supported URL.");
  return std::move(*place);
}

}  // namespace

std::string canonical_url(const api::Call& call, const std::string& url) {
  const Place place = supported(call, url);
  return fmt::format("https://s3.{}.amazonaws.com/{}/{}", call.region.str(), place.bucket,
                     text::percent_encode(place.key, text::Slash::kKeep));
}

std::string template_at(api::Call& call, const std::string& url) {
  const Place place = supported(call, url);
  api::Reply reply;
  try {
    api::call_within(call,
                     {.service = "s3",
                      .operation = "GetObject",
                      .in = {{"Bucket", place.bucket}, {"Key", place.key}},
                      .region = call.region,
                      .invoked_by = kService,
                      .account = call.account},
                     &reply);
  } catch (const aws::Error& refusal) {
    throw Error(kValidationError,
                "S3 error: {}\nFor more information check http://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html",
                refusal.message);
  }
  if (reply.body) return std::move(*reply.body);
  if (reply.source == nullptr) return "";
  if (reply.source_bytes > cfn::kBytesMax) throw Error(kValidationError, "Template may not exceed {} bytes in size.", cfn::kBytesMax);
  std::string text(reply.source_bytes, '\0');
  for (size_t done = 0; done < text.size();) {
    const Result<size_t> read = reply.source->read(std::span(text).subspan(done));
    if (!read || *read == 0) throw std::runtime_error("the template's object cannot be read");
    done += *read;
  }
  return text;
}

}  // namespace cairn::cloudformation
