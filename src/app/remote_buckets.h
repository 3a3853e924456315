#pragma once
#include <map>
#include <string>

#include "api/ports.h"
#include "app/settings.h"
#include "base/result.h"
#include "cli/surroundings.h"
#include "delivery/destinations/remote_s3.h"

namespace cairn::app {

/// The buckets elsewhere, with the keys that their profiles name in the user's AWS files. A failure says which bucket lacks what.
Result<std::map<std::string, delivery::RemoteBucket>> remote_buckets(const Settings& settings, const cli::Surroundings& around);

/// Lets trails have buckets elsewhere: nobody here knows what is allowed there, so it shows when the first file is put, in
/// GetTrailStatus. Of all other buckets, and to trails of accounts that a bucket elsewhere is not for, it says what `others` says.
class BucketAccessElsewhere final : public api::BucketAccess {
 public:
  BucketAccessElsewhere(std::map<std::string, delivery::RemoteBucket> elsewhere, api::BucketAccess& others)
      : elsewhere_(std::move(elsewhere)), others_(others) {}
  Result<void, Refusal> check(state::Transaction& state, const Ask& ask) override;
  bool is_elsewhere(const std::string& bucket) const override { return elsewhere_.contains(bucket); }

 private:
  const std::map<std::string, delivery::RemoteBucket> elsewhere_;
  api::BucketAccess& others_;
};

}  // namespace cairn::app
