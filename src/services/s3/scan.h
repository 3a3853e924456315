#pragma once
#include <string>
#include <utility>
#include <vector>

#include "api/call.h"

namespace cairn::s3 {

/// What a listing asks for.
struct Scan {
  std::string prefix;
  std::string delimiter;  // "": no common prefixes
  std::string after;      // only names greater than this
  char name_end = '\0';   // not 0: names end before the last of these, what follows is no part of the key
  size_t limit = 1000;    // keys and common prefixes together
};

struct Scanned {
  std::vector<std::pair<std::string, std::string>> items;  // key and document
  std::vector<std::string> prefixes;                       // names up to and with the first delimiter behind the prefix
  bool truncated = false;
  std::string last;  // the last key or common prefix given: where the next page begins
};

/// One page of the documents below `scope` (a prefix of document keys, which is cut off). What lies below a common prefix is
/// jumped over, so that a page costs its own length, however large the bucket.
Scanned scan_keys(api::Call& call, const std::string& scope, const Scan& scan);

}  // namespace cairn::s3
