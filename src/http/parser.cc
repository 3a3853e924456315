#include "http/parser.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/text.h"

namespace cairn::http {
namespace {

constexpr size_t kChunkLineBytesMax = 1024;   // chunk size with extensions
constexpr size_t kTrailerBytesMax = 8 << 10;  // all trailer lines of one body
constexpr size_t kHeadersGuess = 16;

constexpr std::array<bool, 256> make_token_table() {
  std::array<bool, 256> table{};
  for (int c = '0'; c <= '9'; ++c) table[c] = true;
  for (int c = 'a'; c <= 'z'; ++c) table[c] = true;
  for (int c = 'A'; c <= 'Z'; ++c) table[c] = true;
  for (char c : std::string_view("!#$%&'*+-.^_`|~")) table[static_cast<unsigned char>(c)] = true;
  return table;
}
constexpr std::array<bool, 256> kToken = make_token_table();

bool is_token(char c) { return kToken[static_cast<unsigned char>(c)]; }
bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }
bool is_blank(char c) { return c == ' ' || c == '\t'; }

/// Index of the first control character at or after `i` (a tab counts), or the size. Eight bytes a step: field values are most
/// of a head, and with this they cost a tenth.
size_t find_control(std::string_view in, size_t i) {
  constexpr uint64_t kOnes = 0x0101010101010101, kHighs = 0x8080808080808080;
  for (; i + 8 <= in.size(); i += 8) {
    uint64_t x;
    std::memcpy(&x, in.data() + i, 8);
    const uint64_t below_space = (x - kOnes * 0x20) & ~x & kHighs;
    const uint64_t y = x ^ (kOnes * 0x7f);
    const uint64_t is_delete = (y - kOnes) & ~y & kHighs;
    if ((below_space | is_delete) != 0) break;
  }
  while (i < in.size() && !is_control(in[i])) ++i;
  return i;
}

/// A walk over one head; a step that finds something wrong leaves `problem`, one that runs out of bytes leaves `more`.
struct HeadParser {
  std::string_view in;
  size_t headers_max;
  size_t at = 0;
  Head head;
  std::optional<HeadProblem> problem;
  bool more = false;
  bool http_1_0 = false;
  bool host_seen = false, transfer_encoding_seen = false;
  bool close_seen = false, keep_alive_seen = false;

  bool fail(int status, std::string_view reason) {
    problem = HeadProblem{status, reason};
    return false;
  }
  bool want_more() {
    more = true;
    return false;
  }

  /// At a CR: consumes CR LF.
  bool line_end() {
    if (in[at] != '\r') return fail(400, "control character or bare LF");
    if (at + 1 == in.size()) return want_more();
    if (in[at + 1] != '\n') return fail(400, "bare CR");
    at += 2;
    return true;
  }

  bool request_line() {
    // One empty line before the request line is what RFC 9112 (2.2) asks servers to overlook.
    if (at < in.size() && in[at] == '\r' && !line_end()) return false;
    const size_t method = at;
    while (at < in.size() && is_token(in[at])) ++at;
    if (at == in.size()) return want_more();
    if (in[at] != ' ' || at == method) return fail(400, "no method");
    head.method = in.substr(method, at - method);

    const size_t target = ++at;
    while (at < in.size() && in[at] > 0x20 && in[at] < 0x7f) ++at;
    if (at == in.size()) return want_more();
    if (in[at] != ' ' || at == target) return fail(400, "bad request target");
    head.target = in.substr(target, at - target);
    ++at;

    constexpr std::string_view kVersion = "HTTP/1.1";
    if (in.size() - at < kVersion.size() + 1) {
      const std::string_view rest = in.substr(at);
      const std::string_view name = rest.substr(0, 5);
      return kVersion.starts_with(name) ? want_more() : fail(400, "not HTTP");
    }
    const std::string_view version = in.substr(at, kVersion.size());
    const auto digit = [](char c) { return c >= '0' && c <= '9'; };
    if (!version.starts_with("HTTP/") || !digit(version[5]) || version[6] != '.' || !digit(version[7])) return fail(400, "not HTTP");
    if (version != "HTTP/1.1" && version != "HTTP/1.0") return fail(505, "HTTP version");
    http_1_0 = version[7] == '0';
    at += kVersion.size();
    return line_end() && split_target();
  }

