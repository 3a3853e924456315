#include "delivery/notices.h"

#include "base/text.h"

namespace cairn::delivery {
namespace {

constexpr std::string_view kLanePrefix = "cloudtrail.";

}  // namespace

namespace keys {
std::string notice_status(std::string_view trail_id) { return fmt::format("delivery/notice-status/{}", trail_id); }
}  // namespace keys

void put_notice(state::Transaction& state, env::Random& random, Time now, const Trail& trail, const std::string& bucket,
                const std::string& key) {
  if (trail.sns_topic.empty()) return;
  const std::string message = json::dump({{"s3Bucket", bucket}, {"s3ObjectKey", Json::array({key})}});
  outbox::Item item;
  item.lane = std::string(kLanePrefix) + trail.id;
  item.owner = kNoticesOwner;
  item.what = outbox::Call{.service = "sns",
                           .region = aws::Region(std::string(text::split(trail.sns_topic, ':').at(3))),
                           .headers = {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}},
                           .body = fmt::format("Action=Publish&Version=2010-03-31&TopicArn={}&Message={}",
                                               text::percent_encode(trail.sns_topic), text::percent_encode(message))};
  item.sender = {"cloudtrail.amazonaws.com", trail.arn(), trail.account};
  item.retry = outbox::RetryPolicy::of_services();
  outbox::put(state, random, now, std::move(item));
}

std::string encode(const NoticeStatus& status) {
  Json document = Json::object();
  if (status.notified) document["notified"] = status.notified->time_since_epoch().count();
  if (status.attempt) document["attempt"] = status.attempt->time_since_epoch().count();
  if (!status.error.empty()) document["error"] = status.error;
  return json::dump(document);
}

NoticeStatus read_notice_status(state::Transaction& state, std::string_view trail_id) {
  const std::optional<std::string> text = state.get(keys::notice_status(trail_id));
  if (!text) return {};
  const Json document = json::parse(*text).value();  // we wrote it
  const auto time = [&](const char* name) {
    const auto at = document.find(name);
    return at == document.end() ? std::nullopt : std::optional(Time(std::chrono::milliseconds(at->get<int64_t>())));
  };
  return {.notified = time("notified"), .attempt = time("attempt"), .error = document.value("error", "")};
}

void Notices::told(state::Transaction& state, const outbox::Item& item, const outbox::Told& told) {
  const std::string id = item.lane.substr(kLanePrefix.size());
  if (!state.exists(keys::cursor(id))) return;  // the trail is gone
  NoticeStatus status = read_notice_status(state, id);
  status.attempt = clock_.now();
  status.error = told.code;
  if (told.what == outbox::Told::What::kArrived) status.notified = status.attempt;
  state.put(keys::notice_status(id), encode(status));
}

}  // namespace cairn::delivery
