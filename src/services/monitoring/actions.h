#pragma once
#include <string>
#include <string_view>

#include "env/clock.h"
#include "env/random.h"
#include "outbox/outbox.h"
#include "services/monitoring/alarm.h"

namespace cairn::cloudwatch {

/// Throws for what is no topic of SNS: other actions are not implemented.
void check_action(std::string_view arn);

/// Sends the actions that an alarm has for its state, unless they are disabled: messages to topics, as cloudwatch.amazonaws.com on behalf
/// of the alarm, when the transaction is committed. `before`: the state that it had.
void put_actions(state::Transaction& state, env::Random& random, const Alarm& alarm, std::string_view before, Time now);

/// The message, as alarms on AWS send it, and its subject.
std::string message_of(const Alarm& alarm, std::string_view before);
std::string subject_of(const Alarm& alarm);

inline constexpr std::string_view kActionOwner = "cloudwatch";

/// What became of actions stands in the history of their alarms.
class AlarmActions final : public outbox::Owner {
 public:
  explicit AlarmActions(const env::Clock& clock) : clock_(clock) {}
  std::optional<outbox::Item> make(state::Transaction&, outbox::Item) override { return std::nullopt; }  // none is deferred
  void told(state::Transaction& state, const outbox::Item& item, const outbox::Told& told) override;

 private:
  const env::Clock& clock_;
};

}  // namespace cairn::cloudwatch
