#include <algorithm>
#include <array>

#include "api/operation.h"
#include "api/ports.h"
#include "base/text.h"
#include "services/kms/access.h"
#include "services/kms/ciphertext.h"
#include "services/kms/key.h"
#include "services/kms/material.h"

namespace cairn::kms {
namespace {

constexpr std::string_view kAlgorithm = "SYMMETRIC_DEFAULT";
constexpr size_t kContextBytesMax = 8192;  // keys and values together

std::string text_of(const Json& in, std::string_view member) {
  const auto it = in.find(member);
  return it == in.end() ? std::string() : it->get<std::string>();
}

EncryptionContext context_of(const Json& in, std::string_view member) {
  EncryptionContext context;
  const auto it = in.find(member);
  if (it == in.end()) return context;
  size_t bytes = 0;
  for (const auto& [key, value] : it->items()) {
    const std::string& words = value.get_ref<const std::string&>();
    bytes += key.size() + words.size();
    context[key] = words;
  }
  if (bytes > kContextBytesMax)
    throw Error(aws::kValidation, "The encryption context has {} bytes; {} are the most that it may have.", bytes, kContextBytesMax);
  return context;
}

/// Decoded, to be wiped when it is no longer needed.
Secret secret_of(const Json& in, std::string_view member) {
  return Secret(text::from_base64(in.at(std::string(member)).get_ref<const std::string&>()).value_or(""));
}

/// The record always names the algorithm, sent or not.
void record_algorithm(api::Call& call, std::string_view member) {
  if (!call.recorded_in) call.recorded_in = call.in;
  if (!call.recorded_in->contains(member)) (*call.recorded_in)[std::string(member)] = kAlgorithm;
}

void check_algorithm(const api::Call& call, std::string_view member) {
  if (const std::string algorithm = text_of(call.in, member); !algorithm.empty() && algorithm != kAlgorithm)
    throw Error(kInvalidKeyUsage, "Algorithm {} is incompatible with key spec SYMMETRIC_DEFAULT.", algorithm);
}

void refuse_recipient(const Json& in) {
  if (in.contains("Recipient")) throw Error(kUnsupportedOperation, "Recipient is not supported here: there are no enclaves to attest.");
}

void stop_dry_run(const api::Call& call) {
  if (call.in.value("DryRun", false)) throw Error(kDryRunOperation, "The request would have succeeded, but the DryRun option is set.");
}

bool ignores_ciphertext(const Json& in) {
  if (!in.value("DryRun", false) || !in.contains("DryRunModifiers")) return false;
  return std::ranges::find(in["DryRunModifiers"], Json("IGNORE_CIPHERTEXT")) != in["DryRunModifiers"].end();
}

/// A key that is about to be used.
Key use_key(api::Call& call, const std::string& name, const Ask& ask) {
  Named named = find_key(call, name, Names::kKeysAndAliases);
  require(call, named, ask);
  check_enabled(named.key);
  return std::move(named.key);
}

std::string seal(api::Call& call, const Key& key, const EncryptionContext& context, std::string_view plaintext) {
  const std::optional<Secret> material = open_material(*call.state, *call.ports->sealer, key.id, key.material);
  if (!material) throw std::runtime_error("the material of key " + key.id + " is missing");
  return text::base64(encrypt(*call.ports->random, *material, key.id, key.material, context, plaintext));
}

// ------------------------------------------------------------------ reading a ciphertext

struct Opened {
  Key key;
  std::string material_id;
  Secret plaintext;
};

/// What the operations that read a ciphertext call its parts.
struct Reading {
  std::string_view action;  // Decrypt
  std::string_view key_id, context;
  ConditionKeys more = {};
};

Error unreadable() { return Error(kInvalidCiphertext, ""); }

/// The key that the ciphertext names. Whoever may not use it does not learn whether it is there.
Key key_of_ciphertext(api::Call& call, const Ciphertext& ciphertext, const Ask& ask) {
  std::optional<Key> key = key_of_id(call, ciphertext.key_id);
  if (!key) {
    const bool is_service = call.principal.kind == aws::Principal::Kind::kService;
    throw Error(aws::kAccessDenied,
                "User: {} is not authorized to perform: kms:{} on the resource associated with this ciphertext because the resource does "
                "not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access",
                is_service ? call.principal.user_name : call.principal.arn, ask.action);
  }
  show_key(call, *key);
  require(call, {*key, ""}, ask);
  check_enabled(*key);
  return std::move(*key);
}

/// nullopt: a dry run that has no ciphertext to read.
std::optional<Opened> open_ciphertext(api::Call& call, const Reading& reading) {
  const std::string name = text_of(call.in, reading.key_id);
  const EncryptionContext context = context_of(call.in, reading.context);
  Ask ask{.action = reading.action, .accounts = Accounts::kAny, .context = &context, .more = reading.more};
  if (ignores_ciphertext(call.in)) {
    if (name.empty()) throw null_member(text::lower_first(reading.key_id));
    use_key(call, name, ask);
    return std::nullopt;
  }
  if (!call.in.contains("CiphertextBlob")) throw null_member("ciphertextBlob");
  const std::string blob = text::from_base64(call.in["CiphertextBlob"].get_ref<const std::string&>()).value_or("");
  std::optional<Key> named;
  if (!name.empty()) named = use_key(call, name, ask);
  const std::optional<Ciphertext> ciphertext = parse_ciphertext(blob);
  if (!ciphertext) throw unreadable();
  if (named && named->id != ciphertext->key_id)
    throw Error(kIncorrectKey, "The key ID in the request does not identify a CMK that can perform this operation.");
  ask.by_ciphertext = true;
  Key key = named ? std::move(*named) : key_of_ciphertext(call, *ciphertext, ask);
  const std::optional<Secret> material = open_material(*call.state, *call.ports->sealer, key.id, ciphertext->material_id);
  if (!material) throw unreadable();
  std::optional<Secret> plaintext = decrypt(*ciphertext, *material, context);
  if (!plaintext) throw unreadable();
  return Opened{std::move(key), ciphertext->material_id, std::move(*plaintext)};
}

// ------------------------------------------------------------------ the operations

/// Differs from AWS: an encryption context has at most 8,192 bytes.
void encrypt_data(api::Call& call) {
  record_algorithm(call, "EncryptionAlgorithm");
  check_grant_tokens(call);
  const EncryptionContext context = context_of(call.in, "EncryptionContext");
  const Key key = use_key(call, text_of(call.in, "KeyId"), {.action = "Encrypt", .accounts = Accounts::kAny, .context = &context});
  check_algorithm(call, "EncryptionAlgorithm");
  stop_dry_run(call);
  const Secret plaintext = secret_of(call.in, "Plaintext");
  call.out = {{"CiphertextBlob", seal(call, key, context, plaintext.reveal())}, {"KeyId", key.arn()}, {"EncryptionAlgorithm", kAlgorithm}};
  call.additional = Json{{"keyMaterialId", key.material}};
}

/// Differs from AWS: Recipient (Nitro enclaves) is refused.
void decrypt_data(api::Call& call) {
  record_algorithm(call, "EncryptionAlgorithm");
  check_grant_tokens(call);
  refuse_recipient(call.in);
  check_algorithm(call, "EncryptionAlgorithm");
  const std::optional<Opened> opened = open_ciphertext(call, {.action = "Decrypt", .key_id = "KeyId", .context = "EncryptionContext"});
  stop_dry_run(call);
  call.out = {{"KeyId", opened->key.arn()},
              {"Plaintext", text::base64(opened->plaintext.reveal())},
              {"EncryptionAlgorithm", kAlgorithm},
              {"KeyMaterialId", opened->material_id}};
  call.additional = Json{{"keyMaterialId", opened->material_id}};
}

/// Whether both keys of ReEncrypt are one, as far as their names tell before either is looked at: kms:ReEncryptOnSameKey.
std::string is_on_same_key(api::Call& call) {
  const std::optional<std::string> blob = text::from_base64(text_of(call.in, "CiphertextBlob"));
  const std::optional<Ciphertext> ciphertext = blob ? parse_ciphertext(*blob) : std::nullopt;
  std::string source = ciphertext ? ciphertext->key_id : text_of(call.in, "SourceKeyId");
  const std::string destination = text_of(call.in, "DestinationKeyId");
  return !source.empty() && destination.ends_with(source) ? "true" : "false";
}

void re_encrypt(api::Call& call) {
  record_algorithm(call, "SourceEncryptionAlgorithm");
  record_algorithm(call, "DestinationEncryptionAlgorithm");
  check_grant_tokens(call);
  check_algorithm(call, "SourceEncryptionAlgorithm");
  const ConditionKeys same = {{"kms:ReEncryptOnSameKey", is_on_same_key(call)}};
  const std::optional<Opened> opened =
      open_ciphertext(call, {.action = "ReEncryptFrom", .key_id = "SourceKeyId", .context = "SourceEncryptionContext", .more = same});
  const EncryptionContext context = context_of(call.in, "DestinationEncryptionContext");
  const Key key = use_key(call, text_of(call.in, "DestinationKeyId"),
                          {.action = "ReEncryptTo", .accounts = Accounts::kAny, .context = &context, .more = same});
  check_algorithm(call, "DestinationEncryptionAlgorithm");
  stop_dry_run(call);
  call.out = {{"CiphertextBlob", seal(call, key, context, opened->plaintext.reveal())},
              {"SourceKeyId", opened->key.arn()},
              {"KeyId", key.arn()},
              {"SourceEncryptionAlgorithm", kAlgorithm},
              {"DestinationEncryptionAlgorithm", kAlgorithm},
              {"SourceKeyMaterialId", opened->material_id},
              {"DestinationKeyMaterialId", key.material}};
  call.additional = Json{{"destinationKeyMaterialId", key.material}, {"sourceKeyMaterialId", opened->material_id}};
}

size_t data_key_bytes(const Json& in) {
  if (in.contains("KeySpec") == in.contains("NumberOfBytes"))
    throw Error(aws::kValidation, "Please specify either number of bytes or key spec.");
  if (in.contains("NumberOfBytes")) return in["NumberOfBytes"].get<size_t>();
  return in["KeySpec"] == "AES_128" ? 16 : 32;
}

/// The data key is in the answer only with its plaintext.
Secret make_data_key(api::Call& call, std::string_view action) {
  check_grant_tokens(call);
  refuse_recipient(call.in);
  const size_t bytes = data_key_bytes(call.in);
  const EncryptionContext context = context_of(call.in, "EncryptionContext");
  const Key key = use_key(call, text_of(call.in, "KeyId"), {.action = action, .accounts = Accounts::kAny, .context = &context});
  stop_dry_run(call);
  Secret data_key(call.ports->random->bytes(bytes));
  call.out = {{"CiphertextBlob", seal(call, key, context, data_key.reveal())}, {"KeyId", key.arn()}, {"KeyMaterialId", key.material}};
  call.additional = Json{{"keyMaterialId", key.material}};
  return data_key;
}

/// Differs from AWS: Recipient (Nitro enclaves) is refused.
void generate_data_key(api::Call& call) {
  const Secret data_key = make_data_key(call, "GenerateDataKey");
  call.out["Plaintext"] = text::base64(data_key.reveal());
}

void generate_data_key_without_plaintext(api::Call& call) { make_data_key(call, "GenerateDataKeyWithoutPlaintext"); }

/// Differs from AWS: Recipient (Nitro enclaves) is refused.
void generate_random(api::Call& call) {
  require_own(call, "GenerateRandom");
  refuse_recipient(call.in);
  if (!call.in.contains("NumberOfBytes")) throw Error(aws::kValidation, "NumberOfBytes is required.");
  if (call.in.contains("CustomKeyStoreId"))
    throw Error(kCustomKeyStoreNotFound, "Custom key store {} does not exist.", call.in["CustomKeyStoreId"].get<std::string>());
  call.out["Plaintext"] = text::base64(call.ports->random->bytes(call.in["NumberOfBytes"].get<size_t>()));
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"Decrypt", decrypt_data},
    {"Encrypt", encrypt_data},
    {"GenerateDataKey", generate_data_key},
    {"GenerateDataKeyWithoutPlaintext", generate_data_key_without_plaintext},
    {"GenerateRandom", generate_random},
    {"ReEncrypt", re_encrypt},
});

}  // namespace
}  // namespace cairn::kms

namespace cairn::services {
extern const api::Family kms_crypto;
const api::Family kms_crypto{.service = "kms", .operations = kms::kOperations, .decides = api::Decides::kHandler};
}  // namespace cairn::services
