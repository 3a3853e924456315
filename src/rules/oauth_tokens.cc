#include "rules/oauth_tokens.h"

#include "base/text.h"

namespace cairn::rules {
namespace {

using namespace std::chrono_literals;

constexpr size_t kAnswerBytesMax = 64 << 10;
constexpr auto kTimeout = 5s;
constexpr int64_t kSecondsEarly = 30;  // before a token expires it is not used any more

void append_pair(std::string& out, const std::string& name, const std::string& value) {
  if (!out.empty()) out += '&';
  out += text::percent_encode(name) + "=" + text::percent_encode(value);
}

bool has(const std::string& form, std::string_view name) {
  for (const std::string_view pair : text::split(form, '&'))
    if (pair.substr(0, pair.find('=')) == name) return true;
  return false;
}

}  // namespace

env::HttpRequest token_request(const Json& parameters) {
  env::HttpRequest request;
  request.method = parameters.value("HttpMethod", "POST");
  request.timeout = kTimeout;
  request.answer_bytes_max = kAnswerBytesMax;
  std::string form, query;
  if (const auto http = parameters.find("OAuthHttpParameters"); http != parameters.end()) {
    for (const auto& [member, list] : http->items()) {
      for (const Json& each : list) {
        const std::string key = each.value("Key", ""), value = each.value("Value", "");
        if (member == "HeaderParameters") request.headers.emplace_back(key, value);
        else append_pair(member == "BodyParameters" ? form : query, key, value);
      }
    }
  }
  const Json& client = parameters.at("ClientParameters");
  if (!has(form, "grant_type")) append_pair(form, "grant_type", "client_credentials");
  append_pair(form, "client_id", client.at("ClientID").get<std::string>());
  append_pair(form, "client_secret", client.at("ClientSecret").get<std::string>());
  request.url = parameters.at("AuthorizationEndpoint").get<std::string>();
  if (request.method == "GET") {
    query += (query.empty() ? "" : "&") + form;
  } else {
    request.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
    request.body = std::make_shared<const std::string>(std::move(form));
  }
  if (!query.empty()) request.url += (request.url.find('?') == std::string::npos ? "?" : "&") + query;
  return request;
}

std::optional<TokenAnswer> read_token(std::string_view body) {
  const Result<Json> document = json::parse(body);
  if (!document || !document->is_object()) return std::nullopt;
  const auto token = document->find("access_token");
  if (token == document->end() || !token->is_string()) return std::nullopt;
  const std::string& text = token->get_ref<const std::string&>();
  if (text.empty() || text.find_first_of("\r\n") != std::string::npos) return std::nullopt;
  TokenAnswer answer{.authorization = Secret("Bearer " + text), .seconds = std::nullopt};
  if (const auto seconds = document->find("expires_in"); seconds != document->end() && seconds->is_number_integer())
    answer.seconds = seconds->get<int64_t>();
  return answer;
}

std::optional<Secret> OauthTokens::token(const std::string& connection, int64_t version, const Json& parameters, std::string& problem) {
  std::unique_lock lock(state_->mutex);
  if (state_->tokens.size() >= kTokensMax && !state_->tokens.contains(connection)) state_->tokens.clear();
  Token& token = state_->tokens[connection];
  if (token.version != version) token = {.version = version};
  if (!token.authorization.empty() && (!token.expires || clock_.now() < *token.expires)) return token.authorization;
  problem = token.problem;
  if (token.is_asked) return std::nullopt;
  if (http_ == nullptr) {
    problem = "there is no network";
    return std::nullopt;
  }
  token.is_asked = true;
  token.problem.clear();
  lock.unlock();  // the answer may come at once
  http_->send(token_request(parameters), [state = state_, connection, version, &clock = clock_](const auto& answer) {
    std::lock_guard locked(state->mutex);
    const auto found = state->tokens.find(connection);
    if (found == state->tokens.end() || found->second.version != version) return;
    Token& asked = found->second;
    asked.is_asked = false;
    if (!answer) {
      asked.problem = answer.error().message;
    } else if (answer->status < 200 || answer->status >= 300) {
      asked.problem = fmt::format("the authorization endpoint answered {}", answer->status);
    } else if (std::optional<TokenAnswer> read = read_token(answer->body)) {
      asked.authorization = std::move(read->authorization);
      asked.expires.reset();
      if (read->seconds)
        asked.expires = clock.now() + std::chrono::seconds(std::clamp<int64_t>(*read->seconds - kSecondsEarly, 1, 30 * 86'400));
    } else {
      asked.problem = "the authorization endpoint answered without a token";
    }
  });
  return std::nullopt;
}

void OauthTokens::forget(const std::string& connection) {
  std::lock_guard lock(state_->mutex);
  if (const auto found = state_->tokens.find(connection); found != state_->tokens.end() && !found->second.is_asked)
    state_->tokens.erase(found);
}

}  // namespace cairn::rules
