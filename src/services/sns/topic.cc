#include "services/sns/topic.h"

#include "api/authorize.h"
#include "base/crypto.h"
#include "base/text.h"
#include "services/sns/errors.h"
#include "services/sns/topic_policy.h"

namespace cairn::sns {
namespace {

void put_text(Json& document, const char* name, const std::string& value) {
  if (!value.empty()) document[name] = value;
}

/// An alarm acts for its account, as the default policy wants it; other services' topics need a policy that names them.
void describe_source_owner(const api::Call& call, aws::policy::Context& context) {
  if (call.principal.kind == aws::Principal::Kind::kService && call.principal.user_name == "cloudwatch.amazonaws.com")
    context.add("aws:SourceOwner", call.principal.source_account.str());
}

}  // namespace

std::string TopicName::arn() const { return fmt::format("arn:aws:sns:{}:{}:{}", region.str(), account.str(), name); }

std::string encode(const Topic& topic) {
  Json document{{"created", topic.created.time_since_epoch().count()}};
  put_text(document, "policy", topic.policy);
  put_text(document, "deliveryPolicy", topic.delivery_policy);
  put_text(document, "displayName", topic.display_name);
  put_text(document, "signatureVersion", topic.signature_version);
  put_text(document, "tracing", topic.tracing);
  put_text(document, "throughputScope", topic.throughput_scope);
  put_text(document, "kmsKey", topic.kms_key);
  if (topic.deduplicates_by_content) document["deduplicatesByContent"] = true;
  if (topic.subscriptions_deleted > 0) document["subscriptionsDeleted"] = topic.subscriptions_deleted;
  if (!topic.tags.empty()) document["tags"] = topic.tags;
  return json::dump(document);
}

Topic decode_topic(const TopicName& name, std::string_view text) {
  const Json document = json::parse(text).value();  // we wrote it
  Topic topic;
  static_cast<TopicName&>(topic) = name;
  topic.created = Time(std::chrono::milliseconds(document.at("created").get<int64_t>()));
  topic.policy = document.value("policy", "");
  topic.delivery_policy = document.value("deliveryPolicy", "");
  topic.display_name = document.value("displayName", "");
  topic.signature_version = document.value("signatureVersion", "");
  topic.tracing = document.value("tracing", "");
  topic.throughput_scope = document.value("throughputScope", "");
  topic.kms_key = document.value("kmsKey", "");
  topic.deduplicates_by_content = document.value("deduplicatesByContent", false);
  topic.subscriptions_deleted = document.value("subscriptionsDeleted", int64_t{0});
  if (const auto tags = document.find("tags"); tags != document.end())
    for (const auto& [key, value] : tags->items()) topic.tags[key] = value.get<std::string>();
  return topic;
}

namespace documents {

std::string topics_in(const aws::AccountId& account, const aws::Region& region) {
  return fmt::format("sns/topic/{}/{}/", account.str(), region.str());
}
std::string topic(const TopicName& name) { return topics_in(name.account, name.region).append(name.name); }
std::string sequence(const TopicName& name) {
  return fmt::format("sns/sequence/{}/{}/{}", name.account.str(), name.region.str(), name.name);
}
std::string seen(const TopicName& name, std::string_view deduplication) {
  return fmt::format("sns/seen/{}/{}/{}/{}", name.account.str(), name.region.str(), name.name, text::hex(crypto::sha256(deduplication)));
}

}  // namespace documents

TopicName parse_topic_arn(std::string_view arn, std::string_view parameter) {
  const std::vector<std::string_view> parts = text::split(arn, ':');
  if (parts.size() < 6)
    throw invalid(parameter, fmt::format("An ARN must have at least 6 elements, not {}", arn.empty() ? 1 : parts.size()));
  if (parts[0] != "arn" || parts[1] != "aws" || parts[2] != "sns" || !aws::is_region(parts[3]) || !aws::is_account_id(parts[4]) ||
      parts[5].empty() || parts[5].find('/') != std::string_view::npos)
    throw invalid(parameter);
  return {aws::Region(std::string(parts[3])), aws::AccountId(std::string(parts[4])), std::string(parts[5])};
}

TopicName topic_of(const api::Call& call, std::string_view parameter) {
  TopicName name = parse_topic_arn(call.in.value(std::string(parameter), ""), parameter);
  if (name.region != call.region) throw invalid(parameter);
  return name;
}

std::optional<Topic> find_topic(state::Transaction& state, const TopicName& name) {
  const std::optional<std::string> document = state.get(documents::topic(name));
  if (!document) return std::nullopt;
  return decode_topic(name, *document);
}

Topic open_topic(api::Call& call, const TopicName& name, std::string_view action, const aws::policy::Context& context) {
  std::optional<Topic> topic = find_topic(*call.state, name);
  api::Demand demand{.action = fmt::format("SNS:{}", action), .resource = name.arn(), .owner = name.account, .context = context};
  std::shared_ptr<const aws::policy::Policy> policy;
  if (topic) {
    policy = compiled_policy(policy_text(*topic));
    demand.resource_policy = policy.get();
    describe_source_owner(call, demand.context);
  }
  api::require(call, demand);
  if (!topic) throw Error(kNotFound, "Topic does not exist");
  if (name.account != call.account) call.owner = name.account;
  return std::move(*topic);
}

void require_own(api::Call& call, std::string_view action, const std::string& arn) {
  api::require(call, {.action = fmt::format("SNS:{}", action), .resource = arn});
}

void put_topic(api::Call& call, const Topic& topic) { call.state->put(documents::topic(topic), encode(topic)); }

}  // namespace cairn::sns
