#pragma once
#include <map>
#include <optional>
#include <string>

#include "env/clock.h"
#include "identity/policies.h"
#include "outbox/outbox.h"
#include "rules/connections.h"
#include "rules/oauth_tokens.h"
#include "rules/target.h"
#include "state/sealer.h"

namespace cairn::rules {

/// How a target is called: made of an item (sending.h) when it is sent. On the outbox's task.
class Making final : public outbox::Owner {
 public:
  Making(const env::Clock& clock, const state::Sealer& sealer, identity::Directory& directory, env::HttpClient* http)
      : clock_(clock), sealer_(sealer), directory_(directory), tokens_(clock, http) {}

  std::optional<outbox::Item> make(state::Transaction& state, outbox::Item item) override;
  void told(state::Transaction& state, const outbox::Item& item, const outbox::Told& told) override;

 private:
  struct Rate {
    std::chrono::nanoseconds second{};  // when the current one began
    int calls = 0;                      // in it
  };
  using What = decltype(outbox::Item::what);
  What call_destination(state::Transaction& state, const outbox::Item& item, const Json& data, const TargetArn& at, std::string body);
  std::optional<outbox::Failed> refusal_by_role(state::Transaction& state, const outbox::Item& item, const Json& data) const;
  std::optional<std::chrono::milliseconds> wait_for_turn(const ApiDestination& destination);

  const env::Clock& clock_;
  const state::Sealer& sealer_;
  identity::Directory& directory_;
  OauthTokens tokens_;
  std::map<std::string, Rate> rates_;  // by destination's ARN
};

}  // namespace cairn::rules
