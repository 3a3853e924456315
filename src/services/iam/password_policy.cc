#include "services/iam/password_policy.h"

#include <algorithm>

#include "api/operation.h"
#include "base/text.h"
#include "services/iam/entities.h"
#include "services/iam/input.h"

namespace cairn::iam {
namespace {

constexpr int64_t kLengthUsual = 8;
constexpr std::string_view kSymbols = "!@#$%^&*()_+-=[]{}|'";

int count_kinds(std::string_view password) {
  const auto any = [&](auto&& is) { return std::ranges::any_of(password, is) ? 1 : 0; };
  return any([](char c) { return c >= 'A' && c <= 'Z'; }) + any([](char c) { return c >= 'a' && c <= 'z'; }) +
         any([](char c) { return c >= '0' && c <= '9'; }) + any([](char c) { return kSymbols.find(c) != std::string_view::npos; });
}

}  // namespace

void PasswordPolicy::check(std::string_view password) const {
  const auto asks = [&](const char* member) { return settings_.value(member, false); };
  const auto lacks = [&](auto&& is) { return std::ranges::none_of(password, is); };
  const int64_t length = settings_.value("MinimumPasswordLength", settings_.empty() ? kLengthUsual : 6);
  const auto refuse = [](std::string_view words) { return Error(kPasswordPolicyViolation, "{}", words); };
  if (static_cast<int64_t>(text::code_points(password)) < length)
    throw refuse(fmt::format("Password should have a minimum length of {}", length));
  if (settings_.empty() && count_kinds(password) < 3)
    throw refuse("Password should include at least three of: uppercase letters, lowercase letters, numbers, symbols");
  if (asks("RequireSymbols") && lacks([](char c) { return kSymbols.find(c) != std::string_view::npos; }))
    throw refuse("Password should have at least one symbol");
  if (asks("RequireNumbers") && lacks([](char c) { return c >= '0' && c <= '9'; }))
    throw refuse("Password should have at least one number");
  if (asks("RequireUppercaseCharacters") && lacks([](char c) { return c >= 'A' && c <= 'Z'; }))
    throw refuse("Password should have at least one uppercase letter");
  if (asks("RequireLowercaseCharacters") && lacks([](char c) { return c >= 'a' && c <= 'z'; }))
    throw refuse("Password should have at least one lowercase letter");
}

PasswordPolicy password_policy_of(api::Call& call) {
  const std::optional<identity::Account> account = identity::find_account(*call.state, call.account);
  if (!account || account->password_policy.empty()) return PasswordPolicy(Json::object());
  return PasswordPolicy(json::parse(account->password_policy).value());
}

}  // namespace cairn::iam
