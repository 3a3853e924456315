#include "services/cloudformation/engine/watching.h"

#include "services/cloudformation/signal.h"

namespace cairn::cloudformation {
namespace {

Answer refusal(std::string_view code) {
  return {.out = std::nullopt, .refusal = {.status = 400, .code = std::string(code), .message = {}, .request_id = {}}};
}

Answer shown(const std::optional<Stack>& stack) {
  if (!stack) return {.out = Json{{"StackStatus", "DELETE_COMPLETE"}}};
  return {.out = Json{{"StackStatus", stack->status},
                      {"StackStatusReason", stack->reason},
                      {"Failure", stack->failure},
                      {"Generation", stack->generation},
                      {"Outputs", stack->about.value("Outputs", Json::array())}}};
}

std::optional<Answer> seen_signals(state::Transaction& state, const state::Sealer& sealer, const Watch& watch) {
  const std::optional<Handle> handle = handle_of(watch.of);
  if (!handle) return refusal("NoHandle");
  Json data = Json::object();
  for (const Signal& signal : signals_of(state, sealer, *handle)) {
    if (!signal.is_success) return Answer{.out = Json{{"Failed", signal.reason}, {"UniqueId", signal.id}}};
    if (data.size() < watch.count) data[signal.id] = signal.data;
  }
  if (data.size() < watch.count) return std::nullopt;
  return Answer{.out = Json{{"Data", std::move(data)}}};
}

}  // namespace

std::optional<Answer> seen(state::Transaction& state, const state::Sealer& sealer, const Watch& watch, const Waiter& waiter, Time now) {
  std::optional<Answer> answer;
  if (watch.what == Watch::For::kSignals) {
    answer = seen_signals(state, sealer, watch);
  } else {
    const std::optional<Stack> stack = stack_with_arn(state, watch.of);
    const bool has_ended = !stack || (!stack->is_in_progress() && !state.exists(keys::operation(stack->id)));
    if (has_ended || watch.what == Watch::For::kStack) answer = shown(stack);
  }
  if (answer) return answer;
  if (watch.is_stoppable && waiter.is_stopped) return refusal(kStopped);
  if (const auto end = end_of(watch, waiter); end && now >= *end) {
    Answer late = refusal(kLate);
    if (const auto handle = handle_of(watch.of)) late.refusal.message = std::to_string(signals_of(state, sealer, *handle).size());
    return late;
  }
  return std::nullopt;
}

std::optional<Time> end_of(const Watch& watch, const Waiter& waiter) {
  if (watch.within.count() == 0) return std::nullopt;
  return waiter.since + watch.within;
}

std::string watched(const Watch& watch) {
  if (watch.what == Watch::For::kSignals) {
    const std::optional<Handle> handle = handle_of(watch.of);
    return handle ? keys::signals(handle->stack, handle->resource) : "";
  }
  const size_t id = watch.of.rfind('/') + 1;
  // arn:aws:cloudformation:REGION:ACCOUNT:stack/NAME/ID
  const size_t region = 23, account = watch.of.find(':', region) + 1, end = watch.of.find(':', account);
  return keys::stacks_in(aws::AccountId(watch.of.substr(account, end - account)),
                         aws::Region(watch.of.substr(region, account - 1 - region)))
      .append(watch.of, id);
}

}  // namespace cairn::cloudformation
