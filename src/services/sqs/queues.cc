#include <algorithm>
#include <array>

#include "api/operation.h"
#include "api/ports.h"
#include "api/system_tags.h"
#include "env/random.h"
#include "services/sqs/attributes.h"
#include "services/sqs/documents.h"
#include "services/sqs/errors.h"
#include "services/sqs/page.h"
#include "services/sqs/tag_set.h"

/// Queues: made, found, emptied, deleted.
namespace cairn::sqs {
namespace {

using namespace std::chrono_literals;

constexpr size_t kNameBytesMax = 80;
constexpr auto kPurgeInterval = 60s;
constexpr const char* kIdAlphabet = "0123456789abcdefghijklmnopqrstuvwxyz";
constexpr size_t kIdCharacters = 20;

std::string new_id(const api::Call& call) { return call.ports->random->letters(kIdCharacters, kIdAlphabet); }

void check_name(const std::string& name, bool is_fifo) {
  std::string_view stem = name;
  if (is_fifo && stem.ends_with(".fifo")) stem.remove_suffix(5);
  else if (is_fifo) stem = {};
  const auto fits = [](unsigned char c) { return std::isalnum(c) != 0 || c == '-' || c == '_'; };
  if (!stem.empty() && name.size() <= kNameBytesMax && std::ranges::all_of(stem, fits)) return;
  if (is_fifo)
    throw Error(kInvalidParameterValue,
                "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with .fifo suffix "
                "and be 1 to {} in length.",
                kNameBytesMax);
  throw Error(kInvalidParameterValue, "Can only include alphanumeric characters, hyphens, or underscores. 1 to {} in length",
              kNameBytesMax);
}

/// Who makes a queue again gets the one there is, unless it is told otherwise than it is.
void check_same(const Queue& existing, const Queue& wanted, const Json& asked) {
  for (const auto& [name, value] : asked.items())
    if (wanted.attribute(name) != existing.attribute(name))
      throw Error(kQueueNameExists, "A queue already exists with the same name and a different value for attribute {}", name);
}

/// Differs from AWS: the name of a deleted queue is free at once, and not after 60 seconds.
void create_queue(api::Call& call) {
  const std::string name = call.in.at("QueueName").get<std::string>();
  require_own(call, "CreateQueue", name);
  const Json asked = call.in.value("Attributes", Json::object());
  const Json tags = call.in.value("tags", Json::object());
  if (api::has_own_tags(call, tags)) require_own(call, "TagQueue", name);
  const bool is_fifo = asked.contains("FifoQueue") && asked["FifoQueue"] == "true";
  check_name(name, is_fifo);
  Queue queue{.name = name,
              .id = new_id(call),
              .account = call.account,
              .region = call.region,
              .created = call.now,
              .modified = call.now,
              .purged = std::nullopt,
              .attributes = {},
              .tags = {}};
  set_attributes(call, queue, asked, When::kCreated);
  add_tags(call, queue, tags);
  call.resources = {{.type = "AWS::SQS::Queue", .arn = queue.arn(), .account = queue.account}};
  if (const std::optional<Queue> existing = find_queue(*call.state, call.account, call.region, name)) check_same(*existing, queue, asked);
  else put_queue(call, queue);
  call.out["QueueUrl"] = url_of(call, queue);
}

/// Its messages go a little later (upkeep.h): nobody can name them any more.
void delete_queue(api::Call& call) {
  const Queue queue = open_queue(call, "DeleteQueue", Accounts::kOwn);
  call.state->erase(documents::queue(queue.account, queue.region, queue.name));
  call.state->put(documents::abandoned(queue.id), "");
}

void purge_queue(api::Call& call) {
  Queue queue = open_queue(call, "PurgeQueue");
  if (queue.purged && *queue.purged + kPurgeInterval > call.now)
    throw Error(kPurgeQueueInProgress, "Only one PurgeQueue operation on {} is allowed every 60 seconds.", queue.name);
  call.state->put(documents::abandoned(queue.id), "");
  queue.id = new_id(call);
  queue.purged = call.now;
  put_queue(call, queue);
}

void get_queue_url(api::Call& call) {
  aws::AccountId account = call.account;
  if (call.in.contains("QueueOwnerAWSAccountId")) account = aws::AccountId(call.in["QueueOwnerAWSAccountId"].get<std::string>());
  const Queue queue = open_queue(call, "GetQueueUrl", account, call.in.at("QueueName").get<std::string>(), Accounts::kAny);
  call.out["QueueUrl"] = url_of(call, queue);
}

void list_queues(api::Call& call) {
  require_own(call, "ListQueues", "*");
  each_of_page(call, call.account, call.in.value("QueueNamePrefix", ""), [&](const Queue& queue) {
    call.out["QueueUrls"].push_back(url_of(call, queue));
    return true;
  });
}

void list_dead_letter_source_queues(api::Call& call) {
  const Queue target = open_queue(call, "ListDeadLetterSourceQueues");
  call.out["queueUrls"] = Json::array();
  each_of_page(call, target.account, "", [&](const Queue& queue) {
    const std::optional<Redrive> redrive = redrive_of(queue);
    if (!redrive || redrive->target_arn != target.arn()) return false;
    call.out["queueUrls"].push_back(url_of(call, queue));
    return true;
  });
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"CreateQueue", create_queue},
    {"DeleteQueue", delete_queue},
    {"GetQueueUrl", get_queue_url},
    {"ListDeadLetterSourceQueues", list_dead_letter_source_queues},
    {"ListQueues", list_queues},
    {"PurgeQueue", purge_queue},
});

}  // namespace
}  // namespace cairn::sqs

namespace cairn::services {
extern const api::Family sqs_queues;
const api::Family sqs_queues{.service = "sqs", .operations = sqs::kOperations, .decides = api::Decides::kHandler};
}  // namespace cairn::services
