#pragma once
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/lru.h"
#include "base/rsa.h"
#include "env/clock.h"
#include "journal/journal.h"
#include "state/sealer.h"
#include "state/store.h"

namespace cairn::sns {

struct Signature {
  std::string version;  // 1: with SHA-1, 2: with SHA-256
  std::string base64;
  std::string certificate_url;
};

/// Signs messages, by a key that is made when the first is to be signed, and shows its certificate. Any thread.
class Signer {
 public:
  struct Means {
    const env::Clock& clock;
    state::Store& store;
    journal::Journal& journal;
    const state::Sealer& sealer;
    std::function<crypto::RsaKey()> make_key;
  };
  explicit Signer(const Means& means) : means_(means) {}

  /// `endpoint`: where this server is reached: http://127.0.0.1:4566. Throws std::runtime_error, if the key can neither be read nor kept.
  Signature sign(std::string_view text, const std::string& version, const std::string& endpoint);
  /// The certificate of a path like /SimpleNotificationService-0123456789abcdef.pem; nullopt: there is no such.
  std::optional<std::string> certificate(std::string_view path);

 private:
  struct Key {
    crypto::RsaKey key;
    std::string certificate, path;
  };
  const Key* find();

  const Means means_;
  std::mutex mutex_;
  std::optional<Key> key_;  // under mutex_; stays once it is there
  static constexpr size_t kKept = 64;
  Lru<std::string, const std::string> signatures_{kKept};  // by version and hash: a message's is the same for all its subscriptions
};

}  // namespace cairn::sns
