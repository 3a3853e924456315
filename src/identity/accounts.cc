#include "identity/accounts.h"

#include "base/check.h"
#include "identity/aws_managed.h"

namespace cairn::identity {
namespace {

constexpr const char* kKeyLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr const char* kSecretLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr size_t kSecretLength = 40;
constexpr const char* kFirstAdministrator = "admin";
constexpr const char* kOwnerName = "owner.cairn.internal";
const std::string kOwnerKey = "iam/owner-key";  // the id of the access key without an account

NewCredentials draw(env::Random& random, std::string_view prefix, size_t letters) {
  return {aws::AccessKeyId(std::string(prefix) + random.letters(letters, kKeyLetters)),
          Secret(random.letters(kSecretLength, kSecretLetters))};
}

void save_sealed(state::Transaction& state, const state::Sealer& sealer, AccessKey key, const Secret& secret) {
  seal(sealer, key, secret);
  save(state, key);
}

}  // namespace

aws::Principal root_principal(const aws::AccountId& account) {
  aws::Principal root;
  root.kind = aws::Principal::Kind::kRoot;
  root.account = account;
  root.principal_id = account.str();
  root.arn = fmt::format("arn:aws:iam::{}:root", account.str());
  root.is_administrator = true;
  return root;
}

aws::Principal user_principal(const Entity& user) {
  aws::Principal principal;
  principal.kind = aws::Principal::Kind::kUser;
  principal.account = user.account;
  principal.principal_id = user.id;
  principal.arn = user.arn();
  principal.user_name = user.name;
  return principal;
}

NewCredentials make_access_key(state::Transaction& state, const state::Sealer& sealer, env::Random& random, Time now,
                               const aws::AccountId& account, const std::string& user) {
  NewCredentials made = draw(random, "AKIA", 16);
  save_sealed(state, sealer, {.id = made.access_key, .account = account, .user = user, .created = now}, made.secret);
  if (user.empty()) {
    std::optional<Account> owner = find_account(state, account);
    CHECK(owner.has_value());
    owner->access_keys.push_back(made.access_key.str());
    save(state, *owner);
  } else {
    std::optional<Entity> owner = find_entity(state, Entity::Kind::kUser, account, user);
    CHECK(owner.has_value());
    owner->access_keys.push_back(made.access_key.str());
    save(state, *owner);
  }
  return made;
}

void make_account(state::Transaction& state, Time now, const aws::AccountId& account, const std::string& name) {
  save(state, Account{.id = account, .name = name, .created = now});
}

NewCredentials make_first_account(state::Transaction& state, const state::Sealer& sealer, env::Random& random, Time now,
                                  const aws::AccountId& account) {
  make_account(state, now, account, "");
  Entity administrator{.account = account, .name = kFirstAdministrator, .id = new_id(random, "AIDA"), .created = now};
  attach(state, administrator, kAdministratorAccess);
  return make_access_key(state, sealer, random, now, account, administrator.name);
}

NewCredentials make_owner_key(state::Transaction& state, const state::Sealer& sealer, env::Random& random, Time now) {
  if (const std::optional<std::string> before = state.get(kOwnerKey)) state.erase(access_key_key(aws::AccessKeyId(*before)));
  NewCredentials made = draw(random, "OWNER", 15);
  save_sealed(state, sealer, {.id = made.access_key, .created = now}, made.secret);
  state.put(kOwnerKey, made.access_key.str());
  return made;
}

bool has_owner_key(state::Transaction& state) { return state.exists(kOwnerKey); }

aws::Principal owner_principal() {
  aws::Principal owner;
  owner.kind = aws::Principal::Kind::kService;
  owner.user_name = kOwnerName;
  return owner;
}

bool is_owner(const aws::Principal& principal) {
  return principal.kind == aws::Principal::Kind::kService && principal.user_name == kOwnerName;
}

void attach(state::Transaction& state, Entity& entity, std::string_view policy_arn) {
  if (std::ranges::find(entity.attached, policy_arn) == entity.attached.end()) entity.attached.emplace_back(policy_arn);
  state.put(usage_key(entity.account, policy_arn, Usage::kAttached, entity), entity.name);
  save(state, entity);
}

void detach(state::Transaction& state, Entity& entity, std::string_view policy_arn) {
  std::erase(entity.attached, policy_arn);
  state.erase(usage_key(entity.account, policy_arn, Usage::kAttached, entity));
  save(state, entity);
}

}  // namespace cairn::identity
