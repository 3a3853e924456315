#include "rules/connections.h"

#include <array>

#include "api/operation.h"
#include "api/ports.h"
#include "services/events/door.h"
#include "services/events/errors.h"

/// Connections: what an API destination is shown as proof of who calls. Their secrets are sealed, and no answer shows them.
namespace cairn::events_service {
namespace {

using rules::Connection;

constexpr size_t kConnectionsMax = 3000;          // of an account in a region
constexpr size_t kParametersBytesMax = 64 << 10;  // as JSON: what a secret of Secrets Manager takes, where AWS keeps them

const char* parameters_of_type(const std::string& type) {
  if (type == "BASIC") return "BasicAuthParameters";
  if (type == "API_KEY") return "ApiKeyAuthParameters";
  return "OAuthParameters";
}

void check(const std::string& type, const Json& parameters) {
  const char* wanted = parameters_of_type(type);
  for (const char* member : {"BasicAuthParameters", "ApiKeyAuthParameters", "OAuthParameters"}) {
    const bool is_wanted = std::string_view(member) == wanted;
    if (parameters.contains(member) != is_wanted)
      throw Error(aws::kValidation, "Parameter AuthParameters is not valid. Reason: The authorization type {} needs {} and nothing else.",
                  type, wanted);
  }
  if (json::dump(parameters).size() > kParametersBytesMax)
    throw Error(aws::kValidation, "Parameter AuthParameters is not valid. Reason: It is larger than {} bytes.", kParametersBytesMax);
  if (parameters.contains("ConnectivityParameters")) throw Error(aws::kNotImplemented, "ConnectivityParameters is not implemented.");
}

Connection open(api::Call& call, std::string_view verb) {
  const std::string name = call.in.at("Name").get<std::string>();
  std::optional<Connection> found = rules::find_connection(*call.state, call.account, call.region, name);
  if (!found) throw Error(kNotFound, "Failed to {} the connection(s). Connection '{}' does not exist.", verb, name);
  return std::move(*found);
}

std::string state_of(const Connection& connection) { return connection.is_authorized ? "AUTHORIZED" : "DEAUTHORIZED"; }

void show(const Connection& connection, Json& out, bool with_last = true) {
  out["ConnectionArn"] = connection.arn();
  out["ConnectionState"] = state_of(connection);
  out["CreationTime"] = timestamps::iso8601_millis(connection.created);
  out["LastModifiedTime"] = timestamps::iso8601_millis(connection.modified);
  if (with_last) out["LastAuthorizedTime"] = timestamps::iso8601_millis(connection.authorized);
}

/// Differs from AWS: secrets lie sealed here, not in Secrets Manager, so there is no SecretArn; a connection with OAuth is AUTHORIZED
/// before its first token was fetched.
void create_connection(api::Call& call) {
  refuse(call, {"InvocationConnectivityParameters", "KmsKeyIdentifier"});
  const std::string name = call.in.at("Name").get<std::string>();
  if (rules::find_connection(*call.state, call.account, call.region, name))
    throw Error(kAlreadyExists, "Connection {} already exists.", name);
  const std::string folder = rules::keys::connections_in(call.account, call.region);
  if (call.state->list(folder, "", kConnectionsMax).items.size() >= kConnectionsMax) throw limit_exceeded();
  Connection connection{.account = call.account,
                        .region = call.region,
                        .name = name,
                        .id = call.ports->random->uuid(),
                        .type = call.in.at("AuthorizationType").get<std::string>(),
                        .description = call.in.value("Description", ""),
                        .created = call.now,
                        .modified = call.now,
                        .authorized = call.now};
  const Json& parameters = call.in.at("AuthParameters");
  check(connection.type, parameters);
  rules::set_parameters(connection, parameters, *call.ports->sealer);
  rules::put(*call.state, connection);
  show(connection, call.out, false);
}

/// Members that are given take the place of those that were.
void merge(Json& into, const Json& given) {
  for (const auto& [name, value] : given.items()) {
    if (value.is_object() && into.contains(name) && into.at(name).is_object()) merge(into[name], value);
    else into[name] = value;
  }
}

void update_connection(api::Call& call) {
  refuse(call, {"InvocationConnectivityParameters", "KmsKeyIdentifier"});
  Connection connection = open(call, "update");
  connection.description = call.in.value("Description", connection.description);
  const std::string type = call.in.value("AuthorizationType", connection.type);
  if (call.in.contains("AuthParameters") || type != connection.type) {
    Json parameters = rules::open_parameters(connection, *call.ports->sealer).value_or(Json::object());
    if (type != connection.type) parameters.erase(parameters_of_type(connection.type));
    merge(parameters, call.in.value("AuthParameters", Json::object()));
    check(type, parameters);
    const auto complete = [&](const char* outer, std::initializer_list<const char*> members) {
      const auto found = parameters.find(outer);
      if (found == parameters.end()) return;
      for (const char* member : members)
        if (!found->contains(member))
          throw Error(aws::kValidation, "Parameter AuthParameters is not valid. Reason: {} is missing.", member);
    };
    complete("BasicAuthParameters", {"Username", "Password"});
    complete("ApiKeyAuthParameters", {"ApiKeyName", "ApiKeyValue"});
    complete("OAuthParameters", {"ClientParameters", "AuthorizationEndpoint", "HttpMethod"});
    if (parameters.contains("OAuthParameters"))
      for (const char* member : {"ClientID", "ClientSecret"})
        if (!parameters["OAuthParameters"]["ClientParameters"].contains(member))
          throw Error(aws::kValidation, "Parameter AuthParameters is not valid. Reason: {} is missing.", member);
    connection.type = type;
    rules::set_parameters(connection, parameters, *call.ports->sealer);
    connection.authorized = call.now;
  }
  connection.modified = call.now;
  rules::put(*call.state, connection);
  show(connection, call.out);
}

void deauthorize_connection(api::Call& call) {
  Connection connection = open(call, "deauthorize");
  connection.sealed.clear();
  connection.is_authorized = false;
  connection.modified = call.now;
  rules::put(*call.state, connection);
  show(connection, call.out);
  call.out["ConnectionState"] = "DEAUTHORIZING";
}

void delete_connection(api::Call& call) {
  const Connection connection = open(call, "delete");
  call.state->erase(rules::keys::connections_in(call.account, call.region) + connection.name);
  show(connection, call.out);
  call.out["ConnectionState"] = "DELETING";
}

void describe_connection(api::Call& call) {
  const Connection connection = open(call, "describe");
  show(connection, call.out);
  call.out["Name"] = connection.name;
  if (!connection.description.empty()) call.out["Description"] = connection.description;
  call.out["AuthorizationType"] = connection.type;
  call.out["AuthParameters"] = connection.shown;
}

void list_connections(api::Call& call) {
  const std::string wanted = call.in.value("ConnectionState", "");
  call.out["Connections"] = Json::array();
  each_of_page(call, rules::keys::connections_in(call.account, call.region), call.in.value("NamePrefix", ""),
               [&](const std::string& name, const std::string& document) {
                 const Connection connection = rules::decode_connection(call.account, call.region, name, document);
                 if (!wanted.empty() && wanted != state_of(connection)) return false;
                 Json row{{"Name", name}, {"AuthorizationType", connection.type}};
                 show(connection, row);
                 call.out["Connections"].push_back(std::move(row));
                 return true;
               });
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"CreateConnection", create_connection},
    {"DeauthorizeConnection", deauthorize_connection},
    {"DeleteConnection", delete_connection},
    {"DescribeConnection", describe_connection},
    {"ListConnections", list_connections},
    {"UpdateConnection", update_connection},
});

}  // namespace
}  // namespace cairn::events_service

namespace cairn::services {
extern const api::Family events_connections;
const api::Family events_connections{.service = "events", .operations = events_service::kOperations};
}  // namespace cairn::services
