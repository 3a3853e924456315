#include "api/operation.h"
#include "api/ports.h"
#include "identity/password.h"
#include "services/iam/entities.h"
#include "services/iam/input.h"
#include "services/iam/password_policy.h"

/// Passwords of users.
namespace cairn::iam {
namespace {

/// Without a name, the caller's own.
Entity meant(api::Call& call) { return entity_named(call, Kind::kUser, user_meant(call)); }

Error no_profile(const Entity& user) { return Error(kNoSuchEntity, "Login Profile for User {} cannot be found.", user.name); }

Json show_profile(const Entity& user) {
  return {{"UserName", user.name},
          {"CreateDate", timestamps::iso8601(user.password_created.value_or(user.created))},
          {"PasswordResetRequired", user.password_reset_required}};
}

void create_login_profile(api::Call& call) {
  Entity user = meant(call);
  if (!user.password.empty()) throw Error(kAlreadyExists, "Login Profile for user {} already exists.", user.name);
  const std::string password = text_of(call.in, "Password");
  password_policy_of(call).check(password);
  user.password = identity::hash_password(password, *call.ports->random);
  user.password_created = call.now;
  user.password_reset_required = call.in.value("PasswordResetRequired", false);
  identity::save(*call.state, user);
  call.out["LoginProfile"] = show_profile(user);
}

void get_login_profile(api::Call& call) {
  const Entity user = meant(call);
  if (user.password.empty()) throw no_profile(user);
  call.out["LoginProfile"] = show_profile(user);
}

void update_login_profile(api::Call& call) {
  Entity user = meant(call);
  if (user.password.empty()) throw no_profile(user);
  if (has(call.in, "Password")) {
    const std::string password = text_of(call.in, "Password");
    password_policy_of(call).check(password);
    user.password = identity::hash_password(password, *call.ports->random);
  }
  if (has(call.in, "PasswordResetRequired")) user.password_reset_required = call.in.value("PasswordResetRequired", false);
  identity::save(*call.state, user);
}

void delete_login_profile(api::Call& call) {
  Entity user = meant(call);
  if (user.password.empty()) throw no_profile(user);
  user.password.clear();
  user.password_created.reset();
  user.password_reset_required = false;
  identity::save(*call.state, user);
}

void change_password(api::Call& call) {
  if (call.principal.kind != aws::Principal::Kind::kUser) throw Error(kInvalidUserType, "Only IAM Users can change their own password");
  Entity user = entity_named(call, Kind::kUser, call.principal.user_name);
  if (user.password.empty()) throw no_profile(user);
  if (!identity::is_password(user.password, text_of(call.in, "OldPassword")))
    throw Error(aws::kAccessDenied, "The old password was incorrect.");
  const std::string password = text_of(call.in, "NewPassword");
  password_policy_of(call).check(password);
  user.password = identity::hash_password(password, *call.ports->random);
  user.password_reset_required = false;
  identity::save(*call.state, user);
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"ChangePassword", change_password, api::Runs::kPool},
    {"CreateLoginProfile", create_login_profile, api::Runs::kPool},
    {"DeleteLoginProfile", delete_login_profile},
    {"GetLoginProfile", get_login_profile},
    {"UpdateLoginProfile", update_login_profile, api::Runs::kPool},
});

}  // namespace
}  // namespace cairn::iam

namespace cairn::services {
extern const api::Family iam_login_profiles;
const api::Family iam_login_profiles{.service = "iam", .operations = iam::kOperations};
}  // namespace cairn::services
