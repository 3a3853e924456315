#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "archive/verify.h"
#include "cli/client.h"

/// The public keys that digests are verified with: from the server, or from a file.
namespace cairn::cli {

/// Keys as ListPublicKeys gives them, by region; "" holds those of a file that names none (what the AWS CLI prints).
class KeyRing {
 public:
  /// Adds what ListPublicKeys answered, or what a file of several such holds. Fails on what is no key and on fingerprints that are wrong.
  Result<void> add(const Json& answer, const std::string& region);
  archive::PublicKeys of(const aws::Region& region) const;
  size_t size() const;
  /// {"PublicKeyList": [...]} with the region of each.
  std::string text() const;

 private:
  std::map<std::string, std::map<std::string, Json>> keys_;  // region, fingerprint
};

/// All keys of a region from `start` on; none: ever.
Result<Json> list_public_keys(Client& client, const aws::Region& region, std::optional<Time> start, Time now);

struct KeysOptions {
  TargetOptions target;
  std::vector<std::string> regions;  // empty: the target's
  std::string file;                  // "": stdout
};
/// `cairn keys`. Returns the exit code.
int keys(const KeysOptions& options);

}  // namespace cairn::cli
