#include <algorithm>
#include <array>

#include "api/operation.h"
#include "api/ports.h"
#include "base/crypto.h"
#include "base/text.h"
#include "base/utf8.h"
#include "services/sqs/batch.h"
#include "services/sqs/board.h"
#include "services/sqs/documents.h"
#include "services/sqs/draft.h"
#include "services/sqs/errors.h"
#include "services/sqs/place.h"

/// SendMessage and SendMessageBatch.
namespace cairn::sqs {
namespace {

using namespace std::chrono_literals;

constexpr auto kDeduplicationTime = 5min;
constexpr size_t kBatchBytesMax = 1'048'576;

/// What a FIFO queue remembers of a deduplication id.
struct Sent {
  std::string message_id, seq;
};

std::string deduplication_key(const Queue& queue, const Content& content) {
  const bool by_group = queue.attribute("DeduplicationScope") == "messageGroup";
  const std::string scope = by_group ? content.group + '\n' : "";
  return documents::sent(queue.id, text::hex(crypto::sha256(scope + content.deduplication)));
}

std::optional<Sent> sent_before(api::Call& call, const std::string& key) {
  const std::optional<std::string> document = call.state->get(key);
  if (!document) return std::nullopt;
  const Json read = json::parse(*document).value();  // we wrote it
  if (read.at("time").get<int64_t>() <= millis(call.now - kDeduplicationTime)) return std::nullopt;
  return Sent{read.at("id").get<std::string>(), read.at("seq").get<std::string>()};
}

void remember(api::Call& call, const Queue& queue, const std::string& key, const Sent& sent) {
  call.state->put(key, json::dump(Json{{"time", millis(call.now)}, {"id", sent.message_id}, {"seq", sent.seq}}));
  call.state->put(documents::sent_order(queue.id, sent.seq), key);
  call.state->put(documents::last_sent(queue.id), sent.seq);
}

void put(api::Call& call, const Queue& queue, const ContentSealer& sealer, const Draft& draft, const std::string& seq) {
  const std::string key = documents::content(seq);
  call.state->put(key, sealer.seal(draft.content, key));
  Place place{.seq = seq, .visible = millis(call.now + draft.delay)};
  if (queue.is_fifo()) place.group = group_digest(draft.content.group);
  put_place(*call.state, queue, place);
  if (queue.is_fifo()) settle_group(*call.state, queue, place.group, millis(call.now));
}

Json send(api::Call& call, const Queue& queue, const ContentSealer& sealer, Draft draft) {
  Content& content = draft.content;
  content.id = call.ports->random->uuid();
  Json answer = Json::object();
  answer["MD5OfMessageBody"] = md5_of(content.body);
  if (std::string md5 = md5_of(content.attributes); !md5.empty()) answer["MD5OfMessageAttributes"] = std::move(md5);
  if (std::string md5 = md5_of_trace_header(content.trace_header); !md5.empty()) answer["MD5OfMessageSystemAttributes"] = std::move(md5);
  if (!queue.is_fifo()) {
    put(call, queue, sealer, draft, call.ports->queues->next_sequence());
    answer["MessageId"] = content.id;
    return answer;
  }
  const std::string key = deduplication_key(queue, content);
  std::optional<Sent> sent = sent_before(call, key);
  if (!sent) {
    const std::string last = call.state->get(documents::last_sent(queue.id)).value_or("");
    sent = Sent{content.id, call.ports->queues->next_sequence(last)};
    put(call, queue, sealer, draft, sent->seq);
    remember(call, queue, key, *sent);
  }
  answer["MessageId"] = sent->message_id;
  answer["SequenceNumber"] = sent->seq;
  return answer;
}

void send_message(api::Call& call) {
  const Queue queue = open_queue(call, "SendMessage");
  check_fifo_parameters(queue, call.in, kMissingParameter);
  Draft draft = read_draft(call, queue, call.in);
  call.out = send(call, queue, ContentSealer(call, queue), std::move(draft));
}

void send_message_batch(api::Call& call) {
  const Queue queue = open_queue(call, "SendMessage");
  check_entries(call);
  size_t bytes = 0;
  for (const Json& entry : call.in.at("Entries")) {
    check_fifo_parameters(queue, entry, kInvalidParameterValue);
    bytes += size_of(entry);
  }
  if (bytes > kBatchBytesMax)
    throw Error(kBatchRequestTooLong, "Batch requests cannot be longer than {} bytes. You have sent {} bytes.", kBatchBytesMax, bytes);
  const ContentSealer sealer(call, queue);
  for_each_entry(call, [&](const Json& entry) { return send(call, queue, sealer, read_draft(call, queue, entry)); });
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"SendMessage", send_message},
    {"SendMessageBatch", send_message_batch},
});

}  // namespace
}  // namespace cairn::sqs

namespace cairn::services {
extern const api::Family sqs_send;
const api::Family sqs_send{.service = "sqs", .operations = sqs::kOperations, .decides = api::Decides::kHandler};
}  // namespace cairn::services
