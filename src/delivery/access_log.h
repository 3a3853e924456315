#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "aws/names.h"
#include "base/json.h"
#include "base/result.h"
#include "base/time.h"

/// Lines of S3's server access logs on their way: a note in the entry of what they tell of, which AccessLogDelivery takes from there.
namespace cairn::delivery {

inline constexpr std::string_view kAccessLogNote = "s3-access-log";

/// Lines about one bucket.
struct AccessLogLines {
  std::string source;      // the bucket
  aws::AccountId account;  // its owner
  aws::Region region;
  Json logging;      // its LoggingEnabled, as it was then
  Time time;         // when what they tell of happened
  std::string text;  // whole lines
};

std::string encode(std::span<const AccessLogLines> lines);
Result<std::vector<AccessLogLines>> decode_access_log(std::string_view note);

/// Who puts them.
inline constexpr std::string_view kAccessLogService = "logging.s3.amazonaws.com";

}  // namespace cairn::delivery
