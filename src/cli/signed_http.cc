#include "cli/signed_http.h"

namespace cairn::cli {

env::HttpRequest SignedHttp::signed_request(const Request& request) const {
  const size_t host_begin = target_.endpoint.find("://") + 3;
  const size_t path_begin = std::min(target_.endpoint.find('/', host_begin), target_.endpoint.size());
  const std::string host = target_.endpoint.substr(host_begin, path_begin - host_begin);
  const std::string path = target_.endpoint.substr(path_begin) + request.path;

  aws::sigv4::Signer signer = target_.signer;
  signer.service = std::string(request.service);
  signer.region = aws::Region(std::string(request.region));
  aws::sigv4::Request to_sign{request.method, path, request.query, {{"Host", host}}};
  to_sign.headers.insert(to_sign.headers.end(), request.headers.begin(), request.headers.end());

  env::HttpRequest sent{
      .method = request.method,
      .url = fmt::format("{}{}{}{}", target_.endpoint.substr(0, path_begin), path, request.query.empty() ? "" : "?", request.query),
      .headers = aws::sigv4::sign(signer, to_sign, request.body ? std::string_view(*request.body) : std::string_view(), clock_.now()),
      .body = request.body,
      .ca_bundle = target_.ca_bundle,
      .timeout = kCallTimeout,
      .answer_bytes_max = kAnswerBytesMax};
  for (const auto& [name, value] : to_sign.headers) sent.headers.emplace_back(name, value);
  sent.headers.emplace_back("User-Agent", "cairn-cli");
  return sent;
}

SignedHttp::Failure SignedHttp::failure_of(const env::HttpFailure& failure) const {
  if (failure.kind == env::HttpFailure::kTooLong) return {true, "The server's answer is too long."};
  return {false, fmt::format("Cannot reach {}: {}.\nIs the server running? `cairn serve` starts it; --endpoint-url names another.",
                             target_.endpoint, failure.message)};
}

Result<env::HttpAnswer, SignedHttp::Failure> SignedHttp::send(const Request& request) {
  auto answer = env::ask(*http_, signed_request(request));
  if (!answer) return tl::unexpected(failure_of(answer.error()));
  return std::move(*answer);
}

void SignedHttp::stream(const Request& request, std::function<bool(std::string_view piece)> sink,
                        std::function<void(Result<env::HttpAnswer, Failure>)> ended) {
  env::HttpRequest sent = signed_request(request);
  sent.timeout = std::chrono::milliseconds(0);
  sent.sink = std::move(sink);
  http_->send(std::move(sent), [this, ended = std::move(ended)](Result<env::HttpAnswer, env::HttpFailure> answer) {
    if (answer) ended(std::move(*answer));
    else ended(tl::unexpected(failure_of(answer.error())));
  });
}

}  // namespace cairn::cli
