#include "services/sns/upkeep.h"

#include "base/json.h"
#include "base/text.h"
#include "services/sns/subscription.h"
#include "state/internal_commit.h"

namespace cairn::sns {
namespace {

using namespace std::chrono_literals;

constexpr auto kInterval = 60s;
constexpr size_t kAtOnce = 500;  // documents in one entry of the journal

}  // namespace

/// True: there may be more.
bool Upkeep::forget_seen() {
  state::Transaction state(store_);
  const int64_t now = clock_.now().time_since_epoch().count();
  const state::Page page = state.list(documents::kSeenUntil, "", kAtOnce);
  bool any = false;
  for (const state::Item& item : page.items) {
    const std::string_view name = std::string_view(item.key).substr(documents::kSeenUntil.size());
    const size_t slash = name.find('/');
    if (text::to_int(name.substr(0, slash)).value_or(0) > now) break;
    any = true;
    // It may have been seen anew after its five minutes.
    const std::string key(name.substr(slash + 1));
    const std::optional<std::string> seen = state.get(key);
    if (seen && json::parse(*seen).value().at("until").get<int64_t>() <= now) state.erase(key);
    state.erase(item.key);
  }
  return any && state::commit_internal(store_, journal_, state).has_value();
}

/// A page of all tokens at each step: there are few.
bool Upkeep::forget_tokens() {
  state::Transaction state(store_);
  const int64_t now = clock_.now().time_since_epoch().count();
  const state::Page page = state.list(documents::kTokens, after_, kAtOnce);
  for (const state::Item& item : page.items) {
    const Json token = json::parse(item.value).value();  // we wrote it
    if (token.at("until").get<int64_t>() > now) continue;
    state.erase(item.key);
    if (!token.contains("subscription")) continue;
    const std::optional<std::string> document = state.get(token["subscription"].get<std::string>());
    if (!document) continue;
    Subscription subscription = decode_subscription(*document);
    if (documents::token(subscription.token) != item.key) continue;
    subscription.token.clear();
    if (subscription.is_pending) erase_subscription(state, subscription);
    else put_subscription(state, subscription);
  }
  if (!state.changes().empty() && !state::commit_internal(store_, journal_, state)) return false;
  after_ = page.more ? page.items.back().key : "";
  return page.more;
}

env::Next Upkeep::step() {
  const bool more_seen = forget_seen(), more_tokens = forget_tokens();
  return more_seen || more_tokens ? env::Next::now() : env::Next::after(kInterval);
}

}  // namespace cairn::sns
