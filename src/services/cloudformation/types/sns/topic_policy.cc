#include <array>

#include "services/cloudformation/resource_type.h"
#include "services/cloudformation/types/policy_of_several.h"

namespace cairn::cloudformation {
namespace {

constexpr auto kProperties = std::to_array<Property>({
    {"PolicyDocument", On::kUpdate, kRequired},
    {"Topics", On::kUpdate, kRequired},
});
constexpr std::array<std::string_view, 1> kAttributes = {"Id"};

void put(Doing& doing, const Json& topic, const std::string& policy) {
  doing.call("sns", "SetTopicAttributes", {{"TopicArn", topic}, {"AttributeName", "Policy"}, {"AttributeValue", policy}});
}

void take(Doing& doing, const Json& topic) {
  doing.call_unless({"NotFound"}, "sns", "SetTopicAttributes", {{"TopicArn", topic}, {"AttributeName", "Policy"}, {"AttributeValue", ""}});
}

constexpr PolicyHolders kHolders{.property = "Topics", .put = put, .take = take};

void create(Doing& doing) { create_policy(doing, kHolders); }
void update(Doing& doing) { update_policy(doing, kHolders); }
void remove(Doing& doing) { remove_policy(doing, kHolders); }

}  // namespace

extern const ResourceType sns_topic_policy;
const ResourceType sns_topic_policy{.name = "AWS::SNS::TopicPolicy",
                                    .properties = kProperties,
                                    .create = create,
                                    .update = update,
                                    .remove = remove,
                                    .attributes = kAttributes};

}  // namespace cairn::cloudformation
