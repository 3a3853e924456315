#include "services/sns/signer.h"

#include "base/crypto.h"
#include "base/json.h"
#include "base/text.h"
#include "state/internal_commit.h"

namespace cairn::sns {
namespace {

const std::string kDocument = "sns/signing-key";
constexpr const char* kName = "sns.amazonaws.com";
constexpr std::chrono::hours kLives{24 * 365 * 30};
constexpr size_t kNameCharacters = 32;

std::string path_of(const std::string& certificate) {
  return fmt::format("/SimpleNotificationService-{}.pem", text::hex(crypto::sha256(certificate)).substr(0, kNameCharacters));
}

}  // namespace

/// Null: no key was made yet.
const Signer::Key* Signer::find() {
  if (key_) return &*key_;
  state::Transaction state(means_.store);
  const std::optional<std::string> text = state.get(kDocument);
  if (!text) return nullptr;
  const Json document = json::parse(*text).value();  // we wrote it
  const std::optional<Secret> pem = means_.sealer.open(document.at("sealed").get<std::string>(), kDocument);
  if (!pem) throw std::runtime_error("the key that signs SNS's messages does not open");
  Result<crypto::RsaKey> key = crypto::RsaKey::from_pem(*pem);
  if (!key) throw std::runtime_error("the key that signs SNS's messages cannot be read: " + key.error().message);
  const std::string certificate = document.at("certificate").get<std::string>();
  key_ = Key{std::move(*key), certificate, path_of(certificate)};
  return &*key_;
}

Signature Signer::sign(std::string_view text, const std::string& version, const std::string& endpoint) {
  std::lock_guard lock(mutex_);
  const Key* key = find();
  if (key == nullptr) {
    const crypto::RsaKey made = means_.make_key();
    const Time now = means_.clock.now();
    state::Transaction state(means_.store);
    if (!state.exists(kDocument)) {
      state.put(kDocument, json::dump({{"sealed", means_.sealer.seal(made.pem(), kDocument)},
                                       {"certificate", made.self_signed_certificate(kName, now - std::chrono::hours(24), now + kLives)}}));
      if (!state::commit_internal(means_.store, means_.journal, state)) throw std::runtime_error("the journal takes no key at the moment");
    }
    key = find();
  }
  const std::string name = version + crypto::sha256(text);
  std::shared_ptr<const std::string> signature = signatures_.get(name);
  if (!signature) {
    signature = std::make_shared<const std::string>(text::base64(version == "2" ? key->key.sign_sha256(text) : key->key.sign_sha1(text)));
    signatures_.put(name, signature, 1);
  }
  return {version, *signature, endpoint + key->path};
}

std::optional<std::string> Signer::certificate(std::string_view path) {
  std::lock_guard lock(mutex_);
  const Key* key = find();
  if (key == nullptr || key->path != path) return std::nullopt;
  return key->certificate;
}

}  // namespace cairn::sns
