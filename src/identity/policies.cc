#include "identity/policies.h"

#include <stdexcept>

#include "identity/aws_managed.h"

namespace cairn::identity {
namespace {

using aws::policy::Kind;
using aws::policy::Policy;

constexpr size_t kCompiledBytesMax = 4 << 20;   // of texts; compiled, each takes some ten times as much
constexpr size_t kDirectoryBytesMax = 4 << 20;  // of the texts of all policies of the principals that are kept
constexpr size_t kSetOverheadBytes = 256;

bool has_variable(std::string_view text) { return text.find("${") != std::string_view::npos; }

bool looks_at_context(const Policy& policy) {
  return std::ranges::any_of(policy.statements(), [](const aws::policy::Statement& statement) {
    return !statement.conditions.empty() ||
           std::ranges::any_of(statement.resources, [](const auto& resource) { return has_variable(resource.text()); });
  });
}

constexpr const char* kNothing = R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","NotAction":"*","Resource":"*"}})";

std::string member(const Json& object, std::string_view name) {
  const auto it = object.find(name);
  return it != object.end() && it->is_string() ? it->get<std::string>() : std::string();
}

}  // namespace

std::shared_ptr<const Policy> compiled_policy(const std::string& text, Kind kind) {
  static Lru<std::string, const Policy> cache(kCompiledBytesMax);
  const std::string key = static_cast<char>('0' + static_cast<int>(kind)) + text;
  if (std::shared_ptr<const Policy> kept = cache.get(key)) return kept;
  Result<Policy, aws::policy::Problem> policy = Policy::parse(text, kind);
  if (!policy) throw std::runtime_error("a stored policy cannot be read: " + policy.error().message());
  auto compiled = std::make_shared<const Policy>(std::move(*policy));
  cache.put(key, compiled, key.size());
  return compiled;
}

std::optional<std::string> managed_policy_text(state::Transaction& state, std::string_view arn) {
  if (const AwsManagedPolicy* policy = find_aws_managed(arn)) return std::string(policy->text);
  const std::optional<ManagedPolicy> policy = find_policy(state, arn);
  return policy ? std::optional(policy->text()) : std::nullopt;
}

// ---- sets

PolicySet::PolicySet(std::vector<Source> sources, std::shared_ptr<const Policy> boundary, Tags tags)
    : sources_(std::move(sources)), boundary_(std::move(boundary)), tags_(std::move(tags)) {
  point();
}

PolicySet::PolicySet(const PolicySet& other, std::vector<std::shared_ptr<const Policy>> session)
    : sources_(other.sources_),
      boundary_(other.boundary_),
      session_(std::move(session)),
      tags_(other.tags_),
      text_bytes_(other.text_bytes_) {
  point();
}

void PolicySet::point() {
  const auto look = [&](const Policy& policy) { looks_at_context_ = looks_at_context_ || identity::looks_at_context(policy); };
  for (const Source& source : sources_) {
    identity_pointers_.push_back(source.policy.get());
    look(*source.policy);
  }
  for (const auto& policy : session_) {
    session_pointers_.push_back(policy.get());
    look(*policy);
  }
  if (boundary_ != nullptr) look(*boundary_);
}

aws::policy::Policies PolicySet::policies() const {
  return {.identity = identity_pointers_, .boundary = boundary_.get(), .session = session_pointers_};
}

std::shared_ptr<const PolicySet> PolicySet::none() {
  static const std::shared_ptr<const PolicySet> set = std::make_shared<const PolicySet>();
  return set;
}

std::shared_ptr<const PolicySet> PolicySet::everything() {
  static const std::shared_ptr<const PolicySet> set = std::make_shared<const PolicySet>(
      std::vector{Source{.policy = compiled_policy(std::string(find_aws_managed(kAdministratorAccess)->text), Kind::kIdentity),
                         .type = Source::Type::kAwsManaged,
                         .name = kAdministratorAccess}});
  return set;
}

/// Collects what is attached to an entity and to its groups.
class Gatherer {
 public:
  explicit Gatherer(state::Transaction& state) : state_(state) {}

  PolicySet run(const Entity& entity) {
    using Type = PolicySet::Source::Type;
    switch (entity.kind) {
      case Entity::Kind::kUser:
        take(entity, Type::kUser);
        break;
      case Entity::Kind::kGroup:
        take(entity, Type::kGroup);
        break;
      case Entity::Kind::kRole:
        take(entity, Type::kRole);
        break;
    }
    for (const std::string& name : entity.groups)
      if (const std::optional<Entity> group = find_entity(state_, Entity::Kind::kGroup, entity.account, name)) take(*group, Type::kGroup);
    std::shared_ptr<const Policy> boundary;
    if (!entity.boundary.empty()) {
      // A boundary whose policy is gone would bound nothing; that cannot be: policies in use are not deleted.
      const std::optional<std::string> text = managed_policy_text(state_, entity.boundary);
      if (!text) throw std::runtime_error(fmt::format("the permissions boundary {} does not exist", entity.boundary));
      bytes_ += text->size();
      boundary = compiled_policy(*text, Kind::kBoundary);
    }
    PolicySet set(std::move(sources_), std::move(boundary), entity.tags);
    set.text_bytes_ = bytes_;
    return set;
  }

