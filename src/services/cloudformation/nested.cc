#include "services/cloudformation/nested.h"

#include "api/ports.h"
#include "base/text.h"
#include "services/cloudformation/caller.h"
#include "services/cloudformation/doing.h"
#include "services/cloudformation/errors.h"
#include "services/cloudformation/request.h"

namespace cairn::cloudformation {
namespace {

constexpr std::string_view kTemplate = "/template/";

size_t nested_in(state::Transaction& state, const std::string& root_id) {
  const std::optional<std::string> document = state.get(keys::nested(root_id));
  return document ? std::stoul(*document) : 0;
}

void count(state::Transaction& state, const std::string& root_id, int more) {
  const size_t now = nested_in(state, root_id);
  if (more < 0 && now <= 1) state.erase(keys::nested(root_id));
  else state.put(keys::nested(root_id), std::to_string(now + static_cast<size_t>(more)));
}

std::string id_of(std::string_view arn) { return std::string(arn.substr(arn.rfind('/') + 1)); }

}  // namespace

std::string nesting_problem(state::Transaction& state, const Stack& parent) {
  int levels = 1;
  for (std::optional<Stack> at = parent; at && at->is_nested(); at = stack_with_arn(state, at->parent))
    if (++levels > kNestingMax) return fmt::format("Stacks may be nested at most {} levels deep.", kNestingMax);
  if (nested_in(state, parent.root.empty() ? parent.id : id_of(parent.root)) >= kNestedMax)
    return fmt::format("A stack may have at most {} nested stacks, at all levels together.", kNestedMax);
  return "";
}

void adopt(state::Transaction& state, const std::string& arn, const Stack& parent, const Operation& of, bool is_new) {
  std::optional<Stack> nested = stack_with_arn(state, arn);
  if (!nested || nested->is_gone()) return;
  if (is_new) {
    const bool is_first = !nested->is_nested();  // a change set may have made it before
    nested->parent = parent.arn();
    nested->root = parent.root.empty() ? parent.arn() : parent.root;
    nested->about["DisableRollback"] = of.on_failure == "DO_NOTHING";
    put_stack(state, *nested);
    if (is_first) count(state, id_of(nested->root), 1);
  }
  const std::optional<std::string> document = state.get(keys::operation(nested->id));
  if (!document) return;
  Operation operation = decode_operation(*document);
  operation.endpoint = of.endpoint;
  if (is_new) operation.about["DisableRollback"] = nested->about["DisableRollback"];
  put_operation(state, operation);
}

Stack new_nested(api::Call& call, const Stack& parent, const std::string& resource) {
  if (const std::string problem = nesting_problem(*call.state, parent); !problem.empty()) throw Error(kLimitExceeded, "{}", problem);
  const std::string token = call.ports->random->letters(12, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");
  const Doing::Where where{.account = call.account,
                           .region = call.region,
                           .stack_name = parent.name,
                           .stack_id = parent.arn(),
                           .resource = resource,
                           .token = token};
  Stack stack = new_stack(call, Doing(where, {}).name("", {.characters_max = 128}));
  stack.status = "REVIEW_IN_PROGRESS";
  stack.reason = "User Initiated";
  stack.parent = parent.arn();
  stack.root = parent.root.empty() ? parent.arn() : parent.root;
  put_stack(*call.state, stack);
  call.state->put(keys::name(call.account, call.region, stack.name), stack.id);
  count(*call.state, id_of(stack.root), 1);
  put_stack_event(*call.state, *call.ports->random, stack, "", call.now);
  return stack;
}

void disown(state::Transaction& state, const Stack& nested) {
  if (nested.is_nested()) count(state, id_of(nested.root), -1);
}

Stack root_of(state::Transaction& state, const Stack& stack) {
  if (!stack.is_nested()) return stack;
  return stack_with_arn(state, stack.root).value_or(stack);
}

bool is_held(state::Transaction& state, const Stack& nested, Rests rests) {
  std::optional<Stack> at = nested;
  for (int level = 0; level < kNestingMax && at && at->is_nested(); ++level) {
    at = stack_with_arn(state, at->parent);
    if (!at) return false;
    if (state.exists(keys::operation(at->id)) || (rests == Rests::kCount && state.exists(keys::rollback(at->id)))) return true;
  }
  return false;
}

void check_not_held(api::Call& call, const Stack& stack) {
  if (!stack.is_nested() || call.principal.invoked_by == kService || !is_held(*call.state, stack, Rests::kNo)) return;
  const Stack root = root_of(*call.state, stack);
  throw Error(kValidationError, "Stack:{} is nested in Stack:{}, which is in {} state, and can not be changed before that has ended.",
              stack.arn(), root.arn(), root.status);
}

std::string former_template(const std::string& arn, int generation) { return fmt::format("{}{}{}", arn, kTemplate, generation); }

int generation_of(const std::string& arn, std::string_view url) {
  if (!url.starts_with(arn) || !url.substr(arn.size()).starts_with(kTemplate)) return 0;
  return static_cast<int>(text::to_int(url.substr(arn.size() + kTemplate.size())).value_or(0));
}

}  // namespace cairn::cloudformation
