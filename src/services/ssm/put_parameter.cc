#include <array>

#include "api/operation.h"
#include "api/ports.h"
#include "base/text.h"
#include "services/ssm/errors.h"
#include "services/ssm/parameter.h"
#include "services/ssm/secure.h"
#include "services/ssm/tag_set.h"
#include "template/pattern.h"

namespace cairn::ssm {
namespace {

constexpr size_t kStandardCharactersMax = 4096, kAdvancedCharactersMax = 8192;

void check_options(const Json& in) {
  if (in.contains("Policies")) throw Error(aws::kNotImplemented, "Policies of parameters are not implemented: leave out Policies.");
  const std::string data_type = in.value("DataType", "text");
  if (data_type == "aws:ec2:image" || data_type == "aws:ssm:integration")
    throw Error(aws::kNotImplemented, "The data type {} is not implemented: leave out DataType.", data_type);
  if (data_type != "text")
    throw Error(aws::kValidation, "The following data type is not supported: {} (Data type names are all lowercase.)", data_type);
}

/// The tier that the value comes to have.
std::string tier_of(const Json& in, const Parameter* there, const std::string& value) {
  const std::string before = there != nullptr ? there->now.tier : "Standard";
  const std::string asked = in.value("Tier", before);
  const size_t characters = text::code_points(value);
  std::string tier = asked;
  if (asked == "Intelligent-Tiering") tier = before == "Advanced" || characters > kStandardCharactersMax ? "Advanced" : "Standard";
  if (before == "Advanced" && tier == "Standard")
    throw Error(aws::kValidation,
                "This parameter uses the advanced-parameter tier. You can't downgrade a parameter from the advanced-parameter tier to the "
                "standard-parameter tier. If necessary, you can delete the advanced parameter and recreate it as a standard parameter.");
  if (tier == "Standard" && characters > kStandardCharactersMax)
    throw Error(aws::kValidation,
                "Standard tier parameters support a maximum parameter value of {} characters. To create a larger parameter value, upgrade "
                "the parameter to use the advanced-parameter tier. For more information, see "
                "https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html",
                kStandardCharactersMax);
  if (characters > kAdvancedCharactersMax)
    throw Error(aws::kValidation, "Advanced tier parameters support a maximum parameter value of {} characters.", kAdvancedCharactersMax);
  return tier;
}

void check_pattern(const std::string& pattern, const std::string& value) {
  if (pattern.empty()) return;
  const auto compiled = cfn::Pattern::compile(pattern);
  if (!compiled) throw Error(kInvalidAllowedPattern, "The request does not meet the regular expression requirement.");
  const std::optional<bool> matches = compiled->matches(value);
  if (!matches) throw Error(kInvalidAllowedPattern, "The pattern takes too long to match.");
  if (!*matches) throw Error(kPatternMismatch, "Parameter value, cannot be validated against allowedPattern: {}", pattern);
}

/// What is not given stays as it is.
Version new_version(api::Call& call, const Parameter* there) {
  const Json& in = call.in;
  Version version = there != nullptr ? there->now : Version{};
  if (there != nullptr) ++version.number;
  else if (!in.contains("Type")) throw Error(aws::kValidation, "A parameter type is required when you create a parameter.");
  const bool was_secure = version.is_secure();
  version.type = in.value("Type", version.type);
  if (there != nullptr && version.is_secure() != was_secure)
    throw Error(kHierarchyTypeMismatch,
                "Parameter Store doesn't support changing a parameter type in a hierarchy. You must create a new, unique parameter.");
  version.description = in.value("Description", version.description);
  version.pattern = in.value("AllowedPattern", version.pattern);
  version.user = call.principal.arn;
  version.modified = call.now;
  return version;
}

/// Differs from AWS: parameter policies, and the data types aws:ec2:image and aws:ssm:integration are refused by name; so are advanced
/// SecureStrings of more than 4096 bytes. An account has 10,000 parameters in a region, whatever their tier.
void put(api::Call& call) {
  const Json& in = call.in;
  const ParameterName name{call.account, call.region, in.at("Name").get<std::string>()};
  const bool overwrites = in.value("Overwrite", false), has_tags = in.contains("Tags") && !in.at("Tags").empty();
  aws::policy::Context context;
  context.add("ssm:Overwrite", overwrites ? "true" : "false");
  require(call, "PutParameter", name, context);
  if (has_tags) require(call, "AddTagsToResource", name);
  check_new_name(name);
  check_options(in);
  const std::string value = in.at("Value").get<std::string>();
  if (value.empty())
    throw Error(aws::kValidation,
                "1 validation error detected: Value '' at 'value' failed to satisfy constraint: Member must have length greater than or "
                "equal to 1.");
  if (overwrites && has_tags)
    throw Error(aws::kValidation,
                "Invalid request: tags and overwrite can't be used together. To create a parameter with tags, please remove overwrite "
                "flag. To update tags for an existing parameter, please use AddTagsToResource or RemoveTagsFromResource.");
  const std::optional<Parameter> there = find_parameter(*call.state, name);
  if (there && !overwrites)
    throw Error(kParameterAlreadyExists,
                "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.");

  const Parameter* before = there ? &*there : nullptr;
  Version version = new_version(call, before);
  version.tier = tier_of(in, before, value);
  check_pattern(version.pattern, value);
  if (version.is_secure()) {
    if (value.size() > kStandardCharactersMax)
      throw Error(aws::kNotImplemented, "SecureString values of more than {} bytes are not implemented.", kStandardCharactersMax);
    version.key = in.value("KeyId", version.key.empty() ? std::string(kDefaultKey) : version.key);
    version.value = encrypt(call, name, version.key, value);
  } else {
    if (in.contains("KeyId")) throw Error(aws::kValidation, "KeyId is only for parameters of the type SecureString.");
    version.value = value;
  }
  call.out = {{"Version", version.number}, {"Tier", version.tier}};
  call.resources = {{.type = {}, .arn = name.arn(), .account = name.account}};
  if (there) {
    keep_version(*call.state, *there);
    Parameter parameter = *there;
    parameter.now = std::move(version);
    return put_parameter(*call.state, parameter);
  }
  Parameter parameter;
  static_cast<ParameterName&>(parameter) = name;
  parameter.id = call.ports->random->uuid();
  parameter.now = std::move(version);
  if (has_tags) add_tags(call, in.at("Tags"), parameter.tags);
  add_parameter(*call.state, parameter);
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"PutParameter", put},
});

}  // namespace
}  // namespace cairn::ssm

namespace cairn::services {
extern const api::Family ssm_put_parameter;
const api::Family ssm_put_parameter{.service = "ssm", .operations = ssm::kOperations, .decides = api::Decides::kHandler};
}  // namespace cairn::services
