#include <algorithm>
#include <array>

#include "api/operation.h"
#include "base/text.h"
#include "services/sns/errors.h"
#include "services/sns/page.h"
#include "services/sns/subscription.h"
#include "services/sns/tag_set.h"
#include "services/sns/topic_attributes.h"

namespace cairn::sns {
namespace {

constexpr size_t kNameCharactersMax = 256;
constexpr const char* kFifoSuffix = ".fifo";

bool is_topic_name(std::string_view name, bool is_fifo) {
  if (name.size() > kNameCharactersMax) return false;
  if (is_fifo != name.ends_with(kFifoSuffix)) return false;
  if (is_fifo) name.remove_suffix(std::string_view(kFifoSuffix).size());
  return !name.empty() &&
         std::ranges::all_of(name, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_'; });
}

/// Of a topic that is there: whether it is as asked for.
void check_same(const Topic& topic, const Json& attributes, const std::map<std::string, std::string>& tags) {
  Topic wanted = topic;
  for (const auto& [name, value] : attributes.items())
    if (name != "FifoTopic") set_attribute(wanted, name, value.get<std::string>(), "Attributes Reason: ");
  if (encode(wanted) != encode(topic)) throw invalid("Attributes", "Topic already exists with different attributes");
  for (const auto& [key, value] : tags) {
    const auto at = topic.tags.find(key);
    if (at == topic.tags.end() || at->second != value) throw invalid("Tags", "Topic already exists with different tags");
  }
}

/// Differs from AWS: archives, data protection policies, delivery status logging and X-Ray tracing are refused by name.
void create_topic(api::Call& call) {
  const Json attributes = call.in.value("Attributes", Json::object());
  const std::string fifo = text::lower(attributes.value("FifoTopic", "false"));
  const bool is_fifo = fifo == "true";
  TopicName name{call.region, call.account, call.in["Name"].get<std::string>()};
  require_own(call, "CreateTopic", name.arn());
  if (!is_topic_name(name.name, is_fifo)) throw invalid("Topic Name");
  if (!is_fifo && fifo != "false") throw invalid("Attributes", fmt::format("FifoTopic: Invalid value [{}]. Must be true or false.", fifo));
  if (call.in.contains("DataProtectionPolicy"))
    throw Error(aws::kNotImplemented, "Data protection policies are not implemented: leave out DataProtectionPolicy.");
  std::map<std::string, std::string> tags;
  if (call.in.contains("Tags")) add_tags(call, call.in["Tags"], tags);
  call.out["TopicArn"] = name.arn();
  if (const std::optional<Topic> there = find_topic(*call.state, name)) return check_same(*there, attributes, tags);
  Topic topic;
  static_cast<TopicName&>(topic) = name;
  topic.created = call.now;
  topic.tags = std::move(tags);
  for (const auto& [attribute, value] : attributes.items())
    if (attribute != "FifoTopic") set_attribute(topic, attribute, value.get<std::string>(), "Attributes Reason: ");
  put_topic(call, topic);
}

/// What is on its way to its subscriptions goes no further.
void delete_topic(api::Call& call) {
  const TopicName name = topic_of(call);
  try {
    open_topic(call, name, "DeleteTopic");
  } catch (const Error& refusal) {
    if (refusal.kind.code == kNotFound.code) return;  // there is nothing to delete
    throw;
  }
  for (const Subscription& subscription : subscriptions_of(*call.state, name)) erase_subscription(*call.state, subscription);
  call.state->erase(documents::topic(name));
  call.state->erase(documents::sequence(name));
}

void list_topics(api::Call& call) {
  require_own(call, "ListTopics", TopicName{call.region, call.account, "*"}.arn());
  call.out["Topics"] = Json::array();
  each_of_page(call, documents::topics_in(call.account, call.region), [&](const std::string& name, const std::string&) {
    call.out["Topics"].push_back({{"TopicArn", TopicName{call.region, call.account, name}.arn()}});
  });
}

void get_topic_attributes(api::Call& call) {
  const Topic topic = open_topic(call, topic_of(call), "GetTopicAttributes");
  Json attributes = attributes_of(topic);
  size_t pending = 0, confirmed = 0;
  for (const Subscription& subscription : subscriptions_of(*call.state, topic)) ++(subscription.is_pending ? pending : confirmed);
  attributes["SubscriptionsPending"] = std::to_string(pending);
  attributes["SubscriptionsConfirmed"] = std::to_string(confirmed);
  call.out["Attributes"] = std::move(attributes);
}

/// Differs from AWS: see CreateTopic.
void set_topic_attributes(api::Call& call) {
  Topic topic = open_topic(call, topic_of(call), "SetTopicAttributes");
  set_attribute(topic, call.in["AttributeName"].get<std::string>(), call.in.value("AttributeValue", ""), "");
  put_topic(call, topic);
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"CreateTopic", create_topic},
    {"DeleteTopic", delete_topic},
    {"GetTopicAttributes", get_topic_attributes},
    {"ListTopics", list_topics},
    {"SetTopicAttributes", set_topic_attributes},
});

}  // namespace
}  // namespace cairn::sns

namespace cairn::services {
extern const api::Family sns_topics;
const api::Family sns_topics{.service = "sns", .operations = sns::kOperations, .decides = api::Decides::kHandler};
}  // namespace cairn::services
