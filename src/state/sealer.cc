#include "state/sealer.h"

#include "base/aead.h"
#include "base/json.h"
#include "base/text.h"
#include "base/wipe.h"

namespace cairn::state {
namespace {

const std::string kDocument = "seal/master";
constexpr std::string_view kKnown = "cairn";  // sealed in the document, so that a wrong key is found out at once
constexpr size_t kSaltBytes = 16;
constexpr uint64_t kFileBytesMax = 4096;
constexpr std::string_view kVersion = "\x01";  // of what is sealed

constexpr std::string_view kFromFile = "file", kFromPassphrase = "passphrase";

/// What the file holds: 64 hex digits and a line feed.
Result<Secret> parse_key(std::string& text, const std::string& path) {
  std::optional<std::string> key = text::from_hex(text::trim(text));
  wipe(text);
  if (!key || key->size() != crypto::kAeadKeyBytes) return failure("{}: not a master key (64 hex digits)", path);
  return Secret(std::move(*key));
}

Result<Secret> make_key(env::Files& files, env::Random& random, const std::string& directory, const std::string& path) {
  if (const env::Done made = files.make_directory(directory); !made) return failure("{}", made.error().message);
  if (const env::Done synced = files.sync_directory(env::parent_directory(directory)); !synced)
    return failure("{}", synced.error().message);
  Secret key(random.bytes(crypto::kAeadKeyBytes));
  std::string text = text::hex(key.reveal()) + "\n";
  const env::Done written = env::write_file_atomically(files, path, text);
  wipe(text);
  if (!written) return failure("{}", written.error().message);
  return key;
}

}  // namespace

Result<std::unique_ptr<Sealer>> Sealer::open(env::Files& files, env::Random& random, Transaction& transaction, const Options& options) {
  const std::string path = options.directory + "/master";
  const bool by_passphrase = !options.passphrase.empty();
  const std::optional<std::string> text = transaction.get(kDocument);
  Json document = Json::object();
  if (text) {
    Result<Json> parsed = json::parse(*text);
    if (!parsed) return failure("state: {} cannot be read: {}", kDocument, parsed.error().message);
    document = std::move(*parsed);
    const std::string from = document.value("from", "");
    if (from == kFromPassphrase && !by_passphrase)
      return failure("this data directory is sealed under a passphrase; give it in CAIRN_MASTER_PASSPHRASE");
    if (from == kFromFile && by_passphrase)
      return failure("this data directory is sealed under the key in {}; start without CAIRN_MASTER_PASSPHRASE", path);
  }

  Result<Secret> key = Secret();
  if (by_passphrase) {
    const std::string salt = text ? text::from_base64(document.value("salt", "")).value_or("") : std::string(random.bytes(kSaltBytes));
    key = crypto::scrypt(options.passphrase, salt, crypto::kAeadKeyBytes);
    document["from"] = kFromPassphrase;
    document["salt"] = text::base64(salt);
  } else {
    // A file without its document is what a crash between the two leaves: it is used.
    env::Io<std::string> file = env::read_file(files, path, kFileBytesMax);
    const bool is_first = !file && !text && file.error().kind == env::IoFailure::kNotFound;
    if (!file && !is_first)
      return failure("{}; without it nothing that is sealed can be read: bring it back from a backup", file.error().message);
    key = is_first ? make_key(files, random, options.directory, path) : parse_key(*file, path);
    if (!key) return tl::unexpected(key.error());
    document["from"] = kFromFile;
  }

  std::unique_ptr<Sealer> sealer(new Sealer(random, std::move(*key)));
  if (!text) {
    document["known"] = sealer->seal(Secret(std::string(kKnown)), kDocument);
    transaction.put(kDocument, json::dump(document));
    return sealer;
  }
  const std::optional<Secret> known = sealer->open(document.value("known", ""), kDocument);
  if (!known || known->reveal() != kKnown) {
    if (by_passphrase) return failure("CAIRN_MASTER_PASSPHRASE is not the passphrase that this data directory was sealed under");
    return failure("{} is not the key that this data directory was sealed under; bring the right one back from a backup", path);
  }
  return sealer;
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

std::string Sealer::seal(const Secret& secret, std::string_view place) const {
  const std::string nonce = random_.bytes(crypto::kAeadNonceBytes);
  return text::base64(std::string(kVersion) + nonce + crypto::aes256_gcm_seal(master_, nonce, secret.reveal(), place));
}

std::optional<Secret> Sealer::open(std::string_view sealed, std::string_view place) const {
  const std::optional<std::string> bytes = text::from_base64(sealed);
  if (!bytes || !bytes->starts_with(kVersion)) return std::nullopt;
  const std::string_view rest = std::string_view(*bytes).substr(kVersion.size());
  if (rest.size() < crypto::kAeadNonceBytes) return std::nullopt;
  return crypto::aes256_gcm_open(master_, rest.substr(0, crypto::kAeadNonceBytes), rest.substr(crypto::kAeadNonceBytes), place);
}

}  // namespace cairn::state
