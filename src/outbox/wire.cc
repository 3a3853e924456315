#include "outbox/wire.h"

#include <algorithm>

#include "base/text.h"
#include "base/xml.h"
#include "identity/service_role.h"

namespace cairn::outbox {
namespace {

constexpr size_t kAnswerBytesMax = 256 << 10;  // of a webhook: nobody reads it
constexpr size_t kMessageBytesMax = 300;       // of a failure, as it is kept

/// Refusals that pass: what was refused may be done a moment later.
constexpr std::string_view kPassing[] = {
    "Throttling", "ThrottlingException", "ThrottledException", "TooManyRequestsException", "RequestThrottled", "OperationAborted",
    "SlowDown"};

aws::Principal principal_of(const Sender& sender) {
  aws::Principal principal;
  principal.kind = aws::Principal::Kind::kService;
  principal.user_name = sender.service;
  principal.source_arn = sender.source_arn;
  principal.source_account = sender.source_account;
  return principal;
}

std::string shortened(std::string text) {
  if (text.size() > kMessageBytesMax) text.resize(kMessageBytesMax);
  return text::replace_invalid_utf8(text);
}

/// A service's answer, in whatever protocol it was asked.
Outcome outcome_of(const http::Response& response) {
  if (response.status >= 200 && response.status < 300) return {.has_arrived = true};
  Outcome outcome{.code = fmt::format("{}", response.status), .message = fmt::format("the service answered {}", response.status)};
  if (const Result<Json> body = json::parse(response.body); body && body->is_object()) {
    const std::string type = body->value("__type", "");
    if (!type.empty()) outcome.code = type.substr(type.rfind('#') + 1);
    outcome.message = body->value("message", body->value("Message", outcome.message));
  } else if (const auto root = xml::parse(response.body)) {
    const xml::Element* error = root->child("Error") != nullptr ? root->child("Error") : &*root;
    if (const xml::Element* code = error->child("Code")) outcome.code = code->text;
    if (const xml::Element* message = error->child("Message")) outcome.message = message->text;
  }
  outcome.message = shortened(std::move(outcome.message));
  outcome.again = (response.status >= 500 && response.status != 501) || response.status == 429 ||
                  std::ranges::find(kPassing, outcome.code) != std::end(kPassing);
  return outcome;
}

Outcome outcome_of(const Result<env::HttpAnswer, env::HttpFailure>& answer, const std::vector<int>& again_on) {
  using Failure = env::HttpFailure;
  if (!answer) {
    const Failure& failure = answer.error();
    const char* code = failure.kind == Failure::kTimeout ? "TIMEOUT" : failure.kind == Failure::kUnreachable ? "NO_CONNECTION" : "BROKEN";
    return {.again = true, .code = code, .message = shortened(failure.message)};
  }
  if (answer->status >= 200 && answer->status < 300) return {.has_arrived = true};
  return {.again = answer->status >= 500 || std::ranges::find(again_on, answer->status) != again_on.end(),
          .code = fmt::format("{}", answer->status),
          .message = fmt::format("the endpoint answered {}", answer->status)};
}

/// ERROR_CODE of a dead letter, in EventBridge's terms.
std::string_view explained(std::string_view code) {
  struct Row {
    std::string_view part, code;
  };
  static constexpr Row kRows[] = {
      {"AccessDenied", "NO_PERMISSIONS"},
      {"AuthorizationError", "NO_PERMISSIONS"},
      {"NotAuthorized", "NO_PERMISSIONS"},
      {"NotFound", "NO_RESOURCE"},
      {"NonExistentQueue", "NO_RESOURCE"},
      {"QueueDoesNotExist", "NO_RESOURCE"},
      {"NO_CONNECTION", "CONNECTION_FAILURE"},
      {"BROKEN", "CONNECTION_FAILURE"},
      {"Throttl", "THROTTLING"},
      {"TooManyRequests", "THROTTLING"},
      {"429", "THROTTLING"},
      {"TooManyWaiting", "RESOURCE_LIMIT_EXCEEDED"},
      {"Invalid", "INVALID_PARAMETER"},
      {"Validation", "INVALID_PARAMETER"},
  };
  for (const Row& row : kRows)
    if (code.find(row.part) != std::string_view::npos) return row.code;
  if (text::is_digits(code)) return "ERROR_FROM_TARGET";
  return code.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ_") == std::string_view::npos ? code : "UNKNOWN";
}

const std::string& body_of(const Item& item) {
  static const std::string kNothing;
  if (const Call* call = std::get_if<Call>(&item.what)) return call->body;
  if (const Http* http = std::get_if<Http>(&item.what)) return http->body;
  if (const Mail* mail = std::get_if<Mail>(&item.what)) return mail->message;
  return kNothing;
}

}  // namespace

void Wire::send(const Item& item, Done done) const {
  if (const Call* call = std::get_if<Call>(&item.what)) return send(*call, item.sender, std::move(done));
  if (const Http* http = std::get_if<Http>(&item.what)) return send(*http, std::move(done));
  if (const Mail* mail = std::get_if<Mail>(&item.what)) return send(*mail, std::move(done));
  if (const Failed* failed = std::get_if<Failed>(&item.what))
    return done({.again = failed->again, .code = failed->code, .message = shortened(failed->message)});
  if (const Later* later = std::get_if<Later>(&item.what)) return done({.wait = later->wait});
  done({.code = "InternalFailure", .message = "nothing was made of it"});
}

void Wire::send(const Mail& mail, Done done) const {
  if (means_.mailer == nullptr) return done({.code = "NotImplemented", .message = "this server sends no mail"});
  means_.mailer->send({.from = means_.mail_from, .to = mail.to, .message = mail.message},
                      [done = std::move(done)](const Result<void, env::MailFailure>& sent) {
                        if (sent) return done({.has_arrived = true});
                        done({.again = sent.error().again, .code = "MailRefused", .message = shortened(sent.error().message)});
                      });
}

void Wire::send(const Call& call, const Sender& sender, Done done) const {
  api::Client::Request request;
  request.principal = principal_of(sender);
  if (!call.role.empty()) {
    state::Transaction state(means_.store);
    Result<aws::Principal> role = identity::take_on(state, call.role, request.principal, call.session, means_.clock.now());
    if (!role) return done({.code = "AccessDenied", .message = shortened(role.error().message)});
    request.principal = std::move(*role);
  }
  request.service = call.service;
  request.region = call.region;
  request.method = call.method;
  request.target = call.target;
  request.host = fmt::format("{}.{}.amazonaws.com", call.service, call.region.str());
  request.headers = call.headers;
  request.body = call.body;
  means_.client.call(std::move(request), [done = std::move(done)](const http::Response& response) { done(outcome_of(response)); });
}

void Wire::send(const Http& http, Done done) const {
  if (means_.http == nullptr) return done({.again = true, .code = "NO_CONNECTION", .message = "there is no network"});
  env::HttpRequest request{.method = http.method,
                           .url = http.url,
                           .headers = http.headers,
                           .body = std::make_shared<const std::string>(http.body),
                           .ca_bundle = means_.ca_bundle,
                           .authority = {},
                           .timeout = http.timeout,
                           .answer_bytes_max = kAnswerBytesMax};
  means_.http->send(std::move(request),
                    [done = std::move(done), again_on = http.again_on](const auto& answer) { done(outcome_of(answer, again_on)); });
}

Item dead_letter_of(const Item& item, const Tries& tries) {
  const DeadLetter& letter = item.dead_letter.value();
  const std::vector<std::string_view> arn = text::split(letter.queue, ':');
  const std::string region(arn.size() == 6 ? arn[3] : ""), account(arn.size() == 6 ? arn[4] : ""), name(arn.size() == 6 ? arn[5] : "");
  Json body{{"QueueUrl", fmt::format("https://sqs.{}.amazonaws.com/{}/{}", region, account, name)},
            {"MessageBody", letter.body.value_or(body_of(item))}};
  Headers attributes = letter.attributes;
  if (letter.explains) {
    attributes.emplace_back("ERROR_CODE", explained(tries.code));
    attributes.emplace_back("ERROR_MESSAGE", tries.message);
    attributes.emplace_back("RETRY_ATTEMPTS", std::to_string(std::max(0, tries.count_before - 1)));
    if (tries.is_exhausted) {
      const bool is_old = tries.count_before <= item.retry.retries();
      attributes.emplace_back("EXHAUSTED_RETRY_CONDITION", is_old ? "MaximumEventAgeInSeconds" : "MaximumRetryAttempts");
    }
  }
  if (!letter.typed_attributes.empty()) body["MessageAttributes"] = letter.typed_attributes;
  for (const auto& [key, value] : attributes)
    if (!value.empty()) body["MessageAttributes"][key] = {{"DataType", "String"}, {"StringValue", value}};
  if (!letter.group.empty()) body["MessageGroupId"] = letter.group;
  if (!letter.deduplication.empty()) body["MessageDeduplicationId"] = letter.deduplication;
  Item dead{.lane = item.lane, .owner = item.owner, .what = {}, .sender = item.sender};
  dead.what = Call{.service = "sqs",
                   .region = aws::Region(region),
                   .headers = {{"Content-Type", "application/x-amz-json-1.0"}, {"X-Amz-Target", "AmazonSQS.SendMessage"}},
                   .body = json::dump(body)};
  return dead;
}

}  // namespace cairn::outbox
