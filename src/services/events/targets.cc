#include <algorithm>
#include <array>

#include "api/operation.h"
#include "api/pass_role.h"
#include "base/json_cursor.h"
#include "base/text.h"
#include "rules/target.h"
#include "services/events/door.h"
#include "services/events/errors.h"

/// Whom a rule tells.
namespace cairn::events_service {
namespace {

using rules::Rule;
using rules::TargetArn;
using rules::TargetKind;

constexpr size_t kTargetsMax = 5;               // of a rule
constexpr size_t kTargetsOfCallMax = 10;        // in one PutTargets or RemoveTargets
constexpr size_t kTargetsBytesMax = 256 << 10;  // of a rule's, as JSON: they lie in its document

std::string id_of(const Json& target) { return target.at("Id").get<std::string>(); }

void check_input(const Json& target) {
  const std::string id = id_of(target);
  const auto given = [&](const char* member) { return target.contains(member) ? 1 : 0; };
  if (given("Input") + given("InputPath") + given("InputTransformer") > 1)
    throw Error(aws::kValidation, "Only one of Input, InputPath, or InputTransformer must be provided for target {}.", id);
  if (const auto input = target.find("Input"); input != target.end()) {
    json::Cursor cursor(input->get_ref<const std::string&>());
    if (!cursor.skip() || !cursor.at_end()) throw Error(aws::kValidation, "JSON syntax error in input for target {}", id);
  }
  if (const auto path = target.find("InputPath"); path != target.end() && !rules::JsonPath::parse(path->get<std::string>()))
    throw Error(aws::kValidation, "Invalid InputPath for target {}.", id);
  const auto transformer = target.find("InputTransformer");
  if (transformer == target.end()) return;
  if (transformer->contains("InputPathsMap"))
    for (const auto& [name, path] : transformer->at("InputPathsMap").items())
      if (text::lower(name).starts_with("aws"))
        throw Error(aws::kValidation, "InputPathsMap for target {} contains the reserved key {}.", id, name);
  const auto compiled = rules::compile_transformer(*transformer);
  if (compiled) return;
  if (compiled.error().what == rules::Transformer::Refusal::What::kPath)
    throw Error(aws::kValidation, "InputPathsMap for target {} has an invalid path for {}.", id, compiled.error().name);
  throw Error(aws::kValidation, "InputTemplate for target {} contains invalid placeholder {}.", id, compiled.error().name);
}

void check_queue(const api::Call& call, const std::string& arn) {
  const std::optional<TargetArn> at = rules::parse_target_arn(arn);
  if (!at || at->kind != TargetKind::kQueue || at->is_fifo() || at->region != call.region)
    throw Error(aws::kValidation, "Parameter DeadLetterConfig.Arn is not valid. Reason: {} is not a standard SQS queue of this Region.",
                arn);
}

/// Throws ValidationException for what no target may be.
TargetArn check(api::Call& call, const Json& target) {
  const std::string id = id_of(target), arn = target.at("Arn").get<std::string>();
  const std::optional<TargetArn> at = rules::parse_target_arn(arn);
  if (!at) throw Error(aws::kValidation, "Parameter {} is not valid. Reason: Provided Arn is not in correct format.", arn);
  check_input(target);
  if (const auto config = target.find("DeadLetterConfig"); config != target.end() && config->contains("Arn"))
    check_queue(call, config->at("Arn").get<std::string>());
  const bool has_group = target.contains("SqsParameters") && target.at("SqsParameters").contains("MessageGroupId");
  if (at->kind == TargetKind::kQueue && at->is_fifo() && !has_group)
    throw Error(aws::kValidation, "Parameter(s) SqsParameters must be specified for target: {}.", id);
  if (at->kind == TargetKind::kApiDestination && !target.contains("RoleArn"))
    throw Error(aws::kValidation, "RoleArn is required for target {}.", arn);
  if (const auto role = target.find("RoleArn"); role != target.end())
    api::require_pass_role(call, role->get<std::string>(), rules::kServicePrincipal);
  return *at;
}

/// Why a target cannot be one here; "": it can.
std::string what_is_missing(const api::Call& call, const Json& target, const TargetArn& at) {
  if (at.kind == TargetKind::kOther) return fmt::format("Targets of the service {} are not implemented: {}.", at.service, at.name);
  if (at.kind == TargetKind::kTopic && at.is_fifo()) return "FIFO topics are not implemented as targets.";
  if (at.kind != TargetKind::kBus && at.region != call.region)
    return fmt::format("Targets in another Region ({}) are not implemented.", at.region.str());
  if (at.kind == TargetKind::kApiDestination && at.account != call.account) return "API destinations of other accounts cannot be targets.";
  for (const char* member : {"KinesisParameters", "RunCommandParameters", "EcsParameters", "BatchParameters", "RedshiftDataParameters",
                             "SageMakerPipelineParameters", "AppSyncParameters"})
    if (target.contains(member)) return fmt::format("{} is not implemented.", member);
  for (const char* member : {"Input", "InputPath", "InputTransformer"})
    if (at.kind == TargetKind::kBus && target.contains(member)) return fmt::format("{} is not implemented for event buses.", member);
  if (target.contains("HttpParameters") && at.kind != TargetKind::kApiDestination) return "HttpParameters is for API destinations only.";
  return "";
}

/// A rule's first target gets no event, and no time of the schedule, that was before it.
void put_to_work(api::Call& call, Rule& rule) {
  rule.since = call.state->base().seq;
  if (!rule.schedule.empty()) call.state->put(rules::keys::fired(rule.bus, rule.name), std::to_string(call.now.time_since_epoch().count()));
}

/// Differs from AWS: targets of services that are not here fail with NotImplemented, each for itself.
void put_targets(api::Call& call) {
  Rule rule = open_rule(call, "Rule");
  const bool was_at_work = !rule.targets.empty();
  const Json& targets = call.in.at("Targets");
  if (targets.size() > kTargetsOfCallMax) throw limit_exceeded();
  Json failed = Json::array();
  for (const Json& target : targets) {
    const TargetArn at = check(call, target);
    if (const std::string missing = what_is_missing(call, target, at); !missing.empty()) {
      failed.push_back({{"TargetId", target.at("Id")}, {"ErrorCode", aws::kNotImplemented.code}, {"ErrorMessage", missing}});
      continue;
    }
    const auto before = std::ranges::find_if(rule.targets, [&](const Json& other) { return id_of(other) == id_of(target); });
    if (before != rule.targets.end()) *before = target;
    else rule.targets.push_back(target);
  }
  if (rule.targets.size() > kTargetsMax || json::dump(rule.targets).size() > kTargetsBytesMax) throw limit_exceeded();
  if (!was_at_work) put_to_work(call, rule);
  rules::put(*call.state, rule);
  call.out = {{"FailedEntryCount", failed.size()}, {"FailedEntries", std::move(failed)}};
}

void remove_targets(api::Call& call) {
  Rule rule = open_rule(call, "Rule");
  const Json& ids = call.in.at("Ids");
  Json left = Json::array();
  for (const Json& target : rule.targets)
    if (std::ranges::find(ids, target.at("Id")) == ids.end()) left.push_back(target);
  rule.targets = std::move(left);
  rules::put(*call.state, rule);
  call.out = {{"FailedEntryCount", 0}, {"FailedEntries", Json::array()}};
}

void list_targets_by_rule(api::Call& call) {
  const Rule rule = open_rule(call, "Rule");
  const size_t limit = call.in.value("Limit", kListedMax);
  size_t at = 0;
  if (const auto token = call.in.find("NextToken"); token != call.in.end()) {
    const std::optional<std::string> number = text::from_base64(token->get<std::string>());
    const std::optional<uint64_t> read = number ? text::to_uint(*number) : std::nullopt;
    if (!read) throw Error(aws::kValidation, "Parameter NextToken is not valid.");
    at = std::min<size_t>(*read, rule.targets.size());
  }
  call.out["Targets"] = Json::array();
  for (; at < rule.targets.size() && call.out["Targets"].size() < limit; ++at) call.out["Targets"].push_back(rule.targets[at]);
  if (at < rule.targets.size()) call.out["NextToken"] = text::base64(std::to_string(at));
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"ListTargetsByRule", list_targets_by_rule},
    {"PutTargets", put_targets},
    {"RemoveTargets", remove_targets},
});

}  // namespace
}  // namespace cairn::events_service

namespace cairn::services {
extern const api::Family events_targets;
const api::Family events_targets{.service = "events", .operations = events_service::kOperations};
}  // namespace cairn::services
