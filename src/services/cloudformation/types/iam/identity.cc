#include "services/cloudformation/types/iam/identity.h"

#include <algorithm>

#include "template/canonical.h"

namespace cairn::cloudformation {
namespace {

Json list_of(const Json& properties, const char* name) {
  const auto it = properties.find(name);
  return it == properties.end() ? Json::array() : *it;
}

/// Of Policies: nothing in it is passed over.
void check_inlined(const Json& policies) {
  for (size_t i = 0; i < policies.size(); ++i) {
    const Json& policy = policies[i];
    if (!policy.is_object() || !policy.contains("PolicyName") || !policy.contains("PolicyDocument"))
      throw Failed{
          fmt::format("Properties validation failed with message: [#/Policies/{}: PolicyName and PolicyDocument are required]", i)};
    for (const auto& [name, value] : policy.items())
      if (name != "PolicyName" && name != "PolicyDocument")
        throw Failed{
            fmt::format("Properties validation failed with message: [#/Policies/{}: extraneous key [{}] is not permitted]", i, name)};
  }
}

const Json* named(const Json& policies, const Json& name) {
  for (const Json& policy : policies)
    if (policy.value("PolicyName", Json()) == name) return &policy;
  return nullptr;
}

}  // namespace

Json identity_call(Doing& doing, const IdentityKind& kind, std::string_view before, std::string_view after, const std::string& name,
                   Json in) {
  in[fmt::format("{}Name", kind.word)] = name;
  return doing.call("iam", fmt::format("{}{}{}", before, kind.word, after), std::move(in));
}

std::optional<Json> identity_call_if_there(Doing& doing, const IdentityKind& kind, std::string_view before, std::string_view after,
                                           const std::string& name, Json in) {
  in[fmt::format("{}Name", kind.word)] = name;
  return doing.call_unless({"NoSuchEntity"}, "iam", fmt::format("{}{}{}", before, kind.word, after), std::move(in));
}

void set_policies(Doing& doing, const IdentityKind& kind) {
  const std::string& name = doing.physical;
  const Json attached = list_of(doing.wanted, "ManagedPolicyArns"), was_attached = list_of(doing.before, "ManagedPolicyArns");
  for (const Json& arn : attached)
    if (std::ranges::find(was_attached, arn) == was_attached.end())
      identity_call(doing, kind, "Attach", "Policy", name, {{"PolicyArn", arn}});
  for (const Json& arn : was_attached)
    if (std::ranges::find(attached, arn) == attached.end())
      identity_call_if_there(doing, kind, "Detach", "Policy", name, {{"PolicyArn", arn}});
  const Json inlined = list_of(doing.wanted, "Policies"), was_inlined = list_of(doing.before, "Policies");
  check_inlined(inlined);
  for (const Json& policy : inlined) {
    const Json* old = named(was_inlined, policy.at("PolicyName"));
    if (old != nullptr && cfn::same(*old, policy)) continue;
    identity_call(doing, kind, "Put", "Policy", name,
                  {{"PolicyName", policy.at("PolicyName")}, {"PolicyDocument", document_text(policy.at("PolicyDocument"))}});
  }
  for (const Json& policy : was_inlined)
    if (named(inlined, policy.at("PolicyName")) == nullptr)
      identity_call_if_there(doing, kind, "Delete", "Policy", name, {{"PolicyName", policy.at("PolicyName")}});
}

void read_policies(Doing& doing, const IdentityKind& kind, const Json& entity) {
  const std::string& name = doing.physical;
  if (doing.has("PermissionsBoundary"))
    doing.live["PermissionsBoundary"] = entity.value("PermissionsBoundary", Json::object()).value("PermissionsBoundaryArn", Json());
  if (doing.has("ManagedPolicyArns")) {
    Json& live = doing.live["ManagedPolicyArns"] = Json::array();
    const Json wanted = list_of(doing.wanted, "ManagedPolicyArns");
    const Json attached = identity_call(doing, kind, "ListAttached", "Policies", name, Json::object());
    for (const Json& policy : attached.at("AttachedPolicies")) {
      const Json& arn = policy.at("PolicyArn");
      const bool is_wanted = std::ranges::find(wanted, arn) != wanted.end();
      if (is_wanted || !doing.beside.contains(arn.get<std::string>())) live.push_back(arn);
    }
  }
  if (!doing.has("Policies")) return;
  Json& live = doing.live["Policies"] = Json::array();
  for (const Json& policy : list_of(doing.wanted, "Policies"))
    if (const auto found = identity_call_if_there(doing, kind, "Get", "Policy", name, {{"PolicyName", policy.at("PolicyName")}}))
      live.push_back({{"PolicyName", policy.at("PolicyName")}, {"PolicyDocument", document_of(found->at("PolicyDocument"))}});
}

void drop_policies(Doing& doing, const IdentityKind& kind) {
  for (const Json& arn : list_of(doing.wanted, "ManagedPolicyArns"))
    identity_call_if_there(doing, kind, "Detach", "Policy", doing.physical, {{"PolicyArn", arn}});
  for (const Json& policy : list_of(doing.wanted, "Policies"))
    identity_call_if_there(doing, kind, "Delete", "Policy", doing.physical, {{"PolicyName", policy.at("PolicyName")}});
}

}  // namespace cairn::cloudformation
