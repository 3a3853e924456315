#include <array>

#include "services/cloudformation/resource_type.h"

namespace cairn::cloudformation {
namespace {

constexpr auto kProperties = std::to_array<Property>({
    {"LogGroupNames"},
    {"Name", On::kUpdate, kRequired},
    {"Parameters", On::kRefuse},
    {"QueryLanguage"},
    {"QueryString", On::kUpdate, kRequired},
});
constexpr std::array<std::string_view, 1> kAttributes = {"QueryDefinitionId"};
constexpr std::array<std::string_view, 1> kIdentifiers = {"QueryDefinitionId"};

Json settings(const Doing& doing) {
  return doing.members(
      {{"LogGroupNames", "logGroupNames"}, {"Name", "name"}, {"QueryLanguage", "queryLanguage"}, {"QueryString", "queryString"}});
}

void create(Doing& doing) {
  doing.physical = doing.call("logs", "PutQueryDefinition", settings(doing)).at("queryDefinitionId").get<std::string>();
  doing.attributes["QueryDefinitionId"] = doing.physical;
}

void update(Doing& doing) {
  Json in = settings(doing);
  in["queryDefinitionId"] = doing.physical;
  doing.call("logs", "PutQueryDefinition", std::move(in));
}

void remove(Doing& doing) {
  doing.call_unless({"ResourceNotFoundException"}, "logs", "DeleteQueryDefinition", {{"queryDefinitionId", doing.physical}});
}

bool find(Doing& doing) {
  Json in = Json::object();
  for (;;) {
    const Json page = doing.call("logs", "DescribeQueryDefinitions", in);
    for (const Json& each : page.value("queryDefinitions", Json::array()))
      if (each.at("queryDefinitionId") == doing.id("QueryDefinitionId")) {
        doing.physical = doing.id("QueryDefinitionId");
        doing.attributes["QueryDefinitionId"] = doing.physical;
        return true;
      }
    if (!page.contains("nextToken")) return false;
    in["nextToken"] = page.at("nextToken");
  }
}

}  // namespace

extern const ResourceType logs_query_definition;
const ResourceType logs_query_definition{.name = "AWS::Logs::QueryDefinition",
                                         .properties = kProperties,
                                         .create = create,
                                         .update = update,
                                         .remove = remove,
                                         .find = find,
                                         .identifiers = kIdentifiers,
                                         .attributes = kAttributes};

}  // namespace cairn::cloudformation
