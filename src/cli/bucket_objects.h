#pragma once
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "archive/verify.h"
#include "cli/signed_http.h"

namespace cairn::cli {

/// Objects of S3 buckets, read over HTTP (ListObjectsV2, GetObject, path style). Any thread.
class BucketObjects : public archive::Objects {
 public:
  BucketObjects(const Target& target, const env::Clock& clock);

  Result<std::vector<std::string>> list(const std::string& bucket, const std::string& prefix, const std::string& after,
                                        size_t limit) override;
  Result<std::optional<archive::Metadata>, archive::ReadFailure> read(const std::string& bucket, const std::string& key,
                                                                      const Sink& sink) override;

 private:
  struct Refused {
    std::string code, message;
  };
  /// A GET that is answered 200; buckets of another region are asked again there.
  Result<env::HttpAnswer, Refused> get(const std::string& bucket, const std::string& path, const std::string& query);
  std::string region_of(const std::string& bucket);

  SignedHttp http_;
  std::mutex mutex_;                            // guards regions_
  std::map<std::string, std::string> regions_;  // of buckets, as the server corrected us
};

}  // namespace cairn::cli
