#pragma once
#include <functional>
#include <optional>
#include <string>

#include "env/clock.h"
#include "env/random.h"
#include "outbox/outbox.h"
#include "services/sns/envelope.h"
#include "services/sns/message.h"
#include "services/sns/signer.h"
#include "services/sns/subscription.h"

namespace cairn::state {
class Sealer;
}

namespace cairn::sns {

/// Makes deliveries when the outbox sends them: for the subscription as it is then.
class Courier final : public outbox::Owner {
 public:
  struct Means {
    const env::Clock& clock;
    env::Random& random;
    Signer& signer;
    const state::Sealer& sealer;
    std::function<std::string()> endpoint;  // where this server is reached; "": not known yet
    std::string mail_from;
  };
  explicit Courier(Means means) : means_(std::move(means)) {}

  std::optional<outbox::Item> make(state::Transaction& state, outbox::Item item) override;
  /// The last delivery of a message takes it along.
  void told(state::Transaction& state, const outbox::Item& item, const outbox::Told& told) override;

 private:
  std::optional<outbox::Item> message(state::Transaction& state, outbox::Item item, const std::string& message_id,
                                      const std::string& subscription_key) const;
  std::optional<outbox::Item> question(state::Transaction& state, outbox::Item item, const std::string& token, bool is_gone) const;
  void address(outbox::Item& item, const Subscription& subscription, const std::optional<Topic>& topic, const Letter& letter,
               const Message* message) const;

  const Means means_;
};

}  // namespace cairn::sns
