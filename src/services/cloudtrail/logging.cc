#include <array>
#include <optional>

#include "api/operation.h"
#include "delivery/notices.h"
#include "delivery/log_group_delivery.h"
#include "services/cloudtrail/trail_door.h"

namespace cairn::cloudtrail {
namespace {

using delivery::Trail;

void start_logging(api::Call& call) {
  Trail trail = open_trail(call, call.in.value("Name", ""), Use::kChange);
  if (trail.logging) return;
  trail.logging = true;
  trail.started = call.now;
  save(call, trail);
}

void stop_logging(api::Call& call) {
  Trail trail = open_trail(call, call.in.value("Name", ""), Use::kChange);
  if (!trail.logging) return;
  trail.logging = false;
  trail.stopped = call.now;
  save(call, trail);
}

/// The last try's error, and what was given up.
std::string delivery_error(const delivery::Status& status) {
  std::string error = status.delivery_error;
  if (status.dropped == 0) return error;
  if (!error.empty()) error += error.ends_with('.') ? " " : ". ";
  return error + fmt::format("{} {} not be delivered: the backlog had passed delivery.backlog_max.", status.dropped,
                             status.dropped == 1 ? "event could" : "events could");
}

/// Differs from AWS: every region's status of a multi-region trail is the same, that of the whole trail; an error says
/// how many events were given up, too.
void get_trail_status(api::Call& call) {
  const Trail trail = open_trail(call, call.in.value("Name", ""), Use::kRead);
  const delivery::Status status = delivery::read_status(*call.state, trail.id);
  const auto time = [&](const char* name, const std::optional<Time>& t) {
    if (t) call.out[name] = timestamps::iso8601_millis(*t);
  };
  const auto text = [&](const char* name, const std::string& s) {
    if (!s.empty()) call.out[name] = s;
  };
  const auto seconds = [](const std::optional<Time>& t) { return t ? timestamps::iso8601(*t) : std::string(); };

  call.out["IsLogging"] = trail.logging;
  text("LatestDeliveryError", delivery_error(status));
  time("LatestDeliveryTime", status.delivered);
  const delivery::NoticeStatus notices = delivery::read_notice_status(*call.state, trail.id);
  text("LatestNotificationError", notices.error);
  time("LatestNotificationTime", notices.notified);
  time("StartLoggingTime", trail.started);
  time("StopLoggingTime", trail.stopped);
  if (!trail.log_group.empty()) {
    const delivery::LogStatus logs = delivery::read_log_status(*call.state, trail.id);
    text("LatestCloudWatchLogsDeliveryError", logs.error);
    time("LatestCloudWatchLogsDeliveryTime", logs.delivered);
  }
  time("LatestDigestDeliveryTime", status.digest_delivered);
  text("LatestDigestDeliveryError", status.digest_error);
  call.out["LatestDeliveryAttemptTime"] = seconds(status.delivery_attempt);
  call.out["LatestNotificationAttemptTime"] = seconds(notices.attempt);
  call.out["LatestNotificationAttemptSucceeded"] = seconds(notices.notified);
  call.out["LatestDeliveryAttemptSucceeded"] = seconds(status.delivered);
  call.out["TimeLoggingStarted"] = seconds(trail.started);
  call.out["TimeLoggingStopped"] = seconds(trail.stopped);
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"GetTrailStatus", get_trail_status},
    {"StartLogging", start_logging},
    {"StopLogging", stop_logging},
});

}  // namespace
}  // namespace cairn::cloudtrail

namespace cairn::services {
extern const api::Family cloudtrail_logging;
const api::Family cloudtrail_logging{.service = "cloudtrail", .operations = cloudtrail::kOperations};
}  // namespace cairn::services
