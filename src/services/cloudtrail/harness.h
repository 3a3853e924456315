#pragma once
// Test only: CloudTrail's handlers on a real store, as the pipeline would call them.
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "api/operation.h"
#include "api/ports.h"
#include "aws/model.h"
#include "delivery/trail.h"
#include "env/sim/clock.h"
#include "env/sim/random.h"
#include "services/catalog.h"
#include "state/sim/engine.h"
#include "state/store.h"

namespace cairn::cloudtrail {

struct Answer {
  Json out;
  std::string code, message;  // of a refusal

  bool ok() const { return code.empty(); }
};

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

class Harness {
 public:
  Harness() : engine_(database_.open()), store_(*engine_, {}) {
    ports_.clock = &clock;
    ports_.random = &random_;
    ports_.buckets = &buckets;
    ports_.log_groups = &log_groups_;
  }

  Answer call(std::string_view operation, const Json& in) {
    const api::Operation* row = find(operation);
    if (row == nullptr) throw std::runtime_error("no such operation: " + std::string(operation));
    api::Call call;
    call.model = aws::service_model("cloudtrail")->operation(operation);
    call.operation = row;
    call.ports = &ports_;
    call.principal.kind = aws::Principal::Kind::kUser;
    call.principal.account = call.account = aws::AccountId(account);
    call.principal.is_administrator = true;
    call.region = aws::Region(region);
    call.now = clock.now();
    call.in = in;
    call.out = Json::object();
    state::Transaction transaction(store_);
    call.state = &transaction;
    Answer answer;
    try {
      row->handle(call);
    } catch (const aws::Error& error) {
      answer.code = std::string(error.kind.code);
      answer.message = error.message;
      return answer;
    }
    answer.out = call.out;
    commit(transaction);
    return answer;
  }

  /// A trail in `region`, made as a client would.
  Answer create(const std::string& name, const Json& more = Json::object()) {
    Json in{{"Name", name}, {"S3BucketName", "logs"}};
    in.update(more);
    return call("CreateTrail", in);
  }
  std::string arn(const std::string& name) const { return delivery::trail_arn(aws::AccountId(account), aws::Region(region), name); }

  std::optional<std::string> document(const std::string& key) { return state::Transaction(store_).get(key); }
  /// Documents whose keys start with `prefix`.
  size_t documents(const std::string& prefix) { return state::Transaction(store_).list(prefix, "", 1000).items.size(); }
  void put(const std::string& key, const std::string& value) {
    state::Transaction transaction(store_);
    transaction.put(key, value);
    commit(transaction);
  }

  env::SimClock clock;
  FakeBuckets buckets;
  std::string region = "us-east-1", account = "111122223333";

 private:
  static const api::Operation* find(std::string_view name) {
    for (const api::Family* family : services::families())
      for (const api::Operation& operation : family->operations)
        if (family->service == "cloudtrail" && operation.name == name) return &operation;
    return nullptr;
  }
  void commit(state::Transaction& transaction) {
    if (transaction.changes().empty()) return;
    EXPECT_TRUE(store_.commit(transaction, [&](auto) { return journal::Position{++position_}; }).has_value());
  }

  env::SimRandom random_{1};
  state::SimDatabase database_;
  std::unique_ptr<state::Engine> engine_;
  state::Store store_;
  AllGroups log_groups_;
  api::Ports ports_;
  uint64_t position_ = 0;
};

}  // namespace cairn::cloudtrail
