#include "delivery/destinations/embedded_s3.h"

#include "base/crypto.h"
#include "base/text.h"
#include "base/xml.h"

namespace cairn::delivery {
namespace {

/// The code and words of S3's answer, if it is a refusal.
Result<void, PutFailure> outcome_of(const http::Response& response) {
  if (response.status < 300) return {};
  PutFailure failure{"InternalError", fmt::format("S3 answered {}", response.status)};
  if (const auto root = xml::parse(response.body)) {
    if (const xml::Element* code = root->child("Code")) failure.code = code->text;
    if (const xml::Element* message = root->child("Message")) failure.message = message->text;
  }
  return tl::unexpected(std::move(failure));
}

class EmbeddedS3 final : public Destination {
 public:
  explicit EmbeddedS3(api::Client& client) : client_(client) {}

  void check(const std::string& trail_arn, const aws::AccountId& account, const std::string& bucket, Done done) override {
    api::Client::Request request = request_of(trail_arn, account);
    request.method = "GET";
    request.target = "/" + bucket + "?acl";
    call(std::move(request), std::move(done));
  }

  void put(Put put, Done done) override {
    api::Client::Request request = request_of(put.trail_arn, put.account);
    request.method = "PUT";
    request.target = "/" + put.bucket + "/" + text::percent_encode(put.key, text::Slash::kKeep);
    request.headers = {{"Content-Type", "application/json"},
                       {"Content-Encoding", "gzip"},
                       {"Content-MD5", text::base64(crypto::md5(*put.bytes))},  // which buckets with Object Lock insist on
                       {"x-amz-acl", "bucket-owner-full-control"}};
    for (auto& header : encryption_headers(put)) request.headers.push_back(std::move(header));
    for (const auto& [name, value] : put.metadata) request.headers.emplace_back("x-amz-meta-" + name, value);
    request.body = *put.bytes;
    call(std::move(request), std::move(done));
  }

 private:
  static api::Client::Request request_of(const std::string& trail_arn, const aws::AccountId& account) {
    api::Client::Request request;
    request.principal.kind = aws::Principal::Kind::kService;
    request.principal.user_name = "cloudtrail.amazonaws.com";
    request.principal.source_arn = trail_arn;
    request.principal.source_account = account;
    request.service = "s3";
    request.region = aws::kGlobalRegion;
    request.host = "s3.amazonaws.com";
    return request;
  }

  void call(api::Client::Request request, Done done) {
    client_.call(std::move(request), [done = std::move(done)](const http::Response& response) { done(outcome_of(response)); });
  }

  api::Client& client_;
};

}  // namespace

std::unique_ptr<Destination> embedded_s3(api::Client& client) { return std::make_unique<EmbeddedS3>(client); }

}  // namespace cairn::delivery
