#pragma once
#include <string>
#include <vector>

#include "api/call.h"
#include "services/s3/object.h"

namespace cairn::s3 {

/// A page of the versions in a bucket: keys ascending, a key's versions newest first.
struct VersionScan {
  std::string prefix;
  std::string delimiter;      // "": no common prefixes
  std::string after_key;      // only what stands behind this key's versions ...
  std::string after_version;  // ... or, if not "", behind this name among them
  size_t limit = 1000;        // versions and common prefixes together
};

struct ScannedVersion {
  std::string key;
  Object object;  // or delete marker
  bool is_latest = false;
};

struct ScannedVersions {
  std::vector<ScannedVersion> versions;
  std::vector<std::string> prefixes;
  bool truncated = false;
  std::string last_key, last_version;  // the last entry: where the next page begins; `last_version` "" if it is a common prefix
};

ScannedVersions scan_versions(api::Call& call, const std::string& bucket, const VersionScan& scan);

}  // namespace cairn::s3
