#include "base/text.h"
#include "template/body.h"
#include "template/pattern.h"

/// What was given for a template's parameters, against what it declares.
namespace cairn::cfn {
namespace {

constexpr size_t kValueBytesMax = 4096;

struct Broken {
  std::string message;
};

template <class... Args>
[[noreturn]] void broken(fmt::format_string<Args...> format, Args&&... args) {
  throw Broken{fmt::format(format, std::forward<Args>(args)...)};
}

/// What breaks a constraint that has a description is told by it.
template <class... Args>
[[noreturn]] void unsatisfied(const Parameter& parameter, fmt::format_string<Args...> format, Args&&... args) {
  if (!parameter.constraint_description.empty())
    broken("Parameter {} failed to satisfy constraint: {}", parameter.name, parameter.constraint_description);
  broken("Parameter '{}' {}", parameter.name, fmt::format(format, std::forward<Args>(args)...));
}

void check_number(const Parameter& parameter, std::string_view value) {
  const auto number = number_in(value);
  if (!number) broken("Parameter '{}' must be a number.", parameter.name);
  if (parameter.min_value && *number < *parameter.min_value)
    unsatisfied(parameter, "must be a number not less than {}", *parameter.min_value);
  if (parameter.max_value && *number > *parameter.max_value)
    unsatisfied(parameter, "must be a number not greater than {}", *parameter.max_value);
}

/// `steps_max`: of matching the pattern.
void check_value(const Parameter& parameter, const std::optional<Pattern>& pattern, std::string_view value, uint32_t steps_max) {
  const auto& allowed = parameter.allowed_values;
  if (!allowed.empty() && std::find(allowed.begin(), allowed.end(), value) == allowed.end())
    unsatisfied(parameter, "must be one of AllowedValues");
  if (parameter.type == "Number" || parameter.type == "List<Number>") return check_number(parameter, value);
  const auto length = static_cast<int64_t>(text::code_points(value));
  if (parameter.min_length && length < *parameter.min_length)
    unsatisfied(parameter, "must contain at least {} characters", *parameter.min_length);
  if (parameter.max_length && length > *parameter.max_length)
    unsatisfied(parameter, "must contain at most {} characters", *parameter.max_length);
  if (!pattern) return;
  const auto fits = pattern->matches(value, steps_max);
  if (!fits) broken("Parameter '{}' has an AllowedPattern that takes too long to match", parameter.name);
  if (!*fits) unsatisfied(parameter, "must match pattern {}", *parameter.allowed_pattern);
}

ParameterValue value_of(const Parameter& parameter, const std::string& given, bool is_default, const SsmParameters& ssm) {
  if (given.size() > kValueBytesMax) broken("Parameter '{}' must not be longer than {} bytes", parameter.name, kValueBytesMax);
  ParameterValue value{.given = given, .resolved = given, .is_default = is_default};
  const bool has_elements = parameter.is_list() && !parameter.is_ssm();
  std::optional<Pattern> pattern;
  if (parameter.allowed_pattern) pattern = Pattern::compile(*parameter.allowed_pattern).value();  // it did when it was read
  if (!has_elements) check_value(parameter, pattern, given, Pattern::kStepsMax);
  if (has_elements) {
    const auto elements = text::split(given, ',');
    const auto steps_max = static_cast<uint32_t>(Pattern::kStepsMax / elements.size());  // all together take no longer than one value
    for (const std::string_view element : elements) check_value(parameter, pattern, text::trim(element), steps_max);
  }
  if (!parameter.is_ssm()) return value;
  const auto stored = ssm ? ssm(given) : std::nullopt;
  if (!stored) broken("Unable to fetch parameters [{}] from parameter store for this account.", given);
  value.resolved = *stored;
  return value;
}

}  // namespace

Outcome<ParameterValues> bind_parameters(const Template& of, const std::map<std::string, std::string>& given, const SsmParameters& ssm) {
  std::vector<std::string> unknown, missing;
  for (const auto& [name, value] : given)
    if (!of.parameter(name)) unknown.push_back(name);
  for (const Parameter& parameter : of.parameters())
    if (!given.contains(parameter.name) && !parameter.default_value) missing.push_back(parameter.name);
  ParameterValues values;
  const Parameter* current = nullptr;
  try {
    if (!unknown.empty()) broken("Parameters: [{}] do not exist in the template", fmt::join(unknown, ", "));
    if (!missing.empty()) broken("Parameters: [{}] must have values", fmt::join(missing, ", "));
    for (const Parameter& parameter : of.parameters()) {
      current = &parameter;
      const auto value = given.find(parameter.name);
      const bool is_default = value == given.end();
      values.emplace(parameter.name, value_of(parameter, is_default ? *parameter.default_value : value->second, is_default, ssm));
    }
  } catch (const Broken& reason) {
    Error error{.message = reason.message, .path = {}, .place = {}};
    if (current) error.path = "/Parameters/" + current->name, error.place = current->place;
    return tl::unexpected(error);
  }
  return values;
}

}  // namespace cairn::cfn
