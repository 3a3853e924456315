#include "services/cloudformation/engine/run.h"
#include "services/cloudformation/importing.h"

/// Things that are there already become the stack's: first found, then given the stack's tags. Nothing else of them is changed. After a
/// failure they are the stack's no more.
namespace cairn::cloudformation {

using Action = Resource::Action;

Run::Progress Run::begin_import(const cfn::Resource& declared, Resource resource, Instance wanted) {
  if (resource.imported == operation_.to && !resource.now.physical.empty())
    return start(std::move(resource), Action::kTag, "Apply stack-level tags to imported resource if applicable.");
  resource.now = std::move(wanted);
  resource.identifier = operation_.imports.at(declared.id);
  resource.imported = operation_.to;
  return start(std::move(resource), Action::kImport, "Resource import started.");
}

/// It may have gone since the change set was made, or become another stack's. Stacks come to what is there on this task alone: what was
/// theirs is read once, and what becomes theirs meanwhile is claimed.
void Run::find(const Resource& resource, Doing& doing) {
  const ResourceType* type = resource_type(resource.type);
  if (type->find == nullptr) throw Failed{fmt::format("ResourceTypes [{}] are not supported for Import", resource.type)};
  doing.identifier = resource.identifier;
  if (!type->find(doing)) throw Failed{not_there(resource.type, resource.identifier)};
  Instance thing;
  thing.physical = doing.physical;
  thing.properties = doing.wanted;
  thing.attributes = doing.attributes;
  state::Transaction state(means_.store);
  if (!owners_) owners_.emplace(state, means_.sealer, operation_.account, operation_.region);
  std::string owner = owners_->of(resource.type, thing);
  if (owner.empty()) owner = claimant_of(state, means_.sealer, stack_, resource, thing);
  if (!owner.empty()) throw Failed{owned(doing.physical, owner)};
}

/// Each as after a removal: it stays, without the tags that tell of the stack. kNone: nothing can be done now.
Run::Progress Run::release() {
  for (const auto& each : resources_) {
    const Resource& there = each.second;
    if (active_.size() >= kActionsMax) return Progress::kNone;
    if (!operation_.imports.contains(there.id) || there.imported != operation_.to || there.action != Action::kNone) continue;
    if (!there.now.physical.empty()) return start(there, Action::kRelease);
    const std::string id = there.id;  // it was not found
    if (!commit([&](state::Transaction& state) { state.erase(keys::resources(id_) + id); })) return Progress::kLater;
    resources_.erase(id);
    return Progress::kSome;
  }
  return Progress::kNone;
}

}  // namespace cairn::cloudformation
