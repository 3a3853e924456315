#include <algorithm>

#include "services/cloudformation/exports.h"
#include "services/cloudformation/change_set.h"
#include "services/cloudformation/drift.h"
#include "services/cloudformation/engine/run.h"
#include "services/cloudformation/nested.h"

/// What is no longer wanted goes, dependents first.
namespace cairn::cloudformation {

using Action = Resource::Action;
using Phase = Operation::Phase;

std::vector<Run::Item> Run::items() const {
  std::vector<Item> found;
  for (const auto& [id, resource] : resources_) {
    if (resource.is_gone()) continue;
    if (resource.is_replaced()) found.push_back({id, true});
    const bool is_kept = operation_.phase == Phase::kCleanup && (!program_ || program_->resource(id) != nullptr);
    if (!is_kept) found.push_back({id, false});
  }
  return found;
}

const Instance& Run::instance_of(const Item& item) const {
  const Resource& resource = resources_.at(item.resource);
  return item.is_other ? *resource.other : resource.now;
}

bool Run::is_retained(const Item& item) const {
  if (std::ranges::find(operation_.retained, item.resource) != operation_.retained.end()) return true;
  const Instance& instance = instance_of(item);
  const Resource& resource = resources_.at(item.resource);
  // What the operation that failed took in was there before. RetainExceptOnCreate never removes what the stack did not make.
  if (!item.is_other && operation_.imports.contains(item.resource) && !instance.physical.empty()) return true;
  if (item.is_other) return instance.replace_policy == "Retain" && resource.generation == operation_.to && operation_.from != operation_.to;
  const bool retains = instance.deletion_policy == "Retain";
  const bool retains_nothing_new = operation_.about.value("RetainExceptOnCreate", false);
  if (instance.deletion_policy == "RetainExceptOnCreate" || (retains && retains_nothing_new))
    return resource.imported > 0 || (!operation_.is_creation && resource.generation > 0 && resource.generation <= operation_.to);
  return retains && !instance.physical.empty();
}

Run::Progress Run::remove() {
  const std::vector<Item> all = items();
  std::set<std::string, std::less<>> needed, replaced;
  for (const Item& item : all) {
    const std::vector<std::string>& depends = instance_of(item).depends;
    needed.insert(depends.begin(), depends.end());
    if (item.is_other) replaced.insert(item.resource);
  }
  for (const Item& item : all) {
    const bool has_failed = std::ranges::find(operation_.failed, item.resource) != operation_.failed.end();
    if (has_failed || active_.contains(item.resource) || active_.size() >= kActionsMax || needed.contains(item.resource)) continue;
    if (!item.is_other && replaced.contains(item.resource)) continue;  // one after the other
    const Progress one = begin_remove(item);
    if (one == Progress::kLater) return one;
    return Progress::kSome;  // the list is another now
  }
  if (!active_.empty()) return Progress::kNone;
  return end_remove();
}

Run::Progress Run::begin_remove(const Item& item) {
  Resource resource = resources_.at(item.resource);
  if (!is_retained(item)) return start(std::move(resource), item.is_other ? Action::kRemoveOther : Action::kRemove);
  Event event = event_of(resource);
  event.physical = instance_of(item).physical;
  event.status = "DELETE_SKIPPED";
  event.reason.clear();
  const bool is_erased = !item.is_other && operation_.phase == Phase::kCleanup;
  if (item.is_other) {
    resource.other.reset();
  } else {
    resource.status = "DELETE_SKIPPED";
    resource.reason.clear();
    resource.changed = means_.clock.now();
  }
  const bool done = commit([&](state::Transaction& state) {
    if (is_erased) {
      state.erase(keys::resources(id_) + item.resource);
      state.erase(keys::drift(id_) + item.resource);
    } else {
      put_resource(state, means_.sealer, id_, resource);
    }
    if (!item.is_other && resource.imported > 0) disclaim(state, stack_, resource);
    put_event(state, event);
  });
  if (!done) return Progress::kLater;
  if (is_erased) resources_.erase(item.resource);
  else resources_.insert_or_assign(item.resource, std::move(resource));
  return Progress::kSome;
}

Run::Progress Run::end_remove() {
  const bool has_failed = operation_.phase == Phase::kRemove && !operation_.failed.empty();
  const std::string status = has_failed ? operation_.failed_status : operation_.succeeded;
  const bool done = commit([&](state::Transaction& state) {
    set_stack(state, status, has_failed ? what_failed() : "", [&](Stack& stack) {
      if (has_failed) stack.failure = what_failed();
      if (status != "DELETE_COMPLETE") return;
      stack.deleted = means_.clock.now();
      put_exports(state, stack, {});
      put_imports(state, stack, {});
      disown(state, stack);
      state.erase(keys::name(stack.account, stack.region, stack.name));
      erase_change_sets(state, id_, {.random = means_.random, .now = means_.clock.now()});
      state.erase(keys::policy(id_));
    });
    state.erase(keys::operation(id_));
  });
  if (!done) return Progress::kLater;
  is_loaded_ = false;
  return Progress::kSome;
}

}  // namespace cairn::cloudformation
