#include <array>

#include "services/cloudformation/resource_type.h"

namespace cairn::cloudformation {
namespace {

constexpr auto kProperties = std::to_array<Property>({
    {"ArchivePolicy", On::kRefuse},
    {"ContentBasedDeduplication"},
    {"DataProtectionPolicy", On::kRefuse},
    {"DeliveryStatusLogging", On::kRefuse},
    {"DisplayName"},
    {"FifoThroughputScope"},
    {"FifoTopic", On::kReplace},
    {"KmsMasterKeyId"},
    {"SignatureVersion"},
    {"Subscription"},
    {"Tags"},
    {"TopicName", On::kReplace},
    {"TracingConfig"},
});
constexpr std::array<std::string_view, 2> kAttributes = {"TopicArn", "TopicName"};
constexpr std::array<std::string_view, 1> kIdentifiers = {"TopicArn"};
constexpr std::array<std::string_view, 6> kSettable = {"ContentBasedDeduplication", "DisplayName",  "FifoThroughputScope", "KmsMasterKeyId",
                                                       "SignatureVersion",          "TracingConfig"};
constexpr const char* kSubscribed = "Subscriptions";  // hidden attribute: protocol and endpoint -> ARN

std::string key_of(const Json& subscription) {
  return to_text(subscription.value("Protocol", Json(""))) + " " + to_text(subscription.value("Endpoint", Json("")));
}

void subscribe(Doing& doing) {
  Json known = doing.attributes.value(kSubscribed, Json::object()), now = Json::object();
  if (doing.has("Subscription"))
    for (const Json& wanted : doing.get("Subscription")) {
      const std::string key = key_of(wanted);
      if (const auto it = known.find(key); it != known.end()) {
        now[key] = *it;
        continue;
      }
      Json in = wanted;
      in["TopicArn"] = doing.physical;
      in["ReturnSubscriptionArn"] = true;
      now[key] = doing.call("sns", "Subscribe", std::move(in)).at("SubscriptionArn");
    }
  for (const auto& [key, arn] : known.items())
    if (!now.contains(key)) doing.call_unless({"NotFound"}, "sns", "Unsubscribe", {{"SubscriptionArn", arn}});
  doing.attributes[kSubscribed] = std::move(now);
}

void create(Doing& doing) {
  const bool is_fifo = doing.flag("FifoTopic");
  const std::string name = doing.name("TopicName", {.characters_max = 256, .suffix = is_fifo ? ".fifo" : ""});
  const auto& where = doing.where();
  const std::string arn = fmt::format("arn:aws:sns:{}:{}:{}", where.region.str(), where.account.str(), name);
  // CreateTopic would give one that is there already.
  if (doing.is_named("TopicName") && doing.call_unless({"NotFound"}, "sns", "GetTopicAttributes", {{"TopicArn", arn}}))
    throw Failed{fmt::format("{} already exists", arn)};
  Json attributes = Json::object();
  if (is_fifo) attributes["FifoTopic"] = "true";
  for (const std::string_view each : kSettable)
    if (doing.has(each)) attributes[std::string(each)] = doing.text(each);
  doing.physical = doing.call("sns", "CreateTopic", {{"Name", name}, {"Attributes", attributes}, {"Tags", doing.tags()}}).at("TopicArn");
  doing.attributes["TopicArn"] = doing.physical;
  doing.attributes["TopicName"] = name;
  subscribe(doing);
}

void tag(Doing& doing) { retag(doing, {.service = "sns", .id_member = "ResourceArn"}, doing.physical); }

void update(Doing& doing) {
  for (const std::string_view each : kSettable)
    if (doing.changed(each)) {
      std::string otherwise;
      if (each == "SignatureVersion") otherwise = "1";
      else if (each == "TracingConfig") otherwise = "PassThrough";
      else if (each == "ContentBasedDeduplication") otherwise = "false";
      else if (each == "FifoThroughputScope") otherwise = "Topic";
      doing.call("sns", "SetTopicAttributes",
                 {{"TopicArn", doing.physical}, {"AttributeName", each}, {"AttributeValue", doing.text(each, otherwise)}});
    }
  if (doing.changed("Subscription")) subscribe(doing);
  tag(doing);
}

void remove(Doing& doing) { doing.call_unless({"NotFound"}, "sns", "DeleteTopic", {{"TopicArn", doing.physical}}); }

void read(Doing& doing) {
  const auto found = doing.call_unless({"NotFound"}, "sns", "GetTopicAttributes", {{"TopicArn", doing.physical}});
  doing.is_gone = !found;
  if (!found) return;
  for (const std::string_view each : kSettable)
    if (each != "KmsMasterKeyId") read_members(doing, found->at("Attributes"), {{each}});
  read_members(doing, found->at("Attributes"), {{"FifoTopic"}, {"KmsMasterKeyId"}});
  if (doing.has("Tags")) read_tags(doing, doing.call("sns", "ListTagsForResource", {{"ResourceArn", doing.physical}}).at("Tags"));
}

/// Those of its subscriptions that the template names are the stack's, too.
bool find(Doing& doing) {
  const std::string arn = doing.id("TopicArn");
  if (!is_own_arn(doing, arn)) return false;
  if (!doing.call_unless({"NotFound"}, "sns", "GetTopicAttributes", {{"TopicArn", arn}})) return false;
  doing.physical = arn;
  doing.attributes["TopicArn"] = arn;
  doing.attributes["TopicName"] = arn.substr(arn.rfind(':') + 1);
  if (!doing.has("Subscription")) return true;
  Json subscribed = Json::object(), in{{"TopicArn", arn}};
  for (;;) {
    const Json page = doing.call("sns", "ListSubscriptionsByTopic", in);
    for (const Json& there : page.at("Subscriptions"))
      for (const Json& wanted : doing.get("Subscription"))
        if (key_of(wanted) == key_of(there)) subscribed[key_of(there)] = there.at("SubscriptionArn");
    if (page.value("NextToken", "").empty()) break;
    in["NextToken"] = page.at("NextToken");
  }
  doing.attributes[kSubscribed] = std::move(subscribed);
  return true;
}

}  // namespace

extern const ResourceType sns_topic;
const ResourceType sns_topic{.name = "AWS::SNS::Topic",
                             .properties = kProperties,
                             .create = create,
                             .update = update,
                             .remove = remove,
                             .read = read,
                             .find = find,
                             .identifiers = kIdentifiers,
                             .tag = tag,
                             .name_property = "TopicName",
                             .attributes = kAttributes};

}  // namespace cairn::cloudformation
