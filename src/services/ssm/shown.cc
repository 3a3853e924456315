#include "services/ssm/shown.h"

#include "base/time.h"
#include "services/ssm/secure.h"

namespace cairn::ssm {

std::string value_of(api::Call& call, const ParameterName& name, const Version& version, bool decrypts) {
  return version.is_secure() && decrypts ? decrypt(call, name, version.value) : version.value;
}

Json shown(api::Call& call, const Parameter& parameter, const Version& version, bool decrypts) {
  return {{"Name", parameter.name},
          {"Type", version.type},
          {"Value", value_of(call, parameter, version, decrypts)},
          {"Version", version.number},
          {"LastModifiedDate", timestamps::iso8601_millis(version.modified)},
          {"ARN", parameter.arn()},
          {"DataType", version.data_type}};
}

Json described(const Parameter& parameter, const Version& version) {
  Json out{{"Name", parameter.name},
           {"Type", version.type},
           {"LastModifiedDate", timestamps::iso8601_millis(version.modified)},
           {"LastModifiedUser", version.user},
           {"Version", version.number},
           {"Tier", version.tier},
           {"Policies", Json::array()},
           {"DataType", version.data_type}};
  if (version.is_secure()) out["KeyId"] = version.key;
  if (!version.description.empty()) out["Description"] = version.description;
  if (!version.pattern.empty()) out["AllowedPattern"] = version.pattern;
  return out;
}

}  // namespace cairn::ssm
