#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "services/cloudformation/properties.h"
#include "template/program.h"

/// Things that are there already become a stack's: what CreateChangeSet may be asked to import, and whose it is.
namespace cairn::cloudformation {

constexpr size_t kImportsMax = 200;  // ResourcesToImport of a change set

/// Logical id -> what names the thing: {"BucketName": "audit"}.
using Imports = std::map<std::string, Json, std::less<>>;
Json to_json(const Imports& imports);
Imports imports_of(const Json& document);

/// What a change set of the type IMPORT is asked for, checked against its template and the changes that this would make. Throws
/// ValidationError, as CreateChangeSet does. `changed`: without `outputs_change`, nothing but these imports may be among them.
Imports requested_imports(const Json& resources, const cfn::Program& program, const std::vector<Change>& changed, bool outputs_change);

/// Which things are stacks', of an account and region: read once, from the resources of all.
class Owners {
 public:
  Owners(state::Transaction& state, const state::Sealer& sealer, const aws::AccountId& account, const aws::Region& region);
  /// The stack's ARN; "": nobody's.
  std::string of(std::string_view type, const Instance& thing) const;

 private:
  std::map<std::string, std::string> stacks_;  // by type and what names the thing
};

/// What was imported is written down by what names it, too, so that who imports at the same time sees it.
void claim(state::Transaction& state, const Stack& stack, const Resource& resource);
void disclaim(state::Transaction& state, const Stack& stack, const Resource& resource);
/// The ARN of the stack that has claimed the thing for another resource than this, and has it still; "": none.
std::string claimant_of(state::Transaction& state, const state::Sealer& sealer, const Stack& stack, const Resource& resource,
                        const Instance& thing);

/// Looks for things in the name of who makes the change set. `properties`: of each resource, as far as they are known.
class Seeker {
 public:
  Seeker(api::Call& call, const Stack& stack) : call_(call), stack_(stack) {}

  /// The physical id of the thing. Throws Failed: there is none, or it is a stack's.
  std::string physical(const std::string& resource, std::string_view type, const Json& identifier, const Json& properties);
  /// With ImportExistingResources: of what is to be made, that which is there. Only what has a name in the template can be. Throws Failed.
  Imports existing(const cfn::Program& program, const std::vector<Change>& changed, const std::map<std::string, Json>& properties);

 private:
  std::optional<Instance> find(const std::string& resource, std::string_view type, const Json& identifier, const Json& properties);
  void check_owner(std::string_view type, const Instance& thing);

  api::Call& call_;
  const Stack& stack_;
  std::optional<Owners> owners_;
};

/// The identifier's values: BucketName's alone, or LOGGROUP|FILTER.
std::string written(const Json& identifier);
/// As a failure says it.
std::string not_there(std::string_view type, const Json& identifier);
std::string owned(std::string_view physical, std::string_view stack_arn);

}  // namespace cairn::cloudformation
