#include "delivery/destinations/remote_s3.h"

#include <gtest/gtest.h>

#include "base/log.h"
#include "base/text.h"
#include "delivery/destinations/by_bucket.h"
#include "env/sim/clock.h"
#include "env/sim/http_client.h"
#include "env/sim/random.h"
#include "env/sim/tasks.h"

namespace cairn::delivery {
namespace {

using namespace std::chrono_literals;
using Way = env::SimHttpClient::Way;

const aws::AccountId kAccount("111122223333");
const std::string kTrail = "arn:aws:cloudtrail:us-east-1:111122223333:trail/t";

RemoteBucket bucket_at(std::string endpoint) {
  return {
      .endpoint = std::move(endpoint),
      .signer = {
          .access_key = aws::AccessKeyId("AKIAREMOTE"), .secret = Secret("s"), .session_token = "", .region = aws::Region("eu-west-1")}};
}

Put log_file() {
  return {.trail_arn = kTrail,
          .account = kAccount,
          .bucket = "logs",
          .key = "p q/AWSLogs/111122223333/CloudTrail/a+b.json.gz",
          .bytes = std::make_shared<const std::string>("gzip"),
          .metadata = {{"signature", "ab12"}, {"signature-algorithm", "SHA256withRSA"}}};
}

std::string s3_error(std::string_view code, std::string_view message) {
  return fmt::format("<?xml version=\"1.0\"?><Error><Code>{}</Code><Message>{}</Message><RequestId>1</RequestId></Error>", code, message);
}

class RemoteS3Test : public testing::Test {
 protected:
  RemoteS3Test() : tasks_(clock_, random_), http_(clock_, tasks_) {
    log::set_threshold(log::Level::kError);
    serve("http://s3.example:9000");
  }
  ~RemoteS3Test() override { log::set_threshold(log::Level::kInfo); }

  void serve(const std::string& origin) {
    http_.serve(origin, [this](const env::HttpRequest& request) {
      seen_.push_back(request);
      return answer_ ? answer_(request) : env::HttpAnswer{.status = 200, .headers = {}, .body = ""};
    });
  }
  void answer_always(int status, std::string body = "", std::vector<std::pair<std::string, std::string>> headers = {}) {
    answer_ = [=](const env::HttpRequest&) { return env::HttpAnswer{status, headers, body}; };
  }
  std::string header(const env::HttpRequest& request, std::string_view name) {
    for (const auto& [sent, value] : request.headers)
      if (text::equals_ignoring_case(sent, name)) return value;
    return "-";
  }
  /// "" on success, else "CODE: message".
  std::string outcome_of(const std::function<void(Destination::Done)>& call) {
    std::optional<std::string> outcome;
    call([&](const Result<void, PutFailure>& result) { outcome = result ? "" : result.error().code + ": " + result.error().message; });
    tasks_.run_for(10min);
    return outcome.value_or("no answer");
  }
  std::string put(Destination& destination) {
    return outcome_of([&](Destination::Done done) { destination.put(log_file(), std::move(done)); });
  }
  std::string check(Destination& destination) {
    return outcome_of([&](Destination::Done done) { destination.check(kTrail, kAccount, "logs", std::move(done)); });
  }

