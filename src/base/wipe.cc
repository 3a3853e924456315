#include "base/wipe.h"

#include <openssl/crypto.h>

namespace cairn {

void wipe(std::string& bytes) {
  OPENSSL_cleanse(bytes.data(), bytes.size());
  bytes.clear();
}

}  // namespace cairn
