#pragma once
#include <chrono>
#include <optional>
#include <vector>

#include "services/sqs/place.h"

namespace cairn::sqs {

struct Picked {
  std::vector<Place> places;  // as they are now: received once more
  std::optional<Time> next;   // when the next message can be received that is there already; nullopt: none, or more can be at once
};

/// Takes up to `messages` that can be received now, hides them, and notes the receipt. Those past their retention are erased on the way,
/// and those that were received too often go to the dead letters.
Picked pick(api::Call& call, const Queue& queue, size_t messages, std::chrono::seconds visibility);

}  // namespace cairn::sqs
