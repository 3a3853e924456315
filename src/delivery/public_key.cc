#include "delivery/public_key.h"

#include <fmt/format.h>

#include "base/check.h"
#include "base/json.h"
#include "base/text.h"

namespace cairn::delivery {
namespace keys {
std::string public_keys_of(const aws::Region& region) { return fmt::format("cloudtrail/public-key/{}/", region.str()); }
std::string public_key(const aws::Region& region, std::string_view fingerprint) {
  return fmt::format("{}{}", public_keys_of(region), fingerprint);
}
}  // namespace keys

std::string encode(const PublicKey& key) {
  return json::dump(
      Json{{"value", text::base64(key.der)}, {"start", key.start.time_since_epoch().count()}, {"end", key.end.time_since_epoch().count()}});
}

PublicKey decode_public_key(std::string_view fingerprint, std::string_view text) {
  const Result<Json> document = json::parse(text);
  CHECK(document.has_value());  // we wrote it
  const auto time = [&](const char* name) { return Time(std::chrono::milliseconds((*document)[name].get<int64_t>())); };
  return {.fingerprint = std::string(fingerprint),
          .der = text::from_base64((*document)["value"].get<std::string>()).value(),
          .start = time("start"),
          .end = time("end")};
}

std::vector<PublicKey> public_keys(state::Transaction& state, const aws::Region& region, Time from, Time to) {
  const std::string prefix = keys::public_keys_of(region);
  std::vector<PublicKey> found;
  for (const state::Item& item : state.list(prefix, "", state::Transaction::kListMax).items) {
    PublicKey key = decode_public_key(std::string_view(item.key).substr(prefix.size()), item.value);
    if (key.start <= to && key.end >= from) found.push_back(std::move(key));
  }
  return found;
}

}  // namespace cairn::delivery
