#include <algorithm>

#include "services/cloudformation/exports.h"
#include "services/cloudformation/properties.h"
#include "services/cloudformation/engine/run.h"
#include "services/cloudformation/stack_policy.h"
#include "services/cloudformation/surroundings.h"
#include "template/canonical.h"

/// Resources become what a template wants: of the new generation, or of the former one after a failure.
namespace cairn::cloudformation {

using Action = Resource::Action;
using Phase = Operation::Phase;

namespace {

constexpr size_t kOutputsBytesMax = 128 << 10;

}  // namespace

bool Run::is_settled(const std::string& id) const {
  const auto it = resources_.find(id);
  const bool is_back = operation_.phase == Phase::kRestore;
  if (it == resources_.end() || it->second.is_gone()) return is_back;  // never made, and not made now
  const Resource& resource = it->second;
  if (resource.action != Action::kNone) return false;
  if (is_back) return resource.generation != operation_.to && resource.status != "UPDATE_FAILED";
  return resource.generation == operation_.to;
}

Run::Progress Run::converge() {
  const bool is_back = operation_.phase == Phase::kRestore;
  if (!program_ && !active_.empty()) return Progress::kNone;
  if (is_back && operation_.is_import)
    if (const Progress one = release(); one != Progress::kNone) return one;
  if (!program_) return is_back ? end_restore() : fail_forward("The template cannot be used any more. ");
  if (!denial_.empty() && active_.empty()) return fail_forward(denial_);
  bool some = false, all = true;
  std::vector<const cfn::Resource*> last;
  const bool is_stopping = operation_.is_cancelled || is_late() || (!is_back && (!operation_.failed.empty() || !triggers_.failure.empty()));
  for (const std::string& id : order_) {
    if (is_settled(id)) continue;
    const bool is_failed = std::ranges::find(operation_.failed, id) != operation_.failed.end();
    all = all && is_failed;
    if (is_stopping || is_failed || active_.contains(id) || active_.size() >= kActionsMax) continue;
    const cfn::Resource& declared = *program_->resource(id);
    if (!std::ranges::all_of(declared.depends_on, [&](const std::string& other) { return is_settled(other); })) continue;
    if (const ResourceType* type = resource_type(declared.type); type != nullptr && type->is_last && !is_back) {
      last.push_back(&declared);
      continue;
    }
    const Progress one = is_back ? begin_restore(declared) : begin_forward(declared);
    if (one == Progress::kLater) return one;
    some = true;
  }
  if (!some && active_.empty())
    for (const cfn::Resource* declared : last) {
      if (begin_forward(*declared) == Progress::kLater) return Progress::kLater;
      some = true;
    }
  if (some) return Progress::kSome;
  if (!active_.empty()) return Progress::kNone;
  if (is_back) return end_restore();
  if (is_stopping)
    return fail_forward(operation_.is_cancelled      ? "User Initiated"
                        : is_late()                  ? "Stack creation time exceeded the specified timeout. "
                        : !operation_.failed.empty() ? what_failed()
                                                     : triggers_.failure);
  if (all && operation_.failed.empty()) return monitor();
  return fail_forward("The resources' dependencies cannot be met. ");
}

/// Why what the template has no more must not be removed, or "".
std::string Run::removal_denial() const {
  if (operation_.policy.empty()) return "";
  for (const auto& [id, resource] : resources_) {
    if (resource.is_gone() || program_->resource(id) != nullptr) continue;
    if (std::string denial = stack_policy_denial(operation_.policy, Change::Kind::kRemove, id, resource.type); !denial.empty())
      return denial + ". ";
  }
  return "";
}

/// What the template wants the resource to be. Throws Failed.
Instance Run::wanted_of(const cfn::Resource& declared, state::Transaction& state) const {
  const ResourceType* type = resource_type(declared.type);
  if (type == nullptr) throw Failed{fmt::format("Unrecognized resource type: {}", declared.type)};
  Surroundings surroundings(state, stack_, resources_, *program_, Surroundings::Unknown::kMissing);
  auto properties = program_->properties(declared.id, surroundings);
  if (!properties) throw Failed{properties.error().text()};
  const Json tags = operation_.about.value("Tags", Json::array());
  Json all = with_tags(*type, std::move(*properties), tags);
  check_properties(*type, declared.id, all);
  surroundings.hide_secrets();
  Json shown = with_tags(*type, program_->shown_properties(declared.id, surroundings), tags);
  return declared_instance(declared, std::move(all), std::move(shown));
}

Run::Progress Run::begin_forward(const cfn::Resource& declared) {
  const auto there = resources_.find(declared.id);
  const bool is_there = there != resources_.end() && !there->second.is_gone() && !there->second.now.physical.empty();
  Resource resource = is_there ? there->second : Resource{};
  resource.other.reset();  // of an earlier operation
  if (!is_there) {
    resource.id = declared.id;
    resource.type = declared.type;
  }
  Instance wanted;
  try {
    state::Transaction state(means_.store);
    wanted = wanted_of(declared, state);
  } catch (const Failed& failed) {
    return refuse(std::move(resource), is_there ? "UPDATE_FAILED" : "CREATE_FAILED", failed.reason);
  }
  if (operation_.imports.contains(declared.id) && (!is_there || resource.imported == operation_.to))
    return begin_import(declared, std::move(resource), std::move(wanted));
  if (!is_there) {
    resource.now = std::move(wanted);
    return start(std::move(resource), Action::kCreate);
  }
  const ResourceType& type = *resource_type(declared.type);
  std::vector<std::string> changed;
  Change::Kind kind = difference(type, resource.now.properties, wanted.properties, changed);
  if (resource.status.ends_with("_FAILED") && kind != Change::Kind::kReplace && type.update != nullptr) {
    resource.now.properties = Json::object();  // nobody knows how far it came: everything is set anew
    kind = Change::Kind::kModify;
  }
  const auto seen = operation_.nested.find(declared.id);  // a change set looked into it, and it may be one that stays as it is
  const bool is_left = seen != operation_.nested.end() && !seen->value("usable", false);
  if (kind == Change::Kind::kNone && type.is_always_updated && !operation_.is_import && !is_left) kind = Change::Kind::kModify;
  if (kind != Change::Kind::kNone && operation_.is_import)
    return refuse(std::move(resource), "UPDATE_FAILED", "Update, create or delete operations cannot be executed during import operations.");
  if (kind == Change::Kind::kNone) {
    resource.generation = operation_.to;
    resource.now.depends = wanted.depends;
    resource.now.deletion_policy = wanted.deletion_policy;
    resource.now.replace_policy = wanted.replace_policy;
    resource.now.masked = std::move(wanted.masked);
    if (!commit([&](state::Transaction& state) { put_resource(state, means_.sealer, id_, resource); })) return Progress::kLater;
    resources_.insert_or_assign(declared.id, std::move(resource));
    return Progress::kSome;
  }
  if (const std::string denial = stack_policy_denial(operation_.policy, kind, declared.id, declared.type); !denial.empty())
    return refuse(std::move(resource), "UPDATE_FAILED", denial);
  if (kind == Change::Kind::kReplace) {
    const std::string name(type.name_property);
    if (!name.empty() && wanted.properties.contains(name) && resource.now.properties.contains(name) &&
        cfn::same(wanted.properties[name], resource.now.properties[name]))
      return refuse(
          std::move(resource), "UPDATE_FAILED",
          fmt::format("CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename {} and update "
                      "the stack again.",
                      cfn::scalar_text(wanted.properties[name]).value_or("")));
    resource.wanted = std::move(wanted);
    return start(std::move(resource), Action::kReplace,
                 "Requested update requires the creation of a new physical resource; hence creating one.");
  }
  resource.wanted = std::move(wanted);
  return start(std::move(resource), Action::kUpdate);
}

/// What the operation changed becomes what it was.
Run::Progress Run::begin_restore(const cfn::Resource& declared) {
  Resource resource = resources_.at(declared.id);
  const bool was_changed = resource.generation == operation_.to;
  if (resource.other && !resource.is_replaced() && (was_changed || resource.status == "UPDATE_FAILED")) {
    if (std::ranges::find(operation_.retained, declared.id) == operation_.retained.end()) {
      resource.wanted = resource.other;
      if (resource.status.ends_with("_FAILED")) resource.now.properties = Json::object();  // as in begin_forward
      return start(std::move(resource), Action::kUpdate);
    }
  }
  const bool is_told = was_changed ? resource.other.has_value() : true;
  if (was_changed && resource.is_replaced()) std::swap(resource.now, *resource.other);
  resource.generation = operation_.from;
  if (is_told) {
    resource.status = "UPDATE_COMPLETE";
    resource.reason.clear();
    resource.changed = means_.clock.now();
  }
  const bool done = commit([&](state::Transaction& state) {
    put_resource(state, means_.sealer, id_, resource);
    if (!is_told) return;
    Event begun = event_of(resource);
    begun.status = "UPDATE_IN_PROGRESS";
    put_event(state, begun);
    put_event(state, event_of(resource));
  });
  if (!done) return Progress::kLater;
  resources_.insert_or_assign(declared.id, std::move(resource));
  return Progress::kSome;
}

// ------------------------------------------------------------------ ends

Run::Progress Run::end_forward() {
  Json outputs = Json::array();
  std::string problem;
  std::vector<Export> exported;
  {
    state::Transaction state(means_.store);
    Surroundings surroundings(state, stack_, resources_, *program_, Surroundings::Unknown::kMissing);
    const auto evaluated = program_->outputs(surroundings);
    if (!evaluated) return fail_forward(evaluated.error().text() + ". ");
    for (const cfn::Output& output : *evaluated) {
      Json shown{{"OutputKey", output.name}, {"OutputValue", output.value}};
      if (!output.description.empty()) shown["Description"] = output.description;
      if (output.export_name) {
        shown["ExportName"] = *output.export_name;
        exported.push_back({.name = *output.export_name, .value = output.value, .stack = stack_.arn()});
      }
      outputs.push_back(std::move(shown));
    }
    problem = json::dump(outputs).size() > kOutputsBytesMax ? fmt::format("The outputs are more than {} bytes together", kOutputsBytesMax)
                                                            : export_problem(state, stack_, exported);
  }
  if (!problem.empty()) return fail_forward(problem + ". ");
  Operation next = operation_;
  next.phase = Phase::kCleanup;
  next.succeeded = next.failed_status = "UPDATE_COMPLETE";
  const std::set<std::string> imports = program_->imports();
  const bool has_ended = operation_.is_creation || operation_.is_import;  // nothing is left to be removed
  const char* status = operation_.is_import     ? "IMPORT_COMPLETE"
                       : operation_.is_creation ? "CREATE_COMPLETE"
                                                : "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS";
  const bool done = commit(
      [&](state::Transaction& state) {
        put_exports(state, stack_, exported);
        set_stack(state, status, "", [&](Stack& stack) {
          const Json is_protected = stack.about.value("EnableTerminationProtection", Json(false));
          stack.about = operation_.about;
          stack.about["EnableTerminationProtection"] = is_protected;
          stack.about["Outputs"] = outputs;
          stack.generation = operation_.to;
          put_imports(state, stack, {imports.begin(), imports.end()});
        });
        if (has_ended) state.erase(keys::operation(id_));
      },
      has_ended ? nullptr : &next);
  if (!done) return Progress::kLater;
  if (has_ended) is_loaded_ = false;
  return Progress::kSome;
}

Run::Progress Run::fail_forward(std::string reason) {
  Operation next = operation_;
  next.failed.clear();
  next.is_cancelled = false;
  const std::string failure = reason;
  std::string status;
  bool has_ended = false;
  if (operation_.is_import) {
    status = "IMPORT_ROLLBACK_IN_PROGRESS";
    next.phase = Phase::kRestore;
  } else if (operation_.on_failure == "DO_NOTHING" && !operation_.is_cancelled) {
    status = operation_.is_creation ? "CREATE_FAILED" : "UPDATE_FAILED";
    has_ended = true;
  } else if (operation_.is_creation) {
    const bool is_deletion = operation_.on_failure == "DELETE";
    status = is_deletion ? "DELETE_IN_PROGRESS" : "ROLLBACK_IN_PROGRESS";
    reason += is_deletion ? "Delete requested by user." : "Rollback requested by user.";
    next.phase = Phase::kRemove;
    next.succeeded = is_deletion ? "DELETE_COMPLETE" : "ROLLBACK_COMPLETE";
    next.failed_status = is_deletion ? "DELETE_FAILED" : "ROLLBACK_FAILED";
  } else {
    status = "UPDATE_ROLLBACK_IN_PROGRESS";
    next.phase = Phase::kRestore;
  }
  const bool done = commit(
      [&](state::Transaction& state) {
        set_stack(state, status, reason, [&](Stack& stack) { stack.failure = failure; });
        if (has_ended) state.erase(keys::operation(id_));
      },
      has_ended ? nullptr : &next);
  if (!done) return Progress::kLater;
  is_loaded_ = false;  // the next phase begins as after a restart: from the documents
  return Progress::kSome;
}

Run::Progress Run::end_restore() {
  Operation next = operation_;
  const bool is_import = operation_.is_import;
  const bool has_failed = !operation_.failed.empty() || (!program_ && operation_.from > 0);
  next.failed.clear();
  next.phase = Phase::kCleanup;
  next.to = operation_.from;
  next.succeeded = next.failed_status = "UPDATE_ROLLBACK_COMPLETE";
  const bool done = commit(
      [&](state::Transaction& state) {
        set_stack(state,
                  is_import    ? (has_failed ? "IMPORT_ROLLBACK_FAILED" : "IMPORT_ROLLBACK_COMPLETE")
                  : has_failed ? "UPDATE_ROLLBACK_FAILED"
                               : "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
                  has_failed ? what_failed() : "");
        if (has_failed && !is_import) state.put(keys::rollback(id_), encode(operation_));  // ContinueUpdateRollback goes on with it
        if (has_failed || is_import) state.erase(keys::operation(id_));
      },
      has_failed || is_import ? nullptr : &next);
  if (!done) return Progress::kLater;
  is_loaded_ = false;
  return Progress::kSome;
}

}  // namespace cairn::cloudformation
