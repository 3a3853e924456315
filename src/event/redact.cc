#include "event/redact.h"

#include <algorithm>
#include <array>

namespace cairn::event {
namespace {

using enum Treatment;

/// Sorted by service.
constexpr auto kRules = std::to_array<RedactionRule>({
    {"cairn", "*", "TemplateBody", kOmit},
    {"cloudformation", "*", "TemplateBody", kOmit},
    {"cloudformation", "*", "StackPolicyBody", kOmit},
    {"cloudformation", "*", "StackPolicyDuringUpdateBody", kOmit},
    {"cloudformation", "Parameter", "ParameterValue", kOmit},
    {"cloudformation", "Parameter", "ResolvedValue", kOmit},
    {"events", "PutEventsRequestEntry", "Detail", kHide},
    {"events", "PutPartnerEventsRequestEntry", "Detail", kHide},
    {"iam", "*", "AuthenticationCode1", kOmit},
    {"iam", "*", "AuthenticationCode2", kOmit},
    {"kms", "*", "GrantTokens", kOmit},
    {"kms", "*", "GrantToken", kOmit},
    {"lambda", "CreateFunctionRequest", "Environment", kEmptyObject},
    {"lambda", "UpdateFunctionConfigurationRequest", "Environment", kEmptyObject},
    {"lambda", "FunctionConfiguration", "Environment", kEmptyObject},
    {"logs", "PutLogEventsRequest", "logEvents", kOmit},
    {"sns", "PublishInput", "Message", kHide},
    {"sns", "PublishInput", "Subject", kHide},
    {"sns", "PublishInput", "MessageAttributes", kHide},
    {"sns", "PublishBatchRequestEntry", "Message", kHide},
    {"sns", "PublishBatchRequestEntry", "Subject", kHide},
    {"sns", "PublishBatchRequestEntry", "MessageAttributes", kHide},
    {"sqs", "*", "MessageBody", kHide},
    {"sqs", "*", "MessageAttributes", kHide},
    {"sqs", "*", "Body", kHide},
    {"ssm", "PutParameterRequest", "Value", kHide},
    {"sts", "*", "SAMLAssertion", kOmit},
    {"sts", "*", "TokenCode", kOmit},
    {"sts", "*", "WebIdentityToken", kOmit},
});
static_assert(std::is_sorted(kRules.begin(), kRules.end(), [](const auto& a, const auto& b) { return a.service < b.service; }));

/// Services whose records show that a sensitive member was there.
constexpr auto kHiding = std::to_array<std::string_view>({"events", "sns", "ssm"});

struct SilentOperation {
  std::string_view service, operation;
};
constexpr auto kNoRequest = std::to_array<SilentOperation>({
    {"cloudformation", "ListTypes"},
    {"iam", "ChangePassword"},
    {"kms", "GenerateRandom"},
    {"monitoring", "DescribeInsightRules"},
    {"monitoring", "GetDashboard"},
    {"monitoring", "ListDashboards"},
});
constexpr auto kNoResponse = std::to_array<SilentOperation>({
    {"kms", "DeriveSharedSecret"},
    {"kms", "ImportKeyMaterial"},
    {"lambda", "Invoke"},
    {"lambda", "InvokeAsync"},
    {"lambda", "InvokeWithResponseStream"},
});

template <size_t n>
bool listed(const std::array<SilentOperation, n>& table, std::string_view service, std::string_view operation) {
  return std::any_of(table.begin(), table.end(),
                     [&](const SilentOperation& row) { return row.service == service && row.operation == operation; });
}

}  // namespace

Redaction::Redaction(std::string_view service_key) {
  const auto [first, last] = std::equal_range(kRules.begin(), kRules.end(), RedactionRule{service_key, {}, {}, kRecord},
                                              [](const auto& a, const auto& b) { return a.service < b.service; });
  rules_ = {first, last};
  if (std::find(kHiding.begin(), kHiding.end(), service_key) != kHiding.end()) sensitive_ = kHide;
}

Treatment Redaction::of(const aws::Shape& structure, const aws::Member& member) const {
  for (const RedactionRule& rule : rules_) {
    if (rule.member == member.name && (rule.structure == "*" || rule.structure == structure.name)) return rule.treatment;
  }
  if (member.location == aws::Location::kStatusCode) return kOmit;
  return member.shape != nullptr ? of(*member.shape) : kRecord;
}

Treatment Redaction::of(const aws::Shape& shape) const {
  if (shape.sensitive) return sensitive_;
  return shape.type == aws::Type::kBlob || shape.streaming ? kOmit : kRecord;
}

bool never_shows_request(std::string_view service_key, std::string_view operation) { return listed(kNoRequest, service_key, operation); }

bool never_shows_response(std::string_view service_key, std::string_view operation) { return listed(kNoResponse, service_key, operation); }

}  // namespace cairn::event
