#include "sql/event_columns.h"

#include <array>
#include <unordered_map>

#include "base/text.h"

namespace cairn::sql {
namespace {

using Kind = Column::Kind;

constexpr Column kOnBehalfOf[] = {{"userId"}, {"identityStoreArn"}};
constexpr Column kAttributes[] = {{"mfaAuthenticated"}, {"creationDate"}};
constexpr Column kSessionIssuer[] = {{"type"}, {"principalId"}, {"arn"}, {"accountId"}, {"userName"}};
constexpr Column kWebIdFederationData[] = {{"federatedProvider"}, {"attributes", Kind::kMap}};
constexpr Column kSessionContext[] = {
    {"attributes", Kind::kStruct, kAttributes},
    {"sessionIssuer", Kind::kStruct, kSessionIssuer},
    {"ec2RoleDelivery"},
    {"webIdFederationData", Kind::kStruct, kWebIdFederationData},
    {"sourceIdentity"},
    {"assumedRoot"},
};
constexpr Column kUserIdentity[] = {
    {"type"},
    {"principalId"},
    {"arn"},
    {"accountId"},
    {"invokedBy"},
    {"accessKeyId"},
    {"userName"},
    {"onBehalfOf", Kind::kStruct, kOnBehalfOf},
    {"sessionContext", Kind::kStruct, kSessionContext},
    {"identityProvider"},
    {"credentialId"},
    {"inScopeOf", Kind::kWritten},
};
constexpr Column kResources[] = {{"ARN"}, {"accountId"}, {"type"}, {"ARNPrefix"}};
constexpr Column kAddendum[] = {{"reason"}, {"updatedFields"}, {"originalRequestID"}, {"originalEventID"}};
constexpr Column kTlsDetails[] = {{"tlsVersion"}, {"cipherSuite"}, {"clientProvidedHostHeader"}, {"keyExchange"}};

constexpr Column kColumns[] = {
    {"eventVersion"},
    {"userIdentity", Kind::kStruct, kUserIdentity},
    {"eventTime"},
    {"eventSource"},
    {"eventName"},
    {"awsRegion"},
    {"sourceIPAddress"},
    {"userAgent"},
    {"errorCode"},
    {"errorMessage"},
    {"requestParameters", Kind::kWritten},
    {"responseElements", Kind::kWritten},
    {"additionalEventData", Kind::kWritten},
    {"requestID"},
    {"eventID"},
    {"readOnly"},
    {"resources", Kind::kList, kResources},
    {"eventType"},
    {"apiVersion"},
    {"recipientAccountId"},
    {"serviceEventDetails", Kind::kWritten},
    {"sharedEventID"},
    {"vpcEndpointId"},
    {"vpcEndpointAccountId"},
    {"eventCategory"},
    {"addendum", Kind::kStruct, kAddendum},
    {"sessionCredentialFromConsole"},
    {"edgeDeviceDetails", Kind::kWritten},
    {"tlsDetails", Kind::kStruct, kTlsDetails},
    // Not in AWS's table.
    {"managementEvent"},
    {"eventContext", Kind::kWritten},
    {"insightDetails", Kind::kWritten},
};

}  // namespace

std::string Column::name() const { return text::lower(member); }

std::span<const Column> event_columns() { return kColumns; }

int event_column_of(std::string_view member) {
  static const std::unordered_map<std::string_view, int> all = [] {
    std::unordered_map<std::string_view, int> map;
    for (size_t i = 0; i < std::size(kColumns); ++i) map.emplace(kColumns[i].member, static_cast<int>(i));
    return map;
  }();
  const auto found = all.find(member);
  return found == all.end() ? -1 : found->second;
}

std::string_view name_of(ExtraColumn column) {
  constexpr std::array<std::string_view, static_cast<size_t>(ExtraColumn::kCount)> kNames = {"record", "file",  "account", "region",
                                                                                             "year",   "month", "day",     "timestamp"};
  return kNames[static_cast<size_t>(column)];
}

}  // namespace cairn::sql
