#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "aws/names.h"
#include "base/json.h"
#include "base/time.h"
#include "env/random.h"
#include "outbox/retry.h"
#include "state/store.h"

/// What is to leave the server: each thing is a document of the state, put in the same transaction as the change that causes it, so that
/// whatever was accepted is sent at least once, across crashes, or goes to its dead-letter queue. The worker is outbox/outbox.h.
///
///   outbox::Item item;
///   item.lane = "events." + target_id;             // whom it goes to: one that is dead holds up no other
///   item.owner = "events";                         // of metrics and logs; who is told of it and makes what is deferred (outbox.h)
///   item.what = outbox::Http{.url = url, .headers = {{"Content-Type", "application/json"}}, .body = text};
///   item.sender = {"events.amazonaws.com", rule_arn, account};
///   item.retry = {.growing = 185, .least = 1s, .most = 600s, .backoff = RetryPolicy::Backoff::kExponential, .age_max = 24h};
///   item.dead_letter = outbox::DeadLetter{.queue = queue_arn};
///   outbox::put(transaction, random, call.now, std::move(item));
///
/// All that one transaction puts must fit an entry of the journal (journal::kEntryBytesMax): many items that share a large text keep it in
/// a document of their own and are Deferred. Documents lie on the disk in the clear: what needs a secret (an Authorization header) is
/// Deferred, and made when it is sent.
namespace cairn::outbox {

using Headers = std::vector<std::pair<std::string, std::string>>;

/// A call of one of this server's own services, as the sender or in a role that it takes on: authorised and recorded like anyone's.
/// Arrived: the answer's status is 2xx. Tried again: 5xx, 429, throttling, conflicts; any other refusal is for good.
struct Call {
  std::string service;  // as in a credential scope: sqs
  aws::Region region;
  std::string method = "POST", target = "/";
  Headers headers = {};  // others than Host: Content-Type, X-Amz-Target ...
  std::string body = {};
  std::string role = {}, session = {};  // the role's ARN and the session's name; "": the sender itself calls
};

/// Arrived: 2xx. Tried again: no answer, 5xx, and the statuses named; any other is for good.
struct Http {
  std::string method = "POST", url;
  Headers headers = {};
  std::string body = {};
  std::chrono::milliseconds timeout{15'000};
  std::vector<int> again_on = {429};
};

struct Mail {
  std::string to;
  std::string message;  // with its header, as RFC 5322 has it; lines end in CRLF
};

/// Only the owner can tell, when it is sent: what shares a text with others, what needs a secret, what may have changed meanwhile.
struct Deferred {
  Json data;
};

/// What is made of a Deferred item that cannot be sent: a try that has failed ...
struct Failed {
  std::string code, message;
  bool again = false;
};
/// ... or one that is not to be sent yet, which counts as no try.
struct Later {
  std::chrono::milliseconds wait;
};

/// On whose behalf.
struct Sender {
  std::string service;  // the service principal: sns.amazonaws.com
  std::string source_arn;
  aws::AccountId source_account;
};

/// Where it goes if it cannot arrive.
struct DeadLetter {
  std::string queue;                       // ARN of a queue of SQS
  std::optional<std::string> body = {};    // nullopt: what was to be sent
  Headers attributes = {};                 // message attributes, strings
  Json typed_attributes = Json::object();  // the same in SQS\'s own form, of any type
  bool explains = false;                   // adds ERROR_CODE, ERROR_MESSAGE, RETRY_ATTEMPTS, EXHAUSTED_RETRY_CONDITION, as EventBridge does
  std::string group = {}, deduplication = {};  // FIFO queues
};

struct Item {
  std::string lane;  // no '/' in it. Items of a lane share a bound of how many are sent at once, and of how many may wait
  std::string owner;
  std::variant<Call, Http, Mail, Deferred, Failed, Later> what;
  Sender sender = {};
  RetryPolicy retry = {};
  std::optional<DeadLetter> dead_letter = {};
  /// The lane's items go one by one, by `order`, each when the one before has arrived or was given up. Alike for all of a lane.
  bool is_ordered = false;
  uint64_t order = 0;  // is_ordered: greater than that of the item before
  Time created = {};   // set by put
};

constexpr size_t kItemBytesMax = 1 << 20;  // of a document

/// Puts it into the outbox; its id. Throws std::length_error if it is too large.
std::string put(state::Transaction& state, env::Random& random, Time now, Item item);

std::string encode(const Item& item);
Item decode_item(std::string_view lane, std::string_view document);

/// What was done for an item so far; no document: nothing.
struct Tries {
  int count = 0;
  Time next;                            // not before
  bool is_dead = false;                 // it goes to its dead-letter queue; `count` begins anew
  int count_before = 0;                 // is_dead: tries of the item itself
  std::string code = {}, message = {};  // why the last of these failed
  bool is_exhausted = false;            // is_dead: it was tried as often as its policy says
};
std::string encode(const Tries& tries);
Tries decode_tries(std::string_view document);

namespace keys {
inline const std::string kItems = "outbox/item/", kTries = "outbox/tries/";
inline std::string items_of(std::string_view lane) { return std::string(kItems).append(lane) + "/"; }
inline std::string item(std::string_view lane, std::string_view id) { return items_of(lane).append(id); }
inline std::string tries(std::string_view lane, std::string_view id) { return std::string(kTries).append(lane).append("/").append(id); }
/// The lane and id of an item's key.
std::pair<std::string_view, std::string_view> split_item(std::string_view key);
}  // namespace keys

}  // namespace cairn::outbox
