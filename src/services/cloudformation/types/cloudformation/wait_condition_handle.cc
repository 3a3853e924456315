#include <array>

#include "services/cloudformation/resource_type.h"

namespace cairn::cloudformation {
namespace {

/// Nothing waits for it: there is no AWS::CloudFormation::WaitCondition.
void create(Doing& doing) {
  const auto& where = doing.where();
  doing.physical = fmt::format("https://cloudformation-waitcondition-{0}.s3.{0}.amazonaws.com/{1}/{2}/{3}", where.region.str(),
                               where.stack_id, where.resource, where.token);
}

}  // namespace

extern const ResourceType cloudformation_wait_condition_handle;
const ResourceType cloudformation_wait_condition_handle{
    .name = "AWS::CloudFormation::WaitConditionHandle", .properties = {}, .create = create};

}  // namespace cairn::cloudformation
