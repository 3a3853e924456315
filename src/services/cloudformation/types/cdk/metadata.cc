#include <array>

#include "services/cloudformation/resource_type.h"

namespace cairn::cloudformation {
namespace {

constexpr auto kProperties = std::to_array<Property>({{"Analytics"}});

void create(Doing& doing) { doing.physical = doing.name(""); }
void update(Doing&) {}

}  // namespace

extern const ResourceType cdk_metadata;
const ResourceType cdk_metadata{.name = "AWS::CDK::Metadata", .properties = kProperties, .create = create, .update = update};

}  // namespace cairn::cloudformation
