#include "cli/client.h"

namespace cairn::cli {

namespace {

tl::unexpected<CallFailure> fail(CallFailure::Kind kind, std::string code, std::string message) {
  return tl::unexpected(CallFailure{kind, std::move(code), std::move(message)});
}

/// What an error answer says, and what to do about it.
CallFailure refusal(int status, const std::string& body, const Target& target) {
  std::string code, message;
  if (const auto json = json::parse(body); json && json->is_object()) {
    for (const auto& [name, value] : json->items()) {
      if (!value.is_string()) continue;
      if (name == "__type") code = value.get<std::string>();
      if (name == "message" || name == "Message") message = value.get<std::string>();
    }
    if (const size_t hash = code.find('#'); hash != std::string::npos) code.erase(0, hash + 1);
  }
  if (code.empty()) {
    return {CallFailure::kRefused, "",
            fmt::format("{} answers {} in a way that Cairn does not: is it a Cairn server?", target.endpoint, status)};
  }
  std::string advice;
  if (code == "UnrecognizedClientException" || code == "InvalidSignatureException" || code == "InvalidClientTokenId") {
    advice = "\nThese are not the credentials of that server. Those of the server on this machine: eval \"$(cairn env)\"";
  } else if (code == "UnknownOperationException") {
    advice = fmt::format("\nIs {} a Cairn server, and as new as this program?", target.endpoint);
  }
  return {CallFailure::kRefused, code, fmt::format("{} ({}){}", message.empty() ? "The server refused the call." : message, code, advice)};
}

SignedHttp::Request request_of(std::string_view service, std::string_view target, const Json& input, std::string_view region) {
  return {.service = service,
          .region = region,
          .method = "POST",
          .path = "/",
          .query = "",
          .headers = {{"Content-Type", "application/x-amz-json-1.1"}, {"X-Amz-Target", target}},
          .body = std::make_shared<const std::string>(json::dump(input))};
}

/// The body of an answer that is one.
Result<std::string, CallFailure> judged(Result<env::HttpAnswer, SignedHttp::Failure> answer, const Target& target) {
  if (!answer) return fail(answer.error().too_long ? CallFailure::kRefused : CallFailure::kUnreachable, "", answer.error().message);
  if (answer->status == 503)
    return fail(CallFailure::kUnreachable, "", fmt::format("{} takes no calls at the moment (503).", target.endpoint));
  if (answer->status != 200) return tl::unexpected(refusal(answer->status, answer->body, target));
  return std::move(answer->body);
}

}  // namespace

ExitCode exit_code_of(const CallFailure& failure) {
  for (const std::string_view code : {"InvalidFilterException", "InvalidTimeRangeException", "ValidationException"})
    if (failure.code == code) return kWrongUsage;
  return kCouldNot;
}

Result<Json, CallFailure> Client::call(std::string_view service, std::string_view target, const Json& input) {
  return call(service, target, input, this->target().signer.region);
}

Result<std::string, CallFailure> Client::ask(std::string_view service, std::string_view target, const Json& input,
                                             const aws::Region& region) {
  return judged(http_.send(request_of(service, target, input, region.str())), this->target());
}

void Client::stream(std::string_view service, std::string_view target, const Json& input, std::function<bool(std::string_view piece)> sink,
                    std::function<void(Result<void, CallFailure>)> ended) {
  http_.stream(request_of(service, target, input, this->target().signer.region.str()), std::move(sink),
               [this, ended = std::move(ended)](Result<env::HttpAnswer, SignedHttp::Failure> answer) {
                 const auto body = judged(std::move(answer), this->target());
                 if (body) ended({});
                 else ended(tl::unexpected(body.error()));
               });
}

Result<Json, CallFailure> Client::call(std::string_view service, std::string_view target, const Json& input, const aws::Region& region) {
  const auto answer = ask(service, target, input, region);
  if (!answer) return tl::unexpected(answer.error());
  auto json = json::parse(*answer);
  if (!json || !json->is_object()) {
    return fail(CallFailure::kRefused, "", fmt::format("{} gives no JSON: is it a Cairn server?", this->target().endpoint));
  }
  return std::move(*json);
}

}  // namespace cairn::cli
