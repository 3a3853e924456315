#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "services/sqs/queue.h"

/// Moving the messages of a dead-letter queue to another one, or back to where they came from: a document that the upkeep (upkeep.h)
/// works off, some messages with each entry of the journal.
namespace cairn::sqs {

struct MoveTask {
  std::string id;                   // UUID
  std::string source, destination;  // ARNs; destination "": where each came from
  Time started;
  std::optional<int64_t> rate;  // messages a second at most
  int64_t to_move = 0, moved = 0;
  enum class Status { kRunning, kCompleted, kCancelled, kFailed } status = Status::kRunning;
  std::string failure;  // a code
  Time next;            // not before: the rate

  bool is_running() const { return status == Status::kRunning; }
};

std::string encode(const MoveTask& task);
MoveTask decode_move_task(std::string_view document);

namespace documents {
inline const std::string kMoves = "sqs/move/", kMoving = "sqs/moving/";
std::string moves_of(const Queue& source);  // the newest last
std::string move(const Queue& source, const MoveTask& task);
/// There while the task runs; holds the key of its document.
inline std::string moving(std::string_view source_id) { return kMoving + std::string(source_id); }
}  // namespace documents

/// Moves some of what is left; the task is changed, in its document too. Returns when there is more to do; nullopt: it is over.
std::optional<Time> work_off(state::Transaction& state, Time now, const std::string& moving_key);

}  // namespace cairn::sqs
