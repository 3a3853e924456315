#include "services/cloudformation/stack_policy.h"

#include <algorithm>

#include "aws/policy/decide.h"
#include "services/cloudformation/errors.h"
#include "services/cloudformation/template_url.h"

namespace cairn::cloudformation {
namespace {

constexpr size_t kPolicyBytesMax = 16384;
constexpr const char* kArn = "arn:aws:cloudformation:::";  // stands before LogicalResourceId/..., which is no ARN

void to_arn(Json& resource) {
  if (resource.is_array()) std::ranges::for_each(resource, to_arn);
  else if (resource.is_string() && resource != "*") resource = kArn + resource.get<std::string>();
}

/// As the engine reads it: resources are ARNs, and the condition key ResourceType has a prefix. nullopt: it is no stack policy.
std::optional<aws::policy::Policy> compiled(const std::string& text) {
  Result<Json> document = json::parse(text);
  if (!document || !document->is_object() || !document->contains("Statement")) return std::nullopt;
  Json& statements = (*document)["Statement"];
  if (statements.is_object()) statements = Json::array({statements});
  if (!statements.is_array()) return std::nullopt;
  for (Json& statement : statements) {
    if (!statement.is_object() || statement.value("Principal", Json()) != "*") return std::nullopt;
    for (const char* member : {"Action", "NotAction"}) {
      const Json actions = statement.value(member, Json::array());
      for (const Json& action : actions.is_array() ? actions : Json::array({actions}))
        if (action != "Update:Modify" && action != "Update:Replace" && action != "Update:Delete" && action != "Update:*")
          return std::nullopt;
    }
    for (const char* member : {"Resource", "NotResource"})
      if (statement.contains(member)) to_arn(statement[member]);
    if (const auto conditions = statement.find("Condition"); conditions != statement.end() && conditions->is_object())
      for (auto& [name, keys] : conditions->items()) {
        if (!keys.is_object() || keys.size() != 1 || !keys.contains("ResourceType")) return std::nullopt;
        keys = Json{{"stack:ResourceType", keys.at("ResourceType")}};
      }
  }
  auto policy = aws::policy::Policy::parse(json::dump(*document), aws::policy::Kind::kResource);
  if (!policy) return std::nullopt;
  return std::move(*policy);
}

}  // namespace

std::optional<std::string> given_stack_policy(api::Call& call, const std::string& name) {
  const std::string body = name + "Body", url = name + "URL";
  if (call.in.contains(body) && call.in.contains(url)) throw Error(kValidationError, "You cannot specify both {} and {}", url, body);
  if (call.in.contains(url)) return checked_stack_policy(template_at(call, call.in[url].get<std::string>(), url));
  if (call.in.contains(body)) return checked_stack_policy(call.in[body].get<std::string>());
  return std::nullopt;
}

std::string checked_stack_policy(const std::string& text) {
  const Result<Json> document = json::parse(text);
  if (text.empty() || (document && document->is_object() && document->empty())) return "";
  if (text.size() > kPolicyBytesMax || !compiled(text))
    throw Error(kValidationError, "Error validating stack policy: Invalid stack policy");
  return text;
}

std::string stack_policy_denial(const std::string& policy, Change::Kind kind, std::string_view resource, std::string_view type) {
  if (policy.empty()) return "";
  const std::optional<aws::policy::Policy> read = compiled(policy);
  if (!read) return "";
  const char* action = kind == Change::Kind::kReplace  ? "Update:Replace"
                       : kind == Change::Kind::kRemove ? "Update:Delete"
                                                       : "Update:Modify";
  aws::policy::Request request{.caller = {},
                               .action = action,
                               .resource = fmt::format("{}LogicalResourceId/{}", kArn, resource),
                               .resource_account = {},
                               .context = {}};
  request.context.add("stack:ResourceType", std::string(type));
  const aws::policy::Decision decision = aws::policy::decide(request, {.resource = &*read, .resource_must_allow = true});
  if (decision.allowed()) return "";
  const bool is_explicit = decision.by() != nullptr;
  return fmt::format("Action denied by stack policy: {} [{}] for resource [LogicalResourceId/{}]",
                     is_explicit ? fmt::format("Statement [#{}] denies", decision.statement + 1) : std::string("no statement allows"),
                     action, resource);
}

}  // namespace cairn::cloudformation
