#include "api/operation.h"
#include "base/text.h"
#include "services/iam/entities.h"
#include "services/iam/input.h"

/// OpenID Connect providers, whose tokens STS may exchange.
namespace cairn::iam {
namespace {

using identity::OidcProvider;

constexpr size_t kProvidersMax = 100;  // of an account
constexpr size_t kClientIdsMax = 100;  // of a provider
constexpr size_t kThumbprintsMax = 5;

OidcProvider named_provider(api::Call& call) {
  const std::string arn = text_of(call.in, "OpenIDConnectProviderArn");
  std::optional<OidcProvider> provider = identity::find_oidc_provider(*call.state, arn);
  if (!provider || provider->account != call.account) throw Error(kNoSuchEntity, "OpenIDConnect Provider not found for arn {}", arn);
  return std::move(*provider);
}

void check_thumbprints(const std::vector<std::string>& thumbprints) {
  if (thumbprints.size() > kThumbprintsMax) throw Error(kInvalidInput, "Thumbprint list must contain fewer than 5 entries.");
}

void create_provider(api::Call& call) {
  constexpr std::string_view kScheme = "https://";
  const std::string url = text_of(call.in, "Url");
  if (!url.starts_with(kScheme) || url.size() == kScheme.size() || url.find_first_of("?# ") != std::string::npos)
    throw Error(aws::kValidation, "Invalid Open ID Connect Provider URL");
  OidcProvider provider{.account = call.account,
                        .url = text::lower(url.substr(kScheme.size(), url.find('/', kScheme.size()) - kScheme.size())),
                        .client_ids = list_of(call.in, "ClientIDList"),
                        .thumbprints = list_of(call.in, "ThumbprintList"),
                        .created = call.now};
  if (const size_t path = url.find('/', kScheme.size()); path != std::string::npos) provider.url += url.substr(path);
  if (provider.url.ends_with('/')) provider.url.pop_back();
  if (call.state->exists(identity::oidc_provider_key(call.account, provider.url)))
    throw Error(kAlreadyExists, "Provider with url {} already exists.", url);
  if (count_below(call, identity::oidc_provider_prefix(call.account), kProvidersMax) == kProvidersMax)
    throw over_quota("OpenIdConnectProvidersPerAccount", kProvidersMax);
  if (provider.client_ids.size() > kClientIdsMax) throw over_quota("ClientIdsPerOpenIdConnectProvider", kClientIdsMax);
  check_thumbprints(provider.thumbprints);
  add_tags(provider.tags, tags_given(call.in));
  identity::save(*call.state, provider);
  call.out["OpenIDConnectProviderArn"] = provider.arn();
  if (!provider.tags.empty()) call.out["Tags"] = show_tags(provider.tags);
}

void get_provider(api::Call& call) {
  const OidcProvider provider = named_provider(call);
  call.out = {{"Url", provider.url},
              {"ClientIDList", provider.client_ids},
              {"ThumbprintList", provider.thumbprints},
              {"CreateDate", timestamps::iso8601(provider.created)},
              {"Tags", show_tags(provider.tags)}};
}

void list_providers(api::Call& call) {
  Json list = Json::array();
  const std::string prefix = identity::oidc_provider_prefix(call.account);
  for (const state::Item& item : call.state->list(prefix, prefix, kProvidersMax).items)
    list.push_back({{"Arn", identity::decode_oidc_provider(call.account, item.value).arn()}});
  call.out["OpenIDConnectProviderList"] = std::move(list);
}

/// Deleting one that is not there succeeds, as on AWS.
void delete_provider(api::Call& call) {
  const std::optional<OidcProvider> provider = identity::find_oidc_provider(*call.state, text_of(call.in, "OpenIDConnectProviderArn"));
  if (provider && provider->account == call.account) call.state->erase(identity::oidc_provider_key(call.account, provider->url));
}

void add_client_id(api::Call& call) {
  OidcProvider provider = named_provider(call);
  const std::string id = text_of(call.in, "ClientID");
  if (std::ranges::find(provider.client_ids, id) != provider.client_ids.end()) return;
  if (provider.client_ids.size() >= kClientIdsMax) throw over_quota("ClientIdsPerOpenIdConnectProvider", kClientIdsMax);
  provider.client_ids.push_back(id);
  identity::save(*call.state, provider);
}

void remove_client_id(api::Call& call) {
  OidcProvider provider = named_provider(call);
  std::erase(provider.client_ids, text_of(call.in, "ClientID"));
  identity::save(*call.state, provider);
}

void update_thumbprints(api::Call& call) {
  OidcProvider provider = named_provider(call);
  provider.thumbprints = list_of(call.in, "ThumbprintList");
  check_thumbprints(provider.thumbprints);
  identity::save(*call.state, provider);
}

void tag_provider(api::Call& call) {
  OidcProvider provider = named_provider(call);
  add_tags(provider.tags, tags_given(call.in));
  identity::save(*call.state, provider);
}

void untag_provider(api::Call& call) {
  OidcProvider provider = named_provider(call);
  remove_tags(provider.tags, list_of(call.in, "TagKeys"));
  identity::save(*call.state, provider);
}

void list_provider_tags(api::Call& call) { list_page(call, show_tags(named_provider(call).tags), "Tags"); }

constexpr auto kOperations = std::to_array<api::Operation>({
    {"AddClientIDToOpenIDConnectProvider", add_client_id},
    {"CreateOpenIDConnectProvider", create_provider},
    {"DeleteOpenIDConnectProvider", delete_provider},
    {"GetOpenIDConnectProvider", get_provider},
    {"ListOpenIDConnectProviderTags", list_provider_tags},
    {"ListOpenIDConnectProviders", list_providers},
    {"RemoveClientIDFromOpenIDConnectProvider", remove_client_id},
    {"TagOpenIDConnectProvider", tag_provider},
    {"UntagOpenIDConnectProvider", untag_provider},
    {"UpdateOpenIDConnectProviderThumbprint", update_thumbprints},
});

}  // namespace
}  // namespace cairn::iam

namespace cairn::services {
extern const api::Family iam_oidc_providers;
const api::Family iam_oidc_providers{.service = "iam", .operations = iam::kOperations};
}  // namespace cairn::services
