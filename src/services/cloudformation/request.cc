#include "services/cloudformation/request.h"

#include <algorithm>
#include <set>

#include "api/pass_role.h"
#include "api/ports.h"
#include "api/system_tags.h"
#include "api/within.h"
#include "identity/service_role.h"
#include "services/cloudformation/caller.h"
#include "services/cloudformation/change_set.h"
#include "services/cloudformation/nested.h"
#include "services/cloudformation/notice.h"
#include "services/cloudformation/errors.h"
#include "services/cloudformation/surroundings.h"
#include "services/cloudformation/template_url.h"
#include "template/summary.h"

namespace cairn::cloudformation {
namespace {

constexpr size_t kNameCharactersMax = 128;
constexpr size_t kImportsBytesMax = 256 << 10, kImportOverheadBytes = 128;
constexpr size_t kTagsMax = 50;
constexpr size_t kAboutBytesMax = 128 << 10;

/// What the call leaves out is as it was.
Json in_or_before(const Json& in, const Stack& stack, const char* member) {
  return in.contains(member) ? in.at(member) : stack.about.value(member, Json::array());
}

Json texts_of(const Json& in, const char* member) {
  const auto it = in.find(member);
  return it == in.end() ? Json::array() : *it;
}

/// Parameters as the call gives them, and as they were for UsePreviousValue.
std::map<std::string, std::string> given_parameters(api::Call& call, const Json& in, const Stack& stack, const cfn::Template& of,
                                                    Values values) {
  std::map<std::string, std::string> given;
  std::optional<cfn::ParameterValues> previous;
  const auto was = [&](const std::string& name) -> const cfn::ParameterValue* {
    if (!previous) {
      const auto kept =
          stack.generation == 0 ? std::nullopt : get_sealed(*call.state, *call.ports->sealer, keys::parameters(stack.id, stack.generation));
      previous = kept ? parameter_values(*kept) : cfn::ParameterValues();
    }
    const auto it = previous->find(name);
    return it == previous->end() ? nullptr : &it->second;
  };
  /// Takes what is known later as it is; false: another must stand for it, as it would not do here.
  const auto does_later = [&](const std::string& name, const std::string& value) {
    const cfn::Parameter* declared = of.parameter(name);
    if (values == Values::kGiven || declared == nullptr || !is_known_later(value)) return true;
    // How a dynamic reference is written says less of what it will mean than what was there before.
    const bool is_reference = value.find(Surroundings::kKnownLater) == std::string::npos;
    if (is_reference && (declared->default_value || was(name) != nullptr)) return false;
    return declared->type == "String" && declared->allowed_values.empty() && !declared->allowed_pattern && !declared->min_length &&
           !declared->max_length;
  };
  for (const Json& parameter : texts_of(in, "Parameters")) {
    const std::string name = parameter.value("ParameterKey", "");
    if (!does_later(name, parameter.value("ParameterValue", ""))) {
      const cfn::ParameterValue* value = was(name);
      if (value != nullptr) given[name] = value->given;
      else if (!of.parameter(name)->default_value)
        throw Error(kValidationError, "The value of parameter {} is known only when the stack around is changed.", name);
      continue;
    }
    if (parameter.value("UsePreviousValue", false)) {
      if (parameter.contains("ParameterValue"))
        throw Error(kValidationError,
                    "Invalid input for parameter key {}. Cannot specify usePreviousValue as true and non empty value for a parameter",
                    name);
      const cfn::ParameterValue* value = was(name);
      if (value == nullptr && of.parameter(name) != nullptr)
        throw Error(kValidationError, "Invalid input for parameter key {}. There is no previous value for it", name);
      if (value != nullptr) given[name] = value->given;
    } else {
      given[name] = parameter.value("ParameterValue", "");
    }
  }
  return given;
}

Json shown_parameters(const cfn::Template& of, const cfn::ParameterValues& values) {
  Json shown = Json::array();
  for (const cfn::Parameter& parameter : of.parameters()) {
    const auto value = values.find(parameter.name);
    if (value == values.end()) continue;
    Json one{{"ParameterKey", parameter.name},
             {"ParameterValue", parameter.no_echo ? std::string(cfn::Parameter::kMask) : value->second.given}};
    if (parameter.is_ssm()) one["ResolvedValue"] = value->second.resolved;
    shown.push_back(std::move(one));
  }
  return shown;
}

/// The value of SSM's parameter that a parameter of the type AWS::SSM::Parameter::Value<...> names.
std::optional<std::string> stored_parameter(api::Call& call, const std::string& name) {
  const Json answer = api::call_within(call, {.service = "ssm",
                                              .operation = "GetParameters",
                                              .in = {{"Names", Json::array({name})}, {"WithDecryption", false}},
                                              .region = call.region,
                                              .invoked_by = kService,
                                              .account = call.account});
  const Json& found = answer.at("Parameters");
  if (found.empty()) return std::nullopt;
  if (found[0].at("Type") == "SecureString")
    throw Error(kValidationError, "Parameters [{}] referenced by template have types not supported by CloudFormation.", name);
  return found[0].at("Value").get<std::string>();
}

/// "AWS::EC2::*" and the like, of the parameter ResourceTypes.
void check_allowed_types(const Json& in, const cfn::Summary& summary) {
  const auto allowed = in.find("ResourceTypes");
  if (allowed == in.end() || allowed->empty()) return;
  for (const std::string& type : summary.resource_types) {
    const bool is_allowed = std::ranges::any_of(*allowed, [&](const Json& each) {
      std::string pattern = each.get<std::string>();
      if (!pattern.ends_with('*')) return pattern == type;
      pattern.pop_back();
      return pattern.ends_with("::") && type.starts_with(pattern);
    });
    if (is_allowed) continue;
    const auto names = allowed->get<std::vector<std::string>>();
    throw Error(kValidationError, "Resource type {} is not allowed by parameter ResourceTypes [{}]", type, fmt::join(names, ", "));
  }
}

}  // namespace

constexpr const char* kLogSubscription = "AWS::Logs::SubscriptionFilter";

void check_types(const cfn::Summary& summary) {
  std::vector<std::string> lacking;
  for (const std::string& type : summary.resource_types)
    if (resource_type(type) == nullptr) lacking.push_back(type);
  if (lacking.empty()) return;
  const bool has_filters = std::ranges::find(lacking, kLogSubscription) != lacking.end();
  throw Error(kValidationError, "Template format error: Unrecognized resource types: [{}]{}", fmt::join(lacking, ", "),
              has_filters ? fmt::format(". {}: this server has no service that log events could be sent to", kLogSubscription) : "");
}

namespace {

constexpr int kMonitoringMinutesMax = 180;
constexpr size_t kTriggersMax = 5;

void check_triggers(const Json& configuration) {
  const Json triggers = configuration.value("RollbackTriggers", Json::array());
  const int minutes = configuration.value("MonitoringTimeInMinutes", 0);
  if (minutes < 0 || minutes > kMonitoringMinutesMax)
    throw Error(kValidationError, "Monitoring time must be between 0 and {} minutes, found: {}", kMonitoringMinutesMax, minutes);
  if (triggers.size() > kTriggersMax) throw Error(kValidationError, "A stack may have at most {} rollback triggers.", kTriggersMax);
  for (const Json& trigger : triggers) {
    const std::string arn = trigger.value("Arn", ""), type = trigger.value("Type", "");
    if (type != "AWS::CloudWatch::Alarm" && type != "AWS::CloudWatch::CompositeAlarm")
      throw Error(kValidationError, "Rollback trigger type {} is not supported", type);
    if (!arn.starts_with("arn:aws:cloudwatch:") || arn.find(":alarm:") == std::string::npos)
      throw Error(kValidationError, "Rollback trigger ARN {} is invalid", arn);
  }
}

void check_options(api::Call& call, const Json& in) {
  const auto refuse_if = [&](bool is_asked, const char* what) {
    if (is_asked) throw Error(aws::kNotImplemented, "{} is not implemented: leave it out.", what);
  };
  const auto filled = [&](const char* member) { return in.contains(member) && !in.at(member).empty(); };
  check_topics(call, in.value("NotificationARNs", Json::array()));
  check_triggers(in.value("RollbackConfiguration", Json::object()));
  refuse_if(filled("DeploymentConfig") && in.at("DeploymentConfig") != Json{{"Mode", "STANDARD"}}, "DeploymentConfig beyond its defaults");
  std::set<std::string> tag_keys;
  for (const Json& tag : texts_of(in, "Tags")) {
    if (api::is_system_tag(tag.value("Key", "")))
      throw Error(kValidationError, "aws: prefixed tag key names are not allowed for external use.");
    if (!tag_keys.insert(tag.value("Key", "")).second)
      throw Error(kValidationError, "Tags contain duplicate keys; tag keys must be unique");
  }
  if (const Json tags = texts_of(in, "Tags"); tags.size() > kTagsMax)
    throw Error(
        kValidationError,
        "1 validation error detected: Value '{}' at 'tags' failed to satisfy constraint: Member must have length less than or equal to {}",
        json::dump(tags), kTagsMax);
}

}  // namespace

std::optional<std::string> template_of(api::Call& call, const Json& in) {
  const bool has_body = in.contains("TemplateBody"), has_url = in.contains("TemplateURL");
  if (has_body && has_url) throw Error(kValidationError, "Both TemplateBody and TemplateURL cannot be specified.");
  if (has_url) return template_at(call, in.at("TemplateURL").get<std::string>());
  if (!has_body) return std::nullopt;
  std::string text = in.at("TemplateBody").get<std::string>();
  if (text.size() > cfn::kDirectBytesMax)
    throw Error(
        kValidationError,
        "1 validation error detected: Value '{}' at 'templateBody' failed to satisfy constraint: Member must have length less than or "
        "equal to {}",
        text.substr(0, 1000), cfn::kDirectBytesMax);
  return text;
}

cfn::Template parsed(const std::string& text) {
  auto read = cfn::Template::parse(text);
  if (!read) throw Error(kValidationError, "{}", read.error().text());
  return std::move(*read);
}

namespace {

/// By a URL that only a stack's own operations can use (nested.h): the template that the stack had before, or that of its change set.
std::optional<std::string> own_template(api::Call& call, const Json& in, const Stack& stack, Asked& asked) {
  const std::string url = in.value("TemplateURL", "");
  if (call.principal.invoked_by != kService || url.empty()) return std::nullopt;
  if (const int former = generation_of(stack.arn(), url); former > 0) return call.state->get(keys::template_text(stack.id, former));
  const std::optional<ChangeSet> set = set_with_arn(*call.state, url);
  if (!set && url.find(":changeSet/") != std::string::npos) throw Error(kChangeSetNotFound, "ChangeSet [{}] does not exist", url);
  if (!set || set->stack != stack.id) return std::nullopt;
  asked.change_set = set->id;
  asked.imports = set->imports;
  asked.nested = set->nested;
  return call.state->get(keys::change_set_template(set->id));
}

}  // namespace

Asked read_request(api::Call& call, const Json& in, const Stack& stack, Values values_given) {
  check_options(call, in);
  Asked asked;
  const bool is_update = stack.generation > 0;
  std::optional<std::string> text = own_template(call, in, stack, asked);
  if (!text) text = template_of(call, in);
  if (in.value("UsePreviousTemplate", false)) {
    if (text) throw Error(kValidationError, "You cannot specify both usePreviousTemplate and a template.");
    if (is_update) text = call.state->get(keys::template_text(stack.id, stack.generation));
  }
  if (!text) throw Error(kValidationError, "Either Template URL or Template Body must be specified.");
  asked.text = std::move(*text);
  const cfn::Template read = parsed(asked.text);
  const cfn::Summary summary = cfn::summarize(read);
  check_allowed_types(in, summary);
  check_types(summary);
  const auto capabilities = texts_of(in, "Capabilities").get<std::vector<std::string>>();
  if (const auto missing = cfn::missing_capabilities(summary, capabilities); !missing.empty())
    throw Error(kInsufficientCapabilities, "{}", cfn::requires_capabilities(missing));

  auto values = cfn::bind_parameters(read, given_parameters(call, in, stack, read, values_given),
                                     [&](const std::string& name) { return stored_parameter(call, name); });
  if (!values) throw Error(kValidationError, "{}", values.error().text());
  asked.values = std::move(*values);
  Json& about = asked.about;
  about["NotificationARNs"] = in_or_before(in, stack, "NotificationARNs");
  auto program = cfn::Program::make(read, environment_of(stack, about), asked.values);
  if (!program) throw Error(kValidationError, "{}", program.error().text());
  asked.program = std::move(*program);
  size_t imports_bytes = 0;  // of what the end of the operation remembers of them
  for (const std::string& name : asked.program->imports()) imports_bytes += 2 * name.size() + stack.name.size() + kImportOverheadBytes;
  if (imports_bytes > kImportsBytesMax) throw Error(kValidationError, "The imports are more than {} bytes together.", kImportsBytesMax);

  if (!read.description().empty()) about["Description"] = read.description();
  about["Parameters"] = shown_parameters(read, asked.values);
  about["Capabilities"] = texts_of(in, "Capabilities");
  about["RollbackConfiguration"] =
      in.contains("RollbackConfiguration") ? in.at("RollbackConfiguration") : stack.about.value("RollbackConfiguration", Json::object());
  about["DisableRollback"] = in.value("DisableRollback", false);
  about["Tags"] = in.contains("Tags") ? in.at("Tags") : stack.about.value("Tags", Json::array());
  about["EnableTerminationProtection"] = in.value("EnableTerminationProtection", stack.about.value("EnableTerminationProtection", false));
  if (in.contains("RetainExceptOnCreate")) about["RetainExceptOnCreate"] = in.at("RetainExceptOnCreate");  // of this operation alone
  for (const char* member : {"RoleARN", "TimeoutInMinutes"}) {
    if (in.contains(member)) about[member] = in.at(member);
    else if (stack.about.contains(member)) about[member] = stack.about.at(member);
  }
  if (json::dump(about).size() > kAboutBytesMax)
    throw Error(kValidationError, "Parameters, tags and description are more than {} bytes together.", kAboutBytesMax);
  if (stack.about.contains("Outputs")) about["Outputs"] = stack.about.at("Outputs");
  return asked;
}

void check_role(api::Call& call, const std::string& role) {
  if (role.empty()) return;
  api::require_pass_role(call, role, kService);
  aws::Principal service;
  service.kind = aws::Principal::Kind::kService;
  service.user_name = kService;
  service.source_account = call.account;
  if (!identity::take_on(*call.state, role, service, "AWSCloudFormation", call.now))
    throw Error(kValidationError, "Role {} is invalid or cannot be assumed", role);
}

void begin(api::Call& call, Stack& stack, const Asked& asked, const Begin& how) {
  const int generation = ++stack.newest;
  call.state->put(keys::template_text(stack.id, generation), asked.text);
  put_sealed(*call.state, *call.ports->sealer, keys::parameters(stack.id, generation), to_json(asked.values));
  Operation operation;
  operation.is_creation = how.is_creation;
  operation.is_import = how.is_import;
  operation.imports = asked.imports;
  operation.nested = asked.nested;
  operation.from = stack.generation;
  operation.to = generation;
  operation.role = how.role;
  operation.token = how.token;
  operation.on_failure = how.on_failure;
  operation.about = asked.about;
  operation.policy = how.policy;
  make_obsolete(*call.state, stack.id, {.random = *call.ports->random, .now = call.now}, asked.change_set);
  if (how.is_creation) {
    stack.about = asked.about;
    stack.generation = generation;  // also while it is made: what GetTemplate shows
    if (const int minutes = asked.about.value("TimeoutInMinutes", 0); minutes > 0)
      operation.until = call.now + std::chrono::minutes(minutes);
  } else {
    stack.updated = call.now;
  }
  const char* status = how.is_import ? "IMPORT_IN_PROGRESS" : how.is_creation ? "CREATE_IN_PROGRESS" : "UPDATE_IN_PROGRESS";
  begin(call, stack, std::move(operation), status);
}

void begin(api::Call& call, Stack& stack, Operation operation, std::string status, std::string reason) {
  operation.account = stack.account;
  operation.region = stack.region;
  operation.stack = stack.id;
  operation.id = call.ports->random->uuid();
  operation.endpoint = fmt::format("{}://{}", call.tls ? "https" : "http", call.host);
  operation.principal = to_json(call.principal);
  stack.status = std::move(status);
  stack.reason = std::move(reason);
  stack.failure.clear();
  put_stack(*call.state, stack);
  put_stack_event(*call.state, *call.ports->random, stack, operation.token, call.now, hearers_of(stack, operation));
  put_operation(*call.state, operation);
  call.state->erase(keys::rollback(stack.id));
}

Stack new_stack(const api::Call& call, const std::string& name) {
  Stack stack;
  stack.account = call.account;
  stack.region = call.region;
  stack.name = name;
  stack.id = call.ports->random->uuid();
  stack.created = call.now;
  return stack;
}

void check_updatable(const Stack& stack) {
  static constexpr std::string_view kUpdatable[] = {"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE",
                                                    "UPDATE_FAILED",   "CREATE_FAILED",   "IMPORT_ROLLBACK_COMPLETE"};
  if (std::ranges::find(kUpdatable, stack.status) == std::end(kUpdatable))
    throw Error(kValidationError, "Stack:{} is in {} state and can not be updated.", stack.arn(), stack.status);
}

void check_name(const std::string& name) {
  const bool is_sound = !name.empty() && std::isalpha(static_cast<unsigned char>(name.front())) != 0 &&
                        std::ranges::all_of(name, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-'; });
  if (!is_sound)
    throw Error(
        kValidationError,
        "1 validation error detected: Value '{}' at 'stackName' failed to satisfy constraint: Member must satisfy regular expression "
        "pattern: [a-zA-Z][-a-zA-Z0-9]*|arn:[-a-zA-Z0-9:/._+]*",
        name);
  if (name.size() > kNameCharactersMax)
    throw Error(
        kValidationError,
        "1 validation error detected: Value '{}' at 'stackName' failed to satisfy constraint: Member must have length less than or equal "
        "to {}",
        name, kNameCharactersMax);
}

}  // namespace cairn::cloudformation
