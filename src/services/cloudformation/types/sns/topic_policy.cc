#include <array>

#include "services/cloudformation/resource_type.h"

namespace cairn::cloudformation {
namespace {

constexpr auto kProperties = std::to_array<Property>({
    {"PolicyDocument", On::kUpdate, kRequired},
    {"Topics", On::kUpdate, kRequired},
});
constexpr std::array<std::string_view, 1> kAttributes = {"Id"};

void set_policy(Doing& doing, const Json& topic, const std::string& policy) {
  doing.call("sns", "SetTopicAttributes", {{"TopicArn", topic}, {"AttributeName", "Policy"}, {"AttributeValue", policy}});
}

void create(Doing& doing) {
  doing.physical = doing.name("");
  doing.attributes["Id"] = doing.physical;
  for (const Json& topic : doing.get("Topics")) set_policy(doing, topic, document_text(doing.get("PolicyDocument")));
}

/// Topics get their default policy back.
void reset(Doing& doing, const Json& topic) {
  doing.call_unless({"NotFound"}, "sns", "SetTopicAttributes", {{"TopicArn", topic}, {"AttributeName", "Policy"}, {"AttributeValue", ""}});
}

void update(Doing& doing) {
  const Json& now = doing.get("Topics");
  for (const Json& topic : now) set_policy(doing, topic, document_text(doing.get("PolicyDocument")));
  for (const Json& topic : doing.before.value("Topics", Json::array()))
    if (std::ranges::find(now, topic) == now.end()) reset(doing, topic);
}

void remove(Doing& doing) {
  for (const Json& topic : doing.get("Topics")) reset(doing, topic);
}

}  // namespace

extern const ResourceType sns_topic_policy;
const ResourceType sns_topic_policy{.name = "AWS::SNS::TopicPolicy",
                                    .properties = kProperties,
                                    .create = create,
                                    .update = update,
                                    .remove = remove,
                                    .attributes = kAttributes};

}  // namespace cairn::cloudformation
