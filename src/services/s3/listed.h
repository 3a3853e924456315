#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "services/s3/bucket.h"
#include "services/s3/object.h"
#include "services/s3/scan.h"

/// What all listings of a bucket have in common.
namespace cairn::s3 {

/// How names are written into the answer: as they are, or percent-encoded on request, as XML cannot carry every key.
class NameEncoder {
 public:
  explicit NameEncoder(const Json& in);  // throws InvalidArgument
  std::string operator()(std::string_view name) const;
  bool is_url() const { return is_url_; }

 private:
  bool is_url_ = false;
};

std::string listed_time(Time t);
/// What an entry of any listing says of an object.
Json describe_listed(const Object& object, const std::string& shown_key);
Json common_prefixes(const std::vector<std::string>& prefixes, const NameEncoder& encoder);
/// Prefix, delimiter and page size of the call.
Scan scan_of(const api::Call& call);
/// What all listings give back of the question.
void echo_listing(api::Call& call, const Bucket& bucket, const Scan& scan, const NameEncoder& encoder);

}  // namespace cairn::s3
