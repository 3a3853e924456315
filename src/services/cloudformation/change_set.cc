#include "services/cloudformation/change_set.h"

#include "api/authorize.h"
#include "base/text.h"
#include "services/cloudformation/errors.h"
#include "services/cloudformation/nested.h"

namespace cairn::cloudformation {
namespace {

constexpr size_t kListedMax = 1000;

ChangeSet decode(const std::string& stack, std::string_view text) {
  const Json document = json::parse(text).value();  // we wrote it
  return {.stack = stack,
          .name = document.at("name").get<std::string>(),
          .id = document.at("id").get<std::string>(),
          .arn = document.at("arn").get<std::string>(),
          .shown = document.at("shown"),
          .about = document.at("about"),
          .role = document.at("role").get<std::string>(),
          .on_failure = document.at("onFailure").get<std::string>(),
          .is_creation = document.at("creation").get<bool>(),
          .is_import = document.value("import", false),
          .imports = document.value("imports", Json::object()),
          .nested = document.value("nested", Json::object())};
}

std::optional<ChangeSet> set_with_id(state::Transaction& state, std::string_view id) {
  const std::optional<std::string> place = state.get(keys::change_set_id(id));
  if (!place) return std::nullopt;
  const size_t slash = place->find('/');
  const std::string stack = place->substr(0, slash);
  const std::optional<std::string> document = state.get(keys::change_sets(stack) + place->substr(slash + 1));
  return document ? std::optional(decode(stack, *document)) : std::nullopt;
}

/// A nested stack that was made for a change set alone, and that nothing can be made of any more.
void retire(state::Transaction& state, std::string_view arn, const Moment& moment) {
  std::optional<Stack> stack = stack_with_arn(state, arn);
  if (!stack || stack->status != "REVIEW_IN_PROGRESS" || !stack->is_nested() || !change_sets_of(state, stack->id).empty()) return;
  stack->status = "DELETE_COMPLETE";
  stack->reason.clear();
  stack->deleted = moment.now;
  put_stack(state, *stack);
  put_stack_event(state, moment.random, *stack, "", moment.now);
  state.erase(keys::name(stack->account, stack->region, stack->name));
  disown(state, *stack);
}

/// Of an executed set: its nested ones are executed with it, or say that nothing changes.
void begin_nested(state::Transaction& state, const ChangeSet& set, const Moment& moment) {
  for (const auto& [id, each] : set.nested.items()) {
    std::optional<ChangeSet> nested = set_with_arn(state, each.at("set").get<std::string>());
    if (!nested) continue;
    if (nested->shown.value("Status", "") != "CREATE_COMPLETE") {
      erase_change_set(state, *nested, moment);
      continue;
    }
    nested->shown["ExecutionStatus"] = "EXECUTE_IN_PROGRESS";
    nested->shown.erase("StatusReason");
    put_change_set(state, *nested);
    begin_nested(state, *nested, moment);
  }
}

}  // namespace

void put_change_set(state::Transaction& state, const ChangeSet& set) {
  state.put(keys::change_set(set), json::dump(Json{{"name", set.name},
                                                   {"id", set.id},
                                                   {"arn", set.arn},
                                                   {"shown", set.shown},
                                                   {"about", set.about},
                                                   {"role", set.role},
                                                   {"onFailure", set.on_failure},
                                                   {"creation", set.is_creation},
                                                   {"import", set.is_import},
                                                   {"imports", set.imports},
                                                   {"nested", set.nested}}));
  state.put(keys::change_set_id(set.id), set.stack + "/" + set.name);
}

std::vector<ChangeSet> change_sets_of(state::Transaction& state, std::string_view stack) {
  std::vector<ChangeSet> found;
  for (const state::Item& item : state.list(keys::change_sets(stack), "", kListedMax).items)
    found.push_back(decode(std::string(stack), item.value));
  return found;
}

ChangeSet open_change_set(api::Call& call) {
  const std::string name = call.in["ChangeSetName"].get<std::string>();
  const Error missing(kChangeSetNotFound, "ChangeSet [{}] does not exist", name);
  std::string stack, set = name;
  if (name.starts_with("arn:")) {
    const std::vector<std::string_view> parts = text::split(name, '/');
    const auto place = parts.size() == 3 ? call.state->get(keys::change_set_id(parts[2])) : std::nullopt;
    if (!place) throw missing;
    const size_t slash = place->find('/');
    stack = place->substr(0, slash);
    set = place->substr(slash + 1);
  } else if (!call.in.contains("StackName")) {
    throw Error(kValidationError, "StackName must be specified if ChangeSetName is not specified as an ARN.");
  }
  if (call.in.contains("StackName")) {
    const std::string wanted = call.in["StackName"].get<std::string>();
    const std::optional<Stack> found = find_stack(call, wanted);
    if (!found) throw Error(kValidationError, "Stack [{}] does not exist", wanted);
    if (!stack.empty() && stack != found->id) throw missing;
    stack = found->id;
  }
  const auto document = call.state->get(keys::change_sets(stack) + set);
  if (!document) throw missing;
  if (!call.in.contains("StackName"))  // whose it is was not known at the door
    if (const auto of = find_stack(*call.state, call.account, call.region, stack))
      api::require(call, {.action = fmt::format("cloudformation:{}", call.model->name), .resource = of->arn(), .shown = of->arn()});
  ChangeSet opened = decode(stack, *document);
  const std::string start = fmt::format("arn:aws:cloudformation:{}:{}:", call.region.str(), call.account.str());
  if (!opened.arn.starts_with(start) || (name.starts_with("arn:") && opened.arn != name)) throw missing;
  return opened;
}

std::optional<ChangeSet> set_with_arn(state::Transaction& state, std::string_view arn) {
  if (!arn.starts_with("arn:") || arn.find(":changeSet/") == std::string_view::npos) return std::nullopt;
  std::optional<ChangeSet> set = set_with_id(state, arn.substr(arn.rfind('/') + 1));
  if (!set || set->arn != arn) return std::nullopt;
  return set;
}

void erase_change_set(state::Transaction& state, const ChangeSet& set, const Moment& moment) {
  state.erase(keys::change_set(set));
  state.erase(keys::change_set_id(set.id));
  state.erase(keys::change_set_template(set.id));
  state.erase(keys::change_set_parameters(set.id));
  for (const auto& [id, each] : set.nested.items()) {
    if (const auto nested = set_with_arn(state, each.at("set").get<std::string>())) erase_change_set(state, *nested, moment);
    retire(state, each.at("stack").get<std::string>(), moment);
  }
}

void erase_change_sets(state::Transaction& state, std::string_view stack, const Moment& moment) {
  for (const ChangeSet& set : change_sets_of(state, stack)) erase_change_set(state, set, moment);
}

void make_obsolete(state::Transaction& state, std::string_view stack, const Moment& moment, std::string_view executed) {
  for (ChangeSet& set : change_sets_of(state, stack)) {
    const bool waits_for_root = set.shown.contains("ParentChangeSetId") && set.shown.value("Status", "") == "CREATE_COMPLETE" &&
                                set.shown.value("ExecutionStatus", "") == "UNAVAILABLE";
    const bool was_over = set.shown.value("ExecutionStatus", "") != "AVAILABLE" && !waits_for_root;
    if (was_over && set.id != executed) {
      erase_change_set(state, set, moment);
      continue;
    }
    if (set.id == executed) {
      begin_nested(state, set, moment);
    } else {
      ChangeSet alone = set;  // what nested stacks would have become goes
      alone.nested = Json::object();
      erase_change_set(state, set, moment);
      put_change_set(state, alone);
      set = std::move(alone);
    }
    set.shown["ExecutionStatus"] = set.id == executed ? "EXECUTE_COMPLETE" : "OBSOLETE";
    state.erase(keys::change_set_template(set.id));
    state.erase(keys::change_set_parameters(set.id));
    put_change_set(state, set);
  }
}

}  // namespace cairn::cloudformation
