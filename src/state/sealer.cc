#include "state/sealer.h"

#include "base/aead.h"
#include "base/json.h"
#include "state/master_key.h"

namespace cairn::state {

Result<std::unique_ptr<Sealer>> Sealer::open(env::Files& files, env::Random& random, Transaction& transaction, const Options& options) {
  Result<Secret> key = find_sealing_key(files, random, transaction, options.directory, options.passphrase);
  if (!key) return tl::unexpected(key.error());
  return std::unique_ptr<Sealer>(new Sealer(random, std::move(*key)));
}

Result<Secret> Sealer::standing_key(Transaction& transaction, std::string_view name) const {
  const std::string place = fmt::format("seal/{}", name);
  if (const std::optional<std::string> text = transaction.get(place)) {
    const Result<Json> document = json::parse(*text);
    if (!document) return failure("state: {} cannot be read: {}", place, document.error().message);
    if (const std::optional<Secret> key = open(document->value("key", ""), place)) return *key;
    return failure("state: {} cannot be unsealed", place);
  }
  Secret key(random_.bytes(crypto::kAeadKeyBytes));
  transaction.put(place, json::dump(Json{{"key", seal(key, place)}}));
  return key;
}

std::string Sealer::seal(const Secret& secret, std::string_view place) const { return seal_under(master_, random_, secret, place); }

std::optional<Secret> Sealer::open(std::string_view sealed, std::string_view place) const { return open_under(master_, sealed, place); }

}  // namespace cairn::state
