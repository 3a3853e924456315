#include "services/s3/cors.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "services/s3/errors.h"
#include "services/s3/input.h"

namespace cairn::s3 {
namespace {

constexpr ErrorKind kMaxMessageLengthExceeded{.code = "MaxMessageLengthExceeded", .status = 400};
constexpr auto kMethods = std::to_array<std::string_view>({"DELETE", "GET", "HEAD", "POST", "PUT"});

const Json& list_of(const Json& rule, const char* member) {
  static const Json kNone = Json::array();
  const auto it = rule.find(member);
  return it == rule.end() ? kNone : *it;
}

/// `pattern` has one star at most, which stands for anything.
bool fits(std::string_view pattern, std::string_view word) {
  const size_t star = pattern.find('*');
  if (star == std::string_view::npos) return pattern == word;
  const std::string_view front = pattern.substr(0, star), back = pattern.substr(star + 1);
  return word.size() >= front.size() + back.size() && word.starts_with(front) && word.ends_with(back);
}

bool has_fitting(const Json& patterns, std::string_view word) {
  return std::ranges::any_of(patterns, [&](const Json& pattern) { return fits(pattern.get_ref<const std::string&>(), word); });
}

/// Header names, in lower case; case does not count.
std::vector<std::string> names_of(std::string_view headers) {
  std::vector<std::string> names;
  if (text::trim(headers).empty()) return names;
  for (const std::string_view name : text::split(headers, ',')) names.push_back(text::lower(text::trim(name)));
  return names;
}

bool allows_headers(const Json& rule, const std::vector<std::string>& names) {
  std::vector<std::string> allowed;
  for (const Json& pattern : list_of(rule, "AllowedHeaders")) allowed.push_back(text::lower(pattern.get_ref<const std::string&>()));
  return std::ranges::all_of(names, [&](const std::string& name) {
    return std::ranges::any_of(allowed, [&](const std::string& pattern) { return fits(pattern, name); });
  });
}

template <class Words>
std::string joined(const Words& words) {
  std::string line;
  for (const auto& word : words) {
    if (!line.empty()) line += ", ";
    line += std::string_view(word);
  }
  return line;
}

std::string joined_list(const Json& words) { return joined(words.get<std::vector<std::string>>()); }

void check_wildcards(const Json& patterns, std::string_view element) {
  for (const Json& item : patterns) {
    const std::string& pattern = item.get_ref<const std::string&>();
    if (std::ranges::count(pattern, '*') > 1)
      throw Error(kInvalidRequest, "{} \"{}\" can not have more than one wildcard.", element, pattern);
  }
}

}  // namespace

std::optional<CorsHeaders> cors_headers(const Json& rules, const CorsRequest& request) {
  const std::vector<std::string> names = names_of(request.headers);
  for (const Json& rule : rules) {
    const Json& methods = list_of(rule, "AllowedMethods");
    const Json& origins = list_of(rule, "AllowedOrigins");
    if (std::ranges::find(methods, request.method) == methods.end()) continue;
    if (!has_fitting(origins, request.origin) || !allows_headers(rule, names)) continue;
    CorsHeaders headers;
    const bool is_for_all = std::ranges::find(origins, "*") != origins.end();
    headers.emplace_back("Access-Control-Allow-Origin", is_for_all ? "*" : std::string(request.origin));
    headers.emplace_back("Access-Control-Allow-Methods", joined_list(methods));
    if (!names.empty()) headers.emplace_back("Access-Control-Allow-Headers", joined(names));
    if (const Json& exposed = list_of(rule, "ExposeHeaders"); !exposed.empty())
      headers.emplace_back("Access-Control-Expose-Headers", joined_list(exposed));
    if (const auto seconds = number_of(rule, "MaxAgeSeconds")) headers.emplace_back("Access-Control-Max-Age", std::to_string(*seconds));
    if (!is_for_all) headers.emplace_back("Access-Control-Allow-Credentials", "true");
    headers.emplace_back("Vary", "Origin, Access-Control-Request-Headers, Access-Control-Request-Method");
    return headers;
  }
  return std::nullopt;
}

void check_cors_rules(const Json& rules) {
  if (rules.empty()) throw malformed_xml();
  if (rules.size() > kCorsRulesMax)
    throw Error(kInvalidRequest, "The number of CORS rules should not exceed allowed limit of {} rules.", kCorsRulesMax);
  constexpr size_t kIdCharactersMax = 255;
  for (const Json& rule : rules) {
    const Json& methods = list_of(rule, "AllowedMethods");
    const Json& origins = list_of(rule, "AllowedOrigins");
    if (methods.empty() || origins.empty() || text::code_points(text_of(rule, "ID")) > kIdCharactersMax) throw malformed_xml();
    for (const Json& method : methods) {
      if (std::ranges::find(kMethods, method.get_ref<const std::string&>()) == kMethods.end())
        throw Error(kInvalidRequest, "Found unsupported HTTP method in CORS config. Unsupported method is {}",
                    method.get_ref<const std::string&>());
    }
    check_wildcards(origins, "AllowedOrigin");
    check_wildcards(list_of(rule, "AllowedHeaders"), "AllowedHeader");
    for (const Json& item : list_of(rule, "ExposeHeaders")) {
      const std::string& name = item.get_ref<const std::string&>();
      if (name.find('*') != std::string::npos)
        throw Error(kInvalidRequest, "ExposeHeader \"{}\" contains wildcard. We currently do not support wildcard for ExposeHeader.", name);
    }
  }
  if (json::dump(rules).size() > kCorsBytesMax) throw Error(kMaxMessageLengthExceeded, "Your request was too big.");
}

}  // namespace cairn::s3
