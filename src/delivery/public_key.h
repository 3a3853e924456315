#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "aws/names.h"
#include "base/time.h"
#include "state/store.h"

namespace cairn::delivery {

/// A key that a region's digests are, or were, signed with: what ListPublicKeys tells. docs/formats/state.md.
struct PublicKey {
  std::string fingerprint;  // AWS's, in hex: digests name their key by it
  std::string der;          // PKCS#1 RSAPublicKey
  Time start, end;          // digests of this time may be signed with it; times of several keys may overlap
};

std::string encode(const PublicKey& key);
PublicKey decode_public_key(std::string_view fingerprint, std::string_view document);

/// The region's keys whose time has some moment of from ... to, both included; by fingerprint.
std::vector<PublicKey> public_keys(state::Transaction& state, const aws::Region& region, Time from, Time to);

namespace keys {
std::string public_keys_of(const aws::Region& region);  // prefix of all of a region's
std::string public_key(const aws::Region& region, std::string_view fingerprint);
}  // namespace keys

}  // namespace cairn::delivery
