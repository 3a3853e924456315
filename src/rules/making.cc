#include "rules/making.h"

#include "aws/policy/caller.h"
#include "aws/policy/decide.h"
#include "base/text.h"
#include "identity/service_role.h"
#include "rules/documents.h"
#include "rules/http_call.h"

namespace cairn::rules {
namespace {

using namespace std::chrono_literals;
using outbox::Item;

constexpr auto kTokenWait = 250ms;
constexpr size_t kRatesMax = 10'000;
constexpr const char* kSession = "EventBridge";  // of roles

std::string form(std::initializer_list<std::pair<std::string_view, std::string_view>> pairs) {
  std::string body;
  for (const auto& [name, value] : pairs) body += fmt::format("{}{}={}", body.empty() ? "" : "&", name, text::percent_encode(value));
  return body;
}

outbox::Call publish(const TargetArn& at, const std::string& arn, const std::string& input) {
  return {.service = "sns",
          .region = at.region,
          .headers = {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}},
          .body = form({{"Action", "Publish"}, {"Version", "2010-03-31"}, {"TopicArn", arn}, {"Message", input}})};
}

outbox::Call send_message(const TargetArn& at, const std::string& input, const std::string& group) {
  Json body{{"QueueUrl", fmt::format("https://sqs.{}.amazonaws.com/{}/{}", at.region.str(), at.account.str(), at.name)},
            {"MessageBody", input}};
  if (!group.empty()) body["MessageGroupId"] = group;
  return {.service = "sqs",
          .region = at.region,
          .headers = {{"Content-Type", "application/x-amz-json-1.0"}, {"X-Amz-Target", "AmazonSQS.SendMessage"}},
          .body = json::dump(body)};
}

outbox::Call call_logs(const TargetArn& at, std::string_view operation, const Json& body) {
  return {.service = "logs",
          .region = at.region,
          .headers = {{"Content-Type", "application/x-amz-json-1.1"}, {"X-Amz-Target", fmt::format("Logs_20140328.{}", operation)}},
          .body = json::dump(body)};
}

/// A log event is the input; one that is an object of a timestamp and a message is these.
outbox::Call put_log_event(const TargetArn& at, const std::string& stream, const std::string& input, Time now) {
  Json event{{"timestamp", now.time_since_epoch().count()}, {"message", input}};
  if (const Result<Json> parsed = json::parse(input);
      parsed && parsed->is_object() && parsed->size() == 2 && parsed->contains("timestamp") && parsed->contains("message")) {
    const Json &time = parsed->at("timestamp"), &message = parsed->at("message");
    std::optional<Time> at_time;
    if (time.is_number_integer()) at_time = Time(std::chrono::milliseconds(time.get<int64_t>()));
    else if (time.is_string()) at_time = timestamps::parse_iso8601(time.get_ref<const std::string&>());
    if (at_time) event["timestamp"] = at_time->time_since_epoch().count();
    event["message"] = message.is_string() ? message.get<std::string>() : json::dump(message);
  }
  return call_logs(at, "PutLogEvents",
                   {{"logGroupName", at.name}, {"logStreamName", stream}, {"logEvents", Json::array({std::move(event)})}});
}

/// "NO_PERMISSIONS: why" as code and message.
outbox::Failed failed(const std::string& failure) {
  const size_t colon = failure.find(": ");
  const bool has_code = colon != std::string::npos && failure.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ_") == colon;
  if (!has_code) return {.code = "INVALID_JSON", .message = failure};
  return {.code = failure.substr(0, colon), .message = failure.substr(colon + 2)};
}

}  // namespace

std::optional<Item> Making::make(state::Transaction& state, Item item) {
  const Json data = std::get<outbox::Deferred>(item.what).data;
  const std::string arn = data.at("target").get<std::string>(), event = data.value("event", "");
  const std::string input = data.value("input", event), stream = data.value("stream", "");
  const std::optional<TargetArn> at = parse_target_arn(arn);
  if (!at) return std::nullopt;
  if (item.dead_letter) item.dead_letter->body = event;
  if (const auto failure = data.find("failure"); failure != data.end()) {
    item.what = failed(failure->get<std::string>());
    return item;
  }
  switch (at->kind) {
    case TargetKind::kTopic:
      item.what = publish(*at, arn, input);
      break;
    case TargetKind::kQueue:
      item.what = send_message(*at, input, data.value("group", ""));
      break;
    case TargetKind::kLogGroup:
      if (data.value("makes", false))
        item.what = call_logs(*at, "CreateLogStream", {{"logGroupName", at->name}, {"logStreamName", stream}});
      else item.what = put_log_event(*at, stream, input, item.created);
      break;
    case TargetKind::kApiDestination:
      item.what = call_destination(state, item, data, *at, input);
      break;
    default:
      return std::nullopt;  // buses get theirs in the journal
  }
  if (outbox::Call* call = std::get_if<outbox::Call>(&item.what); call != nullptr && data.contains("role")) {
    call->role = data.at("role").get<std::string>();
    call->session = kSession;
  }
  return item;
}

