#include <array>

#include "services/cloudformation/resource_type.h"

namespace cairn::cloudformation {
namespace {

constexpr auto kProperties = std::to_array<Property>({
    {"DeliveryPolicy"},
    {"Endpoint", On::kReplace},
    {"FilterPolicy"},
    {"FilterPolicyScope"},
    {"Protocol", On::kReplace, kRequired},
    {"RawMessageDelivery"},
    {"RedrivePolicy"},
    {"Region", On::kRefuse},
    {"ReplayPolicy", On::kRefuse},
    {"SubscriptionRoleArn", On::kRefuse},
    {"TopicArn", On::kReplace, kRequired},
});
constexpr std::array<std::string_view, 1> kAttributes = {"Arn"};
constexpr std::array<std::string_view, 1> kIdentifiers = {"Arn"};
constexpr std::array<std::string_view, 5> kSettable = {"DeliveryPolicy", "FilterPolicyScope", "FilterPolicy", "RawMessageDelivery",
                                                       "RedrivePolicy"};

std::string value_of(const Doing& doing, std::string_view attribute) {
  const Json& value = doing.get(attribute);
  return value.is_structured() ? document_text(value) : doing.text(attribute);
}

void create(Doing& doing) {
  Json attributes = Json::object();
  for (const std::string_view each : kSettable)
    if (doing.has(each)) attributes[std::string(each)] = value_of(doing, each);
  Json in = doing.members({{"TopicArn"}, {"Protocol"}, {"Endpoint"}});
  in["Attributes"] = std::move(attributes);
  in["ReturnSubscriptionArn"] = true;
  doing.physical = doing.call("sns", "Subscribe", std::move(in)).at("SubscriptionArn");
  doing.attributes["Arn"] = doing.physical;
}

void update(Doing& doing) {
  for (const std::string_view each : kSettable) {
    if (!doing.changed(each)) continue;
    std::string value = value_of(doing, each);
    if (value.empty())
      value = each == "RawMessageDelivery"  ? "false"
              : each == "FilterPolicyScope" ? "MessageAttributes"
              : each == "FilterPolicy"      ? "{}"
                                            : "";
    doing.call("sns", "SetSubscriptionAttributes",
               {{"SubscriptionArn", doing.physical}, {"AttributeName", each}, {"AttributeValue", value}});
  }
}

void remove(Doing& doing) { doing.call_unless({"NotFound"}, "sns", "Unsubscribe", {{"SubscriptionArn", doing.physical}}); }

bool find(Doing& doing) {
  if (!is_own_arn(doing, doing.id("Arn"))) return false;
  if (!doing.call_unless({"NotFound"}, "sns", "GetSubscriptionAttributes", {{"SubscriptionArn", doing.id("Arn")}})) return false;
  doing.physical = doing.id("Arn");
  doing.attributes["Arn"] = doing.physical;
  return true;
}

}  // namespace

extern const ResourceType sns_subscription;
const ResourceType sns_subscription{.name = "AWS::SNS::Subscription",
                                    .properties = kProperties,
                                    .create = create,
                                    .update = update,
                                    .remove = remove,
                                    .find = find,
                                    .identifiers = kIdentifiers,
                                    .attributes = kAttributes};

}  // namespace cairn::cloudformation
