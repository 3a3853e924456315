#include "services/cloudformation/resource.h"

namespace cairn::cloudformation {
namespace {

Json to_json(const Instance& instance) {
  Json document{{"physical", instance.physical}, {"properties", instance.properties},    {"attributes", instance.attributes},
                {"depends", instance.depends},   {"deletion", instance.deletion_policy}, {"replace", instance.replace_policy}};
  document["masked"] = instance.masked;
  return document;
}

Instance instance_of(const Json& document) {
  Instance instance;
  instance.physical = document.at("physical").get<std::string>();
  instance.properties = document.at("properties");
  instance.attributes = document.at("attributes");
  instance.depends = document.at("depends").get<std::vector<std::string>>();
  instance.deletion_policy = document.at("deletion").get<std::string>();
  instance.replace_policy = document.at("replace").get<std::string>();
  if (const auto masked = document.find("masked"); masked != document.end()) instance.masked = *masked;
  else  // of a version that did not tell
    for (const auto& [name, value] : instance.properties.items()) instance.masked[name] = cfn::Parameter::kMask;
  return instance;
}

}  // namespace

Json to_json(const Resource& resource) {
  Json document{{"id", resource.id},
                {"type", resource.type},
                {"status", resource.status},
                {"reason", resource.reason},
                {"changed", resource.changed.time_since_epoch().count()},
                {"generation", resource.generation},
                {"now", to_json(resource.now)},
                {"action", static_cast<int>(resource.action)},
                {"token", resource.token},
                {"replaced", resource.is_other_thing}};
  if (resource.other) document["other"] = to_json(*resource.other);
  if (resource.wanted) document["wanted"] = to_json(*resource.wanted);
  if (!resource.identifier.is_null()) document["identifier"] = resource.identifier;
  if (resource.imported > 0) document["imported"] = resource.imported;
  return document;
}

Resource resource_of(const Json& document) {
  Resource resource;
  resource.id = document.at("id").get<std::string>();
  resource.type = document.at("type").get<std::string>();
  resource.status = document.at("status").get<std::string>();
  resource.reason = document.at("reason").get<std::string>();
  resource.changed = Time(std::chrono::milliseconds(document.at("changed").get<int64_t>()));
  resource.generation = document.at("generation").get<int>();
  resource.now = instance_of(document.at("now"));
  resource.action = static_cast<Resource::Action>(document.at("action").get<int>());
  resource.token = document.at("token").get<std::string>();
  resource.is_other_thing = document.at("replaced").get<bool>();
  if (const auto other = document.find("other"); other != document.end()) resource.other = instance_of(*other);
  if (const auto wanted = document.find("wanted"); wanted != document.end()) resource.wanted = instance_of(*wanted);
  resource.identifier = document.value("identifier", Json());
  resource.imported = document.value("imported", 0);
  return resource;
}

Resources resources_of(state::Transaction& state, const state::Sealer& sealer, std::string_view stack_id) {
  Resources found;
  const std::string prefix = keys::resources(stack_id);
  for (const state::Item& item : state.list(prefix, "", 10 * cfn::kResourcesMax).items) {
    const std::optional<Secret> opened = sealer.open(item.value, item.key);
    if (!opened) throw std::runtime_error("the document " + item.key + " cannot be opened");
    Resource resource = resource_of(json::parse(opened->reveal()).value());
    found.emplace(resource.id, std::move(resource));
  }
  return found;
}

void put_resource(state::Transaction& state, const state::Sealer& sealer, std::string_view stack_id, const Resource& resource) {
  put_sealed(state, sealer, keys::resources(stack_id) + resource.id, to_json(resource));
}

}  // namespace cairn::cloudformation
