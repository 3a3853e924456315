#include <algorithm>
#include <array>

#include "api/operation.h"
#include "api/ports.h"
#include "services/logs/errors.h"
#include "services/logs/page.h"

/// Queries of CloudWatch Logs Insights that were saved under a name.
namespace cairn::logs_service {
namespace {

constexpr size_t kDefinitionsMax = 1000;  // of an account in a region

std::string definitions_in(const api::Call& call) {
  return fmt::format("logs/query-definition/{}/{}/", call.account.str(), call.region.str());
}

/// What DescribeQueryDefinitions shows is what the document holds, beside the token.
void put_query_definition(api::Call& call) {
  const Json& in = call.in;
  const std::string language = in.value("queryLanguage", "CWLI");
  if (language != "CWLI") throw Error(aws::kNotImplemented, "Queries in {} are not implemented; queryLanguage must be CWLI.", language);
  const std::string folder = definitions_in(call), token = in.value("clientToken", "");
  const state::Page others = call.state->list(folder, "", kDefinitionsMax);
  std::string id = in.value("queryDefinitionId", "");
  if (id.empty()) {
    for (const state::Item& each : others.items) {
      if (token.empty() || json::parse(each.value).value().value("token", "") != token) continue;  // we wrote it
      call.out["queryDefinitionId"] = each.key.substr(folder.size());
      return;
    }
    if (others.items.size() >= kDefinitionsMax) throw Error(kLimitExceeded, "Resource limit exceeded.");
    id = call.ports->random->uuid();
  } else if (!call.state->exists(folder + id)) {
    throw Error(kNotFound, "The specified query definition does not exist.");
  }
  Json definition{{"queryLanguage", language}, {"queryDefinitionId", id}};
  for (const char* member : {"name", "queryString", "logGroupNames", "parameters"})
    if (in.contains(member)) definition[member] = in.at(member);
  definition["lastModified"] = call.now.time_since_epoch().count();
  if (!token.empty()) definition["token"] = token;
  call.state->put(folder + id, json::dump(definition));
  call.out["queryDefinitionId"] = id;
}

void describe_query_definitions(api::Call& call) {
  const std::string prefix = call.in.value("queryDefinitionNamePrefix", ""), language = call.in.value("queryLanguage", "");
  call.out["queryDefinitions"] = Json::array();
  each_of_page(
      call, definitions_in(call), "",
      [&](const std::string& document) {
        Json definition = json::parse(document).value();  // we wrote it
        if (!definition.at("name").get_ref<const std::string&>().starts_with(prefix)) return false;
        if (!language.empty() && definition.at("queryLanguage") != language) return false;
        definition.erase("token");
        call.out["queryDefinitions"].push_back(std::move(definition));
        return true;
      },
      call.in.value("maxResults", kDefinitionsMax));
}

void delete_query_definition(api::Call& call) {
  const std::string key = definitions_in(call) + call.in.at("queryDefinitionId").get<std::string>();
  if (!call.state->exists(key)) throw Error(kNotFound, "The specified query definition does not exist.");
  call.state->erase(key);
  call.out["success"] = true;
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"DeleteQueryDefinition", delete_query_definition},
    {"DescribeQueryDefinitions", describe_query_definitions},
    {"PutQueryDefinition", put_query_definition},
});

}  // namespace
}  // namespace cairn::logs_service

namespace cairn::services {
extern const api::Family logs_query_definitions;
const api::Family logs_query_definitions{.service = "logs", .operations = logs_service::kOperations};
}  // namespace cairn::services
