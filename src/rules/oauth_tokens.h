#pragma once
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/id.h"
#include "base/json.h"
#include "env/clock.h"
#include "env/http_client.h"

namespace cairn::rules {

/// Access tokens of connections with OAUTH_CLIENT_CREDENTIALS, in memory only: fetched when one is asked for, forgotten when they expire or
/// are refused. Any thread.
class OauthTokens {
 public:
  static constexpr size_t kTokensMax = 10'000;

  OauthTokens(const env::Clock& clock, env::HttpClient* http) : clock_(clock), http_(http), state_(std::make_shared<State>()) {}

  /// `connection`: its ARN; `version` another one after each change of it; `parameters`: OAuthParameters. nullopt: it is being fetched;
  /// `problem` then says why the last time failed, "" if it did not.
  std::optional<Secret> token(const std::string& connection, int64_t version, const Json& parameters, std::string& problem);
  void forget(const std::string& connection);

 private:
  struct Token {
    int64_t version = 0;
    Secret authorization;  // the header's value
    std::optional<Time> expires;
    bool is_asked = false;
    std::string problem;
  };
  struct State {
    std::mutex mutex;
    std::map<std::string, Token> tokens;  // under mutex
  };
  const env::Clock& clock_;
  env::HttpClient* const http_;
  const std::shared_ptr<State> state_;  // answers may come late
};

/// The request for a token.
env::HttpRequest token_request(const Json& parameters);
/// An Authorization header of what the server answered, and for how many seconds it is good; nullopt: it is no token.
struct TokenAnswer {
  Secret authorization;
  std::optional<int64_t> seconds;
};
std::optional<TokenAnswer> read_token(std::string_view body);

}  // namespace cairn::rules
