#include "delivery/public_key.h"

#include <array>

#include "api/operation.h"
#include "base/text.h"
#include "services/cloudtrail/errors.h"

namespace cairn::cloudtrail {
namespace {

Time time_of(const Json& in, const char* member, Time otherwise) {
  if (!in.contains(member)) return otherwise;
  const std::optional<Time> time = timestamps::parse_iso8601(in[member].get<std::string>());
  if (!time) throw Error(kInvalidTimeRange, "{} is not a valid time.", member);
  return *time;
}

/// The keys that were valid at some time of the range; without one, now. In one page, as AWS answers: NextToken is reserved.
void list_public_keys(api::Call& call) {
  if (call.in.contains("NextToken")) throw Error(kInvalidToken, "NextToken is reserved for future use.");
  const Time from = time_of(call.in, "StartTime", call.now), to = time_of(call.in, "EndTime", call.now);
  if (from > to) throw Error(kInvalidTimeRange, "The start time must not be after the end time.");
  call.out["PublicKeyList"] = Json::array();
  // Clients send whole seconds: a key made within the last one is in the range, as what it has signed is.
  const Time end = std::chrono::floor<std::chrono::seconds>(to) + std::chrono::milliseconds(999);
  for (const delivery::PublicKey& key : delivery::public_keys(*call.state, call.region, from, end))
    call.out["PublicKeyList"].push_back({{"Value", text::base64(key.der)},
                                         {"ValidityStartTime", timestamps::iso8601_millis(key.start)},
                                         {"ValidityEndTime", timestamps::iso8601_millis(key.end)},
                                         {"Fingerprint", key.fingerprint}});
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"ListPublicKeys", list_public_keys},
});

}  // namespace
}  // namespace cairn::cloudtrail

namespace cairn::services {
extern const api::Family cloudtrail_public_keys;
const api::Family cloudtrail_public_keys{.service = "cloudtrail", .operations = cloudtrail::kOperations};
}  // namespace cairn::services
