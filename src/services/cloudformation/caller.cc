#include "services/cloudformation/caller.h"

#include "identity/service_role.h"

namespace cairn::cloudformation {

Json to_json(const aws::Principal& principal) {
  Json document{{"kind", static_cast<int>(principal.kind)},
                {"account", principal.account.str()},
                {"id", principal.principal_id},
                {"arn", principal.arn},
                {"key", principal.access_key.str()},
                {"user", principal.user_name},
                {"provider", principal.identity_provider},
                {"administrator", principal.is_administrator}};
  if (principal.session_context != nullptr) document["context"] = *principal.session_context;
  if (principal.session != nullptr) {
    const aws::Session& session = *principal.session;
    Json tags = Json::array();
    for (const auto& [key, value] : session.tags) tags.push_back({key, value});
    document["session"] = {{"policies", session.policies},
                           {"arns", session.policy_arns},
                           {"tags", tags},
                           {"transitive", session.transitive_tags},
                           {"chained", session.is_chained}};
  }
  return document;
}

aws::Principal principal_of(const Json& document, bool any_key) {
  aws::Principal principal;
  principal.kind = static_cast<aws::Principal::Kind>(document.at("kind").get<int>());
  principal.account = aws::AccountId(document.at("account").get<std::string>());
  principal.principal_id = document.at("id").get<std::string>();
  principal.arn = document.at("arn").get<std::string>();
  principal.access_key = aws::AccessKeyId(document.at("key").get<std::string>());
  principal.user_name = document.at("user").get<std::string>();
  principal.identity_provider = document.at("provider").get<std::string>();
  // Root is one always; keys that nobody made are while the server takes them.
  principal.is_administrator = principal.kind == aws::Principal::Kind::kRoot || (any_key && document.at("administrator").get<bool>());
  principal.invoked_by = kService;
  if (const auto context = document.find("context"); context != document.end())
    principal.session_context = std::make_shared<const Json>(*context);
  if (const auto kept = document.find("session"); kept != document.end()) {
    auto session = std::make_shared<aws::Session>();
    session->policies = kept->at("policies").get<std::vector<std::string>>();
    session->policy_arns = kept->at("arns").get<std::vector<std::string>>();
    session->transitive_tags = kept->at("transitive").get<std::vector<std::string>>();
    session->is_chained = kept->at("chained").get<bool>();
    for (const Json& tag : kept->at("tags")) session->tags.emplace_back(tag.at(0).get<std::string>(), tag.at(1).get<std::string>());
    principal.session = std::move(session);
  }
  return principal;
}

Result<aws::Principal> caller_of(state::Transaction& state, const OnBehalf& whose, bool any_key, Time now) {
  if (whose.role.empty()) return principal_of(whose.principal, any_key);
  aws::Principal service;
  service.kind = aws::Principal::Kind::kService;
  service.user_name = kService;
  service.source_arn = whose.stack;
  service.source_account = whose.account;
  return identity::take_on(state, whose.role, service, "AWSCloudFormation", now);
}

}  // namespace cairn::cloudformation
