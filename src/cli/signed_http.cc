#include "cli/signed_http.h"

namespace cairn::cli {

Result<env::HttpAnswer, SignedHttp::Failure> SignedHttp::send(const Request& request) {
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
  auto answer = env::ask(*http_, std::move(sent));
  if (answer) return std::move(*answer);
  if (answer.error().kind == env::HttpFailure::kTooLong) return tl::unexpected(Failure{true, "The server's answer is too long."});
  return tl::unexpected(
      Failure{false, fmt::format("Cannot reach {}: {}.\nIs the server running? `cairn serve` starts it; --endpoint-url names another.",
                                 target_.endpoint, answer.error().message)});
}

}  // namespace cairn::cli
