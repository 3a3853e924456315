#include "state/master_key.h"

#include "base/aead.h"
#include "base/json.h"
#include "base/text.h"
#include "base/wipe.h"

namespace cairn::state {
namespace {

const std::string kDocument = "seal/master";
constexpr std::string_view kKnown = "cairn";  // what older documents have sealed in them
constexpr size_t kSaltBytes = 16;
constexpr uint64_t kFileBytesMax = 4096;
constexpr std::string_view kVersion = "\x01";  // of what is sealed

constexpr std::string_view kFromFile = "file", kFromPassphrase = "passphrase";

std::string path_in(const std::string& directory) { return directory + "/master"; }

/// What the file holds: 64 hex digits and a line feed.
Result<Secret> parse_key(std::string& text, const std::string& path) {
  Result<Secret> key = Secret(text::from_hex(text::trim(text)).value_or(""));
  wipe(text);
  if (key->reveal().size() != crypto::kAeadKeyBytes) key = failure("{}: not a master key (64 hex digits)", path);
  return key;
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

Secret derive(const Secret& passphrase, const Json& document) {
  return crypto::scrypt(passphrase, text::from_base64(document.value("salt", "")).value_or(""), crypto::kAeadKeyBytes);
}

/// The document of a sealing key that is to be had with `outer`.
Json document_of(const Secret& sealing, const Secret& outer, std::string_view from, env::Random& random) {
  return {{"from", from}, {"key", seal_under(outer, random, sealing, kDocument)}};
}

Json document_of(const Secret& sealing, const Secret& passphrase, env::Random& random) {
  const Json salted{{"salt", text::base64(random.bytes(kSaltBytes))}};
  Json document = document_of(sealing, derive(passphrase, salted), kFromPassphrase, random);
  document.update(salted);
  return document;
}

/// The sealing key, if `outer` is the key that the document was made with. In older documents `outer` itself is the sealing key, and a
/// known word is sealed with it.
std::optional<Secret> sealing_key(const Json& document, const Secret& outer) {
  if (document.contains("key")) return open_under(outer, document.value("key", ""), kDocument);
  const std::optional<Secret> known = open_under(outer, document.value("known", ""), kDocument);
  return known && known->reveal() == kKnown ? std::optional(outer) : std::nullopt;
}

Result<Secret> new_sealing_key(env::Files& files, env::Random& random, Transaction& transaction, const std::string& directory,
                               const Secret& passphrase) {
  Secret sealing(random.bytes(crypto::kAeadKeyBytes));
  if (!passphrase.empty()) {
    transaction.put(kDocument, json::dump(document_of(sealing, passphrase, random)));
    return sealing;
  }
  // A file without its document is what a crash between the two leaves: it is used.
  const std::string path = path_in(directory);
  env::Io<std::string> file = env::read_file(files, path, kFileBytesMax);
  if (!file && file.error().kind != env::IoFailure::kNotFound) return failure("{}", file.error().message);
  const Result<Secret> master = file ? parse_key(*file, path) : make_key(files, random, directory, path);
  if (!master) return tl::unexpected(master.error());
  transaction.put(kDocument, json::dump(document_of(sealing, *master, kFromFile, random)));
  return sealing;
}

Result<Secret> known_sealing_key(env::Files& files, const Json& document, const std::string& directory, const Secret& passphrase) {
  const std::string path = path_in(directory);
  if (document.value("from", "") == kFromPassphrase) {
    if (passphrase.empty()) return failure("this data directory is sealed under a passphrase; give it in CAIRN_MASTER_PASSPHRASE");
    if (std::optional<Secret> sealing = sealing_key(document, derive(passphrase, document))) return std::move(*sealing);
    return failure("CAIRN_MASTER_PASSPHRASE is not the passphrase that this data directory was sealed under");
  }
  if (!passphrase.empty()) return failure("this data directory is sealed under the key in {}; start without CAIRN_MASTER_PASSPHRASE", path);
  env::Io<std::string> file = env::read_file(files, path, kFileBytesMax);
  if (!file) return failure("{}; without it nothing that is sealed can be read: bring it back from a backup", file.error().message);
  const Result<Secret> master = parse_key(*file, path);
  if (!master) return tl::unexpected(master.error());
  if (std::optional<Secret> sealing = sealing_key(document, *master)) return std::move(*sealing);
  return failure("{} is not the key that this data directory was sealed under; bring the right one back from a backup", path);
}

/// nullopt: there is none yet.
Result<std::optional<Json>> find_document(Transaction& transaction) {
  const std::optional<std::string> text = transaction.get(kDocument);
  if (!text) return std::optional<Json>();
  Result<Json> document = json::parse(*text);
  if (!document) return failure("state: {} cannot be read: {}", kDocument, document.error().message);
  return std::optional<Json>(std::move(*document));
}

}  // namespace

Result<Secret> find_sealing_key(env::Files& files, env::Random& random, Transaction& transaction, const std::string& directory,
                                const Secret& passphrase) {
  const Result<std::optional<Json>> document = find_document(transaction);
  if (!document) return tl::unexpected(document.error());
  if (!*document) return new_sealing_key(files, random, transaction, directory, passphrase);
  return known_sealing_key(files, **document, directory, passphrase);
}

Result<void> change_passphrase(env::Files& files, env::Random& random, Transaction& transaction, const std::string& directory,
                               const Secret& passphrase, const Secret& new_passphrase) {
  const Result<std::optional<Json>> document = find_document(transaction);
  if (!document) return tl::unexpected(document.error());
  if (!*document) return {};
  // A start that changed it may have ended before anybody was told.
  const bool is_changed = (*document)->value("from", "") == kFromPassphrase && sealing_key(**document, derive(new_passphrase, **document));
  if (is_changed) return {};
  const Result<Secret> sealing = known_sealing_key(files, **document, directory, passphrase);
  if (!sealing) return tl::unexpected(sealing.error());
  transaction.put(kDocument, json::dump(document_of(*sealing, new_passphrase, random)));
  return {};
}

std::string seal_under(const Secret& key, env::Random& random, const Secret& secret, std::string_view place) {
  const std::string nonce = random.bytes(crypto::kAeadNonceBytes);
  return text::base64(std::string(kVersion) + nonce + crypto::aes256_gcm_seal(key, nonce, secret.reveal(), place));
}

std::optional<Secret> open_under(const Secret& key, std::string_view sealed, std::string_view place) {
  const std::optional<std::string> bytes = text::from_base64(sealed);
  if (!bytes || !bytes->starts_with(kVersion)) return std::nullopt;
  const std::string_view rest = std::string_view(*bytes).substr(kVersion.size());
  if (rest.size() < crypto::kAeadNonceBytes) return std::nullopt;
  return crypto::aes256_gcm_open(key, rest.substr(0, crypto::kAeadNonceBytes), rest.substr(crypto::kAeadNonceBytes), place);
}

}  // namespace cairn::state
