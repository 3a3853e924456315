#include "services/cloudformation/template_url.h"

#include <algorithm>

#include "api/within.h"
#include "base/text.h"
#include "services/cloudformation/caller.h"
#include "services/cloudformation/errors.h"
#include "template/template.h"

namespace cairn::cloudformation {
namespace {

struct Place {
  std::string bucket, key, version;  // version: "": the newest
};

/// Of "versionId=...": what else a query says is about who reads, which is the caller here.
std::string version_in(std::string_view query) {
  constexpr std::string_view kVersion = "versionId=";
  for (const std::string_view pair : text::split(query, '&'))
    if (pair.starts_with(kVersion)) return text::percent_decode(pair.substr(kVersion.size())).value_or("");
  return "";
}

/// https://s3.REGION.amazonaws.com/BUCKET/KEY, https://BUCKET.s3.REGION.amazonaws.com/KEY, the same without a region or with a dash before
/// it, and /BUCKET/KEY on the host that the call itself came to. Any of them may end with ?versionId=VERSION.
std::optional<Place> place_of(std::string_view url, std::string_view own_host) {
  const bool is_secure = url.starts_with("https://");
  if (!is_secure && !url.starts_with("http://")) return std::nullopt;
  url.remove_prefix(is_secure ? 8 : 7);
  url = url.substr(0, url.find('#'));
  const size_t end = std::min(url.find('?'), url.size());
  const std::string version = version_in(url.substr(std::min(end + 1, url.size())));
  url = url.substr(0, end);
  const size_t slash = url.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const std::string host = text::lower(url.substr(0, slash));
  const std::optional<std::string> path = text::percent_decode(url.substr(slash + 1));
  if (!path) return std::nullopt;
  const auto in_path = [&]() -> std::optional<Place> {
    const size_t middle = path->find('/');
    if (middle == 0 || middle == std::string::npos || middle + 1 == path->size()) return std::nullopt;
    return Place{path->substr(0, middle), path->substr(middle + 1), version};
  };
  if (host == text::lower(own_host)) return in_path();
  if (!is_secure || !host.ends_with(".amazonaws.com")) return std::nullopt;
  if (host.starts_with("s3.") || host.starts_with("s3-")) return in_path();
  for (const std::string_view mark : {".s3.", ".s3-"})
    if (const size_t at = host.find(mark); at != std::string::npos && !path->empty()) return Place{host.substr(0, at), *path, version};
  return std::nullopt;
}

Place supported(const api::Call& call, const std::string& url, std::string_view member = "TemplateURL") {
  std::optional<Place> place = place_of(url, call.host);
  if (!place) throw Error(kValidationError, "{} must be a supported URL.", member);
  return std::move(*place);
}

}  // namespace

std::string canonical_url(const api::Call& call, const std::string& url) {
  const Place place = supported(call, url);
  const std::string query = place.version.empty() ? "" : "?versionId=" + text::percent_encode(place.version);
  return fmt::format("https://s3.{}.amazonaws.com/{}/{}{}", call.region.str(), place.bucket,
                     text::percent_encode(place.key, text::Slash::kKeep), query);
}

std::string template_at(api::Call& call, const std::string& url, std::string_view member) {
  const Place place = supported(call, url, member);
  Json in{{"Bucket", place.bucket}, {"Key", place.key}};
  if (!place.version.empty()) in["VersionId"] = place.version;
  api::Reply reply;
  try {
    api::call_within(call,
                     {.service = "s3",
                      .operation = "GetObject",
                      .in = std::move(in),
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
