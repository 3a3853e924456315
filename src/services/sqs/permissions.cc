#include <algorithm>
#include <array>

#include "api/operation.h"
#include "services/sqs/errors.h"
#include "services/sqs/queue.h"

/// AddPermission and RemovePermission: statements of a queue's policy, by their label.
namespace cairn::sqs {
namespace {

constexpr size_t kLabelBytesMax = 80, kActionsMax = 7;
constexpr auto kActions =
    std::to_array<std::string_view>({"*", "ChangeMessageVisibility", "DeleteMessage", "GetQueueAttributes", "GetQueueUrl",
                                     "ListDeadLetterSourceQueues", "PurgeQueue", "ReceiveMessage", "SendMessage"});

Json policy_of(const Queue& queue) {
  const std::string text = queue.attribute("Policy");
  if (text.empty()) return {{"Version", "2008-10-17"}, {"Id", queue.arn() + "/SQSDefaultPolicy"}, {"Statement", Json::array()}};
  Json policy = json::parse(text).value();  // it was checked
  if (!policy["Statement"].is_array()) policy["Statement"] = Json::array({policy["Statement"]});
  return policy;
}

Json::iterator find_label(Json& policy, const std::string& label) {
  return std::ranges::find_if(policy["Statement"], [&](const Json& one) { return one.value("Sid", "") == label; });
}

/// One alone, or a list.
Json one_or_all(Json values) { return values.size() == 1 ? values.front() : values; }

void put_policy(api::Call& call, Queue& queue, const Json& policy) {
  if (policy.at("Statement").empty()) queue.attributes.erase("Policy");
  else queue.attributes["Policy"] = json::dump(policy);
  queue.modified = call.now;
  put_queue(call, queue);
}

void add_permission(api::Call& call) {
  Queue queue = open_queue(call, "AddPermission", Accounts::kOwn);
  const std::string label = call.in.at("Label").get<std::string>();
  const auto fits = [](unsigned char c) { return std::isalnum(c) != 0 || c == '-' || c == '_'; };
  if (label.empty() || label.size() > kLabelBytesMax || !std::ranges::all_of(label, fits))
    throw invalid_value(label, "Label", "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length.");
  const Json &accounts = call.in.at("AWSAccountIds"), &asked = call.in.at("Actions");
  if (accounts.empty()) throw Error(kMissingParameter, "The request must contain the parameter AWSAccountIds.");
  if (asked.empty()) throw Error(kMissingParameter, "The request must contain the parameter Actions.");
  if (asked.size() > kActionsMax) throw Error(kOverLimit, "{} Actions were found, maximum allowed is {}.", asked.size(), kActionsMax);
  Json principals = Json::array(), actions = Json::array();
  for (const Json& account : accounts) {
    const std::string id = account.get<std::string>();
    if (id.size() != 12 || !std::ranges::all_of(id, [](unsigned char c) { return std::isdigit(c) != 0; }))
      throw invalid_value(id, "PrincipalId", "Unable to verify.");
    principals.push_back("arn:aws:iam::" + id + ":root");
  }
  for (const Json& action : asked) {
    const std::string name = action.get<std::string>();
    if (std::ranges::find(kActions, name) == kActions.end())
      throw invalid_value("SQS:" + name, "ActionName", "Only the queue owner is allowed to invoke this action.");
    actions.push_back("SQS:" + name);
  }
  Json policy = policy_of(queue);
  if (find_label(policy, label) != policy["Statement"].end()) throw invalid_value(label, "Label", "Already exists.");
  policy["Statement"].push_back({{"Sid", label},
                                 {"Effect", "Allow"},
                                 {"Principal", {{"AWS", one_or_all(std::move(principals))}}},
                                 {"Action", one_or_all(std::move(actions))},
                                 {"Resource", queue.arn()}});
  put_policy(call, queue, policy);
}

void remove_permission(api::Call& call) {
  Queue queue = open_queue(call, "RemovePermission", Accounts::kOwn);
  const std::string label = call.in.at("Label").get<std::string>();
  Json policy = policy_of(queue);
  const auto found = find_label(policy, label);
  if (found == policy["Statement"].end()) throw invalid_value(label, "Label", "can't find label.");
  policy["Statement"].erase(found);
  put_policy(call, queue, policy);
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"AddPermission", add_permission},
    {"RemovePermission", remove_permission},
});

}  // namespace
}  // namespace cairn::sqs

namespace cairn::services {
extern const api::Family sqs_permissions;
const api::Family sqs_permissions{.service = "sqs", .operations = sqs::kOperations, .decides = api::Decides::kHandler};
}  // namespace cairn::services
