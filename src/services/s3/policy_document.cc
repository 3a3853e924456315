#include "services/s3/policy_document.h"

#include <algorithm>

#include "base/log.h"
#include "base/lru.h"
#include "base/text.h"
#include "services/s3/actions.h"
#include "services/s3/errors.h"

namespace cairn::s3 {
namespace {

using aws::policy::Condition;
using aws::policy::Policy;
using aws::policy::PrincipalName;
using aws::policy::Problem;
using aws::policy::Statement;

constexpr size_t kPolicyBytesMax = 20 << 10;
constexpr size_t kCacheBytesMax = 4 << 20;  // of policies' texts; compiled, each takes some ten times as much

/// S3's words, then the spot.
Error malformed(std::string_view words, std::string_view spot, std::string_view detail) {
  Error error = spot.empty() ? Error(kMalformedPolicy, "{}", words) : Error(kMalformedPolicy, "{} ({})", words, spot);
  return detail.empty() ? error : std::move(error).with("Detail", std::string(detail));
}

constexpr std::string_view kNoJson = "Policies must be valid JSON and the first byte must be '{'";

Error refusal(const Problem& problem) {
  using What = Problem::What;
  const auto say = [&](std::string_view words) { return malformed(words, problem.spot, problem.subject); };
  switch (problem.what) {
    case What::kNotJson:
      return malformed(kNoJson, "", "");
    case What::kMissing:
      return malformed(fmt::format("Missing required field {}", problem.subject), problem.spot, "");
    case What::kUnknownMember:
      return malformed(fmt::format("Unknown field {}", problem.subject), problem.spot, "");
    case What::kEffect:
      return malformed(fmt::format("Invalid effect: {}", problem.subject), problem.spot, "");
    case What::kVersion:
      return say("The policy must contain a valid version string");
    case What::kPrincipal:
      return say("Invalid principal in policy");
    case What::kAction:
      return say("Policy has invalid action");
    case What::kResource:
      return say("Policy has invalid resource");
    case What::kConditionOperator:
      return malformed(fmt::format("Invalid Condition type : {}", problem.subject), problem.spot, "");
    case What::kConditionKey:
      return say("Policy has an invalid condition key");
    case What::kEmpty:
      if (problem.spot == "Statement") return malformed("Could not parse the policy: Statement is empty!", "", "");
      return say("Invalid policy syntax.");
    default:
      return say("Invalid policy syntax.");
  }
}

void check_actions(const Statement& statement, const std::string& spot) {
  for (const auto& action : statement.actions.patterns()) {
    const std::string lower = text::lower(action.text());
    const std::string_view vendor = std::string_view(lower).substr(0, lower.find(':'));
    if (vendor != "s3" && vendor.find_first_of("*?") == std::string_view::npos)
      throw malformed("Policy has invalid action", spot, action.text());
    // An action on objects needs a resource that can be one, an action on the bucket one that can be the bucket.
    const std::optional<On> on = target_of_action(action.text());
    if (!on || statement.not_action || statement.not_resource) continue;
    const bool applies = std::ranges::any_of(statement.resources, [&](const auto& resource) {
      const std::string_view name = resource.text();
      const size_t slash = name.find('/');
      if (*on == On::kBucket) return slash == std::string_view::npos;
      return slash != std::string_view::npos || name.ends_with('*');
    });
    if (!applies) throw malformed("Action does not apply to any resource(s) in statement", spot, action.text());
  }
}

void check_resources(const Statement& statement, std::string_view bucket, const std::string& spot) {
  const std::string own = fmt::format("arn:aws:s3:::{}", bucket);
  for (const auto& resource : statement.resources) {
    const std::string_view name = resource.text();
    if (name == own || (name.starts_with(own) && (name[own.size()] == '/' || name[own.size()] == '*'))) continue;
    throw malformed("Policy has invalid resource", spot, name);
  }
}

/// Addresses that are nearly everyone's: more than a /8 of IPv4, or a /32 of IPv6.
bool is_broad(const std::string& value) {
  const std::optional<aws::policy::Cidr> range = aws::policy::parse_cidr(value);
  return range && range->bits < (range->is_v6 ? 32 : 8);
}

/// A condition on one of these, with a value free of wildcards, makes a statement for everyone one for somebody.
bool is_confined(const Statement& statement) {
  static constexpr std::string_view kConfining[] = {"aws:principalaccount",
                                                    "aws:principalarn",
                                                    "aws:principalorgid",
                                                    "aws:principalorgpaths",
                                                    "aws:sourceaccount",
                                                    "aws:sourcearn",
                                                    "aws:sourceip",
                                                    "aws:sourceorgid",
                                                    "aws:sourceorgpaths",
                                                    "aws:sourceowner",
                                                    "aws:sourcevpc",
                                                    "aws:sourcevpce",
                                                    "aws:userid",
                                                    "s3:dataaccesspointaccount",
                                                    "s3:dataaccesspointarn",
                                                    "s3:x-amz-server-side-encryption-aws-kms-key-id"};
  return std::ranges::any_of(statement.conditions, [](const Condition& condition) {
    const std::optional<Condition::Operator> op = Condition::parse_operator(condition.op());
    // Operators that hold where the key is absent confine nobody.
    if (!op || op->negated || op->if_exists || op->test == Condition::Test::kNull || op->set == Condition::Set::kForAllValues) return false;
    if (std::ranges::find(kConfining, text::lower(condition.key())) == std::end(kConfining)) return false;
    return !condition.values().empty() && std::ranges::none_of(condition.values(), [](const std::string& value) {
      return value.find('*') != std::string::npos || value.find("${") != std::string::npos || is_broad(value);
    });
  });
}

bool names_everyone(const Statement& statement) {
  return statement.principals.negated || std::ranges::any_of(statement.principals.names, [](const PrincipalName& name) {
           return name.form() == PrincipalName::Form::kEveryone;
         });
}

bool is_public(const Policy& policy) {
  return std::ranges::any_of(policy.statements(), [](const Statement& statement) {
    return statement.allows && names_everyone(statement) && !is_confined(statement);
  });
}

BucketPolicy bucket_policy(Policy policy, std::string_view text) {
  const bool open = is_public(policy);
  return {.policy = std::move(policy),
          .is_public = open,
          .looks_at_object_tags = text::lower(text).find("s3:existingobjecttag/") != std::string::npos};
}

}  // namespace

BucketPolicy checked_policy(std::string_view text, std::string_view bucket) {
  if (text.size() > kPolicyBytesMax)
    throw Error(kMalformedPolicy, "Policy exceeds the maximum allowed document size of {} bytes", kPolicyBytesMax);
  if (!text.starts_with('{')) throw malformed(kNoJson, "", "");
  Result<Policy, Problem> policy = Policy::parse(text, aws::policy::Kind::kResource);
  if (!policy) throw refusal(policy.error());
  for (size_t i = 0; i < policy->statements().size(); ++i) {
    const std::string spot = fmt::format("Statement[{}]", i);
    check_resources(policy->statements()[i], bucket, spot);
    check_actions(policy->statements()[i], spot);
  }
  return bucket_policy(std::move(*policy), text);
}

std::shared_ptr<const BucketPolicy> compiled_policy(const std::string& text) {
  static Lru<std::string, const BucketPolicy> cache(kCacheBytesMax);
  if (std::shared_ptr<const BucketPolicy> kept = cache.get(text)) return kept;
  Result<Policy, Problem> policy = Policy::parse(text, aws::policy::Kind::kResource);
  if (!policy) {
    log::warning("a bucket's policy that was kept earlier cannot be read and denies everything until root replaces it",
                 {{"problem", policy.error().message()}});
    policy = Policy::parse(R"({"Statement":{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}})", aws::policy::Kind::kResource);
  }
  auto compiled = std::make_shared<const BucketPolicy>(bucket_policy(std::move(*policy), text));
  cache.put(text, compiled, text.size());
  return compiled;
}

}  // namespace cairn::s3
