#include "api/authorize.h"

#include "api/demands.h"
#include "api/operation.h"
#include "api/ports.h"
#include "api/registry.h"
#include "api/request_context.h"
#include "aws/policy/caller.h"
#include "base/text.h"
#include "identity/policies.h"

namespace cairn::api {
namespace {

using aws::policy::Context;
using aws::policy::Decision;
using Kind = aws::Principal::Kind;

/// Tags as calls carry them: lists of Key and Value, KMS's TagKey and TagValue, or a map.
void describe_tags(const Json& in, Context& context) {
  const auto add = [&](const std::string& key, const std::string& value) {
    context.add("aws:RequestTag/" + key, value);
    context.add("aws:TagKeys", key);
  };
  const auto text = [](const Json& tag, const char* name, const char* otherwise) {
    for (const char* member : {name, otherwise})
      if (const auto it = tag.find(member); it != tag.end() && it->is_string()) return it->get<std::string>();
    return std::string();
  };
  for (const char* member : {"Tags", "TagsList", "tags"}) {
    const auto tags = in.find(member);
    if (tags == in.end()) continue;
    if (tags->is_object()) {
      for (const auto& [key, value] : tags->items())
        if (value.is_string()) add(key, value.get<std::string>());
    } else if (tags->is_array()) {
      for (const Json& tag : *tags)
        if (tag.is_object()) add(text(tag, "Key", "TagKey"), text(tag, "Value", "TagValue"));
    }
  }
  for (const char* member : {"TagKeys", "tagKeys"})
    if (const auto keys = in.find(member); keys != in.end() && keys->is_array())
      for (const Json& key : *keys)
        if (key.is_string()) context.add("aws:TagKeys", key.get<std::string>());
}

}  // namespace

aws::policy::Policies policies_of(const Call& call) {
  if (call.policies != nullptr) return call.policies->policies();
  return (call.principal.is_administrator ? identity::PolicySet::everything() : identity::PolicySet::none())->policies();
}

bool looks_at_context(const Call& call) { return call.policies != nullptr && call.policies->looks_at_context(); }

Decision decide(Call& call, const Demand& demand) {
  call.is_decided = true;
  aws::policy::Policies policies = policies_of(call);
  policies.resource = demand.resource_policy;
  policies.resource_must_allow = demand.resource_must_allow;
  aws::policy::Request request{.caller = aws::policy::caller_of(call.principal),
                               .action = demand.action,
                               .resource = demand.resource,
                               .resource_account = demand.owner.str(),
                               .context = {}};
  if (demand.resource_policy != nullptr || looks_at_context(call)) {
    describe_request(call, request.context);
    describe_tags(call.in, request.context);
    request.context.add("aws:ResourceAccount", (demand.owner.empty() ? call.account : demand.owner).str());
    request.context.overlay(demand.context);
  }
  return aws::policy::decide(request, policies);
}

void require(Call& call, const Demand& demand) {
  const Decision decision = decide(call, demand);
  if (!decision.allowed()) throw denied(call, decision, demand.action, demand.shown);
}

aws::Error denied(const Call& call, const Decision& decision, std::string_view action, std::string_view shown) {
  const std::string who = call.principal.kind == Kind::kService ? call.principal.user_name : call.principal.arn;
  const bool is_explained = action.substr(0, 4) != "sts:" || decision.outcome == Decision::Outcome::kExplicitDeny;
  return aws::Error(aws::kAccessDenied, "User: {} is not authorized to perform: {}{}{}{}{}", who, action,
                    shown.empty() ? "" : " on resource: ", shown, is_explained ? " " : "",
                    is_explained ? aws::policy::because(decision, action) : "");
}

void authorize(Call& call) {
  const bool is_handlers = handler_decides(*call.service, *call.model);
  // Who does not say who they are gets as far as a bucket's policy, or to where they say it after all.
  const bool may_be_anonymous = (is_handlers && !call.http.bucket.empty()) || needs_no_signature(*call.service->model, *call.model);
  if (call.principal.kind == Kind::kAnonymous && !may_be_anonymous) throw aws::Error(aws::kAccessDenied, "Access Denied");
  if (is_handlers) return;
  call.is_decided = true;
  // What its own administrator does in an account needs no look at what it is.
  if (call.policies == identity::PolicySet::everything()) return;
  for (const Demand& demand : demands_of(call)) require(call, demand);
}

}  // namespace cairn::api
