#include "identity/provider_keys.h"

#include <algorithm>

#include "base/crypto.h"
#include "base/text.h"

namespace cairn::identity {
namespace {

constexpr std::string_view kScheme = "https://";

std::string key_of(const OidcProvider& provider) { return fmt::format("{} {}", provider.url, fmt::join(provider.thumbprints, " ")); }

/// SHA-1 of the certificate, as IAM's thumbprints are.
std::string thumbprint(std::string_view pem) {
  const size_t begin = pem.find('\n'), end = pem.rfind("-----END");
  if (begin == std::string_view::npos || end == std::string_view::npos || end < begin) return "";
  std::string base64;
  for (const char c : pem.substr(begin, end - begin))
    if (c != '\n' && c != '\r') base64 += c;
  const std::optional<std::string> der = text::from_base64(base64);
  return der ? text::hex(crypto::digest(crypto::Algorithm::kSha1, *der)) : std::string();
}

const std::string* pinned(const std::vector<std::string>& certificates, const std::vector<std::string>& thumbprints) {
  for (const std::string& pem : certificates)
    for (const std::string& known : thumbprints)
      if (text::equals_ignoring_case(thumbprint(pem), known)) return &pem;
  return nullptr;
}

}  // namespace

bool ProviderKeys::is_due(const Entry& entry, const Jwt& token) const {
  const std::chrono::nanoseconds age = clock_.steady() - entry.tried;
  if (entry.failure) return age >= kRetryAfter;
  if (entry.keys == nullptr || age >= kKeptFor) return true;
  return identity::key_of(token, *entry.keys) == nullptr && age >= kRefetchAfter;
}

Result<ProviderKeys::Keys, ProviderKeys::Failure> ProviderKeys::find(const OidcProvider& provider, const Jwt& token) {
  const std::string key = key_of(provider);
  {
    std::lock_guard lock(mutex_);
    if (!entries_.contains(key) && entries_.size() >= kProvidersMax)
      std::erase_if(entries_, [](const auto& e) { return !e.second.fetching; });
    Entry& entry = entries_[key];
    const auto kept = [&]() -> Result<Keys, Failure> {
      if (entry.keys != nullptr) return entry.keys;
      return tl::unexpected(entry.failure.value_or(Failure::kUnreachable));
    };
    const auto mine = fetching_of_.find(provider.account);
    const bool has_room = fetching_ < kFetchesMax && (mine == fetching_of_.end() || mine->second < kFetchesOfAccountMax);
    if (!is_due(entry, token) || entry.fetching || !has_room) return kept();
    entry.fetching = true;
    ++fetching_;
    ++fetching_of_[provider.account];
  }
  Result<Keys, Failure> fetched = fetch(provider);
  std::lock_guard lock(mutex_);
  Entry& entry = entries_[key];
  entry.fetching = false;
  --fetching_;
  if (--fetching_of_[provider.account] == 0) fetching_of_.erase(provider.account);
  entry.tried = clock_.steady();
  entry.failure = fetched ? std::nullopt : std::optional(fetched.error());
  if (fetched) {
    entry.keys = *fetched;
    entry.fetched = entry.tried;
  } else if (fetched.error() != Failure::kUnreachable || entry.tried - entry.fetched >= kOutlivesFor) {
    entry.keys = nullptr;
  }
  if (entry.keys != nullptr) return entry.keys;
  return fetched;
}

Result<ProviderKeys::Keys, ProviderKeys::Failure> ProviderKeys::fetch(const OidcProvider& provider) {
  if (http_ == nullptr) return tl::unexpected(Failure::kUnreachable);
  const std::string issuer = std::string(kScheme) + provider.url;
  const Result<std::string, Failure> text = get(issuer + "/.well-known/openid-configuration", provider);
  if (!text) return tl::unexpected(text.error());
  const Result<Json> configuration = json::parse(*text);
  if (!configuration || !configuration->is_object()) return tl::unexpected(Failure::kNoKeys);
  const auto member = [&](std::string_view name) {
    const auto it = configuration->find(name);
    return it != configuration->end() && it->is_string() ? it->get<std::string>() : std::string();
  };
  std::string said = member("issuer");
  if (said.ends_with('/')) said.pop_back();
  const std::string where = member("jwks_uri");
  if (said != issuer || !where.starts_with(kScheme)) return tl::unexpected(Failure::kNoKeys);
  const Result<std::string, Failure> document = get(where, provider);
  if (!document) return tl::unexpected(document.error());
  std::optional<std::vector<JsonWebKey>> keys = parse_jwks(*document);
  if (!keys || keys->empty()) return tl::unexpected(Failure::kNoKeys);
  return std::make_shared<const std::vector<JsonWebKey>>(std::move(*keys));
}

/// Whom the system trusts is trusted. Else, as on AWS, a certificate whose thumbprint the provider was registered with, and what it
/// vouches for: what the server shows is looked at first, and then asked again with that one certificate as the authority.
Result<std::string, ProviderKeys::Failure> ProviderKeys::get(const std::string& url, const OidcProvider& provider) {
  env::HttpRequest request{
      .url = url, .headers = {{"Accept", "application/json"}}, .timeout = kTimeout, .answer_bytes_max = kAnswerBytesMax};
  Result<env::HttpAnswer, env::HttpFailure> answer = env::ask(*http_, request);
  if (!answer && answer.error().kind == env::HttpFailure::kUnreachable && !provider.thumbprints.empty()) {
    env::HttpRequest look = request;
    look.trust = env::HttpRequest::Trust::kNobody;
    const Result<env::HttpAnswer, env::HttpFailure> seen = env::ask(*http_, std::move(look));
    if (!seen) return tl::unexpected(Failure::kUnreachable);
    const std::string* authority = pinned(seen->certificates, provider.thumbprints);
    if (authority == nullptr) return tl::unexpected(Failure::kUntrusted);
    request.trust = env::HttpRequest::Trust::kAuthority;
    request.authority = *authority;
    answer = env::ask(*http_, std::move(request));
    if (!answer && answer.error().kind == env::HttpFailure::kUnreachable) return tl::unexpected(Failure::kUntrusted);
  }
  if (!answer) return tl::unexpected(Failure::kUnreachable);
  if (answer->status != 200) return tl::unexpected(Failure::kNoKeys);
  return std::move(answer->body);
}

}  // namespace cairn::identity
