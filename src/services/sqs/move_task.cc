#include "services/sqs/move_task.h"

#include "base/text.h"
#include "services/sqs/documents.h"
#include "services/sqs/place.h"

namespace cairn::sqs {
namespace {

using namespace std::chrono_literals;

constexpr size_t kMovedAtOnce = 200;
constexpr std::string_view kStatusNames[] = {"RUNNING", "COMPLETED", "CANCELLED", "FAILED"};

/// The queue that a message goes to.
std::optional<Queue> destination_of(state::Transaction& state, const MoveTask& task, const Place& place) {
  return find_queue(state, task.destination.empty() ? place.source : task.destination);
}

/// False: it stays, as there is no such queue.
bool move_one(state::Transaction& state, int64_t now, const MoveTask& task, const Queue& source, const Place& place) {
  const std::optional<Queue> destination = destination_of(state, task, place);
  if (!destination || destination->is_fifo() != source.is_fifo()) return false;
  take_out(state, source, place);
  const Place moved{.seq = place.seq, .visible = now, .group = place.group};
  put_place(state, *destination, moved);
  if (place.group.empty()) return true;
  settle_group(state, source, place.group, now);
  settle_group(state, *destination, place.group, now);
  return true;
}

/// Messages of the queue that nobody has at the moment, at most `limit`.
std::vector<Place> idle_places(state::Transaction& state, const Queue& source, size_t limit, int64_t now) {
  std::vector<Place> places;
  const std::string prefix = documents::due_of(source.id);
  for (const state::Item& item : state.list(prefix, "", limit).items) {
    if (text::to_int(std::string_view(item.key).substr(prefix.size(), 16)).value_or(0) > now) break;
    if (auto place = find_place(state, source, std::string_view(item.key).substr(item.key.rfind('/') + 1)))
      places.push_back(std::move(*place));
  }
  return places;
}

}  // namespace

namespace documents {
std::string moves_of(const Queue& source) {
  return fmt::format("{}{}/{}/{}/", kMoves, source.account.str(), source.region.str(), source.name);
}
std::string move(const Queue& source, const MoveTask& task) { return fmt::format("{}{:016}", moves_of(source), millis(task.started)); }
}  // namespace documents

std::string encode(const MoveTask& task) {
  Json document{{"id", task.id},
                {"source", task.source},
                {"started", millis(task.started)},
                {"toMove", task.to_move},
                {"moved", task.moved},
                {"status", kStatusNames[static_cast<size_t>(task.status)]},
                {"next", millis(task.next)}};
  if (!task.destination.empty()) document["destination"] = task.destination;
  if (task.rate) document["rate"] = *task.rate;
  if (!task.failure.empty()) document["failure"] = task.failure;
  return json::dump(document);
}

MoveTask decode_move_task(std::string_view text) {
  const Json document = json::parse(text).value();  // we wrote it
  const auto time = [&](const char* member) { return Time(std::chrono::milliseconds(document.at(member).get<int64_t>())); };
  MoveTask task{.id = document.at("id").get<std::string>(),
                .source = document.at("source").get<std::string>(),
                .destination = document.value("destination", ""),
                .started = time("started"),
                .rate = {},
                .to_move = document.at("toMove").get<int64_t>(),
                .moved = document.at("moved").get<int64_t>(),
                .failure = document.value("failure", ""),
                .next = time("next")};
  if (document.contains("rate")) task.rate = document.at("rate").get<int64_t>();
  const auto name = std::ranges::find(kStatusNames, document.at("status").get<std::string>());
  task.status = static_cast<MoveTask::Status>(name - std::begin(kStatusNames));
  return task;
}

std::optional<Time> work_off(state::Transaction& state, Time now, const std::string& moving_key) {
  const std::optional<std::string> key = state.get(moving_key);
  const std::optional<std::string> document = key ? state.get(*key) : std::nullopt;
  if (!document) {
    state.erase(moving_key);
    return std::nullopt;
  }
  MoveTask task = decode_move_task(*document);
  const std::optional<Queue> source = find_queue(state, task.source);
  if (source && task.is_running() && task.next > now) return task.next;
  bool is_over = !source || !task.is_running();
  if (!is_over) {
    const auto left = static_cast<size_t>(std::max<int64_t>(task.to_move - task.moved, 0));
    const size_t limit = std::min({left, kMovedAtOnce, static_cast<size_t>(task.rate.value_or(kMovedAtOnce))});
    const std::vector<Place> places = idle_places(state, *source, limit, millis(now));
    size_t moved = 0;
    for (const Place& place : places) moved += move_one(state, millis(now), task, *source, place);
    task.moved += static_cast<int64_t>(moved);
    if (moved < places.size()) {
      task.status = MoveTask::Status::kFailed;
      task.failure = "AWS.SimpleQueueService.NonExistentQueue";
    } else if (moved < kMovedAtOnce && moved < static_cast<size_t>(task.rate.value_or(kMovedAtOnce))) {
      task.status = MoveTask::Status::kCompleted;
    } else if (task.moved >= task.to_move) {
      task.status = MoveTask::Status::kCompleted;
    }
    task.next = task.rate ? now + 1s : now;
    is_over = !task.is_running();
    state.put(*key, encode(task));
  }
  if (is_over) state.erase(moving_key);
  return is_over ? std::nullopt : std::optional(task.next);
}

}  // namespace cairn::sqs
