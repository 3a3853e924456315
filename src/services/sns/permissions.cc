#include <algorithm>
#include <array>

#include "api/operation.h"
#include "services/sns/errors.h"
#include "services/sns/topic.h"
#include "services/sns/topic_policy.h"

namespace cairn::sns {
namespace {

constexpr size_t kStatementsMax = 100;  // of a policy that AddPermission makes longer

/// What a topic's policy may give; others are "out of service scope".
constexpr std::string_view kActions[] = {"*",
                                         "AddPermission",
                                         "ConfirmSubscription",
                                         "DeleteTopic",
                                         "GetDataProtectionPolicy",
                                         "GetTopicAttributes",
                                         "ListSubscriptionsByTopic",
                                         "ListTagsForResource",
                                         "Publish",
                                         "PutDataProtectionPolicy",
                                         "Receive",
                                         "RemovePermission",
                                         "SetTopicAttributes",
                                         "Subscribe",
                                         "TagResource",
                                         "UntagResource"};

/// With a topic's policy as a document.
Json statements_of(const Topic& topic) { return json::parse(policy_text(topic)).value(); }

/// Differs from AWS: accounts that do not exist are not refused.
void add_permission(api::Call& call) {
  Topic topic = open_topic(call, topic_of(call), "AddPermission");
  const std::string label = call.in["Label"].get<std::string>();
  Json principals = Json::array(), actions = Json::array();
  for (const Json& account : call.in["AWSAccountId"]) {
    const std::string id = account.get<std::string>();
    if (!aws::is_account_id(id)) throw invalid("AWSAccountId", fmt::format("{} is not an account", id));
    principals.push_back(fmt::format("arn:aws:iam::{}:root", id));
  }
  for (const Json& action : call.in["ActionName"]) {
    const std::string name = action.get<std::string>();
    if (std::ranges::find(kActions, name) == std::end(kActions)) throw invalid("Policy statement action out of service scope!");
    actions.push_back("SNS:" + name);
  }
  if (principals.empty() || actions.empty()) throw invalid("AWSAccountId and ActionName must not be empty");
  Json policy = statements_of(topic);
  Json& statements = policy["Statement"];
  if (!statements.is_array()) statements = Json::array({statements});
  for (const Json& statement : statements)
    if (statement.value("Sid", "") == label) throw invalid("Statement already exists");
  if (statements.size() >= kStatementsMax) throw invalid("Policy", "too many statements");
  const auto one_or_all = [](const Json& list) { return list.size() == 1 ? list[0] : list; };
  statements.push_back({{"Sid", label},
                        {"Effect", "Allow"},
                        {"Principal", {{"AWS", one_or_all(principals)}}},
                        {"Action", one_or_all(actions)},
                        {"Resource", topic.arn()}});
  topic.policy = json::dump(policy);
  check_policy(topic.policy, "Policy");
  put_topic(call, topic);
}

void remove_permission(api::Call& call) {
  Topic topic = open_topic(call, topic_of(call), "RemovePermission");
  Json policy = statements_of(topic), left = Json::array();
  Json& statements = policy["Statement"];
  if (!statements.is_array()) statements = Json::array({statements});
  for (const Json& statement : statements)
    if (statement.value("Sid", "") != call.in["Label"].get<std::string>()) left.push_back(statement);
  if (left.size() == statements.size()) return;
  statements = std::move(left);
  topic.policy = json::dump(policy);
  put_topic(call, topic);
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"AddPermission", add_permission},
    {"RemovePermission", remove_permission},
});

}  // namespace
}  // namespace cairn::sns

namespace cairn::services {
extern const api::Family sns_permissions;
const api::Family sns_permissions{.service = "sns", .operations = sns::kOperations, .decides = api::Decides::kHandler};
}  // namespace cairn::services
