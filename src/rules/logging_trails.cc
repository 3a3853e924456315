#include "rules/logging_trails.h"

#include "delivery/trail.h"

namespace cairn::rules {

using namespace std::chrono_literals;

void LoggingTrails::load(state::Transaction& state) {
  loaded_ = state.base().seq;
  for (std::string after;;) {
    const state::Page page = state.list(delivery::keys::kTrails, after, state::Transaction::kListMax);
    for (const state::Item& item : page.items) take_change(item.key, item.value);
    if (!page.more) return;
    after = page.items.back().key;
  }
}

void LoggingTrails::take_change(std::string_view key, std::optional<std::string_view> document) {
  const std::string_view rest = key.substr(delivery::keys::kTrails.size());
  auto& trails = trails_[std::string(rest.substr(0, rest.find('/')))];
  if (const auto before = trails.find(key); before != trails.end()) trails.erase(before);
  if (!document) return;
  delivery::Trail trail = delivery::decode_trail(*document);
  const bool is_logging = trail.logging;
  const auto started = trail.started, stopped = trail.stopped;
  trail.logging = true;
  trails.emplace(key, Trail{delivery::Wanted(std::move(trail)), is_logging, started, stopped});
}

bool LoggingTrails::want(const event::Selected& event, uint64_t position) const {
  const auto account = trails_.find(event.recipient);
  if (account == trails_.end()) return false;
  const bool is_old = position <= loaded_;  // the trails may have changed since: what they say of themselves tells
  for (const auto& [key, trail] : account->second) {
    if (is_old) {
      if (!trail.started || event.time + 1s <= *trail.started) continue;  // events have whole seconds
      if (!trail.is_logging && (!trail.stopped || event.time > *trail.stopped)) continue;
    } else if (!trail.is_logging) {
      continue;
    }
    if (trail.wanted.file_of(event)) return true;
  }
  return false;
}

}  // namespace cairn::rules
