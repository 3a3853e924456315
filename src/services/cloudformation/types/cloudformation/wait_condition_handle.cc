#include "services/cloudformation/resource_type.h"
#include "services/cloudformation/signal.h"

namespace cairn::cloudformation {
namespace {

void create(Doing& doing) {
  const auto& where = doing.where();
  doing.physical = url_of(where.endpoint, {.account = where.account,
                                           .region = where.region,
                                           .stack = where.stack_id.substr(where.stack_id.rfind('/') + 1),
                                           .resource = where.resource,
                                           .secret = where.token});
}

}  // namespace

extern const ResourceType cloudformation_wait_condition_handle;
const ResourceType cloudformation_wait_condition_handle{
    .name = "AWS::CloudFormation::WaitConditionHandle", .properties = {}, .create = create};

}  // namespace cairn::cloudformation