/// The target's role must let EventBridge in, and its policies the call. nullopt: they do.
std::optional<outbox::Failed> Making::refusal_by_role(state::Transaction& state, const Item& item, const Json& data) const {
  aws::Principal service;
  service.kind = aws::Principal::Kind::kService;
  service.user_name = item.sender.service;
  service.source_arn = item.sender.source_arn;
  service.source_account = item.sender.source_account;
  const Time now = clock_.now();
  const Result<aws::Principal> role = identity::take_on(state, data.value("role", ""), service, kSession, now);
  if (!role) return outbox::Failed{.code = "FAILED_TO_ASSUME_ROLE", .message = role.error().message};
  aws::policy::Request request{.caller = aws::policy::caller_of(*role),
                               .action = "events:InvokeApiDestination",
                               .resource = data.at("target").get<std::string>(),
                               .context = {}};
  aws::policy::describe_caller(*role, now, request.context);
  const auto policies = directory_.policies_of(*role);
  if (aws::policy::decide(request, policies->policies()).allowed()) return std::nullopt;
  return outbox::Failed{.code = "NO_PERMISSIONS", .message = "The target's role does not allow events:InvokeApiDestination."};
}

Making::What Making::call_destination(state::Transaction& state, const Item& item, const Json& data, const TargetArn& at,
                                      std::string body) {
  if (at.account != item.sender.source_account)
    return outbox::Failed{.code = "NO_RESOURCE", .message = "The API destination does not exist."};
  if (const auto refusal = refusal_by_role(state, item, data)) return *refusal;
  const std::optional<ApiDestination> destination = find_destination(state, at.account, at.region, at.name);
  if (!destination || destination->arn() != data.at("target").get<std::string>())
    return outbox::Failed{.code = "NO_RESOURCE", .message = "The API destination does not exist."};
  const std::optional<Connection> connection = find_connection(state, destination->connection);
  if (!connection) return outbox::Failed{.code = "NO_RESOURCE", .message = "The connection of the API destination does not exist."};
  const std::optional<Json> parameters = open_parameters(*connection, sealer_);
  if (!connection->is_authorized || !parameters)
    return outbox::Failed{.code = "NO_PERMISSIONS", .message = "The connection of the API destination is not authorized."};
  Secret authorization;
  if (connection->type == "OAUTH_CLIENT_CREDENTIALS") {
    std::string problem;
    const auto token =
        tokens_.token(connection->arn(), connection->modified.time_since_epoch().count(), parameters->at("OAuthParameters"), problem);
    // While it is fetched others may go first; if that has failed, it is a try that has failed.
    if (!token && problem.empty()) return outbox::Later{kTokenWait};
    if (!token) return outbox::Failed{.code = "CONNECTION_FAILURE", .message = problem, .again = true};
    authorization = *token;
  }
  if (const auto wait = wait_for_turn(*destination)) return outbox::Later{*wait};
  outbox::Http http =
      http_call(*destination, data.value("http", Json::object()), parameters->value("InvocationHttpParameters", Json::object()),
                data.at("event").get<std::string>(), std::move(body));
  if (!authorization.empty()) {
    http.headers.emplace_back("Authorization", authorization.reveal());
    http.again_on = {401, 407, 429};  // the next try has a new token
  } else if (connection->type == "BASIC") {
    const Json& basic = parameters->at("BasicAuthParameters");
    http.headers.emplace_back(
        "Authorization", "Basic " + text::base64(basic.at("Username").get<std::string>() + ":" + basic.at("Password").get<std::string>()));
  } else {
    const Json& key = parameters->at("ApiKeyAuthParameters");
    set_header(http.headers, key.at("ApiKeyName").get<std::string>(), key.at("ApiKeyValue").get<std::string>());
  }
  return http;
}

/// nullopt: now. The calls of a second are counted from its first.
std::optional<std::chrono::milliseconds> Making::wait_for_turn(const ApiDestination& destination) {
  if (rates_.size() >= kRatesMax && !rates_.contains(destination.arn())) rates_.clear();
  Rate& rate = rates_[destination.arn()];
  const std::chrono::nanoseconds now = clock_.steady();
  if (now - rate.second >= 1s) rate = {.second = now, .calls = 0};
  if (rate.calls++ < destination.rate) return std::nullopt;
  return std::chrono::ceil<std::chrono::milliseconds>(rate.second + 1s - now);
}

void Making::told(state::Transaction& state, const Item& item, const outbox::Told& told) {
  if (told.what == outbox::Told::What::kArrived) return;
  const outbox::Deferred* deferred = std::get_if<outbox::Deferred>(&item.what);
  if (deferred == nullptr) return;
  const std::optional<TargetArn> at = parse_target_arn(deferred->data.value("target", ""));
  if (!at) return;
  const bool has_lost = deferred->data.value("makes", false) || told.code == "ResourceNotFoundException";
  if (at->kind == TargetKind::kLogGroup && has_lost) state.put(keys::kLostStreams + item.lane, "lost");
  if (at->kind != TargetKind::kApiDestination || (told.code != "401" && told.code != "407")) return;
  if (const auto destination = find_destination(state, at->account, at->region, at->name)) tokens_.forget(destination->connection);
}

}  // namespace cairn::rules
