#include "api/operation.h"
#include "services/s3/bucket.h"
#include "services/s3/bucket_setting.h"
#include "services/s3/cors.h"
#include "services/s3/errors.h"
#include "services/s3/input.h"
#include "services/s3/look_up_bucket.h"
#include "services/s3/sent_header.h"

/// GetBucketCors, PutBucketCors, DeleteBucketCors; and the question that a browser asks before it lets a page call.
namespace cairn::s3 {
namespace {

void put_cors(api::Call& call) {
  const Bucket bucket = open_bucket(call);
  const auto configuration = call.in.find("CORSConfiguration");
  if (configuration == call.in.end() || !configuration->contains("CORSRules")) throw malformed_xml();
  const Json& rules = configuration->at("CORSRules");
  check_cors_rules(rules);
  put_bucket_setting(*call.state, bucket.name, kCorsSetting, rules);
}

void get_cors(api::Call& call) {
  const Bucket bucket = open_bucket(call);
  std::optional<Json> rules = bucket_setting(*call.state, bucket.name, kCorsSetting);
  if (!rules) throw not_set(bucket.name, "NoSuchCORSConfiguration", "The CORS configuration does not exist");
  call.out["CORSRules"] = std::move(*rules);
}

void delete_cors(api::Call& call) { erase_bucket_setting(*call.state, open_bucket(call).name, kCorsSetting); }

/// Nobody's rights are looked at: browsers send no signature here, and the answer says no more than the rules.
void preflight(api::Call& call) {
  call.is_decided = true;
  const std::string origin = sent_header(call, "origin"), method = sent_header(call, "access-control-request-method");
  if (origin.empty()) throw Error(kBadRequest, "Insufficient information. Origin request header needed.");
  const auto forbidden = [&](std::string_view why, std::string_view resource) {
    return Error({.code = "AccessForbidden", .status = 403}, "CORSResponse: {}", why)
        .with("Method", method.empty() ? "OPTIONS" : method)
        .with("ResourceType", std::string(resource));
  };
  const std::optional<Bucket> bucket = look_up_bucket(*call.state, text_of(call.in, "Bucket"));
  if (!bucket) throw forbidden("Bucket not found", "BUCKET");
  call.owner = bucket->account;
  call.region = bucket->region;
  const std::optional<Json> rules = bucket_setting(*call.state, bucket->name, kCorsSetting);
  if (!rules) throw forbidden("CORS is not enabled for this bucket.", "BUCKET");
  if (method.empty()) throw Error(kBadRequest, "Invalid Access-Control-Request-Method: null");
  const std::string headers = sent_header(call, "access-control-request-headers");
  if (!cors_headers(*rules, {origin, method, headers})) {
    // S3's own spelling.
    throw forbidden(
        "This CORS request is not allowed. This is usually because the evalution of Origin, request method / "
        "Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec.",
        call.http.key.empty() ? "BUCKET" : "OBJECT");
  }
  // The headers themselves come with every answer: answers.cc.
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"DeleteBucketCors", delete_cors},
    {"GetBucketCors", get_cors},
    {"PreflightRequest", preflight},
    {"PutBucketCors", put_cors},
});

}  // namespace
}  // namespace cairn::s3

namespace cairn::services {
extern const api::Family s3_bucket_cors;
const api::Family s3_bucket_cors{.service = "s3", .operations = s3::kOperations, .decides = api::Decides::kHandler};
}  // namespace cairn::services