  bool split_target() {
    std::string_view rest = head.target;
    if (rest[0] != '/') {
      if (rest == "*" && head.method == "OPTIONS") {
        head.path = rest;
        return true;
      }
      const size_t scheme = rest.find("://");  // absolute-form, as sent to proxies
      if (scheme == 0 || scheme == std::string_view::npos) return fail(400, "bad request target");
      const std::string_view name = rest.substr(0, scheme);
      if (!text::equals_ignoring_case(name, "http") && !text::equals_ignoring_case(name, "https")) return fail(400, "bad request target");
      rest.remove_prefix(scheme + 3);
      const size_t path = rest.find_first_of("/?");
      if (path == 0 || rest.empty()) return fail(400, "bad request target");
      rest = path == std::string_view::npos ? rest.substr(rest.size()) : rest.substr(path);
    }
    const size_t question = rest.find('?');
    head.path = rest.substr(0, question);
    if (question != std::string_view::npos) head.query = rest.substr(question + 1);
    return true;
  }

  bool header_line() {
    if (head.headers.size() == headers_max) return fail(431, "too many headers");
    const size_t name = at;
    while (at < in.size() && is_token(in[at])) ++at;
    if (at == in.size()) return want_more();
    if (in[at] != ':' || at == name) return fail(400, "bad header name or folded line");
    Header header;
    header.name = in.substr(name, at - name);
    ++at;
    while (at < in.size() && is_blank(in[at])) ++at;
    const size_t value = at;
    for (;;) {
      at = find_control(in, at);
      if (at == in.size()) return want_more();
      if (in[at] != '\t') break;
      ++at;
    }
    size_t end = at;
    while (end > value && is_blank(in[end - 1])) --end;
    header.value = in.substr(value, end - value);
    if (!line_end() || !note(header)) return false;
    head.headers.push_back(header);
    return true;
  }

  /// Takes in those headers that frame the message.
  bool note(const Header& header) {
    const auto named = [&](std::string_view name) { return text::equals_ignoring_case(header.name, name); };
    switch (header.name.size()) {
      case 4:
        if (named("Host")) return note_host(header.value);
        break;
      case 6:
        if (named("Expect")) {
          if (!text::equals_ignoring_case(header.value, "100-continue")) return fail(417, "unknown expectation");
          head.expect_continue = true;
        }
        break;
      case 10:
        if (named("Connection")) return note_connection(header.value);
        break;
      case 14:
        if (named("Content-Length")) return note_length(header.value);
        break;
      case 17:
        if (named("Transfer-Encoding")) return note_transfer_encoding(header.value);
        break;
      default:
        break;
    }
    return true;
  }

  bool note_host(std::string_view value) {
    if (host_seen) return fail(400, "two Host headers");
    host_seen = true;
    if (value.find_first_of(" \t/?#@\\,\"<>") != std::string_view::npos) return fail(400, "bad Host");
    return true;
  }

  bool note_connection(std::string_view value) {
    while (!value.empty()) {
      const size_t comma = value.find(',');
      const std::string_view option = text::trim(value.substr(0, comma));
      if (!std::all_of(option.begin(), option.end(), is_token)) return fail(400, "bad Connection");
      if (text::equals_ignoring_case(option, "close")) close_seen = true;
      if (text::equals_ignoring_case(option, "keep-alive")) keep_alive_seen = true;
      if (comma == std::string_view::npos) break;
      value.remove_prefix(comma + 1);
    }
    return true;
  }

  bool note_length(std::string_view value) {
    if (head.content_length) return fail(400, "two Content-Length headers");
    if (!text::is_digits(value)) return fail(400, "bad Content-Length");
    constexpr size_t kDigitsMax = 18;
    while (value.size() > 1 && value[0] == '0') value.remove_prefix(1);
    if (value.size() > kDigitsMax) return fail(413, "Content-Length beyond measure");
    uint64_t length = 0;
    for (const char c : value) length = length * 10 + static_cast<uint64_t>(c - '0');
    head.content_length = length;
    return true;
  }

  bool note_transfer_encoding(std::string_view value) {
    if (transfer_encoding_seen) return fail(400, "two Transfer-Encoding headers");
    transfer_encoding_seen = true;
    if (text::equals_ignoring_case(value, "chunked")) {
      head.chunked = true;
      return true;
    }
    return fail(501, "unknown transfer coding");
  }

  bool conclude() {
    if (!http_1_0 && !host_seen) return fail(400, "no Host");
    if (transfer_encoding_seen && head.content_length) return fail(400, "both Content-Length and Transfer-Encoding");
    if (transfer_encoding_seen && http_1_0) return fail(400, "Transfer-Encoding in HTTP/1.0");
    head.http_1_0 = http_1_0;
    head.keep_alive = !close_seen && (!http_1_0 || keep_alive_seen);
    // RFC 9110 10.1.1. An empty body counts: botocore waits for the word before it, too, and stumbles over its next request on
    // the connection if it does not get it.
    const bool has_body = head.chunked || head.content_length;
    if (http_1_0 || !has_body) head.expect_continue = false;
    return true;
  }

