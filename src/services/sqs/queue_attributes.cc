#include <array>

#include "api/operation.h"
#include "api/ports.h"
#include "services/sqs/attributes.h"
#include "services/sqs/board.h"
#include "services/sqs/errors.h"

namespace cairn::sqs {
namespace {

void get_queue_attributes(api::Call& call) {
  const Queue queue = open_queue(call, "GetQueueAttributes");
  const Json names = call.in.value("AttributeNames", Json::array());
  std::map<std::string, std::string> all = shown_attributes(queue);
  const Board::Counts counts = call.ports->queues->counts(queue.id);
  all["ApproximateNumberOfMessages"] = std::to_string(counts.visible);
  all["ApproximateNumberOfMessagesNotVisible"] = std::to_string(counts.in_flight);
  all["ApproximateNumberOfMessagesDelayed"] = std::to_string(counts.delayed);
  bool wants_all = false;
  for (const Json& each : names) {
    const std::string name = each.get<std::string>();
    if (!is_attribute(name)) throw unknown_attribute(name);
    wants_all = wants_all || name == "All";
  }
  for (const auto& [name, value] : all)
    if (wants_all || std::ranges::find(names, Json(name)) != names.end()) call.out["Attributes"][name] = value;
}

void set_queue_attributes(api::Call& call) {
  Queue queue = open_queue(call, "SetQueueAttributes", Accounts::kOwn);
  set_attributes(call, queue, call.in.at("Attributes"), When::kChanged);
  queue.modified = call.now;
  put_queue(call, queue);
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"GetQueueAttributes", get_queue_attributes},
    {"SetQueueAttributes", set_queue_attributes},
});

}  // namespace
}  // namespace cairn::sqs

namespace cairn::services {
extern const api::Family sqs_queue_attributes;
const api::Family sqs_queue_attributes{.service = "sqs", .operations = sqs::kOperations, .decides = api::Decides::kHandler};
}  // namespace cairn::services
