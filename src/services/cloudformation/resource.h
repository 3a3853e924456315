#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "services/cloudformation/stack.h"

namespace cairn::cloudformation {

/// A thing that was made, or is to be.
struct Instance {
  std::string physical;
  Json properties = Json::object(), attributes = Json::object();
  Json masked;                       // the properties as they may be seen, if that is not the same: NoEcho
  std::vector<std::string> depends;  // logical ids
  std::string deletion_policy = "Delete", replace_policy = "Delete";

  const Json& shown() const { return masked.is_null() ? properties : masked; }
};

/// A resource of a stack as its document has it, from when its creation began.
struct Resource {
  enum class Action { kNone, kCreate, kUpdate, kReplace, kRemove, kRemoveOther, kImport, kTag, kRelease };
  std::string id, type;  // id: logical
  std::string status, reason;
  Time changed;
  int generation = 0;  // it is as this generation of the stack wants it
  Instance now;
  /// While an update has not ended: as it was before, if it was changed. While something else is to be removed after a replacement: that.
  std::optional<Instance> other;
  bool is_other_thing = false;     // `other` is another thing than `now`, not a former state of it
  Action action = Action::kNone;   // under way
  std::optional<Instance> wanted;  // by kUpdate, kReplace
  std::string token;               // of the action: random letters for names
  Json identifier;                 // by kImport: what names the thing; else null
  int imported = 0;                // the generation that it came with, if it was there before the stack had it

  bool is_gone() const { return status == "DELETE_COMPLETE" || status == "DELETE_SKIPPED"; }
  bool is_replaced() const { return other && is_other_thing; }
};

Json to_json(const Resource& resource);
Resource resource_of(const Json& document);

using Resources = std::map<std::string, Resource, std::less<>>;
Resources resources_of(state::Transaction& state, const state::Sealer& sealer, std::string_view stack_id);
void put_resource(state::Transaction& state, const state::Sealer& sealer, std::string_view stack_id, const Resource& resource);

}  // namespace cairn::cloudformation
