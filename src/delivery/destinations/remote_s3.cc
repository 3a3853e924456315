#include "delivery/destinations/remote_s3.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <span>

#include "base/log.h"
#include "base/text.h"
#include "base/xml.h"

namespace cairn::delivery {
namespace {

using Headers = std::vector<std::pair<std::string, std::string>>;

constexpr std::chrono::milliseconds kAnswerTimeout{30'000};
constexpr size_t kBytesPerSecondMin = 128 << 10;  // a body gets so much more time than kAnswerTimeout
constexpr size_t kAnswerBytesMax = 64 << 10;      // S3's errors have a few hundred
constexpr size_t kCodeBytesMax = 100, kMessageBytesMax = 1000;

/// What CloudTrail asks of S3 for each of its objects, and not every other server can do.
const Headers::value_type kAclHeader = {"x-amz-acl", "bucket-owner-full-control"};
/// How servers say that they cannot: Cloudflare R2, MinIO without a KMS; Backblaze B2; Ceph; S3 itself where a bucket has no ACLs.
constexpr std::array<std::string_view, 4> kHeaderRefusals = {"NotImplemented", "InvalidArgument", "InvalidRequest",
                                                             "AccessControlListNotSupported"};
/// Answers to HEAD after which a PUT may succeed all the same.
constexpr std::array<std::string_view, 4> kPutWillTell = {"AccessDenied", "BadRequest", "MethodNotAllowed", "NotImplemented"};

bool is_among(std::span<const std::string_view> all, std::string_view one) { return std::find(all.begin(), all.end(), one) != all.end(); }

std::string cut(std::string_view untrusted, size_t bytes_max) { return text::replace_invalid_utf8(untrusted.substr(0, bytes_max)); }

/// S3's code for an answer that brings none: those to HEAD have no body, and proxies speak no XML.
std::string_view code_of_status(int status) {
  switch (status) {
    case 301:
      return "PermanentRedirect";
    case 307:
      return "TemporaryRedirect";
    case 400:
      return "BadRequest";
    case 401:
    case 403:
      return "AccessDenied";
    case 404:
      return "NoSuchBucket";
    case 405:
      return "MethodNotAllowed";
    case 501:
      return "NotImplemented";
    case 429:
    case 503:
      return "ServiceUnavailable";
    default:
      return "InternalError";
  }
}

PutFailure refusal(const env::HttpAnswer& answer, const std::string& endpoint) {
  PutFailure failure{std::string(code_of_status(answer.status)), fmt::format("{} answered {}", endpoint, answer.status)};
  if (const std::string_view region = answer.header("x-amz-bucket-region"); answer.status == 301 && !region.empty())
    failure.message = fmt::format("The bucket is in another region: {}", cut(region, kCodeBytesMax));
  const auto error = xml::parse(answer.body);
  if (!error || error->name != "Error") return failure;
  if (const xml::Element* code = error->child("Code"); code != nullptr && !code->text.empty())
    failure.code = cut(code->text, kCodeBytesMax);
  if (const xml::Element* message = error->child("Message"); message != nullptr && !message->text.empty())
    failure.message = cut(message->text, kMessageBytesMax);
  return failure;
}

class RemoteS3 final : public Destination, public std::enable_shared_from_this<RemoteS3> {
 public:
  RemoteS3(env::HttpClient& http, const env::Clock& clock, RemoteBucket bucket) : http_(http), clock_(clock), bucket_(std::move(bucket)) {
    bucket_.signer.service = "s3";
    const size_t host = bucket_.endpoint.find("://") + 3;
    const size_t path = std::min(bucket_.endpoint.find('/', host), bucket_.endpoint.size());
    scheme_ = bucket_.endpoint.substr(0, host);
    host_ = bucket_.endpoint.substr(host, path - host);
    path_ = bucket_.endpoint.substr(path);
  }

  void check(const std::string&, const aws::AccountId&, const std::string& bucket, Done done) override {
    call("HEAD", bucket, "", {}, nullptr, [done = std::move(done)](Result<void, PutFailure> result) {
      // Keys that may do nothing but put are good keys; and of a refusal only the answer to a PUT says why, for one to HEAD has no body.
      if (!result && is_among(kPutWillTell, result.error().code)) result = {};
      done(std::move(result));
    });
  }

  void put(Put put, Done done) override { attempt(std::make_shared<const Put>(std::move(put)), !plain_, std::move(done)); }

 private:
  void attempt(std::shared_ptr<const Put> put, bool cloudtrail_headers, Done done) {
    Headers headers = {{"Content-Type", "application/json"}, {"Content-Encoding", "gzip"}};
    if (cloudtrail_headers) headers.push_back(kAclHeader);
    // A server that cannot encrypt under the trail's key is given nothing.
    if (cloudtrail_headers || !put->kms_key.empty())
      for (auto& header : encryption_headers(*put)) headers.push_back(std::move(header));
    for (const auto& [name, value] : put->metadata) headers.emplace_back("x-amz-meta-" + name, value);
    call("PUT", put->bucket, put->key, std::move(headers), put->bytes,
         [self = shared_from_this(), put, cloudtrail_headers, done = std::move(done)](Result<void, PutFailure> result) mutable {
           const std::string_view code = result ? std::string_view() : result.error().code;
           if (cloudtrail_headers && is_among(kHeaderRefusals, code)) return self->attempt(std::move(put), false, std::move(done));
           if (!cloudtrail_headers && result && !self->plain_.exchange(true)) {
             log::warning("a bucket elsewhere takes log files only without x-amz-acl and x-amz-server-side-encryption",
                          {{"bucket", put->bucket}, {"endpoint", self->bucket_.endpoint}});
           }
           if (code == "AccessDenied") self->plain_ = false;  // perhaps its policy wants them by now
           done(std::move(result));
         });
  }

  /// One signed request; `key` "": the bucket itself.
  void call(std::string_view method, const std::string& bucket, const std::string& key, Headers headers,
            std::shared_ptr<const std::string> body, Done done) {
    const bool by_path = bucket_.addressing == RemoteBucket::Addressing::kPath;
    const std::string host = by_path ? host_ : bucket + "." + host_;
    std::string path = path_;
    if (by_path) path += "/" + bucket;
    if (!key.empty() || !by_path) path += "/" + text::percent_encode(key, text::Slash::kKeep);
    headers.emplace_back("Host", host);
    headers.emplace_back("User-Agent", "cairn");

    aws::sigv4::Request request{method, path, "", {headers.begin(), headers.end()}};
    const Headers added = aws::sigv4::sign(bucket_.signer, request, body ? std::string_view(*body) : std::string_view(), clock_.now());
    headers.insert(headers.end(), added.begin(), added.end());
    const size_t bytes = body ? body->size() : 0;
    http_.send({.method = std::string(method),
                .url = scheme_ + host + path,
                .headers = std::move(headers),
                .body = std::move(body),
                .ca_bundle = bucket_.ca_bundle,
                .timeout = kAnswerTimeout + std::chrono::seconds(bytes / kBytesPerSecondMin),
                .answer_bytes_max = kAnswerBytesMax},
               [endpoint = bucket_.endpoint, done = std::move(done)](const Result<env::HttpAnswer, env::HttpFailure>& answer) {
                 if (!answer) {
                   done(tl::unexpected(PutFailure{"ConnectionFailure", fmt::format("{}: {}", endpoint, answer.error().message)}));
                 } else if (answer->status / 100 != 2) {
                   done(tl::unexpected(refusal(*answer, endpoint)));
                 } else {
                   done({});
                 }
               });
  }

  env::HttpClient& http_;
  const env::Clock& clock_;
  RemoteBucket bucket_;
  std::string scheme_, host_, path_;  // of the endpoint: http://, s3.example:9000, /prefix
  std::atomic<bool> plain_{false};    // the server has refused CloudTrail's headers, and taken an object without
};

}  // namespace

std::shared_ptr<Destination> remote_s3(env::HttpClient& http, const env::Clock& clock, RemoteBucket bucket) {
  return std::make_shared<RemoteS3>(http, clock, std::move(bucket));
}

}  // namespace cairn::delivery
