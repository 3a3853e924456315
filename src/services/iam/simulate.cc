#include <set>

#include "api/operation.h"
#include "aws/policy/caller.h"
#include "aws/policy/decide.h"
#include "base/text.h"
#include "identity/accounts.h"
#include "identity/policies.h"
#include "services/iam/entities.h"
#include "services/iam/input.h"
#include "services/iam/policy_document.h"
#include "services/iam/statement_positions.h"

/// What policies would say to calls that nobody makes: decided by the engine that decides over real ones.
namespace cairn::iam {
namespace {

using aws::policy::Context;
using aws::policy::Decision;
using aws::policy::Policy;

/// A policy that takes part, and what the answer calls it.
struct Part {
  std::shared_ptr<const Policy> policy;
  std::string name, text;
};

struct Simulation {
  std::vector<Part> identity;
  std::optional<Part> boundary, resource;
  aws::policy::Caller caller;
  Context context;
  std::set<std::string> given;  // keys of the context, in lower case
  std::string owner;            // of the resources; "": the caller's account
};

Part given_part(const std::string& text, aws::policy::Kind kind, std::string name) {
  Result<Policy, aws::policy::Problem> policy = Policy::parse(text, kind);
  if (!policy) throw Error(kInvalidInput, "Invalid policy in {}: {}", name, policy.error().message());
  return {std::make_shared<const Policy>(std::move(*policy)), std::move(name), text};
}

void take_given(const Json& in, const char* member, Simulation& simulation) {
  int number = 0;
  for (const std::string& text : list_of(in, member))
    simulation.identity.push_back(given_part(text, aws::policy::Kind::kIdentity, fmt::format("PolicyInputList.{}", ++number)));
}

/// Policies have the simulator's names: a managed one its own, an inline one user_alice_NAME.
std::string source_name(const identity::PolicySet::Source& source) {
  using Type = identity::PolicySet::Source::Type;
  switch (source.type) {
    case Type::kUser:
      return fmt::format("user_{}_{}", source.owner, source.name);
    case Type::kGroup:
      return fmt::format("group_{}_{}", source.owner, source.name);
    case Type::kRole:
      return fmt::format("role_{}_{}", source.owner, source.name);
    case Type::kAwsManaged:
    case Type::kUserManaged:
      break;
  }
  return source.name.substr(source.name.rfind('/') + 1);
}

Entity source_entity(api::Call& call, const std::string& arn) {
  const std::optional<identity::IamArn> parts = identity::parse_arn(arn);
  if (!parts) throw Error(kInvalidInput, "Invalid Entity Arn: {} does not clearly define entity type and name.", arn);
  constexpr std::pair<std::string_view, Kind> kKinds[] = {{"user", Kind::kUser}, {"group", Kind::kGroup}, {"role", Kind::kRole}};
  for (const auto& [type, kind] : kKinds) {
    if (parts->type != type) continue;
    if (parts->account != call.account.str()) throw Error(kNoSuchEntity, "Can not find {} {}", type, parts->name);
    return entity_named(call, kind, parts->name);
  }
  throw Error(kInvalidInput, "Invalid Entity Arn: {} does not clearly define entity type and name.", arn);
}

void take_context(const Json& in, Simulation& simulation) {
  const auto entries = in.find("ContextEntries");
  if (entries == in.end()) return;
  for (const Json& entry : *entries) {
    const std::string key = text_of(entry, "ContextKeyName");
    simulation.given.insert(text::lower(key));
    for (const std::string& value : list_of(entry, "ContextKeyValues")) simulation.context.add(key, value);
  }
}

void take_caller(const api::Call& call, const std::string& arn, Simulation& simulation) {
  aws::policy::Caller& caller = simulation.caller;
  caller.account = call.account.str();
  caller.arn = arn;
  caller.kind = aws::policy::Caller::Kind::kUser;
  if (const std::optional<identity::IamArn> parts = identity::parse_arn(arn); parts && aws::is_account_id(parts->account)) {
    caller.account = parts->account;
    if (parts->type == "user" && !simulation.given.contains("aws:username")) simulation.context.add("aws:username", parts->name);
  }
  if (!arn.empty() && !simulation.given.contains("aws:principalarn")) simulation.context.add("aws:PrincipalArn", arn);
}

void keys_of(const Policy& policy, std::set<std::string>& keys) {
  for (const auto& statement : policy.statements()) {
    for (const auto& condition : statement.conditions) keys.insert(condition.key());
    for (const auto& resource : statement.resources) {
      for (size_t at = 0; (at = resource.text().find("${", at)) != std::string::npos; ++at) {
        const std::string key = resource.text().substr(at + 2, resource.text().find_first_of("},", at) - at - 2);
        if (key.find(':') != std::string::npos) keys.insert(key);
      }
    }
  }
}

Json missing_values(const Simulation& simulation) {
  std::set<std::string> keys;
  for (const Part& part : simulation.identity) keys_of(*part.policy, keys);
  if (simulation.boundary) keys_of(*simulation.boundary->policy, keys);
  if (simulation.resource) keys_of(*simulation.resource->policy, keys);
  Json missing = Json::array();
  for (const std::string& key : keys)
    if (simulation.context.find(aws::policy::Key(key)) == nullptr) missing.push_back(key);
  return missing;
}

Json show_position(const Position& position) { return {{"Line", position.line}, {"Column", position.column}}; }

Json matched(const Simulation& simulation, const Decision& decision) {
  Json list = Json::array();
  const auto add = [&](const Part& part) {
    if (part.policy.get() != decision.policy) return;
    const std::vector<Extent> extents = statement_positions(part.text);
    Json shown{{"SourcePolicyId", part.name}, {"SourcePolicyType", "IAM Policy"}};
    if (decision.statement < extents.size()) {
      shown["StartPosition"] = show_position(extents[decision.statement].start);
      shown["EndPosition"] = show_position(extents[decision.statement].end);
    }
    list.push_back(std::move(shown));
  };
  for (const Part& part : simulation.identity) add(part);
  if (simulation.boundary) add(*simulation.boundary);
  if (simulation.resource) add(*simulation.resource);
  return list;
}

std::string_view word_for(const Decision& decision) {
  switch (decision.outcome) {
    case Decision::Outcome::kAllowed:
      return "allowed";
    case Decision::Outcome::kExplicitDeny:
      return "explicitDeny";
    case Decision::Outcome::kImplicitDeny:
      break;
  }
  return "implicitDeny";
}

Json evaluate(const Simulation& simulation, const std::string& action, const std::string& resource) {
  std::vector<const Policy*> identity;
  for (const Part& part : simulation.identity) identity.push_back(part.policy.get());
  const aws::policy::Policies policies{.identity = identity,
                                       .resource = simulation.resource ? simulation.resource->policy.get() : nullptr,
                                       .boundary = simulation.boundary ? simulation.boundary->policy.get() : nullptr};
  const aws::policy::Request request{.caller = simulation.caller,
                                     .action = action,
                                     .resource = resource,
                                     .resource_account = simulation.owner,
                                     .context = simulation.context};
  const Decision decision = aws::policy::decide(request, policies);
  Json out{{"EvalActionName", action},
           {"EvalResourceName", resource},
           {"EvalDecision", word_for(decision)},
           {"MatchedStatements", matched(simulation, decision)},
           {"MissingContextValues", missing_values(simulation)}};
  if (simulation.boundary) {
    const Policy* const bound[] = {policies.boundary};
    const bool allows = aws::policy::decide(request, {.identity = bound}).allowed();
    out["PermissionsBoundaryDecisionDetail"] = {{"AllowedByPermissionsBoundary", allows}};
  }
  return out;
}

void answer(api::Call& call, Simulation& simulation) {
  if (const std::string text = text_of(call.in, "ResourcePolicy"); !text.empty())
    simulation.resource = given_part(text, aws::policy::Kind::kResource, "ResourcePolicy");
  if (const std::vector<std::string> bounds = list_of(call.in, "PermissionsBoundaryPolicyInputList"); !bounds.empty())
    simulation.boundary = given_part(bounds.front(), aws::policy::Kind::kBoundary, "PermissionsBoundaryPolicyInputList.1");
  if (const std::string owner = text_of(call.in, "ResourceOwner"); !owner.empty()) {
    const aws::policy::SplitArn arn(owner);
    simulation.owner = arn.count == 6 ? std::string(arn.parts[4]) : owner;
  }
  std::vector<std::string> resources = list_of(call.in, "ResourceArns");
  if (resources.empty()) resources.emplace_back("*");
  const std::vector<std::string> actions = list_of(call.in, "ActionNames");
  constexpr size_t kEvaluationsMax = 10'000;  // of one call
  if (actions.size() * resources.size() > kEvaluationsMax)
    throw Error(kInvalidInput, "At most {} combinations of actions and resources can be simulated at once.", kEvaluationsMax);
  Json results = Json::array();
  for (const std::string& action : actions) {
    if (action.find(':') == std::string::npos) throw Error(kInvalidInput, "Invalid Action Name: {}", action);
    for (const std::string& resource : resources) results.push_back(evaluate(simulation, action, resource));
  }
  list_page(call, results, "EvaluationResults");
}

/// Differs from AWS: of the statements that match, the one that decides is named; ResourceHandlingOption is not looked at.
void simulate_custom_policy(api::Call& call) {
  Simulation simulation;
  take_context(call.in, simulation);
  take_given(call.in, "PolicyInputList", simulation);
  take_caller(call, text_of(call.in, "CallerArn"), simulation);
  answer(call, simulation);
}

/// A boundary that is given takes the place of the principal's own.
/// Differs from AWS: as SimulateCustomPolicy.
void simulate_principal_policy(api::Call& call) {
  const std::string source = text_of(call.in, "PolicySourceArn");
  const Entity entity = source_entity(call, source);
  Simulation simulation;
  take_context(call.in, simulation);
  const identity::PolicySet set = identity::policies_of(*call.state, entity);
  for (const identity::PolicySet::Source& each : set.sources()) simulation.identity.push_back({each.policy, source_name(each), each.text});
  take_given(call.in, "PolicyInputList", simulation);
  if (!entity.boundary.empty()) {
    const std::optional<std::string> text = identity::managed_policy_text(*call.state, entity.boundary);
    simulation.boundary = given_part(text.value(), aws::policy::Kind::kBoundary, entity.boundary.substr(entity.boundary.rfind('/') + 1));
  }
  for (const auto& [key, value] : set.tags())
    if (!simulation.given.contains(text::lower("aws:PrincipalTag/" + key))) simulation.context.add("aws:PrincipalTag/" + key, value);
  take_caller(call, text_of(call.in, "CallerArn", entity.kind == Kind::kUser ? source : ""), simulation);
  answer(call, simulation);
}

Json names_of(const std::set<std::string>& keys) {
  Json list = Json::array();
  for (const std::string& key : keys) list.push_back(key);
  return list;
}

void get_keys_for_custom_policy(api::Call& call) {
  std::set<std::string> keys;
  Simulation simulation;
  take_given(call.in, "PolicyInputList", simulation);
  for (const Part& part : simulation.identity) keys_of(*part.policy, keys);
  call.out["ContextKeyNames"] = names_of(keys);
}

void get_keys_for_principal_policy(api::Call& call) {
  std::set<std::string> keys;
  Simulation simulation;
  const identity::PolicySet set = identity::policies_of(*call.state, source_entity(call, text_of(call.in, "PolicySourceArn")));
  for (const identity::PolicySet::Source& source : set.sources()) keys_of(*source.policy, keys);
  take_given(call.in, "PolicyInputList", simulation);
  for (const Part& part : simulation.identity) keys_of(*part.policy, keys);
  call.out["ContextKeyNames"] = names_of(keys);
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"GetContextKeysForCustomPolicy", get_keys_for_custom_policy, api::Runs::kPool},
    {"GetContextKeysForPrincipalPolicy", get_keys_for_principal_policy, api::Runs::kPool},
    {"SimulateCustomPolicy", simulate_custom_policy, api::Runs::kPool},
    {"SimulatePrincipalPolicy", simulate_principal_policy, api::Runs::kPool},
});

}  // namespace
}  // namespace cairn::iam

namespace cairn::services {
extern const api::Family iam_simulate;
const api::Family iam_simulate{.service = "iam", .operations = iam::kOperations};
}  // namespace cairn::services
