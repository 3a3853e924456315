#include "api/route.h"

#include <algorithm>
#include <array>

#include "api/registry.h"
#include "api/route_s3.h"
#include "base/text.h"
#include "event/classify.h"

namespace cairn::api {
namespace {

using aws::Protocol;

bool speaks(const Service& service, Protocol protocol) {
  return std::ranges::find(service.model->protocols, protocol) != service.model->protocols.end();
}

bool speaks_json(const Service& service) { return speaks(service, Protocol::kJson10) || speaks(service, Protocol::kJson11); }

/// The service of the credential scope, from the Authorization header or a presigned query. Not verified: routing only.
std::string scope_service(const http::Head& head) {
  std::string credential;
  if (const auto authorization = head.header("authorization")) {
    const size_t at = authorization->find("Credential=");
    if (at == std::string_view::npos) return {};
    std::string_view rest = authorization->substr(at + 11);
    credential = std::string(rest.substr(0, rest.find(',')));
  } else {
    const size_t at = head.query.find("X-Amz-Credential=");
    if (at == std::string_view::npos) return {};
    std::string_view rest = head.query.substr(at + 17);
    credential = text::percent_decode(rest.substr(0, rest.find('&'))).value_or("");
  }
  const std::vector<std::string_view> parts = text::split(credential, '/');
  return parts.size() < 5 ? std::string() : std::string(parts[parts.size() - 2]);
}

/// "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents" and "CloudTrail_20131101.LookupEvents" alike.
struct Target {
  std::string_view prefix, operation;
};
Target split_target(std::string_view target) {
  const size_t dot = target.rfind('.');
  if (dot == std::string_view::npos) return {{}, target};
  std::string_view prefix = target.substr(0, dot);
  if (const size_t last = prefix.rfind('.'); last != std::string_view::npos) prefix.remove_prefix(last + 1);
  return {prefix, target.substr(dot + 1)};
}

/// Services by the prefix of X-Amz-Target, so that a scope signed for another name still finds its way to a clear refusal.
constexpr auto kTargets = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"AWSEvents", "events"},
    {"AmazonSQS", "sqs"},
    {"AmazonSSM", "ssm"},
    {"Cairn", "cairn"},
    {"CloudTrail_20131101", "cloudtrail"},
    {"GraniteServiceVersion20100801", "monitoring"},
    {"Logs_20140328", "logs"},
    {"TrentService", "kms"},
});

const Service* service_for_target(std::string_view prefix) {
  for (const auto& [known, key] : kTargets)
    if (known == prefix) return service(key);
  return nullptr;
}

using Labels = std::vector<std::pair<std::string, std::string>>;

/// Matches a raw path against the path of a URI template ("/2015-03-31/functions/{FunctionName}", "/{Bucket}/{Key+}"; the label
/// with a plus takes every part that the others leave it). Returns how many parts are fixed; nullopt: no match.
std::optional<size_t> match_path(std::string_view uri_template, std::string_view path, Labels& labels) {
  labels.clear();
  const std::vector<std::string_view> want = text::split(uri_template, '/');
  std::vector<std::string_view> have = text::split(path, '/');
  const auto is_label = [](std::string_view part) { return part.size() > 2 && part.front() == '{' && part.back() == '}'; };
  const bool greedy = std::ranges::any_of(want, [&](std::string_view part) { return is_label(part) && part.ends_with("+}"); });
  if (!greedy && have.size() == want.size() + 1 && have.back().empty()) have.pop_back();
  if (greedy ? have.size() < want.size() : have.size() != want.size()) return std::nullopt;
  const size_t surplus = have.size() - want.size();
  size_t fixed = 0, at = 0;
  for (std::string_view part : want) {
    std::string_view value = have[at++];
    if (!is_label(part)) {
      if (part != value) return std::nullopt;
      ++fixed;
      continue;
    }
    std::string_view name = part.substr(1, part.size() - 2);
    if (name.back() == '+') {
      name.remove_suffix(1);
      at += surplus;
      value = {value.data(), static_cast<size_t>(have[at - 1].data() + have[at - 1].size() - value.data())};
    }
    const auto decoded = text::percent_decode(value);
    if (!decoded || decoded->empty()) return std::nullopt;
    labels.emplace_back(std::string(name), *decoded);
  }
  return fixed;
}

/// How many parameters a template's own query string fixes ("?List=ALL"); nullopt: the request's has not all of them.
std::optional<size_t> match_query(std::string_view wanted, std::string_view query) {
  if (wanted.empty()) return 0;
  const std::vector<std::string_view> have = text::split(query, '&'), want = text::split(wanted, '&');
  for (std::string_view pair : want)
    if (std::ranges::find(have, pair) == have.end()) return std::nullopt;
  return want.size();
}

