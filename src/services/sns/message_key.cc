#include "services/sns/message_key.h"

#include "api/data_keys.h"
#include "api/ports.h"
#include "base/aead.h"
#include "services/sns/errors.h"
#include "state/sealer.h"

namespace cairn::sns {
namespace {

constexpr std::string_view kInvokedBy = "sns.amazonaws.com";

/// KMS's refusals as SNS passes them on.
Error passed_on(const Error& refusal) {
  static constexpr std::pair<std::string_view, ErrorKind> kKinds[] = {
      {"AccessDenied", {.code = "KMSAccessDeniedException", .wire_code = "KMSAccessDenied"}},
      {"DisabledException", {.code = "KMSDisabledException", .wire_code = "KMSDisabled"}},
      {"InvalidArnException", {.code = "KMSNotFoundException", .wire_code = "KMSNotFound"}},
      {"KMSInvalidStateException", {.code = "KMSInvalidStateException", .wire_code = "KMSInvalidState"}},
      {"NotFoundException", {.code = "KMSNotFoundException", .wire_code = "KMSNotFound"}},
  };
  for (const auto& [code, kind] : kKinds)
    if (refusal.kind.code.starts_with(code)) return Error(kind, "{}", refusal.message);
  return Error(aws::kInternalFailure, "{}", refusal.message);
}

}  // namespace

MessageSealer::MessageSealer(api::Call& call, const Topic& topic) : call_(call) {
  if (topic.kms_key.empty()) return;
  const api::KeyUse use{
      .invoked_by = kInvokedBy, .account = topic.account, .context = {{"aws:sns:topicArn", topic.arn()}}, .reuse = kDataKeyReuse};
  try {
    const api::DataKey made = api::new_data_key(call, topic.kms_key, topic.region, use);
    data_key_ = api::open_data_key(call, made.kms_key, made.sealed, use);
  } catch (const Error& refusal) {
    throw passed_on(refusal);
  }
}

std::string MessageSealer::seal(Message message) const {
  if (data_key_.empty()) return encode(message);
  const std::string place = documents::message(message.id), nonce = call_.ports->random->bytes(crypto::kAeadNonceBytes);
  message.sealed_key = call_.ports->sealer->seal(data_key_, place);
  message.text = nonce + crypto::aes256_gcm_seal(data_key_, nonce, message.text, place);
  return encode(message);
}

Message open_message(const state::Sealer& sealer, std::string_view document) {
  Message message = decode_message(document);
  if (message.sealed_key.empty()) return message;
  const std::string place = documents::message(message.id);
  const std::optional<Secret> data_key = sealer.open(message.sealed_key, place);
  const std::string_view sealed = message.text;
  if (!data_key || sealed.size() < crypto::kAeadNonceBytes) throw std::runtime_error(place + " is not as it was written");
  const std::optional<Secret> text =
      crypto::aes256_gcm_open(*data_key, sealed.substr(0, crypto::kAeadNonceBytes), sealed.substr(crypto::kAeadNonceBytes), place);
  if (!text) throw std::runtime_error(place + " is not as it was written");
  message.text = text->reveal();
  message.sealed_key.clear();
  return message;
}

}  // namespace cairn::sns
