#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/text.h"
#include "env/sim/random.h"
#include "identity/session.h"
#include "state/sim/sealer.h"

/// Any bytes whatever as a session token, in base64 and as they are: reading them ends, and nothing opens that nobody sealed.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cairn;
  static env::SimRandom random{1};
  static const std::unique_ptr<state::Sealer> sealer = state::sim_sealer(random);
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  CHECK(!identity::open_token(*sealer, bytes).has_value());
  CHECK(!identity::open_token(*sealer, text::base64(bytes)).has_value());
  if (const auto account = identity::account_of_temporary_key(bytes)) CHECK(aws::is_account_id(account->str()));
  return 0;
}
