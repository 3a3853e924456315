#pragma once
#include <string>
#include <string_view>

#include "base/result.h"
#include "env/clock.h"
#include "identity/policies.h"
#include "rules/rule_set.h"
#include "state/store.h"

namespace cairn::rules {

/// From bus to bus: what a rule sends on stands in the same entry of the journal as its match, and is found there as an event that was put.
/// The event stays as it is. One thread.
class Forwarding {
 public:
  Forwarding(const env::Clock& clock, identity::Directory& directory) : clock_(clock), directory_(directory) {}

  /// Appends to `note`, if the target's bus takes it: the role's policies and the bus's, or, without a role, the account's own bus or the
  /// policy of another's must allow it; and no event goes on to a third bus. Else why not, as a code and words.
  Result<void, std::string> forward(state::Transaction& state, const CompiledRule& rule, const Target& target, std::string_view event,
                                    bool is_forwarded, std::string& note) const;

 private:
  bool allows(state::Transaction& state, const CompiledRule& rule, const Target& target, std::string_view event, const BusName& bus,
              const std::string& policy, std::string& why) const;

  const env::Clock& clock_;
  identity::Directory& directory_;
};

}  // namespace cairn::rules
