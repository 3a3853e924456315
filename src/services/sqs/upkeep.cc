#include "services/sqs/upkeep.h"

#include "services/sqs/board.h"
#include "services/sqs/documents.h"
#include "services/sqs/move_task.h"
#include "services/sqs/place.h"
#include "services/sqs/queue.h"
#include "state/internal_commit.h"

namespace cairn::sqs {
namespace {

using namespace std::chrono_literals;

constexpr auto kInterval = 60s;
constexpr auto kRetryInterval = 1s;
constexpr auto kDeduplicationTime = 5min;
constexpr size_t kTasksAtOnce = 1000;  // that move messages; further ones wait
constexpr size_t kErasedAtOnce = 500;  // messages in one entry of the journal

std::string_view last_part(std::string_view key) { return key.substr(key.rfind('/') + 1); }

/// Erases the first documents below a prefix; false: there are more.
bool erase_below(state::Transaction& transaction, const std::string& prefix) {
  const state::Page page = transaction.list(prefix, "", kErasedAtOnce);
  for (const state::Item& item : page.items) transaction.erase(item.key);
  return !page.more;
}

/// The members' keys name their group, too, so they go before the rest that could tell it.
bool erase_some(state::Transaction& transaction, const std::string& id) {
  const std::string places = documents::places_of(id);
  const state::Page page = transaction.list(places, "", kErasedAtOnce);
  Queue queue;
  queue.id = id;
  for (const state::Item& item : page.items)
    if (const std::optional<Place> place = find_place(transaction, queue, last_part(item.key))) erase_message(transaction, queue, *place);
  if (page.more) return false;
  if (!page.items.empty()) return false;  // what is left is small, but an entry of its own
  for (const std::string& prefix :
       {documents::turns_of(id), documents::groups_of(id), documents::sent_of(id), documents::sent_order_of(id)})
    if (!erase_below(transaction, prefix)) return false;
  transaction.erase(documents::last_sent(id));
  return true;
}

/// Messages past their retention; false: there may be more.
bool erase_expired(state::Transaction& transaction, const Queue& queue, Time now) {
  const std::string end = first_sequence_of(millis(now - queue.retention()));
  const state::Page page = transaction.list(documents::places_of(queue.id), "", kErasedAtOnce);
  size_t erased = 0;
  for (const state::Item& item : page.items) {
    if (last_part(item.key) >= end) break;
    const std::optional<Place> place = find_place(transaction, queue, last_part(item.key));
    if (!place) continue;
    erase_message(transaction, queue, *place);
    if (!place->group.empty()) settle_group(transaction, queue, place->group, millis(now));
    ++erased;
  }
  return erased < kErasedAtOnce;
}

bool forget_sent(state::Transaction& transaction, const Queue& queue, Time now) {
  const std::string end = first_sequence_of(millis(now - kDeduplicationTime));
  const std::string prefix = documents::sent_order_of(queue.id);
  const state::Page page = transaction.list(prefix, "", kErasedAtOnce);
  size_t erased = 0;
  for (const state::Item& item : page.items) {
    if (last_part(item.key) >= end) break;
    transaction.erase(item.key);
    // Unless the id was used again since, which is remembered under another number.
    const std::optional<std::string> sent = transaction.get(item.value);
    if (sent && json::parse(*sent).value().at("seq").get<std::string>() == last_part(item.key)) transaction.erase(item.value);
    ++erased;
  }
  return erased < kErasedAtOnce;
}

}  // namespace

/// One piece of the first task whose time has come. False: there is none.
bool UpkeepStep::move(state::Transaction& transaction) {
  next_.reset();
  for (const state::Item& item : transaction.list(documents::kMoving, "", kTasksAtOnce).items) {
    const size_t before = transaction.changes().size();
    const std::optional<Time> next = work_off(transaction, clock_.now(), item.key);
    if (transaction.changes().size() > before) return true;
    if (next && (!next_ || *next < *next_)) next_ = next;
  }
  return false;
}

bool UpkeepStep::step(state::Transaction& transaction) {
  if (move(transaction)) return true;
  const state::Page abandoned = transaction.list(documents::kAbandoned, "", 1);
  if (!abandoned.items.empty()) {
    const std::string& key = abandoned.items.front().key;
    if (erase_some(transaction, std::string(last_part(key)))) transaction.erase(key);
    return true;
  }
  const state::Page queues = transaction.list(documents::kQueues, after_, 1);
  if (queues.items.empty()) {
    after_.clear();
    return false;
  }
  const Queue queue = decode_queue(queues.items.front().value);
  bool is_done = erase_expired(transaction, queue, clock_.now());
  if (queue.is_fifo()) is_done = forget_sent(transaction, queue, clock_.now()) && is_done;
  if (is_done) after_ = queues.items.front().key;
  return true;
}

env::Next Upkeep::step() {
  state::Transaction transaction(store_);
  if (!work_.step(transaction)) {
    const auto pause = work_.next() ? *work_.next() - clock_.now() : kInterval;
    return env::Next::after(std::clamp<std::chrono::nanoseconds>(pause, 1ms, kInterval));
  }
  if (transaction.changes().empty() || state::commit_internal(store_, journal_, transaction)) return env::Next::now();
  return env::Next::after(kRetryInterval);  // what it could not commit is there to be found again in the next round
}

}  // namespace cairn::sqs
