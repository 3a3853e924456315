#pragma once
#include <string>

#include "api/call.h"
#include "services/s3/object.h"
#include "services/s3/range.h"

namespace cairn::s3 {

/// The object that x-amz-copy-source names, opened and held against the x-amz-copy-source-if-… conditions.
struct CopySource {
  std::string bucket, key;
  Object object;
  bool is_current = true;
};
CopySource open_copy_source(api::Call& call);

/// Throws InvalidRequest if more than one copy may take.
void check_copy_size(uint64_t bytes);

}  // namespace cairn::s3
