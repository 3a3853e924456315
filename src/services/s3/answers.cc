#include "services/s3/answers.h"

#include "services/s3/access_log.h"
#include "services/s3/bucket_setting.h"
#include "services/s3/cors.h"
#include "services/s3/sent_header.h"

namespace cairn::s3 {
namespace {

void let_page_see(api::Call& call, http::Response& response) {
  const std::string origin = sent_header(call, "origin");
  if (origin.empty() || call.http.bucket.empty()) return;
  const std::optional<Json> rules = bucket_setting(*call.state, call.http.bucket, kCorsSetting);
  if (!rules) return;
  const std::string asked = sent_header(call, "access-control-request-method");
  const std::string headers = sent_header(call, "access-control-request-headers");
  std::optional<CorsHeaders> shown = cors_headers(*rules, {origin, asked.empty() ? call.http.method : asked, headers});
  if (!shown) return;
  for (auto& header : *shown) response.headers.push_back(std::move(header));
}

}  // namespace

void finish(api::Call& call, const api::Leaving& leaving) {
  let_page_see(call, leaving.response);
  note_access(call, leaving);
}

}  // namespace cairn::s3
