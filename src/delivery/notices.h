#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "delivery/cursor.h"
#include "delivery/trail.h"
#include "env/clock.h"
#include "env/random.h"
#include "outbox/outbox.h"
#include "state/store.h"

/// Messages to a trail's topic: one for each log file that is in its bucket.
namespace cairn::delivery {

inline constexpr std::string_view kNoticesOwner = "cloudtrail";  // of the outbox's items

/// Puts the message into the outbox, if the trail has a topic.
void put_notice(state::Transaction& state, env::Random& random, Time now, const Trail& trail, const std::string& bucket,
                const std::string& key);

/// What GetTrailStatus shows of them.
struct NoticeStatus {
  std::optional<Time> notified, attempt;  // the last success, the last try
  std::string error;                      // of the last try: SNS's code; "" on success
};
std::string encode(const NoticeStatus& status);
NoticeStatus read_notice_status(state::Transaction& state, std::string_view trail_id);
namespace keys {
std::string notice_status(std::string_view trail_id);
}

/// Keeps the status.
class Notices final : public outbox::Owner {
 public:
  explicit Notices(const env::Clock& clock) : clock_(clock) {}
  std::optional<outbox::Item> make(state::Transaction&, outbox::Item item) override { return item; }
  void told(state::Transaction& state, const outbox::Item& item, const outbox::Told& told) override;

 private:
  const env::Clock& clock_;
};

}  // namespace cairn::delivery
