#include "search/meant_field.h"

#include <gtest/gtest.h>

#include <fstream>

#include "logquery/fields.h"

namespace cairn::search {
namespace {

/// Names as in AWS's "CloudTrail record contents" and "userIdentity element", each misspelt as people do.
TEST(MeantField, ToldFromWhatIsNearlyWritten) {
  const std::pair<std::string_view, std::string_view> slips[] = {
      {"eventname", "eventName"},
      {"EventName", "eventName"},
      {"event_name", "eventName"},
      {"eventNmae", "eventName"},
      {"sourceIpAddress", "sourceIPAddress"},
      {"sourceIPAdress", "sourceIPAddress"},
      {"eventId", "eventID"},
      {"requestid", "requestID"},
      {"errorcode", "errorCode"},
      {"readonly", "readOnly"},
      {"useridentity.arn", "userIdentity.arn"},
      {"userIdentity.ARN", "userIdentity.arn"},
      {"userIdentity.username", "userIdentity.userName"},
      {"userIdentity.sessionContext.sessionissuer.userName", "userIdentity.sessionContext.sessionIssuer.userName"},
      {"tlsDetails.tlsversion", "tlsDetails.tlsVersion"},
      {"requestparameters.bucketName", "requestParameters.bucketName"},
      {"requestParameter.bucketName", "requestParameters.bucketName"},
      {"resources.0.arn", "resources.0.ARN"},
      {"resources.ARN", "resources.0.ARN"},
      {"username", "Username"},
      {"userName", "Username"},
      {"resourcename", "ResourceName"},
      {"accessKeyId", "userIdentity.accessKeyId"},
      {"arn", "userIdentity.arn"},
  };
  for (const auto& [written, meant] : slips) EXPECT_EQ(meant_field(written), meant) << written;
}

TEST(MeantField, SilentAboutWhatMayBeThere) {
  for (const std::string_view name : {"eventName",
                                      "userIdentity.arn",
                                      "userIdentity.sessionContext.webIdFederationData.attributes.anything",
                                      "requestParameters.bucketname",
                                      "requestParameters.EventName",
                                      "responseElements.x.0.y",
                                      "additionalEventData.MFAUsed",
                                      "resources.3.ARN",
                                      "Username",
                                      "insightDetails.state",
                                      "edgeDeviceDetails.type",
                                      "managementEvent",
                                      "nothingOfTheKind",
                                      "x",
                                      "",
                                      "userIdentity",
                                      "userIdentity.",
                                      "eventName.x",
                                      "serviceEventDetails.snapshotId",
                                      "userIdentity.sessionContext.attributes.mfaAuthenticated",
                                      "a.b.c"})
    EXPECT_EQ(meant_field(name), std::nullopt) << name;
}

TEST(MeantField, SilentAboutEachFieldOfRecordsAsAwsWritesThem) {
  std::ifstream records(CAIRN_SOURCE_DIR "/test/fixtures/record_golden.ndjson");
  size_t fields = 0;
  for (std::string line; std::getline(records, line);)
    logquery::each_field(line, [&](const std::string& name, const logquery::Value&) {
      if (!name.starts_with("record.") || name.starts_with("record.additionalEventDataKeys")) return true;  // these the fixture adds
      EXPECT_EQ(meant_field(std::string_view(name).substr(7)), std::nullopt) << name;
      ++fields;
      return true;
    });
  EXPECT_GT(fields, 1000);
}

}  // namespace
}  // namespace cairn::search
