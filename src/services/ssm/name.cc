#include "services/ssm/name.h"

#include <algorithm>

#include "base/text.h"
#include "services/ssm/errors.h"

namespace cairn::ssm {
namespace {

constexpr size_t kLevelsMax = 15;
constexpr size_t kArnCharactersMax = 1011;
constexpr std::string_view kArnWord = "parameter/";

bool is_name_character(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.' || c == '-'; }

bool is_reserved(std::string_view name, std::string_view prefix) { return text::lower(name.substr(0, prefix.size())) == prefix; }

/// Sub-paths between slashes, none of them empty.
bool is_sound(std::string_view name) {
  if (name.starts_with('/')) name.remove_prefix(1);
  return std::ranges::all_of(text::split(name, '/'),
                             [](std::string_view part) { return !part.empty() && std::ranges::all_of(part, is_name_character); });
}

}  // namespace

std::string ParameterName::arn() const {
  std::string_view shown = name;
  if (shown.starts_with('/')) shown.remove_prefix(1);
  return fmt::format("arn:aws:ssm:{}:{}:{}{}", region.str(), account.str(), kArnWord, shown);
}

void check_new_name(const ParameterName& of) {
  const std::string& name = of.name;
  const bool is_path = name.find('/', 1) != std::string::npos;
  const std::string_view bare = name.starts_with('/') ? std::string_view(name).substr(1) : std::string_view(name);
  if (is_reserved(bare, "aws") && is_path) throw Error(aws::kAccessDenied, "No access to reserved parameter name: {}.", name);
  if (!is_path && (is_reserved(bare, "aws") || is_reserved(bare, "ssm")))
    throw Error(aws::kValidation, "Parameter name: can't be prefixed with \"aws\" or \"ssm\" (case-insensitive).");
  if (is_path && !name.starts_with('/')) throw Error(aws::kValidation, "Parameter name must be a fully qualified name.");
  if (name.ends_with('/')) throw Error(aws::kValidation, "Parameter name must not end with slash.");
  if (is_reserved(bare, "ssm") || !is_sound(name))
    throw Error(aws::kValidation,
                "Parameter name: can't be prefixed with \"ssm\" (case-insensitive). If formed as a path, it can consist of sub-paths "
                "divided by slash symbol; each sub-path can be formed as a mix of letters, numbers and the following 3 symbols .-_");
  if (text::split(bare, '/').size() > kLevelsMax)
    throw Error(kHierarchyLevelLimit, "A hierarchy can have a maximum of {} levels.", kLevelsMax);
  if (of.arn().size() > kArnCharactersMax)
    throw Error(aws::kValidation, "Parameter name: its ARN must not be longer than {} characters.", kArnCharactersMax);
}

void check_path(std::string_view path) {
  const std::string_view whole = path;
  if (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  if (whole == "/" || (path.starts_with('/') && is_sound(path))) return;
  throw Error(aws::kValidation,
              "The parameter doesn't meet the parameter name requirements. The parameter name must begin with a forward slash \"/\". It "
              "can't be prefixed with \"aws\" or \"ssm\" (case-insensitive). It must use only letters, numbers, or the following "
              "symbols: . (period), - (hyphen), _ (underscore). Special characters are not allowed. All sub-paths, if specified, must "
              "use the forward slash symbol \"/\". Valid example: /get/parameters2-/by1./path0_.");
}

std::optional<int64_t> Named::version() const {
  if (selector.empty()) return std::nullopt;
  return text::to_int(std::string_view(selector).substr(1));
}

std::optional<Named> parse_named(const api::Call& call, std::string_view given) {
  Named named{.name = {call.account, call.region, ""}, .alternative = {}, .selector = {}};
  std::string_view name = given;
  const bool is_arn = given.starts_with("arn:");
  if (is_arn) {  // arn:aws:ssm:REGION:ACCOUNT:parameter/NAME
    const std::vector<std::string_view> parts = text::split(given, ':');
    if (parts.size() < 6 || parts[2] != "ssm" || !parts[5].starts_with(kArnWord) || !aws::is_account_id(parts[4])) return std::nullopt;
    named.name.region = aws::Region(std::string(parts[3]));
    named.name.account = aws::AccountId(std::string(parts[4]));
    name = given.substr(static_cast<size_t>(parts[5].data() - given.data()) + kArnWord.size() - 1);  // from the slash on
    if (named.name.region != call.region) return std::nullopt;
  }
  if (const size_t colon = name.find(':'); colon != std::string_view::npos) {
    named.selector = std::string(name.substr(colon));
    name = name.substr(0, colon);
  }
  named.name.name = std::string(name);
  if (is_arn && name.rfind('/') == 0) named.alternative = std::string(name.substr(1));
  if (!is_sound(name) || named.selector.find(':', 1) != std::string::npos) return std::nullopt;
  return named;
}

}  // namespace cairn::ssm
