#include <algorithm>
#include <array>

#include "api/operation.h"
#include "aws/policy/policy.h"
#include "services/events/door.h"
#include "services/events/errors.h"

/// Policies of event buses: who may put events, besides those whom their own account's policies let.
namespace cairn::events_service {
namespace {

using rules::Bus;

constexpr size_t kPolicyCharactersMax = 10'240;

Json statements_of(const Bus& bus) {
  if (bus.policy.empty()) return Json::array();
  const Json document = json::parse(bus.policy).value();  // checked before it was kept
  const Json& statements = document.at("Statement");
  return statements.is_array() ? statements : Json::array({statements});
}

void keep(api::Call& call, Bus bus, std::string policy) {
  if (policy.size() > kPolicyCharactersMax)
    throw Error(kPolicyLengthExceeded, "The event bus policy exceeds the maximum size of {} characters.", kPolicyCharactersMax);
  bus.policy = std::move(policy);
  bus.modified = call.now;
  call.state->put(rules::keys::bus(bus.at), encode(bus));
}

void keep(api::Call& call, Bus bus, const Json& statements) {
  keep(call, std::move(bus), statements.empty() ? "" : json::dump({{"Version", "2012-10-17"}, {"Statement", statements}}));
}

bool has_sid(const Json& statement, const std::string& sid) { return statement.value("Sid", "") == sid; }

void put_permission(api::Call& call) {
  Bus bus = open_bus(call, named_bus(call));
  if (const auto policy = call.in.find("Policy"); policy != call.in.end()) {
    for (const char* member : {"Action", "Principal", "StatementId", "Condition"})
      if (call.in.contains(member))
        throw Error(aws::kValidation, "If Policy is specified, Action, Principal, StatementId and Condition must not be.");
    const std::string text = policy->get<std::string>();
    if (const auto read = aws::policy::Policy::parse(text, aws::policy::Kind::kResource); !read)
      throw Error(aws::kValidation, "Parameter Policy is not valid. Reason: {}", read.error().message());
    return keep(call, std::move(bus), text);
  }
  for (const char* member : {"Action", "Principal", "StatementId"})
    if (!call.in.contains(member)) throw Error(aws::kValidation, "Parameter(s) {} must be specified.", member);
  const std::string sid = call.in.at("StatementId").get<std::string>(), principal = call.in.at("Principal").get<std::string>();
  Json statement{{"Sid", sid}, {"Effect", "Allow"}};
  if (principal == "*") statement["Principal"] = "*";
  else statement["Principal"] = {{"AWS", fmt::format("arn:aws:iam::{}:root", principal)}};
  statement["Action"] = call.in.at("Action");
  statement["Resource"] = bus.at.arn();
  if (const auto condition = call.in.find("Condition"); condition != call.in.end()) {
    if (condition->at("Type") != "StringEquals" || condition->at("Key") != "aws:PrincipalOrgID")
      throw Error(aws::kValidation, "Parameter Condition is not valid. Reason: only StringEquals of aws:PrincipalOrgID is supported.");
    statement["Condition"] = {{"StringEquals", {{"aws:PrincipalOrgID", condition->at("Value")}}}};
  }
  Json statements = Json::array();
  for (Json& other : statements_of(bus))
    if (!has_sid(other, sid)) statements.push_back(std::move(other));
  statements.push_back(std::move(statement));
  keep(call, std::move(bus), statements);
}

void remove_permission(api::Call& call) {
  Bus bus = open_bus(call, named_bus(call));
  if (call.in.value("RemoveAllPermissions", false)) return keep(call, std::move(bus), Json::array());
  if (!call.in.contains("StatementId")) throw Error(aws::kValidation, "Parameter(s) StatementId must be specified.");
  const std::string sid = call.in.at("StatementId").get<std::string>();
  const Json all = statements_of(bus);
  Json left = Json::array();
  for (const Json& statement : all)
    if (!has_sid(statement, sid)) left.push_back(statement);
  if (left.size() == all.size()) throw Error(kNotFound, "Statement with the provided id does not exist.");
  keep(call, std::move(bus), left);
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"PutPermission", put_permission},
    {"RemovePermission", remove_permission},
});

}  // namespace
}  // namespace cairn::events_service

namespace cairn::services {
extern const api::Family events_permissions;
const api::Family events_permissions{.service = "events", .operations = events_service::kOperations};
}  // namespace cairn::services
