#include <array>

#include "api/operation.h"
#include "api/ports.h"
#include "services/cloudformation/change_set.h"
#include "services/cloudformation/errors.h"
#include "services/cloudformation/resource_type.h"
#include "services/cloudformation/surroundings.h"
#include "template/summary.h"

/// Templates themselves: GetTemplate, GetTemplateSummary, ValidateTemplate.
namespace cairn::cloudformation {
namespace {

std::string text_of(api::Call& call, const Stack& stack) {
  return call.state->get(keys::template_text(stack.id, stack.generation)).value_or("");
}

Stack stack_with_id(api::Call& call, const std::string& name) {
  std::optional<Stack> stack = find_stack(call, name);
  if (!stack || (stack->is_gone() && !name.starts_with("arn:"))) throw Error(kValidationError, "Stack with id {} does not exist", name);
  return std::move(*stack);
}

void get_template(api::Call& call) {
  std::string text;
  std::optional<cfn::ParameterValues> values;
  Stack stack;
  if (call.in.contains("ChangeSetName")) {
    const ChangeSet set = open_change_set(call);
    text = call.state->get(keys::change_set_template(set.id)).value_or("");
    if (text.empty()) throw Error(kChangeSetNotFound, "ChangeSet [{}] does not exist", set.arn);
    if (const auto found = find_stack(*call.state, call.account, call.region, set.stack)) stack = *found;
    if (const auto kept = get_sealed(*call.state, *call.ports->sealer, keys::change_set_parameters(set.id)))
      values = parameter_values(*kept);
  } else {
    if (!call.in.contains("StackName"))
      throw Error(kValidationError,
                  "1 validation error detected: Value null at 'stackName' failed to satisfy constraint: Member must not be null");
    stack = stack_with_id(call, call.in["StackName"].get<std::string>());
    if (stack.generation == 0) {  // in review: there is a change set, and no template yet
      call.out["StagesAvailable"] = Json::array();
      return;
    }
    text = text_of(call, stack);
    if (const auto kept = get_sealed(*call.state, *call.ports->sealer, keys::parameters(stack.id, stack.generation)))
      values = parameter_values(*kept);
  }
  call.out["StagesAvailable"] = {"Original", "Processed"};
  call.out["TemplateBody"] = text;
  if (call.in.value("TemplateStage", "Processed") != "Processed" || !values) return;
  const cfn::Template read = parsed(text);
  if (read.transforms().empty()) return;
  const auto program = cfn::Program::make(read, environment_of(stack, stack.about), *values);
  if (program) call.out["TemplateBody"] = json::dump(program->processed());
}

Json declaration(const cfn::Parameter& parameter) {
  Json out{{"ParameterKey", parameter.name}, {"ParameterType", parameter.type}, {"NoEcho", parameter.no_echo}};
  if (parameter.default_value) out["DefaultValue"] = parameter.no_echo ? std::string(cfn::Parameter::kMask) : *parameter.default_value;
  if (!parameter.description.empty()) out["Description"] = parameter.description;
  out["ParameterConstraints"] = Json::object();
  if (!parameter.allowed_values.empty()) out["ParameterConstraints"]["AllowedValues"] = parameter.allowed_values;
  return out;
}

void put_common(api::Call& call, const cfn::Template& read, const cfn::Summary& summary) {
  if (!read.description().empty()) call.out["Description"] = read.description();
  if (!summary.capabilities.empty()) {
    call.out["Capabilities"] = summary.capabilities;
    call.out["CapabilitiesReason"] = summary.capabilities_reason;
  }
  if (!read.transforms().empty()) call.out["DeclaredTransforms"] = read.transforms();
}

/// How the template's resources could be imported: of each type, what names a thing of it.
Json identifier_summaries(const cfn::Summary& summary) {
  Json summaries = Json::array();
  for (const std::string& name : summary.resource_types) {
    const ResourceType* type = resource_type(name);
    if (type == nullptr || type->find == nullptr) continue;
    Json one{{"ResourceType", name}, {"LogicalResourceIds", summary.ids_by_type.at(name)}, {"ResourceIdentifiers", Json::array()}};
    for (const std::string_view identifier : type->identifiers) one["ResourceIdentifiers"].push_back(identifier);
    summaries.push_back(std::move(one));
  }
  return summaries;
}

/// Differs from AWS: there are no stack sets.
void get_template_summary(api::Call& call) {
  if (call.in.contains("StackSetName")) throw Error(aws::kNotImplemented, "Stack sets are not implemented.");
  std::optional<std::string> text = template_of(call, call.in);
  if (call.in.contains("StackName")) {
    if (text) throw Error(kValidationError, "You can specify only one of TemplateBody, TemplateURL and StackName.");
    text = text_of(call, stack_with_id(call, call.in["StackName"].get<std::string>()));
  }
  if (!text) throw Error(kValidationError, "Either StackName, TemplateBody or TemplateURL must be specified.");
  const cfn::Template read = parsed(*text);
  const cfn::Summary summary = cfn::summarize(read);
  call.out["Parameters"] = Json::array();
  for (const cfn::Parameter& parameter : read.parameters()) call.out["Parameters"].push_back(declaration(parameter));
  put_common(call, read, summary);
  call.out["ResourceTypes"] = summary.resource_types;
  if (Json summaries = identifier_summaries(summary); !summaries.empty()) call.out["ResourceIdentifierSummaries"] = std::move(summaries);
  if (call.in.value("TemplateSummaryConfig", Json::object()).value("TreatUnrecognizedResourceTypesAsWarnings", false)) {
    Json unrecognized = Json::array();
    for (const std::string& type : summary.resource_types)
      if (resource_type(type) == nullptr) unrecognized.push_back(type);
    if (!unrecognized.empty()) call.out["Warnings"]["UnrecognizedResourceTypes"] = std::move(unrecognized);
  }
  if (!summary.version.empty()) call.out["Version"] = summary.version;
  if (read.metadata()) call.out["Metadata"] = json::dump(*read.metadata());
}

void validate_template(api::Call& call) {
  const std::optional<std::string> text = template_of(call, call.in);
  if (!text) throw Error(kValidationError, "Either Template URL or Template Body must be specified.");
  const cfn::Template read = parsed(*text);
  const cfn::Summary summary = cfn::summarize(read);
  check_types(summary);
  call.out["Parameters"] = Json::array();
  for (const cfn::Parameter& parameter : read.parameters()) {
    Json one = declaration(parameter);
    one.erase("ParameterType");
    one.erase("ParameterConstraints");
    call.out["Parameters"].push_back(std::move(one));
  }
  put_common(call, read, summary);
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"GetTemplate", get_template},
    {"GetTemplateSummary", get_template_summary, api::Runs::kPool},
    {"ValidateTemplate", validate_template, api::Runs::kPool},
});

}  // namespace
}  // namespace cairn::cloudformation

namespace cairn::services {
extern const api::Family cloudformation_templates;
const api::Family cloudformation_templates{.service = "cloudformation", .operations = cloudformation::kOperations};
}  // namespace cairn::services
