#include "app/launch_pages.h"

#include <mutex>
#include <set>

#include "api/modelled.h"
#include "app/launch_assets.h"
#include "aws/model.h"
#include "base/text.h"
#include "services/cloudformation/launch_link.h"

namespace cairn::app {
namespace {

using Exchange = std::shared_ptr<http::Exchange>;

constexpr size_t kAgentCharactersMax = 1024;  // as records keep
constexpr size_t kParametersMax = 200;        // CloudFormation's own limit

/// Nothing from elsewhere, nothing inline, in nobody's frame; and the browser keeps and passes on nothing.
http::Response guarded(int status, std::string_view type, std::string body) {
  http::Response response;
  response.status = status;
  response.headers = {{"Content-Type", std::string(type)},
                      {"Content-Security-Policy",
                       "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
                       "frame-ancestors 'none'"},
                      {"Referrer-Policy", "no-referrer"},
                      {"X-Content-Type-Options", "nosniff"},
                      {"X-Frame-Options", "DENY"},
                      {"Cross-Origin-Opener-Policy", "same-origin"},
                      {"Cross-Origin-Resource-Policy", "same-origin"},
                      {"Cache-Control", "no-store"}};
  response.body = std::move(body);
  return response;
}

http::Response told(int status, const Json& what) { return guarded(status, "application/json", json::dump(what)); }
http::Response refused(int status, std::string_view message) { return told(status, {{"message", message}}); }

/// A page of another site cannot send our header without asking first, which nobody answers; this is the second lock on that door.
bool is_from_elsewhere(const http::Head& head) {
  if (const auto site = head.header("sec-fetch-site"); site && *site != "same-origin") return true;
  const auto origin = head.header("origin");
  if (!origin) return false;
  const std::string host = text::lower(head.header("host").value_or(""));
  return text::lower(*origin) != "http://" + host && text::lower(*origin) != "https://" + host;
}

class LaunchPages : public std::enable_shared_from_this<LaunchPages> {
 public:
  explicit LaunchPages(LaunchMeans means) : means_(std::move(means)) {}

  bool serve(const Exchange& exchange) {
    const http::Head& head = exchange->head();
    if (head.method == "GET" || head.method == "HEAD") {
      std::optional<http::Response> page;
      if (head.path == "/_cairn/launch") page = guarded(200, "text/html; charset=utf-8", std::string(kLaunchPage));
      else if (head.path == "/_cairn/launch.js") page = guarded(200, "text/javascript; charset=utf-8", std::string(kLaunchScript));
      else if (head.path == "/_cairn/launch.css") page = guarded(200, "text/css; charset=utf-8", std::string(kLaunchStyle));
      if (!page) return false;
      page->head_only = head.method == "HEAD";
      exchange->respond(std::move(*page));
      return true;
    }
    const bool is_summary = head.path == "/_cairn/launch/summary";
    if (head.method != "POST" || (!is_summary && head.path != "/_cairn/launch/create")) return false;
    if (is_from_elsewhere(head)) exchange->respond(refused(403, "Not from another site."));
    else if (head.header("content-type").value_or("") != "application/json") exchange->respond(refused(415, "JSON only."));
    else act(exchange, is_summary);
    return true;
  }

 private:
  void act(const Exchange& exchange, bool is_summary) {
    const std::string_view token = exchange->head().header("x-cairn-launch").value_or("");
    const std::string key = cloudformation::link_key(token);
    state::Transaction state(means_.store);
    const std::optional<cloudformation::Link> link =
        cloudformation::find_link(state, means_.sealer, token, means_.clock.now(), means_.any_key);
    if (!link)
      return exchange->respond(refused(403, "This link was used, has expired, or never was. Make another: cairn launch-url TEMPLATE"));
    if (is_summary) return summarize(exchange, *link);
    const Result<Json> asked = json::parse(exchange->body());
    std::optional<Json> in = asked ? create_request(*asked) : std::nullopt;
    if (!in) return exchange->respond(refused(400, "The request has not the form that the page sends."));
    {
      std::lock_guard lock(mutex_);
      if (!in_use_.insert(key).second) return exchange->respond(refused(409, "This link is being used at this moment."));
    }
    add_template(*in, *link);
    const auto self = shared_from_this();
    call(
        exchange, *link, "CreateStack", std::move(*in), [key](state::Transaction& transaction) { transaction.erase(key); },
        [self, key](const Json& out) {
          std::lock_guard lock(self->mutex_);
          self->in_use_.erase(key);
          return out;
        });
  }