  bool run() {
    if (!request_line()) return false;
    head.headers.reserve(std::min(kHeadersGuess, headers_max));
    for (;;) {
      if (at == in.size()) return want_more();
      if (in[at] == '\r') return line_end() && conclude();
      if (!header_line()) return false;
    }
  }
};

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// "1a2b" or "1a2b;name=value", without the line end.
std::optional<uint64_t> chunk_size(std::string_view line) {
  constexpr size_t kHexDigitsMax = 15;
  uint64_t size = 0;
  size_t digits = 0;
  while (digits < line.size() && hex_digit(line[digits]) >= 0) {
    if (digits == kHexDigitsMax) return std::nullopt;
    size = size * 16 + static_cast<uint64_t>(hex_digit(line[digits++]));
  }
  if (digits == 0) return std::nullopt;
  std::string_view rest = line.substr(digits);
  while (!rest.empty() && is_blank(rest[0])) rest.remove_prefix(1);
  if (!rest.empty() && rest[0] != ';') return std::nullopt;
  if (rest.empty() && digits != line.size()) return std::nullopt;  // blanks, but no extension
  return size;
}

bool is_trailer_line(std::string_view line) {
  size_t name = 0;
  while (name < line.size() && is_token(line[name])) ++name;
  return name > 0 && name < line.size() && line[name] == ':';
}

bool has_forbidden_control(std::string_view line) {
  for (size_t i = find_control(line, 0); i < line.size(); i = find_control(line, i + 1)) {
    if (line[i] != '\t') return true;
  }
  return false;
}

}  // namespace

std::optional<std::string_view> Head::header(std::string_view name) const {
  for (const Header& header : headers) {
    if (header.name.size() == name.size() && text::equals_ignoring_case(header.name, name)) return header.value;
  }
  return std::nullopt;
}

Result<ParsedHead, HeadProblem> parse_head(std::string_view in, size_t head_bytes_max, size_t headers_max) {
  HeadParser parser{.in = in.substr(0, head_bytes_max), .headers_max = headers_max};
  if (parser.run()) return ParsedHead{parser.at, std::move(parser.head)};
  if (parser.problem) return tl::unexpected(*parser.problem);
  if (in.size() < head_bytes_max) return ParsedHead{};
  const bool in_request_line = parser.in.find('\n', 2) == std::string_view::npos;
  return tl::unexpected(in_request_line ? HeadProblem{414, "request line too long"} : HeadProblem{431, "head too large"});
}

ChunkedDecoder::State ChunkedDecoder::feed(std::string_view in, size_t& consumed, std::string& out) {
  const std::string_view all = in;
  const auto finish = [&](State state) {
    consumed = all.size() - in.size();
    return state;
  };
  const auto bad = [&] {
    phase_ = Phase::kBad;
    return finish(State::kBad);
  };
  while (phase_ != Phase::kDone && phase_ != Phase::kBad && !in.empty()) {
    if (phase_ == Phase::kData) {
      const size_t n = std::min<uint64_t>(left_, in.size());
      out.append(in.substr(0, n));
      in.remove_prefix(n);
      left_ -= n;
      if (left_ == 0) phase_ = Phase::kDataEnd;
      continue;
    }
    // The other phases take whole lines.
    const size_t lf = in.find('\n');
    const size_t n = lf == std::string_view::npos ? in.size() : lf + 1;
    const size_t line_max = phase_ == Phase::kDataEnd ? 2 : phase_ == Phase::kSize ? kChunkLineBytesMax : kTrailerBytesMax;
    if (line_.size() + n > line_max) return bad();
    line_.append(in.substr(0, n));
    in.remove_prefix(n);
    if (phase_ == Phase::kDataEnd && !std::string_view("\r\n").starts_with(line_)) return bad();
    if (line_.back() != '\n') continue;
    if (line_.size() < 2 || line_[line_.size() - 2] != '\r') return bad();
    const std::string_view line = std::string_view(line_).substr(0, line_.size() - 2);
    if (has_forbidden_control(line)) return bad();
    switch (phase_) {
      case Phase::kSize: {
        const std::optional<uint64_t> size = chunk_size(line);
        if (!size) return bad();
        left_ = *size;
        phase_ = left_ == 0 ? Phase::kTrailer : Phase::kData;
        break;
      }
      case Phase::kDataEnd:
        if (!line.empty()) return bad();
        phase_ = Phase::kSize;
        break;
      default:
        trailer_bytes_ += line_.size();
        if (line.empty()) {
          phase_ = Phase::kDone;
        } else if (trailer_bytes_ > kTrailerBytesMax || !is_trailer_line(line)) {
          return bad();
        }
    }
    line_.clear();
  }
  return finish(phase_ == Phase::kDone ? State::kDone : phase_ == Phase::kBad ? State::kBad : State::kMore);
}

}  // namespace cairn::http
