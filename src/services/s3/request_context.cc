#include "services/s3/request_context.h"

#include <algorithm>

#include "api/ports.h"
#include "api/request_context.h"
#include "aws/policy/caller.h"
#include "base/text.h"
#include "services/s3/bucket.h"
#include "services/s3/errors.h"
#include "services/s3/input.h"
#include "services/s3/object_lock.h"
#include "services/s3/tags.h"

namespace cairn::s3 {
namespace {

using aws::policy::Context;
using Kind = aws::Principal::Kind;

/// Headers that are condition keys by their own name: s3:x-amz-acl.
constexpr std::string_view kHeaderKeys[] = {
    "x-amz-acl",
    "x-amz-copy-source",
    "x-amz-grant-full-control",
    "x-amz-grant-read",
    "x-amz-grant-read-acp",
    "x-amz-grant-write",
    "x-amz-grant-write-acp",
    "x-amz-metadata-directive",
    "x-amz-object-ownership",
    "x-amz-server-side-encryption",
    "x-amz-server-side-encryption-aws-kms-key-id",
    "x-amz-server-side-encryption-customer-algorithm",
    "x-amz-storage-class",
    "x-amz-website-redirect-location",
};

constexpr std::string_view kNewestTls = "TLSv1.3";

bool is_header_key(std::string_view header) { return std::ranges::find(kHeaderKeys, header) != std::end(kHeaderKeys); }

/// A parameter as the request carries it: header, query parameter.
void describe_parameters(const api::Call& call, Context& context) {
  const auto add = [&](std::string_view member, std::string_view key) {
    if (const auto it = call.in.find(member); it != call.in.end()) context.add(key, it->is_string() ? it->get<std::string>() : it->dump());
  };
  if (call.model->input != nullptr) {
    for (const aws::Member& member : call.model->input->members)
      if (member.location == aws::Location::kHeader && is_header_key(text::lower(member.location_name)))
        add(member.name, fmt::format("s3:{}", text::lower(member.location_name)));
  }
  add("VersionId", "s3:VersionId");
  if (!call.model->name.starts_with("List")) return;
  add("Prefix", "s3:prefix");
  add("Delimiter", "s3:delimiter");
  if (has(call.in, "MaxKeys")) add("MaxKeys", "s3:max-keys");
  else context.add("s3:max-keys", "1000");  // what is asked for by asking for nothing
}

void describe_tags(const Json& in, Context& context) {
  Tags tags;
  const auto tagging = in.find("Tagging");
  if (tagging == in.end()) return;
  try {
    if (tagging->is_string()) tags = tags_of_header(tagging->get<std::string>());
    else if (tagging->contains("TagSet")) tags = tags_of(tagging->at("TagSet"), Tagged::kObject);
  } catch (const Error&) {
    return;  // the operation refuses them in its own words
  }
  for (const auto& [key, value] : tags) {
    context.add("s3:RequestObjectTag/" + key, value);
    context.add("s3:RequestObjectTagKeys", key);
  }
}

void describe_signature(const api::Call& call, Context& context) {
  using Authentication = event::HttpFacts::Authentication;
  if (call.principal.kind == Kind::kService || call.http.authentication == Authentication::kAnonymous) return;
  if (call.model->name == "PostObject") {
    context.add("s3:authType", "POST");
    context.add("s3:signatureversion", "AWS4-HMAC-SHA256");
    return;
  }
  const bool in_query = call.http.authentication == Authentication::kQueryString;
  context.add("s3:authType", in_query ? "REST-QUERY-STRING" : "REST-HEADER");
  context.add("s3:signatureversion", "AWS4-HMAC-SHA256");
  for (const auto& [name, value] : in_query ? call.http.query : call.http.headers) {
    if (!text::equals_ignoring_case(name, "x-amz-date")) continue;
    if (const std::optional<Time> signed_at = timestamps::parse_basic(value))
      context.add("s3:signatureAge", std::to_string((call.now - *signed_at).count()));
  }
}

void describe_tls(std::string_view version, Context& context) {
  context.add("s3:TlsVersion", std::string((version.empty() ? kNewestTls : version).substr(4)));
}

}  // namespace

void describe_setting(const Bucket& bucket, const aws::Region& region, Time now, Context& context) {
  context.add("aws:CurrentTime", timestamps::iso8601(now));
  context.add("aws:EpochTime", std::to_string(now.time_since_epoch().count() / 1000));
  context.add("aws:RequestedRegion", region.str());
  context.add("aws:ResourceAccount", bucket.account.str());
  context.add("s3:ResourceAccount", bucket.account.str());
  context.add("aws:ViaAWSService", false);
  context.add("aws:SecureTransport", true);
  describe_tls("", context);
}

void describe_headers(const Json& headers, Context& context) {
  for (const auto& [name, value] : headers.items())
    if (is_header_key(name) && value.is_string()) context.add("s3:" + name, value.get<std::string>());
}

void describe_call(const api::Call& call, const Bucket& bucket, Context& context) {
  api::describe_request(call, context);
  context.add("aws:ResourceAccount", bucket.account.str());
  context.add("s3:ResourceAccount", bucket.account.str());
  const bool is_service = call.principal.kind == Kind::kService;
  if (call.tls || is_service || call.ports->plain_counts_as_tls) describe_tls(call.tls_version, context);
  for (const auto& [name, value] : call.http.headers) {
    if (name == "referer") context.add("aws:Referer", value);
    if (name == "x-amz-content-sha256") context.add("s3:x-amz-content-sha256", value);
  }
  describe_signature(call, context);
  describe_parameters(call, context);
  describe_tags(call.in, context);
  describe_lock(call, context);
}

}  // namespace cairn::s3
