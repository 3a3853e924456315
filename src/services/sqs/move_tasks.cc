#include <array>

#include "api/operation.h"
#include "api/ports.h"
#include "base/text.h"
#include "env/random.h"
#include "services/sqs/attributes.h"
#include "services/sqs/board.h"
#include "services/sqs/documents.h"
#include "services/sqs/errors.h"
#include "services/sqs/move_task.h"

/// StartMessageMoveTask, ListMessageMoveTasks, CancelMessageMoveTask.
namespace cairn::sqs {
namespace {

constexpr int64_t kRateMax = 500, kListedMax = 10;
constexpr size_t kQueuesAtOnce = 500;

/// The source queue of a call, which must be of the caller's account.
Queue open_source(api::Call& call, std::string_view action, const std::string& arn) {
  const std::vector<std::string_view> parts = text::split(arn, ':');
  if (parts.size() != 6 || parts[2] != "sqs")
    throw invalid_value(arn, "SourceArn", "You must use this format: arn:aws:sqs:region:account:name.");
  try {
    return open_queue(call, action, aws::AccountId(std::string(parts[4])), parts[5], Accounts::kOwn);
  } catch (const Error& error) {
    if (error.kind.code != kQueueDoesNotExist.code) throw;
    throw Error(kResourceNotFound, "The resource that you specified for the SourceArn parameter doesn't exist.");
  }
}

bool is_dead_letter_queue(api::Call& call, const Queue& queue) {
  const std::string all = documents::queues_in(queue.account, queue.region);
  std::string after;
  for (bool more = true; more;) {
    const state::Page page = call.state->list(all, after, kQueuesAtOnce);
    more = page.more;
    for (const state::Item& item : page.items) {
      after = item.key;
      const std::optional<Redrive> redrive = redrive_of(decode_queue(item.value));
      if (redrive && redrive->target_arn == queue.arn()) return true;
    }
  }
  return false;
}

void check_destination(api::Call& call, const std::string& arn) {
  const std::vector<std::string_view> parts = text::split(arn, ':');
  try {
    if (parts.size() != 6) throw no_such_queue();
    open_queue(call, "SendMessage", aws::AccountId(std::string(parts[4])), parts[5], Accounts::kAny);
  } catch (const Error& error) {
    if (error.kind.code != kQueueDoesNotExist.code) throw;
    throw Error(kResourceNotFound, "The resource that you specified for the DestinationArn parameter doesn't exist.");
  }
}

/// What a handle says, as on AWS.
std::string handle_of(const MoveTask& task) { return text::base64(json::dump({{"taskId", task.id}, {"sourceArn", task.source}})); }

/// Differs from AWS: moved messages keep their ids and the time at which they were sent.
void start_message_move_task(api::Call& call) {
  const std::string source_arn = call.in.at("SourceArn").get<std::string>();
  const Queue source = open_source(call, "StartMessageMoveTask", source_arn);
  for (const char* action : {"ReceiveMessage", "DeleteMessage", "GetQueueAttributes"}) open_source(call, action, source_arn);
  MoveTask task{.id = call.ports->random->uuid(),
                .source = source.arn(),
                .destination = call.in.value("DestinationArn", ""),
                .started = call.now,
                .rate = {},
                .next = call.now};
  if (call.in.contains("MaxNumberOfMessagesPerSecond")) {
    task.rate = call.in["MaxNumberOfMessagesPerSecond"].get<int64_t>();
    if (*task.rate < 1 || *task.rate > kRateMax)
      throw invalid_value(*task.rate, "MaxNumberOfMessagesPerSecond", fmt::format("Must be >= 1 and <= {}.", kRateMax));
  }
  if (!is_dead_letter_queue(call, source)) throw Error(kInvalidParameterValue, "Source queue must be configured as a Dead Letter Queue.");
  if (!task.destination.empty()) check_destination(call, task.destination);
  call.resources = {{.type = "AWS::SQS::Queue", .arn = source.arn(), .account = source.account}};
  if (call.state->exists(documents::moving(source.id)))
    throw Error(kInvalidParameterValue,
                "There is already a task running. Only one active task is allowed for a source queue arn at a given time.");
  task.to_move = static_cast<int64_t>(call.ports->queues->counts(source.id).visible);
  const std::string prefix = documents::moves_of(source);
  const state::Page before = call.state->list(prefix, "", 2 * kListedMax);
  for (size_t i = 0; i + kListedMax <= before.items.size(); ++i) call.state->erase(before.items[i].key);
  call.state->put(documents::move(source, task), encode(task));
  call.state->put(documents::moving(source.id), documents::move(source, task));
  call.out["TaskHandle"] = handle_of(task);
}

Json shown(const MoveTask& task) {
  constexpr std::string_view kNames[] = {"RUNNING", "COMPLETED", "CANCELLED", "FAILED"};
  Json entry{{"Status", kNames[static_cast<size_t>(task.status)]},
             {"SourceArn", task.source},
             {"ApproximateNumberOfMessagesMoved", task.moved},
             {"ApproximateNumberOfMessagesToMove", task.to_move},
             {"StartedTimestamp", task.started.time_since_epoch().count()}};
  if (task.is_running()) entry["TaskHandle"] = handle_of(task);
  if (!task.destination.empty()) entry["DestinationArn"] = task.destination;
  if (task.rate) entry["MaxNumberOfMessagesPerSecond"] = *task.rate;
  if (!task.failure.empty()) entry["FailureReason"] = task.failure;
  return entry;
}

void list_message_move_tasks(api::Call& call) {
  const Queue source = open_source(call, "ListMessageMoveTasks", call.in.at("SourceArn").get<std::string>());
  const int64_t limit = call.in.contains("MaxResults") ? call.in["MaxResults"].get<int64_t>() : 1;
  if (limit < 1 || limit > kListedMax)
    throw invalid_value(limit, "MaxResults", fmt::format("Must be >= 1 and <= {}, if provided.", kListedMax));
  call.out["Results"] = Json::array();
  const state::Page page = call.state->list(documents::moves_of(source), "", 2 * kListedMax);
  for (auto item = page.items.rbegin(); item != page.items.rend() && call.out["Results"].size() < static_cast<size_t>(limit); ++item)
    call.out["Results"].push_back(shown(decode_move_task(item->value)));
}

void cancel_message_move_task(api::Call& call) {
  const std::optional<std::string> text = text::from_base64(call.in.at("TaskHandle").get<std::string>());
  const Result<Json> handle = json::parse(text.value_or(""));
  if (!handle || !handle->is_object() || !handle->contains("taskId") || !handle->contains("sourceArn") ||
      !(*handle)["taskId"].is_string() || !(*handle)["sourceArn"].is_string()) {
    require_own(call, "CancelMessageMoveTask", "*");
    throw Error(kInvalidParameterValue, "Value for parameter TaskHandle is invalid.");
  }
  const Queue source = open_source(call, "CancelMessageMoveTask", (*handle)["sourceArn"].get<std::string>());
  const std::optional<std::string> key = call.state->get(documents::moving(source.id));
  const std::optional<std::string> document = key ? call.state->get(*key) : std::nullopt;
  if (!document) throw Error(kResourceNotFound, "Task does not exist.");
  MoveTask task = decode_move_task(*document);
  if (task.id != (*handle)["taskId"].get<std::string>()) throw Error(kResourceNotFound, "Task does not exist.");
  task.status = MoveTask::Status::kCancelled;
  call.state->put(*key, encode(task));
  call.state->erase(documents::moving(source.id));
  call.out["ApproximateNumberOfMessagesMoved"] = task.moved;
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"CancelMessageMoveTask", cancel_message_move_task},
    {"ListMessageMoveTasks", list_message_move_tasks},
    {"StartMessageMoveTask", start_message_move_task},
});

}  // namespace
}  // namespace cairn::sqs

namespace cairn::services {
extern const api::Family sqs_move_tasks;
const api::Family sqs_move_tasks{.service = "sqs", .operations = sqs::kOperations, .decides = api::Decides::kHandler};
}  // namespace cairn::services
