#include "services/ssm/secure.h"

#include "api/within.h"
#include "base/text.h"
#include "services/ssm/errors.h"

namespace cairn::ssm {
namespace {

constexpr std::string_view kSsm = "fas.ssm.amazonaws.com";

Json call_kms(api::Call& call, const ParameterName& name, std::string_view operation, Json in) {
  in["EncryptionAlgorithm"] = "SYMMETRIC_DEFAULT";
  in["EncryptionContext"] = {{"PARAMETER_ARN", name.arn()}};
  try {
    return api::call_within(call, {.service = "kms",
                                   .operation = operation,
                                   .in = std::move(in),
                                   .region = name.region,
                                   .invoked_by = kSsm,
                                   .account = name.account});
  } catch (const Error& refusal) {
    if (refusal.kind.code.starts_with("AccessDenied")) throw Error(aws::kAccessDenied, "{}", refusal.message);
    throw Error(kInvalidKeyId, "{}", refusal.message);
  }
}

}  // namespace

std::string encrypt(api::Call& call, const ParameterName& name, const std::string& key, const std::string& value) {
  return call_kms(call, name, "Encrypt", {{"KeyId", key}, {"Plaintext", text::base64(value)}}).at("CiphertextBlob");
}

std::string decrypt(api::Call& call, const ParameterName& name, const std::string& ciphertext) {
  const Json answer = call_kms(call, name, "Decrypt", {{"CiphertextBlob", ciphertext}});
  return text::from_base64(answer.at("Plaintext").get<std::string>()).value_or("");
}

}  // namespace cairn::ssm
