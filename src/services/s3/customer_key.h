#pragma once
#include <optional>
#include <string>

#include "api/call.h"
#include "env/random.h"

/// Keys that clients bring along (SSE-C). They are used and forgotten: of a key only its check is kept.
namespace cairn::s3 {

/// Whose headers tell the client's key.
enum class KeyOf { kObject, kCopySource };

class CustomerKey {
 public:
  explicit CustomerKey(Secret key) : key_(std::move(key)) {}

  struct Kept {
    Secret key;               // of the object
    std::string salt, check;  // base64: HMACs under the key, which tell nothing of it
  };
  Kept keep(env::Random& random) const;
  /// The object's key; nullopt: this is not the key it was kept with.
  std::optional<Secret> opens(std::string_view salt, std::string_view check) const;

 private:
  std::string mac(std::string_view purpose, std::string_view salt) const;
  Secret key_;
};

bool names_customer_key(const Json& in, KeyOf whose);  // any of the three headers
/// Throws what S3 says of headers that make no key.
CustomerKey customer_key(const api::Call& call, KeyOf whose);

}  // namespace cairn::s3
