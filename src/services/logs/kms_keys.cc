#include <array>

#include "api/operation.h"
#include "services/logs/errors.h"
#include "services/logs/group_key.h"

/// AssociateKmsKey and DisassociateKmsKey.
namespace cairn::logs_service {
namespace {

Group target_of(api::Call& call) {
  const std::string name = call.in.value("logGroupName", ""), resource = call.in.value("resourceIdentifier", "");
  if (name.empty() == resource.empty())
    throw Error(kInvalidParameter, "Exactly one of logGroupName and resourceIdentifier must be specified.");
  if (resource.find(":query-result:") != std::string::npos)
    throw Error(aws::kNotImplemented, "Results of queries are not encrypted under keys of KMS: name a log group.");
  return open_group(call, name.empty() ? name_of_arn(call, resource) : name);
}

/// Differs from AWS: results of queries cannot be given a key.
void associate_kms_key(api::Call& call) {
  Group group = target_of(call);
  associate_key(call, group, call.in.at("kmsKeyId").get<std::string>());
  put_group(call, group);
}

/// What was stored before still needs the key.
void disassociate_kms_key(api::Call& call) {
  Group group = target_of(call);
  group.kms_key.clear();
  put_group(call, group);
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"AssociateKmsKey", associate_kms_key},
    {"DisassociateKmsKey", disassociate_kms_key},
});

}  // namespace
}  // namespace cairn::logs_service

namespace cairn::services {
extern const api::Family logs_kms_keys;
const api::Family logs_kms_keys{.service = "logs", .operations = logs_service::kOperations};
}  // namespace cairn::services
