#include "delivery/destination.h"

#include "base/json.h"
#include "base/text.h"

namespace cairn::delivery {

std::vector<std::pair<std::string, std::string>> encryption_headers(const Put& put) {
  if (put.kms_key.empty()) return {{"x-amz-server-side-encryption", "AES256"}};
  const std::string context = json::dump(Json{{"aws:cloudtrail:arn", put.trail_arn}});
  return {{"x-amz-server-side-encryption", "aws:kms"},
          {"x-amz-server-side-encryption-aws-kms-key-id", put.kms_key},
          {"x-amz-server-side-encryption-context", text::base64(context)}};
}

}  // namespace cairn::delivery
