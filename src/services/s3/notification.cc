#include "services/s3/notification.h"

#include "api/ports.h"
#include "base/crypto.h"
#include "base/text.h"
#include "env/random.h"
#include "outbox/item.h"
#include "services/s3/bucket_setting.h"
#include "services/s3/event_bridge.h"
#include "services/s3/input.h"
#include "services/s3/keys.h"
#include "services/s3/notification_rules.h"
#include "services/s3/version_name.h"

namespace cairn::s3 {
namespace {

constexpr std::string_view kService = "s3.amazonaws.com";
constexpr std::string_view kLanes = "s3.";  // then the target's ARN
constexpr size_t kItemRoomBytes = 256;      // the document's key

/// As Java encodes a key for a form, but for slashes.
std::string form_encoded(std::string_view key) {
  std::string text = text::percent_encode(key, text::Slash::kKeep);
  for (size_t at = 0; (at = text.find("%20", at)) != std::string::npos;) text.replace(at, 3, "+");
  for (size_t at = 0; (at = text.find('~', at)) != std::string::npos;) text.replace(at, 1, "%7E");
  for (size_t at = 0; (at = text.find("%2A", at)) != std::string::npos;) text.replace(at, 3, "*");
  return text;
}

std::string event_version(std::string_view event) {
  return event.starts_with("ObjectCreated:") || event.starts_with("ObjectRemoved:") ? "2.1" : "2.3";
}

/// Fourteen characters that stand for an account.
std::string customer_id(const aws::AccountId& account) {
  static constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  std::string id = "A";
  for (const char byte : crypto::sha256(account.str()).substr(0, 13)) id += kAlphabet[static_cast<unsigned char>(byte) % kAlphabet.size()];
  return id;
}

struct Doer {
  std::string principal, address;
  std::string account;  // or the service
};
Doer doer_of(const api::Call& call) {
  const aws::Principal& who = call.principal;
  if (who.kind == aws::Principal::Kind::kAnonymous) return {"Anonymous", call.source_ip, "anonymous"};
  if (who.kind == aws::Principal::Kind::kService) return {"AWS:" + who.user_name, who.user_name, who.user_name};
  return {"AWS:" + who.principal_id, call.source_ip, who.account.str()};
}

/// The message, in AWS's order of members.
std::string message_of(const Json& told, Time time) {
  const auto text = [&](const char* name) { return text_of(told, name); };
  std::string message;
  json::Writer out(message);
  const auto word = [&](std::string_view name, std::string_view value) { out.key(name).string(value); };
  out.begin_object().key("Records").begin_array().begin_object();
  word("eventVersion", event_version(text("event")));
  word("eventSource", "aws:s3");
  word("awsRegion", text("region"));
  word("eventTime", timestamps::iso8601_millis(time));
  word("eventName", text("event"));
  out.key("userIdentity").begin_object();
  word("principalId", text("by"));
  out.end_object().key("requestParameters").begin_object();
  word("sourceIPAddress", text("from"));
  out.end_object().key("responseElements").begin_object();
  word("x-amz-request-id", text("request"));
  word("x-amz-id-2", text("host"));
  out.end_object().key("s3").begin_object();
  word("s3SchemaVersion", "1.0");
  word("configurationId", text("rule"));
  out.key("bucket").begin_object();
  word("name", text("bucket"));
  out.key("ownerIdentity").begin_object();
  word("principalId", customer_id(aws::AccountId(text("account"))));
  out.end_object();
  word("arn", "arn:aws:s3:::" + text("bucket"));
  out.end_object().key("object").begin_object();
  word("key", form_encoded(text("key")));
  if (const auto size = number_of(told, "size")) out.key("size").number(*size);
  if (has(told, "etag")) word("eTag", text("etag"));
  if (has(told, "version")) word("versionId", text("version"));
  if (has(told, "sequencer")) word("sequencer", text("sequencer"));
  out.end_object().end_object().end_object().end_array().end_object();
  return message;
}

outbox::Call call_of(const std::string& target, const std::string& message) {
  const std::vector<std::string_view> arn = text::split(target, ':');
  outbox::Call sent{.service = std::string(arn[2]), .region = aws::Region(std::string(arn[3]))};
  if (arn[2] == "sqs") {
    sent.headers = {{"Content-Type", "application/x-amz-json-1.0"}, {"X-Amz-Target", "AmazonSQS.SendMessage"}};
    sent.body =
        json::dump({{"QueueUrl", fmt::format("https://sqs.{}.amazonaws.com/{}/{}", arn[3], arn[4], arn[5])}, {"MessageBody", message}});
  } else {
    sent.headers = {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}};
    sent.body = fmt::format("Action=Publish&Version=2010-03-31&TopicArn={}&Subject={}&Message={}", text::percent_encode(target),
                            text::percent_encode("Amazon S3 Notification"), text::percent_encode(message));
  }
  return sent;
}

/// What is kept of a happening until it is told.
Json kept(const api::Call& call, const Bucket& bucket, const Happening& happening, const Doer& doer, const std::string& rule) {
  Json told{{"event", happening.event},
            {"rule", rule},
            {"region", bucket.region.str()},
            {"bucket", bucket.name},
            {"account", bucket.account.str()},
            {"by", doer.principal},
            {"from", doer.address},
            {"request", call.request_id},
            {"host", call.host_id},
            {"key", happening.key}};
  if (happening.size) told["size"] = *happening.size;
  if (!happening.etag.empty()) told["etag"] = happening.etag;
  if (!happening.version.empty() && happening.version != kNullVersion) told["version"] = happening.version;
  if (happening.is_sequenced) told["sequencer"] = sequencer(call);
  return told;
}

size_t tell(api::Call& call, const Bucket& bucket, const Happening& happening, const Doer& doer) {
  const std::optional<Json> setting = bucket_setting(*call.state, bucket.name, kNotificationKind);
  size_t bytes = 0;
  if (!setting) return bytes;
  if (setting->contains("EventBridgeConfiguration")) bytes += post(call, bucket, happening, doer.account, doer.address);
  for (const NotificationRule& rule : rules_of(*setting)) {
    if (!rule.covers(happening.event, happening.key)) continue;
    outbox::Item item{.lane = std::string(kLanes) + rule.target, .owner = "s3", .what = {}};
    item.what = outbox::Deferred{kept(call, bucket, happening, doer, rule.id)};
    bytes += kItemRoomBytes + encode(item).size();
    outbox::put(*call.state, *call.ports->random, call.now, std::move(item));
  }
  return bytes;
}

}  // namespace