/// Of the operations whose template fits, the one that fixes most. Our own that only read can be asked by GET instead of POST: as
/// a link.
void route_rest(Route& route, const http::Head& head, std::string_view method) {
  size_t most = 0;
  for (const aws::OperationModel& model : route.service->model->operations) {
    if (model.method != method) continue;
    const std::string_view uri = model.uri;
    const size_t question = uri.find('?');
    const auto query = match_query(question == std::string_view::npos ? "" : uri.substr(question + 1), head.query);
    if (!query) continue;
    Labels labels;
    const auto path = match_path(uri.substr(0, question), head.path, labels);
    if (!path || *path + *query + 1 <= most) continue;
    most = *path + *query + 1;
    route.model = &model;
    route.labels = std::move(labels);
  }
  const bool is_link = head.method == "GET" && method == "POST";
  if (is_link && route.model != nullptr && !event::is_read_only(route.service->model->key, route.model->name)) route.model = nullptr;
  if (route.model != nullptr) return;
  if (route.service->model->key == "cairn" && method == "GET") return route_rest(route, head, "POST");
  route.asked_operation = std::string(head.method) + " " + std::string(head.path.substr(0, 128));
}

void route_s3(Route& route, const http::Head& head, std::string_view host) {
  S3Address address = s3_address(host, head.path);
  const std::optional<std::string_view> operation = s3_operation(head, address.bucket, address.key);
  if (operation) route.model = route.service->model->operation(*operation);
  if (route.model == nullptr) route.asked_operation = std::string(head.method);
  if (!address.bucket.empty()) route.labels.emplace_back("Bucket", address.bucket);
  if (!address.key.empty()) route.labels.emplace_back("Key", address.key);
  route.bucket = std::move(address.bucket);
  route.key = std::move(address.key);
  route.wire_path = std::move(address.path);
}

/// What stands in SNS's messages for people and programs to follow.
bool is_link_of_sns(const http::Head& head) {
  if (head.method != "GET" || head.path != "/") return false;
  const std::vector<std::string_view> pairs = text::split(head.query, '&');
  return std::ranges::any_of(pairs,
                             [](std::string_view pair) { return pair == "Action=ConfirmSubscription" || pair == "Action=Unsubscribe"; });
}

/// The service that a host name means: "sts.us-east-1.amazonaws.com", "kms.localhost". Empty: none, or S3.
std::string host_service(std::string_view host) {
  host = host.substr(0, host.find(':'));
  const size_t dot = host.find('.');
  if (dot == std::string_view::npos) return {};
  return std::string(host.substr(0, dot));
}

}  // namespace

S3Address s3_address(std::string_view host, std::string_view raw_path) {
  S3Address address;
  std::string name = text::lower(host.substr(0, host.rfind(':') == std::string_view::npos ? host.size() : host.rfind(':')));
  // The part of the host before the service's own name is the bucket.
  for (std::string_view suffix : {".s3.localhost", ".localhost", ".amazonaws.com"}) {
    if (!name.ends_with(suffix)) continue;
    std::string_view front = std::string_view(name).substr(0, name.size() - suffix.size());
    if (suffix == ".amazonaws.com") {  // bucket.s3.REGION, bucket.s3-REGION, bucket.s3, s3.REGION, s3
      size_t at = front.rfind(".s3.");
      if (at == std::string_view::npos) at = front.rfind(".s3-");
      if (at == std::string_view::npos && front.ends_with(".s3")) at = front.size() - 3;
      if (at == std::string_view::npos) break;
      front = front.substr(0, at);
    } else if (suffix == ".localhost" && (front == "s3" || front.starts_with("s3."))) {
      break;
    }
    address.bucket = std::string(front);
    break;
  }
  std::string_view rest = raw_path.starts_with('/') ? raw_path.substr(1) : raw_path;
  if (address.bucket.empty()) {
    const size_t slash = rest.find('/');
    address.bucket = text::percent_decode(rest.substr(0, slash)).value_or(std::string(rest.substr(0, slash)));
    rest = slash == std::string_view::npos ? std::string_view() : rest.substr(slash + 1);
    address.path = std::string(raw_path);
  } else {
    address.path = "/" + address.bucket + std::string(raw_path);
  }
  address.key = text::percent_decode(rest).value_or(std::string(rest));
  return address;
}

