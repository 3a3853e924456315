#include "http/answer.h"

#include <fmt/format.h>

#include <optional>

#include "base/text.h"
#include "http/live_source.h"

namespace cairn::http {
namespace {

std::string_view reason_phrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 206:
      return "Partial Content";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 303:
      return "See Other";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 308:
      return "Permanent Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 411:
      return "Length Required";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 416:
      return "Range Not Satisfiable";
    case 417:
      return "Expectation Failed";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "";
  }
}

void append_status_line(std::string& out, int status) {
  if (status == 200) {
    out += "HTTP/1.1 200 OK\r\n";
    return;
  }
  out += "HTTP/1.1 ";
  out += fmt::format_int(status).c_str();
  out += ' ';
  out += reason_phrase(status);
  out += "\r\n";
}

bool is_framing(std::string_view name) {
  switch (name.size()) {
    case 4:
      return text::equals_ignoring_case(name, "Date");
    case 10:
      return text::equals_ignoring_case(name, "Connection");
    case 14:
      return text::equals_ignoring_case(name, "Content-Length");
    case 17:
      return text::equals_ignoring_case(name, "Transfer-Encoding");
    default:
      return false;
  }
}

/// A line break in a name or a value would let whoever chose it write headers and answers of their own.
void append_defused(std::string& out, std::string_view s) {
  const size_t from = out.size();
  out += s;
  for (size_t i = from; i < out.size(); ++i) {
    const unsigned char c = static_cast<unsigned char>(out[i]);
    if ((c < 0x20 && c != '\t') || c == 0x7f) out[i] = ' ';
  }
}

std::optional<uint64_t> declared_length(const Response& response, bool head_request) {
  if (response.status == 204 || response.status < 200 || live_source_of(response) != nullptr) return std::nullopt;
  if (head_request && response.content_length) return response.content_length;
  if (response.status == 304) return response.content_length;
  return response.source ? response.source_bytes : response.body.size();
}

}  // namespace

uint64_t answer_body_bytes(const Response& response, bool head_request) {
  if (head_request || response.head_only || response.status == 204 || response.status == 304 || response.status < 200) return 0;
  return response.source ? response.source_bytes : response.body.size();
}

void append_answer_head(std::string& out, const Response& response, bool head_request, Afterwards afterwards, std::string_view date_line) {
  append_status_line(out, response.status);
  out += date_line;
  for (const auto& [name, value] : response.headers) {
    if (is_framing(name)) continue;
    append_defused(out, name);
    out += ": ";
    append_defused(out, value);
    out += "\r\n";
  }
  if (const auto length = declared_length(response, head_request || response.head_only)) {
    out += "Content-Length: ";
    const fmt::format_int digits(*length);
    out.append(digits.data(), digits.size());
    out += "\r\n";
  }
  if (live_source_of(response) != nullptr && afterwards != Afterwards::kUntilClosed) out += "Transfer-Encoding: chunked\r\n";
  if (afterwards == Afterwards::kClose || afterwards == Afterwards::kUntilClosed) out += "Connection: close\r\n";
  if (afterwards == Afterwards::kKeepOpenSaid) out += "Connection: keep-alive\r\n";
  out += "\r\n";
}

void append_refusal(std::string& out, int status, std::string_view date_line) {
  append_status_line(out, status);
  out += date_line;
  out += "Content-Length: 0\r\nConnection: close\r\n\r\n";
}

}  // namespace cairn::http
