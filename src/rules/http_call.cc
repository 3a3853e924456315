#include "rules/http_call.h"

#include <algorithm>
#include <array>
#include <map>

#include "base/text.h"
#include "rules/json_path.h"

namespace cairn::rules {
namespace {

using namespace std::chrono_literals;
constexpr auto kTimeout = 5s;

/// A text, or what a JSON path finds in the event, strings without quotes.
std::string value_of(const std::string& text, std::string_view event) {
  if (!text.starts_with("$")) return text;
  const std::optional<JsonPath> path = JsonPath::parse(text);
  return path ? path->text_of(event) : text;
}

/// The endpoint with each * of its path in turn replaced.
std::string with_path(std::string endpoint, const Json& values, std::string_view event) {
  size_t at = 0;
  for (const Json& value : values) {
    at = endpoint.find('*', at);
    if (at == std::string::npos) break;
    const std::string text = text::percent_encode(value_of(value.get<std::string>(), event));
    endpoint.replace(at, 1, text);
    at += text.size();
  }
  return endpoint;
}

}  // namespace

void set_header(outbox::Headers& headers, const std::string& name, const std::string& value) {
  // How a request is framed, and where it goes, is the sender's to say.
  static constexpr auto kReserved =
      std::to_array<std::string_view>({"connection", "content-encoding", "content-length", "expect", "host", "keep-alive",
                                       "proxy-authorization", "te", "trailer", "transfer-encoding", "upgrade", "via"});
  const auto is_line = [](std::string_view text) {
    return std::ranges::none_of(text, [](unsigned char c) { return (c < ' ' && c != '\t') || c == 0x7F; });
  };
  if (!is_line(name) || !is_line(value) || std::ranges::find(kReserved, text::lower(name)) != kReserved.end()) return;
  std::erase_if(headers, [&](const auto& header) { return text::equals_ignoring_case(header.first, name); });
  headers.emplace_back(name, value);
}

outbox::Http http_call(const ApiDestination& destination, const Json& target, const Json& connection, std::string_view event,
                       std::string body) {
  outbox::Http http{.method = destination.method,
                    .url = with_path(destination.endpoint, target.value("PathParameterValues", Json::array()), event),
                    .headers = {{"User-Agent", "Amazon/EventBridge/ApiDestinations"},
                                {"Content-Type", "application/json; charset=utf-8"},
                                {"Range", "bytes=0-1048575"}},
                    .timeout = kTimeout};
  std::map<std::string, std::string> query;
  const Json target_query = target.value("QueryStringParameters", Json::object()),
             target_headers = target.value("HeaderParameters", Json::object());
  for (const auto& [name, value] : target_query.items()) query[name] = value_of(value.get<std::string>(), event);
  for (const auto& [name, value] : target_headers.items()) set_header(http.headers, name, value_of(value.get<std::string>(), event));
  for (const Json& each : connection.value("QueryStringParameters", Json::array())) query[each.value("Key", "")] = each.value("Value", "");
  for (const Json& each : connection.value("HeaderParameters", Json::array()))
    set_header(http.headers, each.value("Key", ""), each.value("Value", ""));
  if (const Json more = connection.value("BodyParameters", Json::array()); !more.empty() && body.ends_with('}') && json::parse(body)) {
    // Added behind the last member, so that what is there stays as it is written.
    std::string members;
    json::Writer writer(members);
    writer.begin_object();
    for (const Json& each : more) writer.key(each.value("Key", "")).string(each.value("Value", ""));
    const bool is_empty = body.find_first_not_of(" \t\r\n", 1) == body.size() - 1;
    body.resize(body.size() - 1);
    body += (is_empty ? "" : ",") + members.substr(1) + "}";
  }
  for (const auto& [name, value] : query)
    http.url += (http.url.find('?') == std::string::npos ? "?" : "&") + text::percent_encode(name) + "=" + text::percent_encode(value);
  if (http.method != "GET" && http.method != "HEAD" && http.method != "OPTIONS") http.body = std::move(body);
  return http;
}

}  // namespace cairn::rules