  void summarize(const Exchange& exchange, const cloudformation::Link& link) {
    Json in = Json::object();
    add_template(in, link);
    Json about{{"Region", link.region.str()}, {"Principal", link.principal.arn}, {"Expires", timestamps::iso8601(link.expires)}};
    if (!link.template_url.empty()) about["TemplateURL"] = link.template_url;
    call(exchange, link, "GetTemplateSummary", std::move(in), nullptr, [about](const Json& out) mutable {
      about["Summary"] = out;
      return about;
    });
  }

  static void add_template(Json& in, const cloudformation::Link& link) {
    if (link.template_url.empty()) in["TemplateBody"] = link.template_body;
    else in["TemplateURL"] = link.template_url;
  }

  /// CreateStack's parameters, of what the page sends; nullopt: it is something else.
  static std::optional<Json> create_request(const Json& asked) {
    const auto is_text = [](const Json& value) { return value.is_string(); };
    if (!asked.is_object() || !asked.contains("StackName") || !asked["StackName"].is_string()) return std::nullopt;
    Json in{{"StackName", asked["StackName"]}, {"Parameters", Json::array()}};
    if (const auto values = asked.find("Parameters"); values != asked.end()) {
      if (!values->is_object() || values->size() > kParametersMax || !std::ranges::all_of(*values, is_text)) return std::nullopt;
      for (const auto& [name, value] : values->items()) in["Parameters"].push_back({{"ParameterKey", name}, {"ParameterValue", value}});
    }
    if (const auto capabilities = asked.find("Capabilities"); capabilities != asked.end()) {
      if (!capabilities->is_array() || !std::ranges::all_of(*capabilities, is_text)) return std::nullopt;
      in["Capabilities"] = *capabilities;
    }
    return in;
  }

  /// An ordinary call in the name of who made the link, from where the browser is. `shown`: what the page is told of its answer; it is
  /// called once, with null after a refusal.
  void call(const Exchange& exchange, const cloudformation::Link& link, std::string_view operation, Json in,
            std::function<void(state::Transaction&)> along, std::function<Json(const Json&)> shown) {
    const aws::ServiceModel& service = *aws::service_model("cloudformation");
    api::Client::Request request = api::request_of(service, *service.operation(operation), link.region, in);
    request.principal = link.principal;
    request.peer = exchange->peer();
    if (const auto host = exchange->head().header("host")) request.reached_at = *host;
    request.headers.emplace_back("User-Agent", exchange->head().header("user-agent").value_or("").substr(0, kAgentCharactersMax));
    const auto out = std::make_shared<Json>();
    request.along = [out, along = std::move(along)](state::Transaction& transaction, const Json& answer) {
      if (along) along(transaction);
      *out = answer;
    };
    means_.client().call(std::move(request), [exchange, out, shown = std::move(shown)](const http::Response& response) {
      const bool is_done = response.status < 300;
      const Json page = shown(is_done ? *out : Json());
      if (is_done) return exchange->respond(told(200, page));
      const api::Refusal refusal = api::refusal_of(response);
      exchange->respond(refused(refusal.status, refusal.message.empty() ? refusal.code : refusal.message));
    });
  }

  const LaunchMeans means_;
  std::mutex mutex_;
  std::set<std::string> in_use_;  // links whose CreateStack is under way
};

}  // namespace

api::OwnPages launch_pages(const LaunchMeans& means) {
  return [pages = std::make_shared<LaunchPages>(means)](const Exchange& exchange) { return pages->serve(exchange); };
}

}  // namespace cairn::app
