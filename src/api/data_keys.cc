#include "api/data_keys.h"

#include "api/ports.h"
#include "api/within.h"
#include "aws/policy/caller.h"
#include "base/text.h"
#include "state/store.h"

namespace cairn::api {
namespace {

// ------------------------------------------------------------------ what is remembered

/// Who asks, with which credentials (sessions of one name may have different policies), for what: nobody is given what another was let
/// have.
std::string name_of(const Call& call, std::string_view what, const KeyUse& use) {
  const aws::Principal& principal = use.service_itself ? *use.service_itself : call.principal;
  const aws::policy::Caller caller = aws::policy::caller_of(principal);
  return fmt::format("{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}", caller.account, caller.shown(), principal.access_key.str(), principal.source_arn,
                     use.invoked_by, use.account.str(), what, json::dump(use.context));
}

/// Nothing is remembered while KMS's documents change.
std::optional<uint64_t> settled_version(const Call& call) {
  if (call.ports->kms_documents == nullptr) return std::nullopt;
  const uint64_t version = call.ports->kms_documents->version();
  return state::Watch::is_settled(version) ? std::optional(version) : std::nullopt;
}

/// `make` the key, unless it is remembered.
template <class Make>
DataKey remember(const Call& call, std::string_view what, const KeyUse& use, Make make) {
  DataKeyMemory* memory = call.ports->data_keys;
  if (memory == nullptr || use.reuse <= use.reuse.zero()) return make();
  const std::string name = name_of(call, what, use);
  const std::optional<uint64_t> version = settled_version(call);
  if (const auto kept = memory->get(name)) {
    if (version == kept->version && call.now < kept->made + use.reuse) return kept->key;
    memory->erase(name);
  }
  DataKey key = make();
  if (version) memory->put(name, std::make_shared<const RememberedKey>(RememberedKey{key, call.now, *version}), 1);
  return key;
}

// ------------------------------------------------------------------ KMS

Json call_kms(Call& call, std::string_view operation, Json in, const aws::Region& region, const KeyUse& use) {
  if (!use.service_itself && call.principal.kind == aws::Principal::Kind::kAnonymous)
    throw aws::Error(aws::kAccessDenied, "User: anonymous is not authorized to perform: kms:{}", operation);
  return call_within(call, {.service = "kms",
                            .operation = operation,
                            .in = std::move(in),
                            .region = region,
                            .invoked_by = use.invoked_by,
                            .service_itself = use.service_itself,
                            .account = use.account});
}

std::string text_of(const Json& answer, const char* member) { return answer.at(member).get<std::string>(); }
Secret plaintext_of(const Json& answer) { return Secret(text::from_base64(text_of(answer, "Plaintext")).value_or("")); }

}  // namespace

DataKey new_data_key(Call& call, const std::string& kms_key, const aws::Region& region, const KeyUse& use) {
  return remember(call, region.str() + "\n" + kms_key, use, [&] {
    const Json in{{"KeyId", kms_key}, {"KeySpec", "AES_256"}, {"EncryptionContext", use.context}};
    const Json answer = call_kms(call, "GenerateDataKey", in, region, use);
    return DataKey{plaintext_of(answer), text_of(answer, "KeyId"), text_of(answer, "CiphertextBlob")};
  });
}

Secret open_data_key(Call& call, const std::string& kms_key, const std::string& sealed, const KeyUse& use) {
  return remember(call, sealed, use,
                  [&] {
                    const aws::Region region(std::string(text::split(kms_key, ':')[3]));
                    const Json in{{"CiphertextBlob", sealed}, {"EncryptionContext", use.context}};
                    return DataKey{plaintext_of(call_kms(call, "Decrypt", in, region, use)), kms_key, sealed};
                  })
      .key;
}

}  // namespace cairn::api
