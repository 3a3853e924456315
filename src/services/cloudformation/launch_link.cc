#include "services/cloudformation/launch_link.h"

#include "base/crypto.h"
#include "base/text.h"
#include "identity/documents.h"
#include "services/cloudformation/caller.h"
#include "services/cloudformation/stack.h"

namespace cairn::cloudformation {
namespace {

constexpr size_t kAccountDigits = 12, kSecretCharacters = 43;  // of 62: 256 bits
constexpr const char* kAlphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

std::string prefix_of(std::string_view account) { return "cloudformation/launch/" + std::string(account) + "/"; }

Time expiry_of(const Json& document) { return Time(Time::duration(document.at("expires").get<int64_t>())); }

/// A key that was taken away ends its links, too. Sessions end by themselves; the policies that end them early are asked at the call.
bool is_still_good(state::Transaction& state, const aws::Principal& principal) {
  if (principal.session_context != nullptr) return true;
  const std::optional<identity::AccessKey> key = identity::find_access_key(state, principal.access_key);
  return key && key->active;
}

}  // namespace

std::optional<std::string> make_link(state::Transaction& state, const state::Sealer& sealer, env::Random& random, const Link& link,
                                     Time now) {
  const std::string prefix = prefix_of(link.principal.account.str());
  size_t standing = 0;
  for (const state::Item& item : state.list(prefix, prefix, kLinksMax).items) {
    const std::optional<Json> document = get_sealed(state, sealer, item.key);
    if (document && expiry_of(*document) > now) ++standing;
    else state.erase(item.key);
  }
  if (standing >= kLinksMax) return std::nullopt;
  std::string token = link.principal.account.str() + random.letters(kSecretCharacters, kAlphabet);
  put_sealed(state, sealer, link_key(token),
             {{"principal", to_json(link.principal)},
              {"region", link.region.str()},
              {"body", link.template_body},
              {"url", link.template_url},
              {"expires", link.expires.time_since_epoch().count()}});
  return token;
}

std::string link_key(std::string_view token) {
  if (token.size() != kAccountDigits + kSecretCharacters || token.find_first_not_of(kAlphabet) != std::string_view::npos) return "";
  return prefix_of(token.substr(0, kAccountDigits)) + text::hex(crypto::sha256(token));
}

std::optional<Link> find_link(state::Transaction& state, const state::Sealer& sealer, std::string_view token, Time now, bool any_key) {
  const std::string key = link_key(token);
  const std::optional<Json> document = key.empty() ? std::nullopt : get_sealed(state, sealer, key);
  if (!document || expiry_of(*document) <= now) return std::nullopt;
  Link link{.principal = principal_of(document->at("principal"), any_key),
            .region = aws::Region(document->at("region").get<std::string>()),
            .template_body = document->at("body").get<std::string>(),
            .template_url = document->at("url").get<std::string>(),
            .expires = expiry_of(*document)};
  link.principal.invoked_by.clear();  // nobody's hand but the caller's own
  if (!any_key && !is_still_good(state, link.principal)) return std::nullopt;
  return link;
}

}  // namespace cairn::cloudformation
