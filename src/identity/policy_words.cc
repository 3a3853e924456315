#include "identity/policy_words.h"

#include <fmt/format.h>

namespace cairn::identity {
namespace {

using aws::policy::Problem;

std::string words_for(const Problem& problem) {
  using What = Problem::What;
  switch (problem.what) {
    case What::kNotJson:
      return "This policy contains invalid Json";
    case What::kMissing:
      if (problem.subject == "Action") return "Policy statement must contain actions.";
      if (problem.subject == "Resource") return "Policy statement must contain resources.";
      if (problem.subject == "Principal") return "Missing required field Principal";
      return fmt::format("Missing required field {}", problem.subject);
    case What::kProhibited:
      if (problem.subject.ends_with("Principal")) return "Policy document should not specify a principal.";
      return fmt::format("Has prohibited field {}", problem.subject);
    case What::kUnknownMember:
      return fmt::format("Unknown field {}", problem.subject);
    case What::kVersion:
      return "Policy document must be version 2012-10-17 or greater.";
    case What::kSid:
      return "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*";
    case What::kDuplicateSid:
      return "Statement IDs (SID) in a single policy must be unique.";
    case What::kPrincipal:
      return fmt::format("Invalid principal in policy: \"{}\"", problem.subject);
    case What::kAction:
      return "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.";
    case What::kConditionKey:
      return "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.";
    case What::kResource:
      return fmt::format("Resource {} must be in ARN format or \"*\".", problem.subject);
    case What::kConditionOperator:
      return fmt::format("Invalid Condition type : {}.", problem.subject);
    default:
      return "Syntax errors in policy.";
  }
}

}  // namespace

std::string refusal_words(const Problem& problem) {
  const std::string words = words_for(problem);
  return problem.spot.empty() ? words : fmt::format("{} ({})", words, problem.spot);
}

}  // namespace cairn::identity