  env::SimClock clock_;
  env::SimRandom random_{1};
  env::SimTasks tasks_;
  std::vector<env::HttpRequest> seen_;
  std::function<env::HttpAnswer(const env::HttpRequest&)> answer_;
  env::SimHttpClient http_;
  std::shared_ptr<Destination> remote_ = remote_s3(http_, clock_, bucket_at("http://s3.example:9000"));
};

TEST_F(RemoteS3Test, PutsWithWhatCloudTrailSends) {
  EXPECT_EQ(put(*remote_), "");
  ASSERT_EQ(seen_.size(), 1u);
  const env::HttpRequest& sent = seen_[0];
  EXPECT_EQ(sent.method, "PUT");
  EXPECT_EQ(sent.url, "http://s3.example:9000/logs/p%20q/AWSLogs/111122223333/CloudTrail/a%2Bb.json.gz");
  EXPECT_EQ(*sent.body, "gzip");
  EXPECT_EQ(header(sent, "host"), "s3.example:9000");
  EXPECT_EQ(header(sent, "x-amz-acl"), "bucket-owner-full-control");
  EXPECT_EQ(header(sent, "x-amz-server-side-encryption"), "AES256");
  EXPECT_EQ(header(sent, "x-amz-meta-signature"), "ab12");
  EXPECT_EQ(header(sent, "x-amz-meta-signature-algorithm"), "SHA256withRSA");
  EXPECT_EQ(header(sent, "content-encoding"), "gzip");
}

/// The other side's own reading of the request finds a good signature over all that was sent.
TEST_F(RemoteS3Test, SignsEverything) {
  RemoteBucket with_token = bucket_at("http://s3.example:9000/minio");
  with_token.signer.session_token = "token";
  remote_ = remote_s3(http_, clock_, with_token);
  EXPECT_EQ(put(*remote_), "");
  EXPECT_EQ(check(*remote_), "");
  ASSERT_EQ(seen_.size(), 2u);
  for (const env::HttpRequest& sent : seen_) {
    const std::string path = sent.url.substr(std::string("http://s3.example:9000").size());
    EXPECT_TRUE(path.starts_with("/minio/logs")) << path;
    aws::sigv4::Request request{sent.method, path, "", {sent.headers.begin(), sent.headers.end()}};
    const auto claim = aws::sigv4::read_claim(request);
    ASSERT_TRUE(claim.has_value());
    EXPECT_EQ(claim->access_key.str(), "AKIAREMOTE");
    EXPECT_EQ(claim->region.str(), "eu-west-1");
    EXPECT_EQ(claim->session_token, "token");
    for (const auto& [name, value] : sent.headers) {
      if (name == "Authorization") continue;
      EXPECT_NE((";" + claim->signed_headers + ";").find(";" + text::lower(name) + ";"), std::string::npos) << name;
    }
    const std::string key = aws::sigv4::signing_key(Secret("s"), claim->date, "eu-west-1", "s3");
    EXPECT_EQ(claim->signature, aws::sigv4::signature(key, aws::sigv4::string_to_sign(*claim, aws::sigv4::canonical_request(
                                                                                                  request, *claim, claim->payload_hash))));
  }
}

TEST_F(RemoteS3Test, ChecksTheBucketByHead) {
  EXPECT_EQ(check(*remote_), "");
  EXPECT_EQ(seen_.at(0).method, "HEAD");
  EXPECT_EQ(seen_[0].url, "http://s3.example:9000/logs");
  answer_always(404);
  EXPECT_EQ(check(*remote_), "NoSuchBucket: http://s3.example:9000 answered 404");
  answer_always(500);
  EXPECT_EQ(check(*remote_), "InternalError: http://s3.example:9000 answered 500");
  for (const int status : {400, 401, 403, 405, 501}) {
    answer_always(status);
    EXPECT_EQ(check(*remote_), "") << "the PUT will say why, if it may not either: " << status;
  }
  answer_always(301, "", {{"x-amz-bucket-region", "eu-south-1"}});
  EXPECT_EQ(check(*remote_), "PermanentRedirect: The bucket is in another region: eu-south-1");
}

TEST_F(RemoteS3Test, TheBucketMayBeAHostOfItsOwn) {
  RemoteBucket bucket = bucket_at("http://s3.example:9000");
  bucket.addressing = RemoteBucket::Addressing::kHost;
  remote_ = remote_s3(http_, clock_, bucket);
  serve("http://logs.s3.example:9000");
  EXPECT_EQ(check(*remote_), "");
  EXPECT_EQ(put(*remote_), "");
  EXPECT_EQ(seen_.at(0).url, "http://logs.s3.example:9000/");
  EXPECT_EQ(header(seen_[0], "host"), "logs.s3.example:9000");
  EXPECT_TRUE(seen_.at(1).url.starts_with("http://logs.s3.example:9000/p%20q/AWSLogs/")) << seen_[1].url;
}

TEST_F(RemoteS3Test, FailuresBearS3sCodeAndWords) {
  answer_always(404, s3_error("NoSuchBucket", "The specified bucket does not exist"));
  EXPECT_EQ(put(*remote_), "NoSuchBucket: The specified bucket does not exist");
  answer_always(403, s3_error("AccessDenied", "Access Denied"));
  EXPECT_EQ(put(*remote_), "AccessDenied: Access Denied");
  answer_always(503, s3_error("SlowDown", "Please reduce your request rate."));
  EXPECT_EQ(put(*remote_), "SlowDown: Please reduce your request rate.");
  answer_always(502, "<html><body>Bad gateway</body></html>");
  EXPECT_EQ(put(*remote_), "InternalError: http://s3.example:9000 answered 502");
  answer_always(500, std::string(65 << 10, 'x'));
  EXPECT_EQ(put(*remote_), "ConnectionFailure: http://s3.example:9000: the answer is too long");
  answer_always(400, s3_error(std::string(5000, 'c'), std::string(5000, 'm')));
  EXPECT_LE(put(*remote_).size(), 1200u) << "what a server sends is not kept without bound";
}

TEST_F(RemoteS3Test, FailuresOnTheWayAreConnectionFailures) {
  for (const Way way : {Way::kRefused, Way::kSilent, Way::kAnswerLost, Way::kRequestLost}) {
    http_.set_way(way, 1);
    EXPECT_TRUE(put(*remote_).starts_with("ConnectionFailure: http://s3.example:9000: ")) << static_cast<int>(way);
  }
  EXPECT_EQ(put(*remote_), "") << "and it comes back";
}

TEST_F(RemoteS3Test, AServerWithoutAclsOrEncryptionIsAskedOnceMoreAndRemembered) {
  for (const char* code : {"NotImplemented", "InvalidArgument", "InvalidRequest", "AccessControlListNotSupported"}) {
    remote_ = remote_s3(http_, clock_, bucket_at("http://s3.example:9000"));
    seen_.clear();
    answer_ = [&](const env::HttpRequest& request) {
      if (header(request, "x-amz-acl") == "-") return env::HttpAnswer{.status = 200, .headers = {}, .body = ""};
      return env::HttpAnswer{.status = 400, .headers = {}, .body = s3_error(code, "no such header here")};
    };
    EXPECT_EQ(put(*remote_), "") << code;
    EXPECT_EQ(seen_.size(), 2u) << code;
    EXPECT_EQ(put(*remote_), "") << code;
    ASSERT_EQ(seen_.size(), 3u) << code << ": remembered";
    EXPECT_EQ(header(seen_[1], "x-amz-server-side-encryption"), "-");
    EXPECT_EQ(header(seen_[1], "x-amz-meta-signature"), "ab12");
    EXPECT_EQ(*seen_[1].body, "gzip");

    answer_always(403, s3_error("AccessDenied", "Access Denied"));
    EXPECT_EQ(put(*remote_), "AccessDenied: Access Denied");
    EXPECT_EQ(header(seen_.back(), "x-amz-acl"), "-");
    EXPECT_EQ(put(*remote_), "AccessDenied: Access Denied");
    EXPECT_EQ(header(seen_.back(), "x-amz-acl"), "bucket-owner-full-control") << "perhaps it wants them by now";
  }
}

TEST_F(RemoteS3Test, WhatIsNoMatterOfHeadersIsReportedAsItIs) {
  answer_always(400, s3_error("InvalidRequest", "of another kind"));
  EXPECT_EQ(put(*remote_), "InvalidRequest: of another kind");
  EXPECT_EQ(seen_.size(), 2u);
  answer_ = nullptr;
  EXPECT_EQ(put(*remote_), "");
  EXPECT_EQ(header(seen_.back(), "x-amz-acl"), "bucket-owner-full-control") << "nothing was learned from it";
}

TEST_F(RemoteS3Test, LargeBodiesGetMoreTime) {
  Put large = log_file();
  large.bytes = std::make_shared<const std::string>(std::string(10 << 20, 'x'));
  http_.set_delay(100s);
  EXPECT_EQ(outcome_of([&](Destination::Done done) { remote_->put(large, std::move(done)); }), "");
  EXPECT_TRUE(put(*remote_).starts_with("ConnectionFailure"));
}

TEST_F(RemoteS3Test, CallsUnderWayKeepItAlive) {
  http_.set_delay(1s);
  std::string outcome = "no answer";
  answer_always(400, s3_error("InvalidArgument", "?"));
  remote_->put(log_file(), [&](const Result<void, PutFailure>& result) { outcome = result ? "" : result.error().code; });
  remote_.reset();
  tasks_.run_for(1min);
  EXPECT_EQ(outcome, "InvalidArgument");
}

TEST_F(RemoteS3Test, EachBucketHasItsPlace) {
  serve("http://here.example");
  const auto both = by_bucket({{"logs", {remote_}}}, remote_s3(http_, clock_, bucket_at("http://here.example")));
  EXPECT_EQ(put(*both), "");
  EXPECT_EQ(check(*both), "");
  Put other = log_file();
  other.bucket = "mine";
  EXPECT_EQ(outcome_of([&](Destination::Done done) { both->put(other, std::move(done)); }), "");
  EXPECT_TRUE(seen_.at(0).url.starts_with("http://s3.example:9000/logs/"));
  EXPECT_TRUE(seen_.at(1).url.starts_with("http://s3.example:9000/logs"));
  EXPECT_TRUE(seen_.at(2).url.starts_with("http://here.example/mine/"));
  const auto others_only =
      by_bucket({{"logs", {remote_, {aws::AccountId("444455556666")}}}}, remote_s3(http_, clock_, bucket_at("http://here.example")));
  EXPECT_EQ(put(*others_only), "");
  EXPECT_TRUE(seen_.at(3).url.starts_with("http://here.example/logs/")) << "it is not for this account";
}

}  // namespace
}  // namespace cairn::delivery
