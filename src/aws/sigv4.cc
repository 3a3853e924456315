#include "aws/sigv4.h"

#include <algorithm>
#include <array>

#include "aws/sigv4_text.h"
#include "base/crypto.h"
#include "base/text.h"

namespace cairn::aws::sigv4 {
namespace {

constexpr std::string_view kSignatureParameter = "X-Amz-Signature";

bool is_unreserved(unsigned char c) {
  static constexpr auto kTable = [] {
    std::array<bool, 256> table{};
    for (int i = 'A'; i <= 'Z'; ++i) table[static_cast<size_t>(i)] = true;
    for (int i = 'a'; i <= 'z'; ++i) table[static_cast<size_t>(i)] = true;
    for (int i = '0'; i <= '9'; ++i) table[static_cast<size_t>(i)] = true;
    for (char i : {'-', '_', '.', '~'}) table[static_cast<size_t>(i)] = true;
    return table;
  }();
  return kTable[c];
}

void append_encoded(std::string& out, unsigned char c) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  if (is_unreserved(c)) {
    out += static_cast<char>(c);
    return;
  }
  out += '%';
  out += kDigits[c >> 4];
  out += kDigits[c & 15];
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// Decodes and encodes in one go, so that every spelling of the same bytes becomes the one that both sides sign.
void append_recoded(std::string& out, std::string_view raw, bool keep_slash, bool plus_is_space) {
  for (size_t i = 0; i < raw.size(); ++i) {
    const char c = raw[i];
    if (c == '%' && i + 2 < raw.size() && hex_value(raw[i + 1]) >= 0 && hex_value(raw[i + 2]) >= 0) {
      const auto byte = static_cast<unsigned char>(hex_value(raw[i + 1]) << 4 | hex_value(raw[i + 2]));
      i += 2;
      append_encoded(out, byte);
    } else if (c == '+' && plus_is_space) {
      out += "%20";
    } else if (c == '/' && keep_slash) {
      out += '/';
    } else {
      append_encoded(out, static_cast<unsigned char>(c));
    }
  }
}

/// RFC 3986's dot segments and empty segments go; what is left is encoded as it stands (so a %20 becomes %2520).
void append_normalised(std::string& out, std::string_view path) {
  const size_t start = out.size();
  std::vector<size_t> segments;  // where each kept segment's slash is
  const bool ends_in_slash = path.ends_with('/');
  while (!path.empty()) {
    const size_t slash = path.find('/');
    const std::string_view segment = path.substr(0, slash);
    path = slash == path.npos ? std::string_view() : path.substr(slash + 1);
    if (segment.empty() || segment == ".") continue;
    if (segment == "..") {
      if (!segments.empty()) {
        out.resize(segments.back());
        segments.pop_back();
      }
      continue;
    }
    segments.push_back(out.size());
    out += '/';
    for (char c : segment) append_encoded(out, static_cast<unsigned char>(c));
  }
  if (out.size() == start || ends_in_slash) out += '/';
}

void append_path(std::string& out, std::string_view path, std::string_view service) {
  if (path.empty() || path == "/") {
    out += '/';
  } else if (service == "s3") {
    append_recoded(out, path, true, false);
  } else {
    append_normalised(out, path);
  }
}

/// Name and value of every parameter, encoded, in order of the encoded text. The signature itself is left out.
void append_query(std::string& out, std::string_view query, Claim::Form form) {
  if (query.empty()) return;
  struct Parameter {
    size_t begin, equals, end;  // in `text`
  };
  thread_local std::string text;
  thread_local std::vector<Parameter> parameters;
  text.clear();
  parameters.clear();
  each_parameter(query, [&](std::string_view name, std::string_view value) {
    const size_t begin = text.size();
    append_recoded(text, name, false, true);
    if (form == Claim::Form::kPresigned && std::string_view(text).substr(begin) == kSignatureParameter) {
      text.resize(begin);
      return;
    }
    const size_t equals = text.size();
    text += '=';
    append_recoded(text, value, false, true);
    parameters.push_back({begin, equals, text.size()});
  });
  const auto name = [&](const Parameter& p) { return std::string_view(text).substr(p.begin, p.equals - p.begin); };
  const auto value = [&](const Parameter& p) { return std::string_view(text).substr(p.equals + 1, p.end - p.equals - 1); };
  const auto before = [&](const Parameter& a, const Parameter& b) {
    const int order = name(a).compare(name(b));
    return order != 0 ? order < 0 : value(a) < value(b);
  };
  if (!std::is_sorted(parameters.begin(), parameters.end(), before)) std::sort(parameters.begin(), parameters.end(), before);
  for (const Parameter& p : parameters) {
    if (&p != parameters.data()) out += '&';
    out.append(text, p.begin, p.end - p.begin);
  }
}

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

/// Blanks at both ends go, runs of them inside become one.
void append_header_value(std::string& out, std::string_view value) {
  value = text::trim(value);
  size_t copied = 0;
  for (size_t i = 1; i < value.size(); ++i) {
    const bool run = is_blank(value[i]) && (value[i] != ' ' || is_blank(value[i - 1]));
    if (!run) continue;
    out += value.substr(copied, i - copied);
    if (!is_blank(value[i - 1])) out += ' ';
    copied = i + 1;
  }
  out += value.substr(std::min(copied, value.size()));
}

/// A header that was signed but did not arrive has an empty value, as on AWS: the signature then shows the difference.
void append_headers(std::string& out, const Request& request, std::string_view signed_headers) {
  for (std::string_view rest = signed_headers; !rest.empty();) {
    const size_t end = rest.find(';');
    const std::string_view name = rest.substr(0, end);
    rest = end == rest.npos ? std::string_view() : rest.substr(end + 1);
    out += name;
    out += ':';
    bool again = false;
    for (const auto& [sent, value] : request.headers) {
      if (!same_header(sent, name)) continue;
      if (again) out += ',';
      again = true;
      append_header_value(out, value);
    }
    out += '\n';
  }
}

}  // namespace

std::string signing_key(const Secret& secret, std::string_view date, std::string_view region, std::string_view service) {
  std::string key = "AWS4" + secret.reveal();
  for (std::string_view part : {date, region, service, std::string_view("aws4_request")}) key = crypto::hmac_sha256(key, part);
  return key;
}

std::string canonical_request(const Request& request, const Claim& claim, std::string_view body_hash) {
  std::string out;
  out.reserve(1024);
  out += request.method;
  out += '\n';
  append_path(out, request.path, claim.service);
  out += '\n';
  append_query(out, request.query, claim.form);
  out += '\n';
  append_headers(out, request, claim.signed_headers);
  out += '\n';
  out += claim.signed_headers;
  out += '\n';
  out += body_hash;
  return out;
}

std::string scope(const Claim& claim) {
  std::string out;
  out.reserve(64);
  out += claim.date;
  out += '/';
  out += claim.region.str();
  out += '/';
  out += claim.service;
  out += "/aws4_request";
  return out;
}

std::string string_to_sign(const Claim& claim, std::string_view canonical_request) {
  std::string out;
  out.reserve(192);
  out += kAlgorithm;
  out += '\n';
  out += claim.date_time;
  out += '\n';
  out += scope(claim);
  out += '\n';
  out += text::hex(crypto::sha256(canonical_request));
  return out;
}

std::string signature(std::string_view signing_key, std::string_view string_to_sign) {
  return text::hex(crypto::hmac_sha256(signing_key, string_to_sign));
}

std::vector<std::pair<std::string, std::string>> sign(const Signer& signer, const Request& request, std::string_view body, Time now) {
  Claim claim;
  claim.access_key = signer.access_key;
  claim.date_time = timestamps::basic(now);
  claim.date = claim.date_time.substr(0, 8);
  claim.region = signer.region;
  claim.service = signer.service;
  const std::string body_hash = text::hex(crypto::sha256(body));

  std::vector<std::pair<std::string, std::string>> added = {{"X-Amz-Date", claim.date_time}, {"X-Amz-Content-Sha256", body_hash}};
  if (!signer.session_token.empty()) added.emplace_back("X-Amz-Security-Token", signer.session_token);
  Request whole = request;
  for (const auto& [name, value] : added) whole.headers.emplace_back(name, value);
  std::vector<std::string> names;
  for (const auto& [name, value] : whole.headers) names.push_back(text::lower(name));
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  for (const std::string& name : names) claim.signed_headers += (claim.signed_headers.empty() ? "" : ";") + name;

  const std::string key = signing_key(signer.secret, claim.date, claim.region.str(), claim.service);
  const std::string signed_with = signature(key, string_to_sign(claim, canonical_request(whole, claim, body_hash)));
  added.emplace_back("Authorization", fmt::format("{} Credential={}/{}, SignedHeaders={}, Signature={}", kAlgorithm, claim.access_key.str(),
                                                  scope(claim), claim.signed_headers, signed_with));
  return added;
}

}  // namespace cairn::aws::sigv4
