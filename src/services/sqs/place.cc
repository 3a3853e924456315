#include "services/sqs/place.h"

#include <algorithm>

#include "base/crypto.h"
#include "base/text.h"
#include "services/sqs/documents.h"

namespace cairn::sqs {
namespace {

constexpr size_t kInFlightOfGroup = 16;  // as many as one call can receive, and a few that came late to their place before these

std::string encode(const Place& place) {
  Json document{{"visible", place.visible}};
  if (place.receives > 0) {
    document["receives"] = place.receives;
    document["first"] = place.first_received;
    document["last"] = place.last_received;
    document["receipt"] = place.receipt;
  }
  if (!place.group.empty()) document["group"] = place.group;
  if (!place.source.empty()) document["source"] = place.source;
  return json::dump(document);
}

Place decode_place(std::string_view seq, std::string_view text) {
  const Json document = json::parse(text).value();  // we wrote it
  return {.seq = std::string(seq),
          .visible = document.at("visible").get<int64_t>(),
          .receives = document.value("receives", int64_t{0}),
          .first_received = document.value("first", int64_t{0}),
          .last_received = document.value("last", int64_t{0}),
          .receipt = document.value("receipt", ""),
          .group = document.value("group", ""),
          .source = document.value("source", "")};
}

std::string due_key(const Queue& queue, const Place& place) {
  return documents::due(queue.id, place.visible, place.receives > 0, place.seq);
}

}  // namespace

int64_t millis(Time time) { return time.time_since_epoch().count(); }

std::string group_digest(std::string_view group) { return text::hex(crypto::sha256(group).substr(0, 16)); }

std::optional<Place> find_place(state::Transaction& state, const Queue& queue, std::string_view seq) {
  const std::optional<std::string> document = state.get(documents::place(queue.id, seq));
  if (!document) return std::nullopt;
  return decode_place(seq, *document);
}

void put_place(state::Transaction& state, const Queue& queue, const Place& place) {
  if (const std::optional<Place> before = find_place(state, queue, place.seq)) state.erase(due_key(queue, *before));
  else if (!place.group.empty()) state.put(documents::member(queue.id, place.group, place.seq), "");
  state.put(documents::place(queue.id, place.seq), encode(place));
  state.put(due_key(queue, place), "");
}

void take_out(state::Transaction& state, const Queue& queue, const Place& place) {
  state.erase(documents::place(queue.id, place.seq));
  state.erase(due_key(queue, place));
  if (!place.group.empty()) state.erase(documents::member(queue.id, place.group, place.seq));
}

void erase_message(state::Transaction& state, const Queue& queue, const Place& place) {
  take_out(state, queue, place);
  state.erase(documents::content(place.seq));
}

void settle_group(state::Transaction& state, const Queue& queue, const std::string& group, int64_t now) {
  const std::string prefix = documents::members_of(queue.id, group), key = documents::group(queue.id, group);
  std::optional<int64_t> turn;
  for (const state::Item& item : state.list(prefix, "", kInFlightOfGroup).items) {
    const std::optional<Place> place = find_place(state, queue, std::string_view(item.key).substr(prefix.size()));
    if (!place) continue;
    if (!turn) turn = place->visible;
    else if (place->is_in_flight(now)) turn = std::max(*turn, place->visible);
  }
  const std::optional<std::string> before = state.get(key);
  if (before && turn && *before == std::to_string(*turn)) return;
  if (before) state.erase(documents::turn(queue.id, text::to_int(*before).value(), group));
  if (turn) {
    state.put(documents::turn(queue.id, *turn, group), "");
    state.put(key, std::to_string(*turn));
  } else if (before) {
    state.erase(key);
  }
}

}  // namespace cairn::sqs
