#include "rules/connections.h"

#include "base/text.h"

namespace cairn::rules {
namespace {

int64_t millis(Time time) { return time.time_since_epoch().count(); }
Time time_of(const Json& document, const char* name) { return Time(std::chrono::milliseconds(document.value(name, int64_t{0}))); }

std::string key_of(const Connection& connection) { return keys::connections_in(connection.account, connection.region) + connection.name; }

/// Lists of Key, Value and IsValueSecret: values that are secret are left out.
Json without_secret_values(const Json& http) {
  Json shown = Json::object();
  for (const auto& [name, list] : http.items()) {
    shown[name] = Json::array();
    for (Json parameter : list) {
      if (parameter.value("IsValueSecret", false)) parameter.erase("Value");
      shown[name].push_back(std::move(parameter));
    }
  }
  return shown;
}

}  // namespace

std::string Connection::arn() const { return fmt::format("arn:aws:events:{}:{}:connection/{}/{}", region.str(), account.str(), name, id); }
std::string ApiDestination::arn() const {
  return fmt::format("arn:aws:events:{}:{}:api-destination/{}/{}", region.str(), account.str(), name, id);
}

std::string encode(const Connection& connection) {
  Json document{{"id", connection.id},
                {"type", connection.type},
                {"created", millis(connection.created)},
                {"modified", millis(connection.modified)},
                {"authorized", millis(connection.authorized)}};
  if (!connection.description.empty()) document["description"] = connection.description;
  if (!connection.is_authorized) document["deauthorized"] = true;
  if (!connection.shown.empty()) document["shown"] = connection.shown;
  if (!connection.sealed.empty()) document["sealed"] = connection.sealed;
  return json::dump(document);
}

Connection decode_connection(const aws::AccountId& account, const aws::Region& region, std::string_view name, std::string_view text) {
  const Json document = json::parse(text).value();  // we wrote it
  return {.account = account,
          .region = region,
          .name = std::string(name),
          .id = document.at("id").get<std::string>(),
          .type = document.at("type").get<std::string>(),
          .description = document.value("description", ""),
          .created = time_of(document, "created"),
          .modified = time_of(document, "modified"),
          .authorized = time_of(document, "authorized"),
          .is_authorized = !document.value("deauthorized", false),
          .shown = document.value("shown", Json::object()),
          .sealed = document.value("sealed", "")};
}

std::optional<Connection> find_connection(state::Transaction& state, const aws::AccountId& account, const aws::Region& region,
                                          std::string_view name) {
  const auto document = state.get(keys::connections_in(account, region).append(name));
  if (!document) return std::nullopt;
  return decode_connection(account, region, name, *document);
}

std::optional<Connection> find_connection(state::Transaction& state, std::string_view arn) {
  const std::vector<std::string_view> parts = text::split(arn, ':');
  if (parts.size() != 6) return std::nullopt;
  const std::vector<std::string_view> path = text::split(parts[5], '/');
  if (path.size() != 3 || path[0] != "connection") return std::nullopt;
  std::optional<Connection> found =
      find_connection(state, aws::AccountId(std::string(parts[4])), aws::Region(std::string(parts[3])), path[1]);
  if (found && found->id != path[2]) found.reset();
  return found;
}

void put(state::Transaction& state, const Connection& connection) { state.put(key_of(connection), encode(connection)); }

Json without_secrets(const Json& parameters) {
  Json shown = Json::object();
  for (const auto& [name, value] : parameters.items()) {
    if (name == "BasicAuthParameters") {
      shown[name] = {{"Username", value.at("Username")}};
    } else if (name == "ApiKeyAuthParameters") {
      shown[name] = {{"ApiKeyName", value.at("ApiKeyName")}};
    } else if (name == "OAuthParameters") {
      shown[name] = {{"ClientParameters", {{"ClientID", value.at("ClientParameters").at("ClientID")}}},
                     {"AuthorizationEndpoint", value.at("AuthorizationEndpoint")},
                     {"HttpMethod", value.at("HttpMethod")}};
      if (value.contains("OAuthHttpParameters"))
        shown[name]["OAuthHttpParameters"] = without_secret_values(value.at("OAuthHttpParameters"));
    } else if (name == "InvocationHttpParameters") {
      shown[name] = without_secret_values(value);
    }
  }
  return shown;
}

void set_parameters(Connection& connection, const Json& parameters, const state::Sealer& sealer) {
  connection.shown = without_secrets(parameters);
  connection.sealed = sealer.seal(Secret(json::dump(parameters)), key_of(connection));
  connection.is_authorized = true;
}

std::optional<Json> open_parameters(const Connection& connection, const state::Sealer& sealer) {
  if (connection.sealed.empty()) return std::nullopt;
  const std::optional<Secret> opened = sealer.open(connection.sealed, key_of(connection));
  if (!opened) return std::nullopt;
  Result<Json> parameters = json::parse(opened->reveal());
  if (!parameters) return std::nullopt;
  return std::move(*parameters);
}

std::string encode(const ApiDestination& destination) {
  Json document{{"id", destination.id},
                {"connection", destination.connection},
                {"endpoint", destination.endpoint},
                {"method", destination.method},
                {"rate", destination.rate},
                {"created", millis(destination.created)},
                {"modified", millis(destination.modified)}};
  if (!destination.description.empty()) document["description"] = destination.description;
  return json::dump(document);
}

ApiDestination decode_destination(const aws::AccountId& account, const aws::Region& region, std::string_view name, std::string_view text) {
  const Json document = json::parse(text).value();  // we wrote it
  return {.account = account,
          .region = region,
          .name = std::string(name),
          .id = document.at("id").get<std::string>(),
          .description = document.value("description", ""),
          .connection = document.at("connection").get<std::string>(),
          .endpoint = document.at("endpoint").get<std::string>(),
          .method = document.at("method").get<std::string>(),
          .rate = document.at("rate").get<int>(),
          .created = time_of(document, "created"),
          .modified = time_of(document, "modified")};
}

std::optional<ApiDestination> find_destination(state::Transaction& state, const aws::AccountId& account, const aws::Region& region,
                                               std::string_view name) {
  const auto document = state.get(keys::destinations_in(account, region).append(name));
  if (!document) return std::nullopt;
  return decode_destination(account, region, name, *document);
}

void put(state::Transaction& state, const ApiDestination& destination) {
  state.put(keys::destinations_in(destination.account, destination.region) + destination.name, encode(destination));
}

namespace keys {
std::string connections_in(const aws::AccountId& account, const aws::Region& region) {
  return fmt::format("events/connection/{}/{}/", account.str(), region.str());
}
std::string destinations_in(const aws::AccountId& account, const aws::Region& region) {
  return fmt::format("events/api-destination/{}/{}/", account.str(), region.str());
}
}  // namespace keys

}  // namespace cairn::rules
