#pragma once
#include "services/cloudformation/request.h"

namespace cairn::cloudformation {

/// What a stack would be made of, and how that differs from what it is: docs/formats/state.md.
struct ChangeSet {
  std::string stack, name, id;  // stack: its id; id: a UUID
  std::string arn;
  Json shown;  // as DescribeChangeSet has it
  Json about;  // Stack::about after it
  std::string role, on_failure;
  bool is_creation = false, is_import = false;
  Json imports = Json::object();  // importing.h
  Json nested = Json::object();   // logical id -> {"set", "stack"}: ARNs of the nested stack's own set, and of that stack; "usable"
};
void put_change_set(state::Transaction& state, const ChangeSet& set);
std::vector<ChangeSet> change_sets_of(state::Transaction& state, std::string_view stack);
/// By name and stack, or by ARN. Throws ValidationError, ChangeSetNotFound.
ChangeSet open_change_set(api::Call& call);

std::optional<ChangeSet> set_with_arn(state::Transaction& state, std::string_view arn);

/// When, and by whose chance: stacks that nothing but a set made go with it, and that is an event of theirs.
struct Moment {
  env::Random& random;
  Time now;
};
/// None of the stack's sets can be executed any more, as it becomes another.
void make_obsolete(state::Transaction& state, std::string_view stack, const Moment& moment, std::string_view executed = {});
/// With those of nested stacks that were made with it.
void erase_change_set(state::Transaction& state, const ChangeSet& set, const Moment& moment);
void erase_change_sets(state::Transaction& state, std::string_view stack, const Moment& moment);

namespace keys {
inline std::string change_set(const ChangeSet& set) { return change_sets(set.stack) + set.name; }
inline std::string change_set_id(std::string_view id) { return "cloudformation/change-set-id/" + std::string(id); }
inline std::string change_set_template(std::string_view id) { return "cloudformation/change-set-template/" + std::string(id); }
inline std::string change_set_parameters(std::string_view id) { return "cloudformation/change-set-parameters/" + std::string(id); }
}  // namespace keys

}  // namespace cairn::cloudformation
