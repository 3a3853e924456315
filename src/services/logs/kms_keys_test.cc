#include "services/harness.h"
#include "services/logs/group.h"
#include "services/logs/sealed_event.h"

namespace cairn::logs_service {
namespace {

// One more would have the number of another, and nothing under it could be read.
TEST(KmsKeys, AGroupHasNoMoreDataKeysThanItsEventsCanName) {
  services::Harness aws("logs");
  Group group;
  group.name = "g";
  group.id = "id-of-g";
  group.account = aws::AccountId("111122223333");
  group.region = aws::Region("us-east-1");
  group.data_key = kDataKeyNumberMax;
  aws.put(documents::group(group.account, group.region, group.name), encode(group));
  const Json key{{"logGroupName", "g"}, {"kmsKeyId", "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"}};
  EXPECT_EQ(aws.call("AssociateKmsKey", key).code, "LimitExceededException");
}

}  // namespace
}  // namespace cairn::logs_service