Result<Route, NoRoute> route_head(const http::Head& head) {
  Route route;
  const std::string_view host = head.header("host").value_or("");
  const std::string signing_name = scope_service(head);

  const Service* const signed_for = signing_name.empty() ? nullptr : service_for_signing_name(signing_name);
  const auto target = head.header("x-amz-target");
  // To services that speak no such protocol (S3, STS) the header is one more that they don't know.
  if (target && (signed_for == nullptr || speaks_json(*signed_for) || service_for_target(split_target(*target).prefix) != nullptr)) {
    const auto [prefix, operation] = split_target(*target);
    route.service = service_for_target(prefix);
    if (route.service == nullptr) route.service = signed_for;
    if (route.service == nullptr) return tl::unexpected(NoRoute{fmt::format("No service here has the target '{}'.", *target)});
    const std::string_view type = head.header("content-type").value_or("");
    const bool named = type.find("json-1.") != std::string_view::npos;
    route.protocol = (named ? type.find("json-1.0") != std::string_view::npos : route.service->model->json_version == "1.0")
                         ? Protocol::kJson10
                         : Protocol::kJson11;
    // As on AWS, a target means an operation only together with a content type of JSON; one that is absent is let pass.
    if (type.empty() || type.find("json") != std::string_view::npos) route.model = route.service->model->operation(operation);
    if (route.model == nullptr) route.asked_operation = std::string(operation);
    return route;
  }

  if (!signing_name.empty()) {
    route.service = signed_for;
    if (route.service == nullptr) return tl::unexpected(NoRoute{fmt::format("There is no service '{}' here.", signing_name)});
  } else if (const std::string from_host = host_service(host); !from_host.empty() && from_host != "s3" && !text::is_digits(from_host)) {
    if (host.find(".s3.") == std::string_view::npos && host.find(".amazonaws.com") != std::string_view::npos)
      route.service = service_for_signing_name(from_host);
  }
  // A form that nobody signed is for STS, which alone has calls that need no signature.
  if (route.service == nullptr && head.method == "POST" && head.path == "/" &&
      head.header("content-type").value_or("").starts_with("application/x-www-form-urlencoded"))
    route.service = service("sts");
  if (route.service == nullptr && is_link_of_sns(head)) route.service = service("sns");
  if (route.service == nullptr && head.path.starts_with("/_cairn/api/") && s3_address(host, head.path).bucket == "_cairn")
    route.service = service("cairn");
  if (route.service == nullptr) route.service = service("s3");  // anonymous calls without more are S3's
  if (route.service == service("s3") && head.path.starts_with("/v20180820/")) route.service = service("s3control");

  const aws::ServiceModel& model = *route.service->model;
  if (head.header("smithy-protocol").value_or("") == "rpc-v2-cbor" && speaks(*route.service, Protocol::kCbor)) {
    route.protocol = Protocol::kCbor;  // /service/NAME/operation/OPERATION
    const std::string_view operation = head.path.substr(head.path.rfind('/') + 1);
    route.model = model.operation(operation);
    if (route.model == nullptr) route.asked_operation = std::string(operation);
  } else if (model.protocols.front() == Protocol::kRestXml && model.key == "s3") {
    route.protocol = Protocol::kRestXml;
    route_s3(route, head, host);
  } else if (speaks(*route.service, Protocol::kRestJson) || speaks(*route.service, Protocol::kRestXml)) {
    route.protocol = speaks(*route.service, Protocol::kRestJson) ? Protocol::kRestJson : Protocol::kRestXml;
    route_rest(route, head, head.method);
  } else if (speaks(*route.service, Protocol::kQuery)) {
    route.protocol = Protocol::kQuery;
  } else {
    route.protocol = model.protocols.front();
    route.asked_operation = "";
  }
  return route;
}

void route_action(Route& route, const http::Head& head, std::string_view body) {
  // Clients of SQS may send a queue's calls to its URL and say no more of it.
  if (route.service->model->key == "sqs" && head.path != "/") route.labels.emplace_back("QueueUrl", head.path);
  for (std::string_view form : {head.query, body}) {
    for (std::string_view pair : text::split(form, '&')) {
      if (!pair.starts_with("Action=")) continue;
      const std::string action = text::percent_decode(pair.substr(7), text::Plus::kSpace).value_or("");
      route.model = route.service->model->operation(action);
      if (route.model == nullptr) route.asked_operation = action;
      return;
    }
  }
}

bool is_preflight(const Route& route) { return route.model != nullptr && route.model->name == "PreflightRequest"; }
bool is_form(const Route& route) { return route.model != nullptr && route.model->name == "PostObject"; }

aws::Error unknown_operation(const Route& route) {
  switch (route.protocol) {
    case Protocol::kQuery:
      if (route.asked_operation.empty())
        return aws::Error({.code = "MissingAction", .status = 400}, "The request must contain the parameter Action.");
      return aws::Error({.code = "InvalidAction", .status = 400}, "Could not find operation {} for version {}", route.asked_operation,
                        route.service->model->api_version);
    case Protocol::kRestXml:
      return std::move(
                 aws::Error({.code = "MethodNotAllowed", .status = 405}, "The specified method is not allowed against this resource."))
          .with("Method", route.asked_operation);
    default:
      return aws::Error({.code = "UnknownOperationException", .status = route.protocol == Protocol::kRestJson ? 404 : 400},
                        "The operation '{}' is not known to {}.", route.asked_operation, route.service->model->service_id);
  }
}

}  // namespace cairn::api
