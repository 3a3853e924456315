#include <array>

#include "api/operation.h"
#include "api/ports.h"
#include "rules/connections.h"
#include "services/events/door.h"
#include "services/events/errors.h"

/// API destinations: HTTP endpoints elsewhere, as targets.
namespace cairn::events_service {
namespace {

using rules::ApiDestination;

constexpr size_t kDestinationsMax = 3000;  // of an account in a region

ApiDestination open(api::Call& call, std::string_view verb) {
  const std::string name = call.in.at("Name").get<std::string>();
  std::optional<ApiDestination> found = rules::find_destination(*call.state, call.account, call.region, name);
  if (!found) throw Error(kNotFound, "Failed to {} the api-destination(s). An api-destination '{}' does not exist.", verb, name);
  return std::move(*found);
}

std::string state_of(api::Call& call, const ApiDestination& destination) {
  const auto connection = rules::find_connection(*call.state, destination.connection);
  return connection && connection->is_authorized ? "ACTIVE" : "INACTIVE";
}

void show(api::Call& call, const ApiDestination& destination, Json& out) {
  out["ApiDestinationArn"] = destination.arn();
  out["ApiDestinationState"] = state_of(call, destination);
  out["CreationTime"] = timestamps::iso8601_millis(destination.created);
  out["LastModifiedTime"] = timestamps::iso8601_millis(destination.modified);
}

void show_all(api::Call& call, const ApiDestination& destination, Json& out) {
  show(call, destination, out);
  out["Name"] = destination.name;
  out["ConnectionArn"] = destination.connection;
  out["InvocationEndpoint"] = destination.endpoint;
  out["HttpMethod"] = destination.method;
  out["InvocationRateLimitPerSecond"] = destination.rate;
}

/// Differs from AWS: an endpoint may be http:// as well, for receivers on the same machine.
void fill_in(api::Call& call, ApiDestination& destination) {
  const Json& in = call.in;
  destination.description = in.value("Description", destination.description);
  destination.connection = in.value("ConnectionArn", destination.connection);
  destination.endpoint = in.value("InvocationEndpoint", destination.endpoint);
  destination.method = in.value("HttpMethod", destination.method);
  destination.rate = in.value("InvocationRateLimitPerSecond", destination.rate);
  destination.modified = call.now;
  const std::string own = fmt::format("arn:aws:events:{}:{}:", call.region.str(), call.account.str());
  if (!destination.connection.starts_with(own) || !rules::find_connection(*call.state, destination.connection))
    throw Error(kNotFound, "Connection '{}' does not exist.", destination.connection);
  if (!destination.endpoint.starts_with("https://") && !destination.endpoint.starts_with("http://"))
    throw Error(aws::kValidation, "Parameter InvocationEndpoint is not valid. Reason: Only HTTPS endpoints are supported.");
}

void create_api_destination(api::Call& call) {
  const std::string name = call.in.at("Name").get<std::string>();
  if (rules::find_destination(*call.state, call.account, call.region, name))
    throw Error(kAlreadyExists, "An api-destination '{}' already exists.", name);
  const std::string folder = rules::keys::destinations_in(call.account, call.region);
  if (call.state->list(folder, "", kDestinationsMax).items.size() >= kDestinationsMax) throw limit_exceeded();
  ApiDestination destination{
      .account = call.account, .region = call.region, .name = name, .id = call.ports->random->uuid(), .created = call.now};
  fill_in(call, destination);
  rules::put(*call.state, destination);
  show(call, destination, call.out);
}

void update_api_destination(api::Call& call) {
  ApiDestination destination = open(call, "update");
  fill_in(call, destination);
  rules::put(*call.state, destination);
  show(call, destination, call.out);
}

void delete_api_destination(api::Call& call) {
  const ApiDestination destination = open(call, "delete");
  call.state->erase(rules::keys::destinations_in(call.account, call.region) + destination.name);
}

void describe_api_destination(api::Call& call) {
  const ApiDestination destination = open(call, "describe");
  show_all(call, destination, call.out);
  if (!destination.description.empty()) call.out["Description"] = destination.description;
}

void list_api_destinations(api::Call& call) {
  const std::string wanted = call.in.value("ConnectionArn", "");
  call.out["ApiDestinations"] = Json::array();
  each_of_page(call, rules::keys::destinations_in(call.account, call.region), call.in.value("NamePrefix", ""),
               [&](const std::string& name, const std::string& document) {
                 const ApiDestination destination = rules::decode_destination(call.account, call.region, name, document);
                 if (!wanted.empty() && destination.connection != wanted) return false;
                 Json row = Json::object();
                 show_all(call, destination, row);
                 call.out["ApiDestinations"].push_back(std::move(row));
                 return true;
               });
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"CreateApiDestination", create_api_destination},
    {"DeleteApiDestination", delete_api_destination},
    {"DescribeApiDestination", describe_api_destination},
    {"ListApiDestinations", list_api_destinations},
    {"UpdateApiDestination", update_api_destination},
});

}  // namespace
}  // namespace cairn::events_service

namespace cairn::services {
extern const api::Family events_api_destinations;
const api::Family events_api_destinations{.service = "events", .operations = events_service::kOperations};
}  // namespace cairn::services
