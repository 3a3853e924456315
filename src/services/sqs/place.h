#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "services/sqs/queue.h"

/// Where messages stand in their queues: the documents that change when one is sent, received, hidden, removed. All times are in
/// milliseconds since 1970.
namespace cairn::sqs {

struct Place {
  std::string seq;
  int64_t visible = 0;   // from when on it can be received
  int64_t receives = 0;  // how often it was
  int64_t first_received = 0, last_received = 0;
  std::string receipt;  // of the last time; "": never
  std::string group;    // FIFO queues: a digest of the group's name
  std::string source;   // of a dead letter: the ARN of the queue it comes from

  bool is_in_flight(int64_t now) const { return receives > 0 && visible > now; }
};

int64_t millis(Time time);
std::string group_digest(std::string_view group);

std::optional<Place> find_place(state::Transaction& state, const Queue& queue, std::string_view seq);
/// Puts a message into the queue, or moves it within. FIFO queues: call settle_group afterwards, once for each group.
void put_place(state::Transaction& state, const Queue& queue, const Place& place);
/// Takes it out of the queue; its content stays.
void take_out(state::Transaction& state, const Queue& queue, const Place& place);
/// Takes it out and erases what it says.
void erase_message(state::Transaction& state, const Queue& queue, const Place& place);
/// When a group's first message can be received: not while one that was received before is still in flight.
void settle_group(state::Transaction& state, const Queue& queue, const std::string& group, int64_t now);

}  // namespace cairn::sqs
