#include "services/sqs/attributes.h"

#include <algorithm>
#include <array>

#include "aws/policy/policy.h"
#include "base/text.h"
#include "services/sqs/errors.h"

namespace cairn::sqs {
namespace {

enum class Kind { kNumber, kFlag, kChoice, kPolicy, kRedrive, kRedriveAllow, kKey, kFifo, kReadOnly };

struct Rule {
  std::string_view name;
  Kind kind;
  int64_t min = 0, max = 0;
  std::string_view otherwise = {};  // the default
  bool fifo_only = false;
  std::string_view one = {}, two = {};  // kChoice
};

constexpr auto kRules = std::to_array<Rule>({
    {"ApproximateNumberOfMessages", Kind::kReadOnly},
    {"ApproximateNumberOfMessagesDelayed", Kind::kReadOnly},
    {"ApproximateNumberOfMessagesNotVisible", Kind::kReadOnly},
    {"ContentBasedDeduplication", Kind::kFlag, 0, 0, "false", true},
    {"CreatedTimestamp", Kind::kReadOnly},
    {"DeduplicationScope", Kind::kChoice, 0, 0, "queue", true, "queue", "messageGroup"},
    {"DelaySeconds", Kind::kNumber, 0, 900, "0"},
    {"FifoQueue", Kind::kFifo},
    {"FifoThroughputLimit", Kind::kChoice, 0, 0, "perQueue", true, "perQueue", "perMessageGroupId"},
    {"KmsDataKeyReusePeriodSeconds", Kind::kNumber, 60, 86'400, "300"},
    {"KmsMasterKeyId", Kind::kKey},
    {"LastModifiedTimestamp", Kind::kReadOnly},
    {"MaximumMessageSize", Kind::kNumber, 1024, 1'048'576, "1048576"},
    {"MessageRetentionPeriod", Kind::kNumber, 60, 1'209'600, "345600"},
    {"Policy", Kind::kPolicy},
    {"QueueArn", Kind::kReadOnly},
    {"ReceiveMessageWaitTimeSeconds", Kind::kNumber, 0, 20, "0"},
    {"RedriveAllowPolicy", Kind::kRedriveAllow},
    {"RedrivePolicy", Kind::kRedrive},
    {"SqsManagedSseEnabled", Kind::kFlag, 0, 0, "true"},
    {"VisibilityTimeout", Kind::kNumber, 0, 43'200, "30"},
});

const Rule* rule_of(std::string_view name) {
  const auto found = std::ranges::find(kRules, name, &Rule::name);
  return found == kRules.end() ? nullptr : &*found;
}

constexpr size_t kKeyNameBytesMax = 2048;
constexpr size_t kSourcesMax = 10;  // of a RedriveAllowPolicy
constexpr int64_t kReceivesMax = 1000;

Error invalid(std::string_view name) { return Error(kInvalidAttributeValue, "Invalid value for the parameter {}.", name); }

std::optional<Redrive> parse_redrive(std::string_view text) {
  const Result<Json> document = json::parse(text);
  if (!document || !document->is_object()) return std::nullopt;
  Redrive redrive;
  const auto target = document->find("deadLetterTargetArn");
  const auto receives = document->find("maxReceiveCount");
  if (target == document->end() || !target->is_string() || receives == document->end()) return std::nullopt;
  redrive.target_arn = target->get<std::string>();
  if (receives->is_number_integer()) redrive.receives_max = receives->get<int64_t>();
  else if (receives->is_string()) redrive.receives_max = text::to_int(receives->get<std::string>()).value_or(0);
  if (redrive.receives_max < 1 || redrive.receives_max > kReceivesMax) return std::nullopt;
  return redrive;
}

/// Who may name a queue as the target of dead letters.
bool takes_dead_letters_of(const Queue& target, const Queue& source) {
  const std::string text = target.attribute("RedriveAllowPolicy");
  if (text.empty()) return true;
  const Json document = json::parse(text).value();  // it was checked
  const std::string permission = document.at("redrivePermission").get<std::string>();
  if (permission != "byQueue") return permission == "allowAll";
  const Json& sources = document.at("sourceQueueArns");
  return std::ranges::any_of(sources, [&](const Json& one) { return one.get<std::string>() == source.arn(); });
}

void check_redrive(api::Call& call, const Queue& queue, const std::string& text) {
  const std::optional<Redrive> redrive = parse_redrive(text);
  if (!redrive) throw invalid_value(text, "RedrivePolicy", "Redrive policy is not a valid JSON map, or has an invalid value.");
  const std::string own = fmt::format("arn:aws:sqs:{}:{}:", queue.region.str(), queue.account.str());
  const std::optional<Queue> target = redrive->target_arn.starts_with(own) ? find_queue(*call.state, redrive->target_arn) : std::nullopt;
  if (!target) throw invalid_value(text, "RedrivePolicy", "Dead letter target does not exist.");
  if (target->is_fifo() != queue.is_fifo())
    throw invalid_value(text, "RedrivePolicy", "Dead-letter queue must be same type of queue as the source.");
  if (!takes_dead_letters_of(*target, queue))
    throw invalid_value(text, "RedrivePolicy", "The dead-letter queue's redrive allow policy does not allow this source queue.");
}

void check_redrive_allow(const std::string& text) {
  const Result<Json> document = json::parse(text);
  const auto refuse = [&](std::string_view reason) { throw invalid_value(text, "RedriveAllowPolicy", reason); };
  if (!document || !document->is_object()) refuse("Redrive allow policy is not a valid JSON map.");
  const std::string permission = document->value("redrivePermission", Json()).is_string() ? (*document)["redrivePermission"] : "";
  if (permission != "allowAll" && permission != "denyAll" && permission != "byQueue")
    refuse("redrivePermission must be allowAll, denyAll or byQueue.");
  const auto sources = document->find("sourceQueueArns");
  const bool has_sources = sources != document->end() && sources->is_array() && !sources->empty();
  if ((permission == "byQueue") != has_sources) refuse("sourceQueueArns goes with byQueue, and only with it.");
  if (!has_sources) return;
  if (sources->size() > kSourcesMax) refuse("at most 10 source queues can be named.");
  for (const Json& source : *sources)
    if (!source.is_string()) refuse("sourceQueueArns must be ARNs of queues.");
}

void check_policy(const std::string& text) {
  if (!aws::policy::Policy::parse(text, aws::policy::Kind::kResource)) throw invalid("Policy");
}

/// What AWS says of attributes that only FIFO queues have.
Error not_of_standard_queues(std::string_view name) {
  if (name == "ContentBasedDeduplication") return unknown_attribute(name);
  return Error(kInvalidAttributeName, "You can specify the {} only when FifoQueue is set to true.", name);
}

void set_fifo(const Queue& queue, const std::string& value, When when) {
  if (value == "true" && queue.is_fifo()) return;
  if (when == When::kChanged && queue.is_fifo())
    throw Error(kInvalidAttributeValue, "Invalid value for the parameter FifoQueue. Reason: Modifying queue type is not supported.");
  throw unknown_attribute("FifoQueue");
}

void check(api::Call& call, const Queue& queue, const Rule& rule, const std::string& value, When when) {
  switch (rule.kind) {
    case Kind::kNumber: {
      const std::optional<int64_t> number = text::to_int(value);
      if (!number || *number < rule.min || *number > rule.max) throw invalid(rule.name);
      return;
    }
    case Kind::kFlag:
      if (value != "true" && value != "false") throw invalid(rule.name);
      return;
    case Kind::kChoice:
      if (value != rule.one && value != rule.two) throw invalid(rule.name);
      return;
    case Kind::kPolicy:
      return check_policy(value);
    case Kind::kRedrive:
      return check_redrive(call, queue, value);
    case Kind::kRedriveAllow:
      return check_redrive_allow(value);
    case Kind::kKey:
      if (value.size() > kKeyNameBytesMax) throw invalid(rule.name);
      return;
    case Kind::kFifo:
      return set_fifo(queue, value, when);
    case Kind::kReadOnly:
      throw unknown_attribute(rule.name);
  }
}

/// A queue's messages are encrypted in one way.
void settle_encryption(Queue& queue, const Json& asked) {
  const bool asks_for_own = asked.value("SqsManagedSseEnabled", "") == "true";
  const bool names_key = !asked.value("KmsMasterKeyId", "").empty();
  if (asks_for_own && names_key)
    throw Error(kInvalidAttributeName,
                "You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or SQS SSE.");
  if (asks_for_own) queue.attributes.erase("KmsMasterKeyId");
  if (names_key) queue.attributes["SqsManagedSseEnabled"] = "false";
}

}  // namespace

std::string_view default_of(std::string_view name, bool is_fifo) {
  const Rule* rule = rule_of(name);
  return rule == nullptr || (rule->fifo_only && !is_fifo) ? std::string_view() : rule->otherwise;
}

bool is_attribute(std::string_view name) { return name == "All" || rule_of(name) != nullptr; }

void set_attributes(api::Call& call, Queue& queue, const Json& asked, When when) {
  for (const auto& [name, json_value] : asked.items()) {
    const Rule* rule = rule_of(name);
    if (rule == nullptr) throw unknown_attribute(name);
    const std::string value = json_value.get<std::string>();
    if (rule->fifo_only && !queue.is_fifo()) throw not_of_standard_queues(name);
    const bool takes_away = value.empty() && rule->kind != Kind::kNumber && rule->kind != Kind::kFlag && rule->kind != Kind::kChoice;
    if (!takes_away) check(call, queue, *rule, value, when);
    if (takes_away) queue.attributes.erase(name);
    else if (rule->kind == Kind::kNumber) queue.attributes[name] = std::to_string(text::to_int(value).value());
    else if (rule->kind != Kind::kFifo) queue.attributes[name] = value;
  }
  settle_encryption(queue, asked);
}

std::map<std::string, std::string> shown_attributes(const Queue& queue) {
  std::map<std::string, std::string> shown;
  for (const Rule& rule : kRules)
    if (std::string value = queue.attribute(rule.name); !value.empty()) shown[std::string(rule.name)] = std::move(value);
  if (queue.kms_key().empty()) shown.erase("KmsDataKeyReusePeriodSeconds");
  const auto seconds = [](Time time) { return std::to_string(time.time_since_epoch().count() / 1000); };
  if (queue.is_fifo()) shown["FifoQueue"] = "true";
  shown["QueueArn"] = queue.arn();
  shown["CreatedTimestamp"] = seconds(queue.created);
  shown["LastModifiedTimestamp"] = seconds(queue.modified);
  return shown;
}

std::optional<Redrive> redrive_of(const Queue& queue) {
  const std::string text = queue.attribute("RedrivePolicy");
  return text.empty() ? std::nullopt : parse_redrive(text);
}

}  // namespace cairn::sqs
