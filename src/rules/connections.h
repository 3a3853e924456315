#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "aws/names.h"
#include "base/id.h"
#include "base/json.h"
#include "base/time.h"
#include "state/sealer.h"
#include "state/store.h"

/// API destinations, and the connections that say how one proves there who one is.
namespace cairn::rules {

struct Connection {
  aws::AccountId account;
  aws::Region region;
  std::string name;
  std::string id;    // of this one only
  std::string type;  // BASIC, OAUTH_CLIENT_CREDENTIALS, API_KEY
  std::string description;
  Time created, modified, authorized;
  bool is_authorized = true;    // false: DeauthorizeConnection took its secrets
  Json shown = Json::object();  // AuthParameters as DescribeConnection shows them
  std::string sealed;           // AuthParameters as they were given, sealed for the document's key

  std::string arn() const;
};
std::string encode(const Connection& connection);
std::optional<Connection> find_connection(state::Transaction& state, const aws::AccountId& account, const aws::Region& region,
                                          std::string_view name);
Connection decode_connection(const aws::AccountId& account, const aws::Region& region, std::string_view name, std::string_view document);
void put(state::Transaction& state, const Connection& connection);

/// AuthParameters without what is secret.
Json without_secrets(const Json& parameters);
/// `parameters` as given, into `sealed` and `shown`.
void set_parameters(Connection& connection, const Json& parameters, const state::Sealer& sealer);
/// As they were given; nullopt: there are none, or they cannot be opened.
std::optional<Json> open_parameters(const Connection& connection, const state::Sealer& sealer);

struct ApiDestination {
  aws::AccountId account;
  aws::Region region;
  std::string name;
  std::string id;
  std::string description;
  std::string connection;  // ARN
  std::string endpoint, method;
  int rate = kRateDefault;  // calls in a second
  Time created, modified;

  static constexpr int kRateDefault = 300;
  std::string arn() const;
};
std::string encode(const ApiDestination& destination);
std::optional<ApiDestination> find_destination(state::Transaction& state, const aws::AccountId& account, const aws::Region& region,
                                               std::string_view name);
ApiDestination decode_destination(const aws::AccountId& account, const aws::Region& region, std::string_view name,
                                  std::string_view document);
void put(state::Transaction& state, const ApiDestination& destination);

/// The connection that an ARN names, if it is still that one.
std::optional<Connection> find_connection(state::Transaction& state, std::string_view arn);

namespace keys {
std::string connections_in(const aws::AccountId& account, const aws::Region& region);
std::string destinations_in(const aws::AccountId& account, const aws::Region& region);
}  // namespace keys

}  // namespace cairn::rules
