#include "app/own_pages.h"

#include "base/json.h"

namespace cairn::app {
namespace {

http::Response page(int status, std::string_view type, std::string body) {
  http::Response response;
  response.status = status;
  response.headers.emplace_back("Content-Type", type);
  response.body = std::move(body);
  return response;
}

http::Response health(bool healthy) {
  return page(healthy ? 200 : 503, "application/json", healthy ? "{\"status\":\"ok\"}\n" : "{\"status\":\"unavailable\"}\n");
}

}  // namespace

api::OwnPages own_pages(OwnPagesPorts ports) {
  return [ports = std::move(ports)](const http::Head& head, std::string_view) -> std::optional<http::Response> {
    const bool reads = head.method == "GET" || head.method == "HEAD";
    std::optional<http::Response> answer;
    if (head.path == "/_cairn/health" && reads) {
      answer = health(ports.healthy());
    } else if (head.path == "/_cairn/metrics" && reads) {
      answer = page(200, "text/plain; version=0.0.4", ports.metrics());
    } else if (head.path == "/_cairn/dev/reset" && head.method == "POST" && ports.reset) {
      // Browsers send Origin with a cross-site POST: a web page must not be able to wipe a developer's server.
      if (head.header("origin")) return page(403, "application/json", "{\"message\":\"Not from a web page.\"}\n");
      const Result<void> done = ports.reset();
      std::string body;
      if (!done) json::Writer(body).begin_object().key("message").string(done.error().message).end_object();
      answer = done ? page(200, "application/json", "{\"status\":\"reset\"}\n") : page(503, "application/json", std::move(body));
    }
    if (reads && head.path.ends_with(".pem"))
      if (std::optional<std::string> certificate = ports.certificate(head.path))
        answer = page(200, "application/x-pem-file", std::move(*certificate));
    if (answer) answer->head_only = head.method == "HEAD";
    return answer;
  };
}

}  // namespace cairn::app
