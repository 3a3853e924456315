#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "aws/policy/decide.h"
#include "aws/principal.h"
#include "base/lru.h"
#include "identity/documents.h"
#include "state/store.h"

namespace cairn::identity {

/// The policies that say what a principal may do, compiled: its own, its groups' or its role's, its boundary and those of its session.
/// Immutable; any thread.
class PolicySet {
 public:
  struct Source {
    enum class Type { kUser, kGroup, kRole, kAwsManaged, kUserManaged };
    std::shared_ptr<const aws::policy::Policy> policy;
    Type type = Type::kUser;
    std::string name;   // of an inline policy; the ARN of a managed one
    std::string owner;  // of an inline policy: the user's, group's or role's name
    std::string text;
  };

  PolicySet() = default;  // no policy: no access
  explicit PolicySet(std::vector<Source> sources, std::shared_ptr<const aws::policy::Policy> boundary = nullptr, Tags tags = {});
  PolicySet(const PolicySet& other, std::vector<std::shared_ptr<const aws::policy::Policy>> session);

  /// For the engine; what resources say is the caller's to add. Points into this.
  aws::policy::Policies policies() const;
  const std::vector<Source>& sources() const { return sources_; }
  const Tags& tags() const { return tags_; }  // of the user or role: aws:PrincipalTag/KEY
  /// Whether any statement has a condition or a variable. If none has, nobody needs to know the request's context.
  bool looks_at_context() const { return looks_at_context_; }
  size_t text_bytes() const { return text_bytes_; }  // a measure of its size

  static std::shared_ptr<const PolicySet> none();
  static std::shared_ptr<const PolicySet> everything();  // AdministratorAccess alone

 private:
  friend class Gatherer;
  void point();

  std::vector<Source> sources_;
  std::shared_ptr<const aws::policy::Policy> boundary_;
  std::vector<std::shared_ptr<const aws::policy::Policy>> session_;
  std::vector<const aws::policy::Policy*> identity_pointers_, session_pointers_;
  Tags tags_;
  bool looks_at_context_ = false;
  size_t text_bytes_ = 0;
};

/// The policies of a user or role as its documents name them now.
PolicySet policies_of(state::Transaction& state, const Entity& entity);

/// The compiled form of a text that was checked before it was kept. Those used last are remembered. Any thread.
std::shared_ptr<const aws::policy::Policy> compiled_policy(const std::string& text, aws::policy::Kind kind);

/// The text of a managed policy's default version, AWS's or a customer's; nullopt: there is none.
std::optional<std::string> managed_policy_text(state::Transaction& state, std::string_view arn);

/// Knows every principal's policies. What it found is kept until a document below iam/ changes; a change counts for every call that
/// begins after it was answered. Any thread. Bounded.
class Directory {
 public:
  explicit Directory(state::Store& store);  // `store` must outlive this

  /// Of a role's session, only while the role is still the one that was assumed; of a federated user, those of whoever asked for it,
  /// as far as its session policies allow. Services and strangers have none.
  std::shared_ptr<const PolicySet> policies_of(const aws::Principal& principal);

  /// Looked up now, for those who have no transaction of their own.
  std::optional<Entity> find(Entity::Kind kind, const aws::AccountId& account, std::string_view name);
  std::optional<InstanceProfile> find_instance_profile(const aws::AccountId& account, std::string_view name);
  std::string user_of_key(const aws::AccountId& account, const aws::AccessKeyId& key);  // "": root's, or not of this account

 private:
  struct Base {
    std::string arn, id;
    bool is_root = false;
  };
  static Base base_of(const aws::Principal& principal);
  std::shared_ptr<const PolicySet> base_policies(const Base& base);
  std::shared_ptr<const PolicySet> limited_policies(const Base& base, const aws::Session& limits);

  state::Store& store_;
  const state::Watch& watch_;
  Lru<std::string, const PolicySet> cache_;
};

}  // namespace cairn::identity
