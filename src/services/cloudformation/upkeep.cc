#include "services/cloudformation/upkeep.h"

#include "services/cloudformation/drift.h"
#include "services/cloudformation/nested.h"
#include "state/internal_commit.h"

namespace cairn::cloudformation {
namespace {

using namespace std::chrono_literals;

constexpr auto kRound = 1h;
constexpr auto kRetry = 1s;
constexpr auto kKept = std::chrono::days(90);
constexpr size_t kErasedAtOnce = 1000;
constexpr size_t kGenerationsAtOnce = 16;  // each of up to a megabyte

/// Erases what stands below `prefix` behind `after`; false: there is more.
bool erase_below(state::Transaction& state, const std::string& prefix, const std::string& after, size_t& room) {
  const state::Page page = state.list(prefix, after, room);
  for (const state::Item& item : page.items) state.erase(item.key);
  room -= page.items.size();
  return !page.more;
}

/// All but the one in force; false: there are more.
bool erase_generations(state::Transaction& state, const Stack& stack) {
  const std::string folder = keys::of("template", stack.id);
  const state::Page page = state.list(folder, "", kGenerationsAtOnce);
  for (const state::Item& item : page.items) {
    const std::string generation = item.key.substr(folder.size());
    if (generation == std::to_string(stack.generation)) continue;
    state.erase(item.key);
    state.erase(keys::of("parameters", stack.id) + generation);
  }
  return !page.more;
}

/// False: there is more of it.
bool forget(state::Transaction& state, const Stack& stack) {
  size_t room = kErasedAtOnce;
  for (const char* kind : {"event", "resource", "template", "parameters", "drift", "signal"})
    if (room == 0 || !erase_below(state, keys::of(kind, stack.id), "", room)) return false;
  state.erase(keys::rollback(stack.id));
  erase_drift(state, stack.id);
  state.erase(keys::stack(stack));
  return true;
}

}  // namespace

env::Next Upkeep::step() {
  const Time old = clock_.now() - kKept;
  state::Transaction state(store_);
  const state::Page page = state.list(keys::kStacks, after_, 1);
  if (page.items.empty()) {
    after_.clear();
    return env::Next::after(kRound);
  }
  const Stack stack = decode_stack(page.items.front().value);
  bool is_done = true;
  if (stack.is_gone() && stack.deleted < old) {
    is_done = forget(state, stack);
  } else {
    size_t room = kErasedAtOnce;
    is_done = erase_below(state, keys::events(stack.id), keys::events(stack.id) + event_place(old), room);
    // Of generations only the one in force, and those of an operation under way, here or in a stack around it, are needed: not those of
    // updates that failed.
    if (!state.exists(keys::operation(stack.id)) && !state.exists(keys::rollback(stack.id)) && !is_held(state, stack, Rests::kCount))
      is_done = erase_generations(state, stack) && is_done;
  }
  if (!state.changes().empty() && !state::commit_internal(store_, journal_, state)) return env::Next::after(kRetry);
  if (is_done) after_ = page.items.front().key;
  return env::Next::now();
}

}  // namespace cairn::cloudformation
