#include "services/sns/topic_policy.h"

#include "base/lru.h"
#include "base/text.h"
#include "services/sns/errors.h"

namespace cairn::sns {
namespace {

using aws::policy::Policy;
using aws::policy::Problem;

constexpr size_t kPolicyBytesMax = 30 << 10;
constexpr size_t kCacheBytesMax = 4 << 20;  // of policies' texts; compiled, each takes some ten times as much
}  // namespace

std::string policy_text(const Topic& topic) {
  if (!topic.policy.empty()) return topic.policy;
  return fmt::format(
      R"({{"Version":"2008-10-17","Id":"__default_policy_ID","Statement":[{{"Sid":"__default_statement_ID","Effect":"Allow",)"
      R"("Principal":{{"AWS":"*"}},"Action":["SNS:GetTopicAttributes","SNS:SetTopicAttributes","SNS:AddPermission",)"
      R"("SNS:RemovePermission","SNS:DeleteTopic","SNS:Subscribe","SNS:ListSubscriptionsByTopic","SNS:Publish"],"Resource":"{}",)"
      R"("Condition":{{"StringEquals":{{"AWS:SourceOwner":"{}"}}}}}}]}})",
      topic.arn(), topic.account.str());
}

void check_policy(std::string_view text, std::string_view parameter) {
  const auto refuse = [&](std::string_view why) { return Error(kInvalidParameter, "Invalid parameter: {}: {}", parameter, why); };
  if (text.size() > kPolicyBytesMax) throw refuse(fmt::format("it is longer than {} bytes", kPolicyBytesMax));
  const Result<Policy, Problem> policy = Policy::parse(text, aws::policy::Kind::kResource);
  if (!policy) throw refuse(policy.error().message());
  for (const aws::policy::Statement& statement : policy->statements()) {
    for (const aws::policy::Pattern& action : statement.actions.patterns()) {
      const std::string name = text::lower(action.text());
      if (name != "*" && !name.starts_with("sns:")) throw invalid("Policy statement action out of service scope!");
    }
  }
}

std::shared_ptr<const Policy> compiled_policy(const std::string& text) {
  static Lru<std::string, const Policy> cache(kCacheBytesMax);
  if (std::shared_ptr<const Policy> kept = cache.get(text)) return kept;
  Result<Policy, Problem> policy = Policy::parse(text, aws::policy::Kind::kResource);
  if (!policy && policy.error().what == Problem::What::kEmpty && policy.error().spot == "Statement") return nullptr;
  if (!policy) throw std::runtime_error("a topic's policy cannot be read: " + policy.error().message());
  auto compiled = std::make_shared<const Policy>(std::move(*policy));
  cache.put(text, compiled, text.size());
  return compiled;
}

}  // namespace cairn::sns
