#pragma once
#include "api/call.h"
#include "services/s3/access_list.h"
#include "services/s3/bucket.h"

namespace cairn::s3 {

Grants bucket_grants(state::Transaction& state, const Bucket& bucket);
void put_bucket_grants(state::Transaction& state, const Bucket& bucket, const Grants& grants);

}  // namespace cairn::s3
