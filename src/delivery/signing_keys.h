#pragma once
#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "aws/names.h"
#include "base/result.h"
#include "base/rsa.h"
#include "base/time.h"
#include "env/files.h"
#include "journal/journal.h"
#include "state/store.h"

namespace cairn::delivery {

constexpr std::chrono::hours kKeyValidity{30 * 24};
constexpr std::chrono::hours kKeyOverlap{24};   // a key signs until this long before its end
constexpr std::chrono::hours kKeyHeadStart{1};  // a digest may end a second from now: its key is to be found at once

struct SigningKey {
  crypto::RsaKey key;
  std::string fingerprint;
  Time start, end;
};

/// The keys that digests are signed with, one at a time per region. Private ones lie in `directory`, each a file of mode 0600, and
/// never leave it; public ones are documents (delivery/public_key.h) and stay listed. Any thread.
class SigningKeys {
 public:
  using Make = std::function<crypto::RsaKey()>;
  /// All must outlive this. `make`: crypto::RsaKey::generate, but for tests.
  SigningKeys(env::Files& files, state::Store& store, journal::Journal& journal, std::string directory, Make make);

  /// The key of `region` to sign with at `time`, made if there is none. Fails when it cannot be kept (try again later). Blocks on the
  /// disk, and for some 100 ms where a key is made.
  Result<SigningKey> key(const aws::Region& region, Time time);

 private:
  Result<SigningKey> load(const aws::Region& region, Time time);
  Result<SigningKey> make(const aws::Region& region, Time time);

  env::Files& files_;
  state::Store& store_;
  journal::Journal& journal_;
  const std::string directory_;
  const Make make_;
  std::mutex mutex_;
  std::map<aws::Region, SigningKey> current_;
};

}  // namespace cairn::delivery