std::string sequencer(const api::Call& call) { return fmt::format("{:018X}", call.state->base().seq); }

Happening written(std::string_view event, std::string_view key, const Object& object) {
  return {.event = event,
          .key = std::string(key),
          .size = object.size,
          .etag = object.etag,
          .version = std::string(version_id(object.version))};
}

Happening altered(std::string_view event, std::string_view key, const Object& object) {
  Happening happening{.event = event, .key = std::string(key), .etag = object.etag, .version = std::string(version_id(object.version))};
  happening.is_sequenced = false;
  return happening;
}

size_t notify(api::Call& call, const Bucket& bucket, const Happening& happening) { return tell(call, bucket, happening, doer_of(call)); }

size_t notify_by_itself(api::Call& call, const std::string& name, const Happening& happening) {
  if (!bucket_setting(*call.state, name, kNotificationKind)) return 0;
  const std::optional<std::string> document = call.state->get(keys::bucket(name));
  if (!document) return 0;
  call.request_id = call.ports->random->letters(16, "0123456789ABCDEFGHJKMNPQRSTVWXYZ");
  return tell(call, decode_bucket(name, *document), happening, {std::string(kService), std::string(kService), std::string(kService)});
}

std::string deleted_event(std::string_view kind, std::string_view marker) {
  return fmt::format("{}:{}", kind, marker.empty() ? "Delete" : "DeleteMarkerCreated");
}

aws::Principal notifier(const Bucket& bucket) {
  aws::Principal principal;
  principal.kind = aws::Principal::Kind::kService;
  principal.user_name = kService;
  principal.source_arn = "arn:aws:s3:::" + bucket.name;
  principal.source_account = bucket.account;
  return principal;
}

std::optional<outbox::Item> Notifier::make(state::Transaction&, outbox::Item item) {
  const Json told = std::get<outbox::Deferred>(item.what).data;
  item.what = call_of(item.lane.substr(kLanes.size()), message_of(told, item.created));
  item.sender = {std::string(kService), "arn:aws:s3:::" + text_of(told, "bucket"), aws::AccountId(text_of(told, "account"))};
  item.retry = outbox::RetryPolicy::of_services();
  return item;
}

}  // namespace cairn::s3
