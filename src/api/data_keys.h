#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "api/call.h"
#include "base/lru.h"

/// Data keys of KMS, under which services keep what is to be under a customer's key: made and opened by calls of KMS within the call that
/// needs them, each authorised and recorded. What KMS answered is remembered for whoever asked, as long as they say, and no longer than
/// until something changes in KMS.
namespace cairn::api {

constexpr size_t kDataKeysMax = 1024;  // remembered

struct DataKey {
  Secret key;           // 256 bits
  std::string kms_key;  // ARN
  std::string sealed;   // KMS's CiphertextBlob, base64
};

/// What KMS answered, by who asked for what. Any thread.
struct RememberedKey {
  DataKey key;
  Time made;
  uint64_t version;  // of KMS's documents
};
class DataKeyMemory final : public Lru<std::string, const RememberedKey> {
 public:
  DataKeyMemory() : Lru(kDataKeysMax) {}
};

/// On whose behalf, and for what.
struct KeyUse {
  std::string_view invoked_by = {};                   // the call's own caller asks, by this service's hand, as records name it ...
  std::optional<aws::Principal> service_itself = {};  // ... or the service asks
  aws::AccountId account = {};                        // whose names of keys are meant where a service asks
  Json context = Json::object();                      // the encryption context: a text for each name
  std::chrono::milliseconds reuse{0};                 // how long the answer is remembered; 0: not at all
};

/// Throw KMS's refusals.
DataKey new_data_key(Call& call, const std::string& kms_key, const aws::Region& region, const KeyUse& use);
/// `kms_key`: the ARN, which says the region as well.
Secret open_data_key(Call& call, const std::string& kms_key, const std::string& sealed, const KeyUse& use);

}  // namespace cairn::api
