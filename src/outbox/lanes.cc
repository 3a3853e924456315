#include "outbox/lanes.h"

#include <algorithm>

namespace cairn::outbox {
namespace {

constexpr size_t kReadAtOnce = 16;  // documents, which may be large
constexpr std::chrono::milliseconds kUntilDurable{2};

}  // namespace

Lanes::Lanes(const env::Clock& clock, state::Store& store, const journal::Journal& journal, const Limits& limits)
    : clock_(clock), store_(store), journal_(journal), limits_(limits) {
  state::Transaction state(store_);
  std::lock_guard lock(mutex_);
  for (std::string after;;) {
    const state::Page page = state.list(keys::kItems, after, kReadAtOnce);
    for (const state::Item& item : page.items) {
      const auto [name, id] = keys::split_item(item.key);
      Lane& lane = lane_of(name);
      ++lane.count;
      ++items_;
      if (lane.has_more || !has_room(lane)) {
        lane.has_more = true;
        continue;
      }
      add(lane, std::string(id), entry_of(state, lane, id, item.value));
    }
    if (!page.more) break;
    after = page.items.back().key;
  }
  for (auto& [name, lane] : lanes_) list(lane);
}

Lanes::Lane& Lanes::lane_of(std::string_view name) {
  auto at = lanes_.find(name);
  if (at == lanes_.end()) {
    at = lanes_.emplace(std::string(name), Lane{}).first;
    at->second.name = at->first;
  }
  return at->second;
}

bool Lanes::has_room(const Lane& lane) const {
  const size_t kept = lane.entries.size();
  return kept < limits_.kept_of_lane || (kept < limits_.kept_of_lane_max && kept_ < limits_.kept_max);
}

/// Behind those kept there are more, and room: some of them may be due, whatever those kept wait for.
bool Lanes::wants_more(const Lane& lane) const {
  return lane.has_more && lane.entries.size() < std::max(limits_.kept_of_lane, limits_.kept_of_lane_max / 2) && has_room(lane);
}

Lanes::Entry Lanes::entry_of(state::Transaction& state, Lane& lane, std::string_view id, std::string_view document) const {
  const Item item = decode_item(lane.name, document);
  lane.is_ordered = item.is_ordered;
  Entry entry;
  entry.tries.next = std::min(item.created, clock_.now());
  if (const auto tries = state.get(keys::tries(lane.name, id))) entry.tries = decode_tries(*tries);
  return entry;
}

void Lanes::add(Lane& lane, std::string id, Entry entry) {
  const Time next = entry.tries.next;
  if (!lane.entries.emplace(id, std::move(entry)).second) return;
  lane.waiting.emplace(next, std::move(id));
  ++kept_;
}

void Lanes::drop(Lane& lane, std::string_view id) {
  const auto at = lane.entries.find(id);
  if (at == lane.entries.end()) return;
  if (at->second.is_sending) --lane.sending;
  else lane.waiting.erase({at->second.tries.next, at->first});
  lane.entries.erase(at);
  --kept_;
}

/// When it may send its next.
std::optional<Time> Lanes::due(const Lane& lane) const {
  if (wants_more(lane)) return Time();
  if (lane.waiting.empty()) return std::nullopt;
  if (has_too_many(lane)) return lane.sending < limits_.giving_up_max ? std::optional(Time()) : std::nullopt;
  if (lane.sending >= (lane.is_ordered || lane.failures > 0 ? 1 : limits_.sending_max)) return std::nullopt;
  return lane.is_ordered ? lane.entries.begin()->second.tries.next : lane.waiting.begin()->first;
}

void Lanes::list(Lane& lane, Time not_before) {
  if (lane.listed) schedule_.erase({*lane.listed, &lane});
  lane.listed = due(lane);
  if (lane.listed) lane.listed = std::max({*lane.listed, lane.turn, not_before});
  if (lane.listed) schedule_.emplace(*lane.listed, &lane);
}

void Lanes::forget_if_empty(Lane& lane) {
  if (!lane.entries.empty() || lane.has_more || lane.count > 0) return;
  if (lane.listed) schedule_.erase({*lane.listed, &lane});
  lanes_.erase(lanes_.find(std::string_view(lane.name)));
}

void Lanes::consume(std::string_view key, const std::optional<std::string_view>& document) {
  const auto [name, id] = keys::split_item(key);
  std::lock_guard lock(mutex_);
  Lane& lane = lane_of(name);
  if (!document) {
    // It may have been there before this began to look.
    if (lane.count > 0) --lane.count, --items_;
    if (const auto at = lane.entries.find(id); at != lane.entries.end() && !at->second.is_sending) drop(lane, id);
  } else {
    ++lane.count;
    ++items_;
    const bool is_between = !lane.entries.empty() && id < lane.entries.rbegin()->first;
    if (!is_between && (lane.has_more || !has_room(lane))) {
      lane.has_more = true;
    } else {
      state::Transaction state(store_);
      add(lane, std::string(id), entry_of(state, lane, id, *document));
    }
  }
  list(lane);
  forget_if_empty(lane);
}

/// Reads on behind what is kept of the lane.
void Lanes::refill(Lane& lane) {
  state::Transaction state(store_);
  std::string after = lane.entries.empty() ? std::string() : keys::item(lane.name, lane.entries.rbegin()->first);
  while (wants_more(lane)) {
    const state::Page page = state.list(keys::items_of(lane.name), after, kReadAtOnce);
    const journal::Position appended = journal_.appended();  // whatever was read is there by now
    for (const state::Item& item : page.items) {
      const std::string_view id = keys::split_item(item.key).second;
      Entry entry = entry_of(state, lane, id, item.value);
      entry.since = appended;
      add(lane, std::string(id), std::move(entry));
    }
    lane.has_more = page.more;
    if (!page.items.empty()) after = page.items.back().key;
  }
}

std::vector<Lanes::Ticket> Lanes::take(size_t room) {
  std::vector<Ticket> tickets;
  std::lock_guard lock(mutex_);
  const Time now = clock_.now();
  const journal::Position durable = journal_.durable();
  while (room > tickets.size() && !schedule_.empty() && schedule_.begin()->first <= now) {
    Lane& lane = *schedule_.begin()->second;
    if (wants_more(lane)) refill(lane);
    bool is_held = false;
    for (std::optional<Time> next = due(lane); next && *next <= now && room > tickets.size() && !wants_more(lane); next = due(lane)) {
      const bool is_too_many = has_too_many(lane);
      auto at = lane.entries.begin();
      if (is_too_many) at = std::ranges::find_if(lane.entries, [](const auto& entry) { return !entry.second.is_sending; });
      else if (!lane.is_ordered) at = lane.entries.find(lane.waiting.begin()->second);
      Entry& entry = at->second;
      is_held = durable < entry.since;
      if (is_held) break;
      lane.waiting.erase({entry.tries.next, at->first});
      entry.is_sending = true;
      ++lane.sending;
      tickets.push_back({lane.name, at->first, entry.tries, is_too_many});
    }
    lane.turn = now;
    list(lane, is_held ? now + kUntilDurable : now);
    forget_if_empty(lane);
  }
  return tickets;
}

void Lanes::settle(const Ticket& ticket, const std::optional<Tries>& tries, bool has_failed) {
  std::lock_guard lock(mutex_);
  const auto at = lanes_.find(ticket.lane);
  if (at == lanes_.end()) return;
  Lane& lane = at->second;
  lane.failures = has_failed ? lane.failures + 1 : 0;
  if (const auto entry = lane.entries.find(ticket.id); entry != lane.entries.end()) {
    if (!tries) {
      drop(lane, ticket.id);
    } else if (entry->second.is_sending) {
      entry->second.tries = *tries;
      entry->second.is_sending = false;
      --lane.sending;
      lane.waiting.emplace(tries->next, ticket.id);
    }
  }
  list(lane);
  forget_if_empty(lane);
}

std::optional<Time> Lanes::next() const {
  std::lock_guard lock(mutex_);
  if (schedule_.empty()) return std::nullopt;
  return schedule_.begin()->first;
}

size_t Lanes::lanes() const {
  std::lock_guard lock(mutex_);
  return lanes_.size();
}

uint64_t Lanes::items() const {
  std::lock_guard lock(mutex_);
  return items_;
}

}  // namespace cairn::outbox
