#include "sql/event_columns.h"

#include <array>

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

namespace {

/// Where a member's column is, found by its length and two of its letters: asked for each member of each record.
class Places {
 public:
  Places() {
    places_.fill(-1);
    for (size_t i = 0; i < std::size(kColumns); ++i) {
      size_t at = slot_of(kColumns[i].member);
      while (places_[at] >= 0) at = (at + 1) % kSlots;
      places_[at] = static_cast<int8_t>(i);
    }
  }
  int of(std::string_view member) const {
    if (member.empty()) return -1;
    for (size_t at = slot_of(member); places_[at] >= 0; at = (at + 1) % kSlots) {
      if (kColumns[static_cast<size_t>(places_[at])].member == member) return places_[at];
    }
    return -1;
  }

 private:
  static constexpr size_t kSlots = 256;
  static size_t slot_of(std::string_view member) {
    const auto letter = [&](size_t i) { return static_cast<unsigned char>(member[i]); };
    return (member.size() * 31 + letter(0) * 7 + letter(member.size() / 2) * 5 + letter(member.size() - 1)) % kSlots;
  }
  std::array<int8_t, kSlots> places_;
};

}  // namespace

int event_column_of(std::string_view member) {
  static const Places places;
  return places.of(member);
}

std::string_view name_of(ExtraColumn column) {
  constexpr std::array<std::string_view, static_cast<size_t>(ExtraColumn::kCount)> kNames = {"record", "file",  "account", "region",
                                                                                             "year",   "month", "day",     "timestamp"};
  return kNames[static_cast<size_t>(column)];
}

}  // namespace cairn::sql
