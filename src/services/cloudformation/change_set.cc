#include "services/cloudformation/change_set.h"

#include "api/authorize.h"
#include "base/text.h"
#include "services/cloudformation/errors.h"

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
          .is_creation = document.at("creation").get<bool>()};
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
                                                   {"creation", set.is_creation}}));
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

void erase_change_set(state::Transaction& state, const ChangeSet& set) {
  state.erase(keys::change_set(set));
  state.erase(keys::change_set_id(set.id));
  state.erase(keys::change_set_template(set.id));
  state.erase(keys::change_set_parameters(set.id));
}

void erase_change_sets(state::Transaction& state, std::string_view stack) {
  for (const ChangeSet& set : change_sets_of(state, stack)) erase_change_set(state, set);
}

void make_obsolete(state::Transaction& state, std::string_view stack, std::string_view executed) {
  for (ChangeSet& set : change_sets_of(state, stack)) {
    const bool was_over = set.shown.value("ExecutionStatus", "") != "AVAILABLE";
    if (was_over && set.id != executed) {
      erase_change_set(state, set);
      continue;
    }
    set.shown["ExecutionStatus"] = set.id == executed ? "EXECUTE_COMPLETE" : "OBSOLETE";
    state.erase(keys::change_set_template(set.id));
    state.erase(keys::change_set_parameters(set.id));
    put_change_set(state, set);
  }
}

}  // namespace cairn::cloudformation
