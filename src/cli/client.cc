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

}  // namespace

Client::Client(Target target, const env::Clock& clock, std::unique_ptr<env::HttpClient> http)
    : target_(std::move(target)), clock_(clock), http_(std::move(http)) {}

Result<Json, CallFailure> Client::call(std::string_view service, std::string_view target, const Json& input) {
  const auto body = std::make_shared<const std::string>(json::dump(input));
  const size_t host_begin = target_.endpoint.find("://") + 3;
  const size_t path_begin = target_.endpoint.find('/', host_begin);
  const std::string host = target_.endpoint.substr(host_begin, path_begin == std::string::npos ? path_begin : path_begin - host_begin);
  const std::string path = path_begin == std::string::npos ? "/" : target_.endpoint.substr(path_begin) + "/";

  aws::sigv4::Signer signer = target_.signer;
  signer.service = std::string(service);
  aws::sigv4::Request request{"POST", path, "", {{"Host", host}, {"Content-Type", "application/x-amz-json-1.1"}, {"X-Amz-Target", target}}};
  const auto added = aws::sigv4::sign(signer, request, *body, clock_.now());

  env::HttpRequest sent{.method = "POST",
                        .url = target_.endpoint.substr(0, path_begin) + path,
                        .headers = added,
                        .body = body,
                        .ca_bundle = target_.ca_bundle,
                        .timeout = kCallTimeout,
                        .answer_bytes_max = kAnswerBytesMax};
  for (const auto& [name, value] : request.headers) sent.headers.emplace_back(name, value);
  sent.headers.emplace_back("User-Agent", "cairn-cli");
  const auto answer = env::ask(*http_, std::move(sent));
  if (!answer) {
    if (answer.error().kind == env::HttpFailure::kTooLong) return fail(CallFailure::kRefused, "", "The server's answer is too long.");
    return fail(CallFailure::kUnreachable, "",
                fmt::format("Cannot reach {}: {}.\nIs the server running? `cairn serve` starts it; --endpoint-url names another.",
                            target_.endpoint, answer.error().message));
  }
  const int status = answer->status;
  if (status == 503) return fail(CallFailure::kUnreachable, "", fmt::format("{} takes no calls at the moment (503).", target_.endpoint));
  if (status != 200) return tl::unexpected(refusal(status, answer->body, target_));
  auto json = json::parse(answer->body);
  if (!json || !json->is_object()) {
    return fail(CallFailure::kRefused, "", fmt::format("{} gives no JSON: is it a Cairn server?", target_.endpoint));
  }
  return std::move(*json);
}

}  // namespace cairn::cli
