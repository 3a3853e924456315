#include "delivery/trail.h"

#include <fmt/format.h>

#include "base/check.h"
#include "delivery/cursor.h"
#include "delivery/log_group_delivery.h"

namespace cairn::delivery {
namespace {

int64_t millis(Time t) { return t.time_since_epoch().count(); }
void put_time(Json& document, const char* name, const std::optional<Time>& t) {
  if (t) document[name] = millis(*t);
}
std::optional<Time> time_of(const Json& document, const char* name) {
  const auto at = document.find(name);
  if (at == document.end()) return std::nullopt;
  return Time(std::chrono::milliseconds(at->get<int64_t>()));
}
Json parsed(std::string_view text) {
  Result<Json> document = json::parse(text);
  CHECK(document.has_value());  // we wrote it
  return std::move(*document);
}

}  // namespace

std::string trail_arn(const aws::AccountId& account, const aws::Region& home, std::string_view name) {
  return fmt::format("arn:aws:cloudtrail:{}:{}:trail/{}", home.str(), account.str(), name);
}

std::string Trail::arn() const { return trail_arn(account, home, name); }

std::string encode(const Trail& trail) {
  Json document = {{"account", trail.account.str()},   {"home", trail.home.str()}, {"name", trail.name}, {"id", trail.id},
                   {"created", millis(trail.created)}, {"bucket", trail.bucket}};
  const auto text = [&](const char* name, const std::string& value) {
    if (!value.empty()) document[name] = value;
  };
  text("prefix", trail.prefix);
  text("snsTopic", trail.sns_topic);
  text("kmsKey", trail.kms_key);
  text("logGroup", trail.log_group);
  text("logRole", trail.log_role);
  document["multiRegion"] = trail.multi_region;
  document["globalEvents"] = trail.global_events;
  document["validation"] = trail.validation;
  if (!trail.recursive) document["recursive"] = false;
  if (!trail.event_selectors.empty()) document["eventSelectors"] = trail.event_selectors;
  if (!trail.advanced_event_selectors.empty()) document["advancedEventSelectors"] = trail.advanced_event_selectors;
  if (!trail.insight_selectors.empty()) document["insightSelectors"] = trail.insight_selectors;
  document["logging"] = trail.logging;
  put_time(document, "started", trail.started);
  put_time(document, "stopped", trail.stopped);
  return json::dump(document);
}

Trail decode_trail(std::string_view text) {
  const Json document = parsed(text);
  Trail trail;
  trail.account = aws::AccountId(document.value("account", ""));
  trail.home = aws::Region(document.value("home", ""));
  trail.name = document.value("name", "");
  trail.id = document.value("id", "");
  trail.created = time_of(document, "created").value_or(Time());
  trail.bucket = document.value("bucket", "");
  trail.prefix = document.value("prefix", "");
  trail.sns_topic = document.value("snsTopic", "");
  trail.kms_key = document.value("kmsKey", "");
  trail.log_group = document.value("logGroup", "");
  trail.log_role = document.value("logRole", "");
  trail.multi_region = document.value("multiRegion", false);
  trail.global_events = document.value("globalEvents", true);
  trail.validation = document.value("validation", false);
  trail.recursive = document.value("recursive", true);
  trail.event_selectors = document.value("eventSelectors", Json::array());
  trail.advanced_event_selectors = document.value("advancedEventSelectors", Json::array());
  trail.insight_selectors = document.value("insightSelectors", Json::array());
  trail.logging = document.value("logging", false);
  trail.started = time_of(document, "started");
  trail.stopped = time_of(document, "stopped");
  return trail;
}

namespace keys {
std::string trails_of(const aws::AccountId& account) { return fmt::format("{}{}/", kTrails, account.str()); }
std::string trail(const aws::AccountId& account, const aws::Region& home, std::string_view name) {
  return fmt::format("{}{}/{}/{}", kTrails, account.str(), home.str(), name);
}
std::string status(std::string_view trail_id) { return fmt::format("delivery/status/{}", trail_id); }
}  // namespace keys

void put_new(state::Transaction& state, const Trail& trail) {
  const std::string key = keys::trail(trail.account, trail.home, trail.name);
  state.put(key, encode(trail));
  state.put(keys::cursor(trail.id), encode(Cursor{.position = state.base(), .trail_key = key}));
}

void begin_log_group(state::Transaction& state, const Trail& trail, const std::optional<Trail>& before) {
  const std::string key = keys::log_cursor(trail.id);
  if (trail.log_group.empty() || state.exists(key)) return;
  state.put(key,
            encode(LogCursor{.position = state.base(), .trail_key = keys::trail(trail.account, trail.home, trail.name), .trail = before}));
}

std::string encode(const Status& status) {
  Json document = Json::object();
  put_time(document, "delivered", status.delivered);
  put_time(document, "attempt", status.delivery_attempt);
  document["succeeded"] = status.delivery_attempt_succeeded;
  if (!status.delivery_error.empty()) document["error"] = status.delivery_error;
  put_time(document, "digestDelivered", status.digest_delivered);
  if (!status.digest_error.empty()) document["digestError"] = status.digest_error;
  if (status.dropped > 0) document["dropped"] = status.dropped;
  return json::dump(document);
}

Status read_status(state::Transaction& state, std::string_view trail_id) {
  Status status;
  const std::optional<std::string> text = state.get(keys::status(trail_id));
  if (!text) return status;
  const Json document = parsed(*text);
  status.delivered = time_of(document, "delivered");
  status.delivery_attempt = time_of(document, "attempt");
  status.delivery_attempt_succeeded = document.value("succeeded", false);
  status.delivery_error = document.value("error", "");
  status.digest_delivered = time_of(document, "digestDelivered");
  status.digest_error = document.value("digestError", "");
  status.dropped = document.value("dropped", uint64_t{0});
  return status;
}

}  // namespace cairn::delivery
