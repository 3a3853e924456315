#include <array>

#include "api/operation.h"
#include "services/sqs/batch.h"
#include "services/sqs/errors.h"
#include "services/sqs/place.h"
#include "services/sqs/receipt.h"

/// What a receiver does with what it received: DeleteMessage, ChangeMessageVisibility, and their batches.
namespace cairn::sqs {
namespace {

constexpr int64_t kVisibilityMax = 43'200;  // seconds

void put_settled(api::Call& call, const Queue& queue, const Place& place) {
  put_place(*call.state, queue, place);
  if (!place.group.empty()) settle_group(*call.state, queue, place.group, millis(call.now));
}

/// The message of a receipt, if that is its last.
std::optional<Place> find_received(api::Call& call, const Queue& queue, const Receipt& receipt) {
  std::optional<Place> place = receipt.seq.empty() ? std::nullopt : find_place(*call.state, queue, receipt.seq);
  if (place && place->receipt != receipt.receipt) return std::nullopt;
  return place;
}

Error expired(const std::string& handle) { return invalid_value(handle, "ReceiptHandle", "The receipt handle has expired."); }

/// A message that is gone is deleted; so, on standard queues, is one that somebody else has received since: it stays for them.
void delete_one(api::Call& call, const Queue& queue, const std::string& handle) {
  const Receipt receipt = read_handle(queue, handle);
  const std::optional<Place> place = find_received(call, queue, receipt);
  if (queue.is_fifo()) {
    const bool is_there = !receipt.seq.empty() && find_place(*call.state, queue, receipt.seq).has_value();
    if (is_there && (!place || !place->is_in_flight(millis(call.now)))) throw expired(handle);
  }
  if (!place) return;
  erase_message(*call.state, queue, *place);
  if (!place->group.empty()) settle_group(*call.state, queue, place->group, millis(call.now));
}

void change_one(api::Call& call, const Queue& queue, const std::string& handle, int64_t seconds) {
  if (seconds < 0 || seconds > kVisibilityMax)
    throw invalid_value(seconds, "VisibilityTimeout", fmt::format("Must be >= 0 and <= {}, if provided.", kVisibilityMax));
  const Receipt receipt = read_handle(queue, handle);
  std::optional<Place> place = find_received(call, queue, receipt);
  if (!place) throw invalid_value(handle, "ReceiptHandle", "Message does not exist or is not available for visibility timeout change.");
  const int64_t now = millis(call.now);
  if (queue.is_fifo() && !place->is_in_flight(now)) throw expired(handle);
  const int64_t visible = now + seconds * 1000;
  if (visible > place->last_received + kVisibilityMax * 1000)
    throw invalid_value(seconds, "VisibilityTimeout",
                        fmt::format("Total VisibilityTimeout for the message is beyond the limit [{} seconds]", kVisibilityMax));
  place->visible = visible;
  put_settled(call, queue, *place);
}

std::string handle_in(const Json& parameters) { return parameters.at("ReceiptHandle").get<std::string>(); }

int64_t timeout_in(const Json& parameters) {
  if (!parameters.contains("VisibilityTimeout"))
    throw Error(kMissingParameter, "The request must contain the parameter VisibilityTimeout.");
  return parameters.at("VisibilityTimeout").get<int64_t>();
}

void delete_message(api::Call& call) { delete_one(call, open_queue(call, "DeleteMessage"), handle_in(call.in)); }

void delete_message_batch(api::Call& call) {
  const Queue queue = open_queue(call, "DeleteMessage");
  for_each_entry(call, [&](const Json& entry) {
    delete_one(call, queue, handle_in(entry));
    return Json::object();
  });
}

void change_message_visibility(api::Call& call) {
  change_one(call, open_queue(call, "ChangeMessageVisibility"), handle_in(call.in), timeout_in(call.in));
}

void change_message_visibility_batch(api::Call& call) {
  const Queue queue = open_queue(call, "ChangeMessageVisibility");
  for_each_entry(call, [&](const Json& entry) {
    change_one(call, queue, handle_in(entry), timeout_in(entry));
    return Json::object();
  });
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"ChangeMessageVisibility", change_message_visibility},
    {"ChangeMessageVisibilityBatch", change_message_visibility_batch},
    {"DeleteMessage", delete_message},
    {"DeleteMessageBatch", delete_message_batch},
});

}  // namespace
}  // namespace cairn::sqs

namespace cairn::services {
extern const api::Family sqs_received;
const api::Family sqs_received{.service = "sqs", .operations = sqs::kOperations, .decides = api::Decides::kHandler};
}  // namespace cairn::services
