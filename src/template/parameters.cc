#include <charconv>

#include "base/text.h"
#include "template/body.h"
#include "template/pattern.h"

namespace cairn::cfn {
namespace {

constexpr size_t kNameLengthMax = 255;
constexpr std::string_view kSsmPrefix = "AWS::SSM::Parameter::Value<";

/// Types whose values are names or ids of an account's things; taken as the strings that they are.
constexpr auto kIdTypes =
    std::to_array<std::string_view>({"AWS::EC2::AvailabilityZone::Name", "AWS::EC2::Image::Id", "AWS::EC2::Instance::Id",
                                     "AWS::EC2::KeyPair::KeyName", "AWS::EC2::SecurityGroup::GroupName", "AWS::EC2::SecurityGroup::Id",
                                     "AWS::EC2::Subnet::Id", "AWS::EC2::VPC::Id", "AWS::EC2::Volume::Id", "AWS::Route53::HostedZone::Id"});

bool is_id_type(std::string_view type) { return std::find(kIdTypes.begin(), kIdTypes.end(), type) != kIdTypes.end(); }

/// What stands in PREFIX...>, or nothing.
std::optional<std::string_view> inner_type(std::string_view type, std::string_view prefix) {
  if (!type.starts_with(prefix) || !type.ends_with('>')) return std::nullopt;
  return type.substr(prefix.size(), type.size() - prefix.size() - 1);
}

bool is_known_type(std::string_view type) {
  if (const auto inner = inner_type(type, kSsmPrefix)) {
    if (*inner == "String" || *inner == "CommaDelimitedList" || is_id_type(*inner)) return true;
    const auto element = inner_type(*inner, "List<");
    return element && (*element == "String" || is_id_type(*element));
  }
  if (const auto element = inner_type(type, "List<")) return *element == "Number" || *element == "String" || is_id_type(*element);
  return type == "String" || type == "Number" || type == "CommaDelimitedList" || type == "AWS::SSM::Parameter::Name" || is_id_type(type);
}

std::string text_of(const Node& declaration, std::string_view name) {
  const Node* member = declaration.member(name);
  if (!member) return {};
  if (!member->is_scalar()) refuse(*member, "Template format error: Every {} member must be a string.", name);
  return member->text;
}

std::optional<double> number_of(const Node& declaration, std::string_view name) {
  const std::string text = text_of(declaration, name);
  if (!declaration.member(name)) return std::nullopt;
  const auto number = number_in(text);
  if (!number) refuse(*declaration.member(name), "Template format error: Every {} member must be a number.", name);
  return number;
}

std::optional<int64_t> length_of(const Node& declaration, std::string_view name) {
  const auto number = number_of(declaration, name);
  if (!number) return std::nullopt;
  if (*number < 0 || *number > 1e9 || *number != static_cast<double>(static_cast<int64_t>(*number)))
    refuse(*declaration.member(name), "Template format error: Every {} member must be a whole number.", name);
  return static_cast<int64_t>(*number);
}

void check_members(const Node& declaration) {
  constexpr auto kKnown = std::to_array<std::string_view>({"Type", "Default", "NoEcho", "AllowedValues", "AllowedPattern", "MaxLength",
                                                           "MinLength", "MaxValue", "MinValue", "Description", "ConstraintDescription"});
  for (const std::string& name : declaration.names)
    if (std::find(kKnown.begin(), kKnown.end(), name) == kKnown.end())
      refuse(declaration, "Invalid template parameter property '{}'", name);
}

Parameter read_parameter(const std::string& name, const Node& declaration) {
  if (!declaration.is_map()) refuse(declaration, "Template format error: Any Parameters member must be an object.");
  const auto is_alphanumeric = [](unsigned char c) { return std::isalnum(c) != 0; };
  if (name.empty() || !std::all_of(name.begin(), name.end(), is_alphanumeric))
    refuse(declaration, "Template format error: Parameter name {} is non alphanumeric.", name);
  if (name.size() > kNameLengthMax)
    refuse(declaration, "Template format error: Parameter name {} is longer than {} characters.", name, kNameLengthMax);
  check_members(declaration);
  Parameter parameter;
  parameter.name = name;
  parameter.place = declaration.place;
  if (!declaration.member("Type")) refuse(declaration, "Template format error: Every Parameters object must contain a Type member.");
  parameter.type = text_of(declaration, "Type");
  if (!is_known_type(parameter.type)) refuse(declaration, "Template format error: Unrecognized parameter type: {}", parameter.type);
  if (declaration.member("Default")) parameter.default_value = text_of(declaration, "Default");
  const std::string no_echo = text_of(declaration, "NoEcho");
  parameter.no_echo = text::equals_ignoring_case(no_echo, "true");
  parameter.description = text_of(declaration, "Description");
  parameter.constraint_description = text_of(declaration, "ConstraintDescription");
  if (const Node* pattern = declaration.member("AllowedPattern")) {
    parameter.allowed_pattern = text_of(declaration, "AllowedPattern");
    if (const auto compiled = Pattern::compile(*parameter.allowed_pattern); !compiled)
      refuse(*pattern, "Template error: Parameter '{}' AllowedPattern {}", name, compiled.error().message);
  }
  if (const Node* values = declaration.member("AllowedValues")) {
    if (!values->is_list()) refuse(*values, "Template format error: Every AllowedValues member must be a list.");
    for (const Node& value : values->items) {
      if (!value.is_scalar()) refuse(value, "Template format error: Every AllowedValues value must be a string.");
      parameter.allowed_values.push_back(value.text);
    }
  }
  parameter.min_length = length_of(declaration, "MinLength");
  parameter.max_length = length_of(declaration, "MaxLength");
  parameter.min_value = number_of(declaration, "MinValue");
  parameter.max_value = number_of(declaration, "MaxValue");
  return parameter;
}

}  // namespace

std::optional<double> number_in(std::string_view text) {
  const bool is_negative = text.starts_with('-');
  if (is_negative || text.starts_with('+')) text.remove_prefix(1);
  if (text.empty() || !((text[0] >= '0' && text[0] <= '9') || text[0] == '.')) return std::nullopt;
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return is_negative ? -number : number;
}

bool Parameter::is_ssm() const { return type.starts_with(kSsmPrefix); }

bool Parameter::is_list() const {
  const std::string_view meant = inner_type(type, kSsmPrefix).value_or(type);
  return meant == "CommaDelimitedList" || meant.starts_with("List<");
}

std::vector<Parameter> read_parameters(const Node& root) {
  const Node* section = root.member("Parameters");
  std::vector<Parameter> parameters;
  if (!section) return parameters;
  if (!section->is_map()) refuse(*section, "Template format error: Parameters must be an object.");
  if (section->items.size() > kParametersMax)
    refuse(*section, "Template format error: Number of parameters, {}, is greater than maximum allowed, {}", section->items.size(),
           kParametersMax);
  for (size_t i = 0; i < section->items.size(); ++i) parameters.push_back(read_parameter(section->names[i], section->items[i]));
  return parameters;
}

}  // namespace cairn::cfn
