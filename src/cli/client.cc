#include "cli/client.h"

#include <curl/curl.h>

#include "base/check.h"

namespace cairn::cli {

namespace {

struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

size_t take(char* data, size_t size, size_t count, void* out) {
  auto& answer = *static_cast<std::string*>(out);
  if (answer.size() + size * count > Client::kAnswerBytesMax) return 0;
  answer.append(data, size * count);
  return size * count;
}

tl::unexpected<CallFailure> fail(CallFailure::Kind kind, std::string code, std::string message) {
  return tl::unexpected(CallFailure{kind, std::move(code), std::move(message)});
}

/// What an error answer says, and what to do about it.
CallFailure refusal(long status, const std::string& body, const Target& target) {
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

struct Client::Connection {
  CURL* curl = curl_easy_init();
  ~Connection() { curl_easy_cleanup(curl); }
};

Client::Client(Target target, const env::Clock& clock)
    : target_(std::move(target)), clock_(clock), connection_(std::make_unique<Connection>()) {
  CHECK(connection_->curl != nullptr);
}
Client::~Client() = default;

Result<Json, CallFailure> Client::call(std::string_view service, std::string_view target, const Json& input) {
  const std::string body = json::dump(input);
  const size_t host_begin = target_.endpoint.find("://") + 3;
  const size_t path_begin = target_.endpoint.find('/', host_begin);
  const std::string host = target_.endpoint.substr(host_begin, path_begin == std::string::npos ? path_begin : path_begin - host_begin);
  const std::string path = path_begin == std::string::npos ? "/" : target_.endpoint.substr(path_begin) + "/";

  aws::sigv4::Signer signer = target_.signer;
  signer.service = std::string(service);
  aws::sigv4::Request request{"POST", path, "", {{"Host", host}, {"Content-Type", "application/x-amz-json-1.1"}, {"X-Amz-Target", target}}};
  const auto added = aws::sigv4::sign(signer, request, body, clock_.now());

  std::unique_ptr<curl_slist, FreeList> headers;
  auto add = [&headers](std::string_view name, std::string_view value) {
    curl_slist* longer = curl_slist_append(headers.get(), fmt::format("{}: {}", name, value).c_str());
    CHECK(longer != nullptr);
    (void)headers.release();
    headers.reset(longer);
  };
  for (const auto& [name, value] : request.headers) add(name, value);
  for (const auto& [name, value] : added) add(name, value);
  add("User-Agent", "cairn-cli");
  add("Expect", "");

  CURL* curl = connection_->curl;
  const std::string url = target_.endpoint.substr(0, path_begin) + path;
  std::string answer;
  char why[CURL_ERROR_SIZE] = "";
  curl_easy_reset(curl);  // keeps the connection
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body.data());
  curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &take);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer);
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, why);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, static_cast<long>(kConnectTimeout.count()));
  curl_easy_setopt(curl, CURLOPT_TIMEOUT, static_cast<long>(kCallTimeout.count()));
  if (!target_.ca_bundle.empty()) curl_easy_setopt(curl, CURLOPT_CAINFO, target_.ca_bundle.c_str());
  const CURLcode result = curl_easy_perform(curl);
  if (result == CURLE_WRITE_ERROR) return fail(CallFailure::kRefused, "", "The server's answer is too long.");
  if (result != CURLE_OK) {
    const std::string reason = why[0] != '\0' ? why : curl_easy_strerror(result);
    return fail(CallFailure::kUnreachable, "",
                fmt::format("Cannot reach {}: {}.\nIs the server running? `cairn serve` starts it; --endpoint-url names another.",
                            target_.endpoint, reason));
  }
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  if (status == 503) return fail(CallFailure::kUnreachable, "", fmt::format("{} takes no calls at the moment (503).", target_.endpoint));
  if (status != 200) return tl::unexpected(refusal(status, answer, target_));
  auto json = json::parse(answer);
  if (!json || !json->is_object()) {
    return fail(CallFailure::kRefused, "", fmt::format("{} gives no JSON: is it a Cairn server?", target_.endpoint));
  }
  return std::move(*json);
}

}  // namespace cairn::cli
