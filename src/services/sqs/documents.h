#pragma once
#include <fmt/format.h>

#include <string>
#include <string_view>

#include "aws/names.h"

/// Keys of SQS's state documents: docs/formats/state.md. A queue's messages stand under its id, which is another after a purge; `seq` is a
/// message's sequence number, 20 digits that grow with time; times are milliseconds since 1970.
namespace cairn::sqs::documents {

inline const std::string kQueues = "sqs/queue/";
inline std::string queues_in(const aws::AccountId& account, const aws::Region& region) {
  return fmt::format("{}{}/{}/", kQueues, account.str(), region.str());
}
inline std::string queue(const aws::AccountId& account, const aws::Region& region, std::string_view name) {
  return queues_in(account, region).append(name);
}
inline const std::string kAbandoned = "sqs/abandoned/";  // ids whose messages are still to be erased
inline std::string abandoned(std::string_view id) { return kAbandoned + std::string(id); }

/// What was sent: never changes, and stays where it is when the message moves to another queue.
inline std::string content(std::string_view seq) { return fmt::format("sqs/content/{}", seq); }
/// Where a message stands in its queue: changes with each receive.
inline std::string places_of(std::string_view id) { return fmt::format("sqs/place/{}/", id); }
inline std::string place(std::string_view id, std::string_view seq) { return places_of(id).append(seq); }
/// All of a queue's messages by the time from which they are visible.
inline const std::string kDue = "sqs/due/";
inline std::string due_of(std::string_view id) { return fmt::format("{}{}/", kDue, id); }
inline std::string due(std::string_view id, int64_t time, bool is_received, std::string_view seq) {
  return fmt::format("{}{:016}{}/{}", due_of(id), time, is_received ? 'r' : 'n', seq);
}

/// FIFO queues: groups by the time from which their first message may be received; each group's messages in order.
inline std::string turns_of(std::string_view id) { return fmt::format("sqs/turn/{}/", id); }
inline std::string turn(std::string_view id, int64_t time, std::string_view group) {
  return fmt::format("{}{:016}/{}", turns_of(id), time, group);
}
inline std::string groups_of(std::string_view id) { return fmt::format("sqs/group/{}/", id); }
inline std::string group(std::string_view id, std::string_view group) { return groups_of(id).append(group); }
inline std::string members_of(std::string_view id, std::string_view group) { return fmt::format("sqs/member/{}/{}/", id, group); }
inline std::string member(std::string_view id, std::string_view group, std::string_view seq) { return members_of(id, group).append(seq); }
/// FIFO queues: what was sent of late, by deduplication id, and the same in order.
inline std::string sent_of(std::string_view id) { return fmt::format("sqs/sent/{}/", id); }
inline std::string sent(std::string_view id, std::string_view digest) { return sent_of(id).append(digest); }
inline std::string sent_order_of(std::string_view id) { return fmt::format("sqs/sent-order/{}/", id); }
inline std::string sent_order(std::string_view id, std::string_view seq) { return sent_order_of(id).append(seq); }
inline std::string last_sent(std::string_view id) { return fmt::format("sqs/last-sent/{}", id); }

}  // namespace cairn::sqs::documents
