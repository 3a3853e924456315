#include "http/form.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace cairn::http {
namespace {

/// `name="value"` or `name=value` at the front of `rest`, which is moved behind it. Only \" is an escape: some browsers send whole paths,
/// backslashes and all.
std::optional<std::pair<std::string, std::string>> take_parameter(std::string_view& rest) {
  const size_t equals = rest.find('=');
  if (equals == std::string_view::npos) return std::nullopt;
  std::pair<std::string, std::string> parameter{text::lower(text::trim(rest.substr(0, equals))), ""};
  rest = text::trim(rest.substr(equals + 1));
  if (!rest.starts_with('"')) {
    const size_t end = rest.find(';');
    parameter.second = text::trim(rest.substr(0, end));
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    return parameter;
  }
  size_t at = 1;
  for (; at < rest.size() && rest[at] != '"'; ++at) {
    if (rest[at] == '\\' && at + 1 < rest.size() && rest[at + 1] == '"') ++at;
    parameter.second += rest[at];
  }
  if (at == rest.size()) return std::nullopt;
  rest = text::trim(rest.substr(at + 1));
  if (!rest.empty() && rest.front() != ';') return std::nullopt;
  if (!rest.empty()) rest.remove_prefix(1);
  return parameter;
}

/// The part of a header's value before its first parameter; `rest`: the parameters.
std::string_view take_word(std::string_view value, std::string_view& rest) {
  const size_t end = value.find(';');
  rest = end == std::string_view::npos ? std::string_view() : value.substr(end + 1);
  return text::trim(value.substr(0, end));
}

bool is_boundary(std::string_view s) {
  constexpr std::string_view kMarks = "'()+_,-./:=? ";  // RFC 2046's bchars
  return !s.empty() && s.size() <= FormReader::kBoundaryBytesMax && s.back() != ' ' && std::ranges::all_of(s, [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || kMarks.find(c) != std::string_view::npos;
  });
}

}  // namespace

std::optional<std::string> FormReader::boundary(std::string_view content_type) {
  std::string_view rest;
  if (!text::equals_ignoring_case(take_word(content_type, rest), "multipart/form-data")) return std::nullopt;
  while (!text::trim(rest).empty()) {
    std::optional<std::pair<std::string, std::string>> parameter = take_parameter(rest);
    if (!parameter) return std::nullopt;
    if (parameter->first == "boundary") return is_boundary(parameter->second) ? std::optional(std::move(parameter->second)) : std::nullopt;
  }
  return std::nullopt;
}

FormReader::FormReader(std::string_view boundary) : delimiter_("\r\n--" + std::string(boundary)) {}

void FormReader::feed(std::string_view bytes) {
  held_.erase(0, used_);
  used_ = 0;
  held_ += bytes;
}

FormReader::Step FormReader::next() {
  switch (at_) {
    case At::kPreamble:
    case At::kBody:
      return body();
    case At::kAfterDelimiter:
      return after_delimiter();
    case At::kHead:
      return head();
    case At::kEnd:
      used_ = held_.size();
      return Step::kEnd;
    case At::kMalformed:
      break;
  }
  return Step::kMalformed;
}

FormReader::Step FormReader::body() {
  const bool is_part = at_ == At::kBody;
  const size_t found = rest().find(delimiter_);
  // What may be the beginning of a delimiter waits for the rest of it.
  const size_t ready = found != std::string::npos ? found : rest().size() - std::min(rest().size(), delimiter_.size() - 1);
  if (ready > 0) {
    data_ = rest().substr(0, ready);
    used_ += ready;
    if (is_part) return Step::kData;
  }
  if (found == std::string::npos) return Step::kNeedsMore;
  used_ += delimiter_.size();
  at_ = At::kAfterDelimiter;
  return is_part ? Step::kPartEnd : next();
}

FormReader::Step FormReader::after_delimiter() {
  if (rest().size() < 2) return Step::kNeedsMore;
  const std::string_view two = rest().substr(0, 2);
  used_ += 2;
  at_ = two == "--" ? At::kEnd : two == "\r\n" ? At::kHead : At::kMalformed;
  return next();
}

FormReader::Step FormReader::head() {
  constexpr std::string_view kEnd = "\r\n\r\n";
  const size_t end = rest().find(kEnd);
  const bool is_too_long = end == std::string_view::npos ? rest().size() > kPartHeadBytesMax : end > kPartHeadBytesMax;
  if (!is_too_long && end == std::string_view::npos) return Step::kNeedsMore;
  if (is_too_long || !read_head(rest().substr(0, end))) {
    at_ = At::kMalformed;
    return Step::kMalformed;
  }
  used_ += end + kEnd.size();
  at_ = At::kBody;
  return Step::kPart;
}

bool FormReader::read_head(std::string_view lines) {
  name_.clear();
  filename_.reset();
  bool is_named = false;
  while (!lines.empty()) {
    const size_t end = lines.find("\r\n");
    const std::string_view line = lines.substr(0, end);
    lines = end == std::string_view::npos ? std::string_view() : lines.substr(end + 2);
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos) return false;
    if (!text::equals_ignoring_case(line.substr(0, colon), "content-disposition")) continue;
    std::string_view rest;
    if (!text::equals_ignoring_case(take_word(line.substr(colon + 1), rest), "form-data")) return false;
    while (!text::trim(rest).empty()) {
      std::optional<std::pair<std::string, std::string>> parameter = take_parameter(rest);
      if (!parameter) return false;
      if (parameter->first == "name" && std::exchange(is_named, true)) return false;
      if (parameter->first == "name") name_ = std::move(parameter->second);
      else if (parameter->first == "filename") filename_ = std::move(parameter->second);
    }
  }
  return is_named;
}

}  // namespace cairn::http
