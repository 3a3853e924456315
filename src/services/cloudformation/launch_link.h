#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "aws/names.h"
#include "aws/principal.h"
#include "base/time.h"
#include "env/random.h"
#include "state/sealer.h"
#include "state/store.h"

/// Launch links: each lets whoever holds its token create one stack of one template in the name of who made it, for a short while. The
/// token itself is kept nowhere: its document's key has its hash.
namespace cairn::cloudformation {

constexpr auto kLinkLife = std::chrono::minutes(15);
constexpr size_t kLinksMax = 20;  // of an account, at a time

struct Link {
  aws::Principal principal;
  aws::Region region;
  std::string template_body, template_url;  // one of them
  Time expires;
};

/// nullopt: the account has kLinksMax already. Drops those that have expired.
std::optional<std::string> make_link(state::Transaction& state, const state::Sealer& sealer, env::Random& random, const Link& link,
                                     Time now);
/// The key of the document that a token names; "": it has not the form of one.
std::string link_key(std::string_view token);
/// nullopt: there is none, it was used, it has expired, or the access key that made it is no longer active. `any_key`: --dev.
std::optional<Link> find_link(state::Transaction& state, const state::Sealer& sealer, std::string_view token, Time now, bool any_key);

}  // namespace cairn::cloudformation
