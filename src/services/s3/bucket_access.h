#pragma once
#include "api/ports.h"

namespace cairn::s3 {

/// What a bucket's policy says to a call that is only thought of, and why: for services that will write there.
class PolicyBucketAccess final : public api::BucketAccess {
 public:
  Result<void, Refusal> check(state::Transaction& state, const Ask& ask) override;
};

}  // namespace cairn::s3