 private:
  void take(const Entity& entity, PolicySet::Source::Type type) {
    for (const auto& [name, text] : entity.inline_policies) add(text, {.type = type, .name = name, .owner = entity.name});
    for (const std::string& arn : entity.attached) {
      const bool is_aws = find_aws_managed(arn) != nullptr;
      if (const std::optional<std::string> text = managed_policy_text(state_, arn))
        add(*text, {.type = is_aws ? PolicySet::Source::Type::kAwsManaged : PolicySet::Source::Type::kUserManaged, .name = arn});
    }
  }

  void add(const std::string& text, PolicySet::Source source) {
    source.policy = compiled_policy(text, Kind::kIdentity);
    source.text = text;
    bytes_ += text.size();
    sources_.push_back(std::move(source));
  }

  state::Transaction& state_;
  std::vector<PolicySet::Source> sources_;
  size_t bytes_ = 0;
};

PolicySet policies_of(state::Transaction& state, const Entity& entity) { return Gatherer(state).run(entity); }

// ---- the directory

Directory::Directory(state::Store& store) : store_(store), watch_(store.watch(kPrefix)), cache_(kDirectoryBytesMax) {}

/// Whose policies a principal has: its own; its role's; of a federated user those of whoever asked for it. Nobody's: an empty id.
Directory::Base Directory::base_of(const aws::Principal& principal) {
  using PrincipalKind = aws::Principal::Kind;
  if (principal.kind == PrincipalKind::kUser) return {principal.arn, principal.principal_id};
  if (principal.kind != PrincipalKind::kAssumedRole && principal.kind != PrincipalKind::kFederatedUser) return {};
  if (!principal.session_context) return {};
  const auto issuer = principal.session_context->find("sessionIssuer");
  if (issuer == principal.session_context->end()) return {};
  return {member(*issuer, "arn"), member(*issuer, "principalId"), member(*issuer, "type") == "Root"};
}

std::shared_ptr<const PolicySet> Directory::base_policies(const Base& base) {
  const auto& [arn, id, is_root] = base;
  if (is_root) return PolicySet::everything();
  // The version before the documents: what is kept under it can only be newer than it says.
  const uint64_t version = watch_.version();
  const bool settled = state::Watch::is_settled(version);
  const std::string key = fmt::format("{}/{}/{}", version, id, arn);
  if (settled)
    if (std::shared_ptr<const PolicySet> kept = cache_.get(key)) return kept;
  state::Transaction state(store_);
  const std::optional<Entity> entity = find_entity(state, arn);
  // Whoever was deleted and made again is somebody else.
  if (!entity || entity->id != id) return PolicySet::none();
  auto set = std::make_shared<const PolicySet>(identity::policies_of(state, *entity));
  if (settled) cache_.put(key, set, set->text_bytes() + kSetOverheadBytes);
  return set;
}

std::optional<Entity> Directory::find(Entity::Kind kind, const aws::AccountId& account, std::string_view name) {
  state::Transaction state(store_);
  return find_entity(state, kind, account, name);
}

std::optional<InstanceProfile> Directory::find_instance_profile(const aws::AccountId& account, std::string_view name) {
  state::Transaction state(store_);
  return identity::find_instance_profile(state, account, name);
}

std::string Directory::user_of_key(const aws::AccountId& account, const aws::AccessKeyId& id) {
  state::Transaction state(store_);
  const std::optional<AccessKey> key = find_access_key(state, id);
  return key && key->account == account ? key->user : std::string();
}

std::shared_ptr<const PolicySet> Directory::policies_of(const aws::Principal& principal) {
  if (principal.is_administrator) return PolicySet::everything();
  const Base base = base_of(principal);
  const bool limited = principal.session != nullptr && (!principal.session->policies.empty() || !principal.session->policy_arns.empty());
  if (base.id.empty() || (principal.kind == aws::Principal::Kind::kFederatedUser && !limited)) return PolicySet::none();
  return limited ? limited_policies(base, *principal.session) : base_policies(base);
}

std::shared_ptr<const PolicySet> Directory::limited_policies(const Base& base, const aws::Session& limits) {
  const uint64_t version = watch_.version();
  std::string key = fmt::format("{}/{}/{}", version, base.id, base.arn);
  for (const auto* texts : {&limits.policies, &limits.policy_arns})
    for (const std::string& text : *texts) key.append(1, '\0').append(text);
  const bool settled = state::Watch::is_settled(version);
  if (settled)
    if (std::shared_ptr<const PolicySet> kept = cache_.get(key)) return kept;
  state::Transaction state(store_);
  std::vector<std::shared_ptr<const Policy>> session;
  for (const std::string& text : limits.policies) session.push_back(compiled_policy(text, Kind::kSession));
  for (const std::string& arn : limits.policy_arns) {
    const std::optional<std::string> text = managed_policy_text(state, arn);
    session.push_back(compiled_policy(text.value_or(kNothing), Kind::kSession));  // one that is gone allows nothing
  }
  auto set = std::make_shared<const PolicySet>(*base_policies(base), std::move(session));
  if (settled) cache_.put(key, set, set->text_bytes() + key.size() + kSetOverheadBytes);
  return set;
}

}  // namespace cairn::identity
