#include "delivery/destinations/by_bucket.h"

namespace cairn::delivery {
namespace {

class ByBucket final : public Destination {
 public:
  ByBucket(std::map<std::string, Elsewhere, std::less<>> named, std::shared_ptr<Destination> others)
      : named_(std::move(named)), others_(std::move(others)) {}

  void check(const std::string& trail_arn, const aws::AccountId& account, const std::string& bucket, Done done) override {
    of(bucket, account).check(trail_arn, account, bucket, std::move(done));
  }
  void put(Put put, Done done) override {
    Destination& destination = of(put.bucket, put.account);
    destination.put(std::move(put), std::move(done));
  }

 private:
  Destination& of(const std::string& bucket, const aws::AccountId& account) const {
    const auto it = named_.find(bucket);
    const bool is_there = it != named_.end() && (it->second.accounts.empty() || it->second.accounts.contains(account));
    return is_there ? *it->second.destination : *others_;
  }

  const std::map<std::string, Elsewhere, std::less<>> named_;
  const std::shared_ptr<Destination> others_;
};

}  // namespace

std::shared_ptr<Destination> by_bucket(std::map<std::string, Elsewhere, std::less<>> named, std::shared_ptr<Destination> others) {
  return std::make_shared<ByBucket>(std::move(named), std::move(others));
}

}  // namespace cairn::delivery
