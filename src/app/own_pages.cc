#include "app/own_pages.h"

#include "base/json.h"
#include "services/cairn/openapi.h"

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
  return [ports = std::move(ports)](const std::shared_ptr<http::Exchange>& exchange) {
    const http::Head& head = exchange->head();
    if (head.path.starts_with("/_cairn/launch")) return ports.launch(exchange);
    if (head.path.starts_with("/_cairn/signal/")) return ports.signal(exchange);
    const bool reads = head.method == "GET" || head.method == "HEAD";
    std::optional<http::Response> answer;
    if (head.path == "/_cairn/health" && reads) {
      answer = health(ports.healthy());
    } else if (head.path == "/_cairn/metrics" && reads) {
      answer = page(200, "text/plain; version=0.0.4", ports.metrics());
    } else if (head.path == "/_cairn/api/openapi.json" && reads) {
      answer = page(200, "application/json", services::openapi_document());
    } else if (head.path == "/_cairn/dev/reset" && head.method == "POST" && ports.reset) {
      // Browsers send Origin with a cross-site POST: a web page must not be able to wipe a developer's server.
      const Result<void> done = head.header("origin") ? failure("Not from a web page.") : ports.reset();
      std::string body;
      if (!done) json::Writer(body).begin_object().key("message").string(done.error().message).end_object();
      answer = done ? page(200, "application/json", "{\"status\":\"reset\"}\n")
                    : page(head.header("origin") ? 403 : 503, "application/json", std::move(body));
    }
    if (reads && head.path.ends_with(".pem"))
      if (std::optional<std::string> certificate = ports.certificate(head.path))
        answer = page(200, "application/x-pem-file", std::move(*certificate));
    if (!answer) return false;
    answer->head_only = head.method == "HEAD";
    exchange->respond(std::move(*answer));
    return true;
  };
}

}  // namespace cairn::app
