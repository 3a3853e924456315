#pragma once
// Test only: CloudTrail's handlers, with what its tests ask often.
#include <map>
#include <set>
#include <string>
#include <vector>

#include "delivery/trail.h"
#include "services/harness.h"

namespace cairn::cloudtrail {

using services::Answer;

/// Buckets that let everybody in, but for those named here.
class FakeBuckets final : public api::BucketAccess {
 public:
  Result<void, Refusal> check(state::Transaction&, const Ask& ask) override {
    asks.push_back(ask);
    if (missing.contains(ask.bucket)) return tl::unexpected(Refusal{Refusal::kNoSuchBucket, ""});
    if (denied.contains(ask.action)) return tl::unexpected(Refusal{Refusal::kDenied, denied.at(ask.action)});
    return {};
  }
  std::set<std::string> missing;
  std::map<std::string, std::string> denied;  // action -> reason
  std::vector<Ask> asks;
};

/// Every log group is there.
class AllGroups final : public api::LogGroups {
 public:
  bool exists(state::Transaction&, std::string_view) const override { return true; }
};

class Harness : public services::Harness {
 public:
  Harness() : services::Harness("cloudtrail", Checks::kNothing) {
    ports.buckets = &buckets;
    ports.log_groups = &log_groups_;
  }

  /// A trail in `region`, made as a client would.
  Answer create(const std::string& name, const Json& more = Json::object()) {
    Json in{{"Name", name}, {"S3BucketName", "logs"}};
    in.update(more);
    return call("CreateTrail", in);
  }
  std::string arn(const std::string& name) const { return delivery::trail_arn(aws::AccountId(account), aws::Region(region), name); }

  FakeBuckets buckets;
  std::string account = "111122223333";

 protected:
  void introduce(api::Call& call) override { call.principal.account = call.account = aws::AccountId(account); }

 private:
  AllGroups log_groups_;
};

}  // namespace cairn::cloudtrail
