#include "rules/replaying.h"

#include "base/json.h"
#include "base/text.h"

namespace cairn::rules {
namespace {

std::optional<logs::Place> parse_place(const std::string& text) {
  const std::vector<std::string_view> parts = text::split(text, ' ');
  if (parts.size() != 3) return std::nullopt;
  const auto time = text::to_int(parts[0]);
  const auto position = text::to_uint(parts[1]), index = text::to_uint(parts[2]);
  if (!time || !position || !index) return std::nullopt;
  return logs::Place{*time, *position, static_cast<uint32_t>(*index)};
}

std::string place_text(const logs::Place& place) { return fmt::format("{} {} {}", place.timestamp, place.position, place.index); }

}  // namespace

std::string replayed(std::string_view event, std::string_view replay) {
  // Behind the resources: no text of JSON holds quotes as they are, so this is the event's own member.
  constexpr std::string_view kDetail = R"(,"detail":)";
  const size_t at = event.find(kDetail);
  if (at == std::string_view::npos) return std::string(event);
  std::string name;
  json::append_quoted(name, replay);
  return fmt::format(R"({},"replay-name":{}{})", event.substr(0, at), name, event.substr(at));
}

void Replaying::load(state::Transaction& state) {
  for (std::string after;;) {
    const state::Page page = state.list(keys::kReplays, after, state::Transaction::kListMax);
    for (const state::Item& item : page.items) take_change(item.key, item.value);
    if (!page.more) return;
    after = page.items.back().key;
  }
}

void Replaying::take_change(std::string_view key, std::optional<std::string_view> document) {
  const keys::PlaceKey place = keys::split_place(key);
  if (document && decode_replay(place.account, place.region, place.name, *document).is_at_work()) at_work_.insert(std::string(key));
  else at_work_.erase(std::string(key));
}

void Replaying::step(state::Transaction& state, std::string& note, Time now) {
  auto next = at_work_.upper_bound(last_);
  if (next == at_work_.end()) next = at_work_.begin();
  if (next == at_work_.end()) return;
  last_ = *next;
  const keys::PlaceKey place = keys::split_place(last_);
  std::optional<Replay> replay = find_replay(state, place.account, place.region, place.name);
  if (!replay || !replay->is_at_work()) {
    at_work_.erase(last_);
    return;
  }
  const auto end = [&](Replay::State how, std::string reason) {
    replay->state = how;
    replay->reason = std::move(reason);
    replay->ended = now;  // the journal tells then that it is no more at work
  };
  if (replay->state == Replay::State::kCancelling) {
    end(Replay::State::kCancelled, "");
    return put(state, *replay);
  }
  replay->state = Replay::State::kRunning;
  Archive archive{.id = replay->archive_id};
  const logs::Query query{.group = archive.group(),
                          .start = replay->from.time_since_epoch().count(),
                          .end = replay->to.time_since_epoch().count() - 1,
                          .beyond = parse_place(replay->place)};
  size_t events = 0;
  const size_t begin = note.size();
  bool more = false;
  const Result<void> read = events_.visit(query, [&](const logs::EventView& event) {
    if (events >= kEventsAtOnce || note.size() - begin >= kBytesAtOnce) {
      more = true;
      return false;
    }
    append(
        note,
        {.bus = {place.account, place.region, replay->bus}, .replay_rules = replay->rules, .event = replayed(event.message, replay->name)});
    replay->place = place_text(event.place);
    replay->last = Time(std::chrono::milliseconds(event.place.timestamp));
    ++events;
    return true;
  });
  if (!read) end(Replay::State::kFailed, read.error().message.substr(0, 512));
  else if (!more) end(Replay::State::kCompleted, "");
  put(state, *replay);
}

}  // namespace cairn::rules
