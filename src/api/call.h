#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/payload.h"
#include "aws/error.h"
#include "aws/model.h"
#include "aws/principal.h"
#include "base/json.h"
#include "base/time.h"
#include "event/facts.h"
#include "http/server.h"
#include "state/store.h"

namespace cairn::identity {
class PolicySet;
}

namespace cairn::api {

struct Operation;
struct Service;
struct Ports;

/// The answer beyond the modelled output.
struct Reply {
  int status = 0;                                            // 0: the model's
  std::vector<std::pair<std::string, std::string>> headers;  // added to those bound in the model
  std::unique_ptr<http::BodySource> source;                  // streaming output (the model's streaming payload member)
  uint64_t source_bytes = 0;
  std::optional<std::string> body;  // a finished body in place of the encoded output (S3's raw policy, own JSON)
};

/// One call from head to answer. A handler reads the upper half, decides, and fills in the lower. No sockets in sight.
struct Call {
  // --- what was asked
  const Service* service = nullptr;
  const Operation* operation = nullptr;
  const aws::OperationModel* model = nullptr;
  Ports* ports = nullptr;
  aws::Principal principal;
  std::shared_ptr<const identity::PolicySet> policies;  // the caller's own; null: tests of handlers, where `is_administrator` counts
  bool is_decided = false;                              // the policy engine was asked (api/authorize.h)
  aws::AccountId account;                               // whose resources are meant: the caller's
  aws::Region region;                                   // where: from the credential scope
  Time arrived;                                         // when it came; `now` is when it is decided
  Time now;
  std::string request_id;  // what the client sees
  std::string host_id;     // x-amz-id-2
  std::string host;        // Host header as sent
  std::string source_ip, user_agent;
  bool tls = false;
  std::string tls_version;  // TLSv1.3; "": none
  Json in;                  // parameters by model names; an object
  Payload payload;          // operations with a streaming input: the body, received and verified
  std::string body;         // the raw body of others
  event::HttpFacts http;    // the request as sent: S3's records show it

  bool may_block = true;  // false on an io thread

  // --- what the handler decides (it may run again after a conflict: fill in, never add to)
  state::Transaction* state = nullptr;
  Json out;  // answer by model names
  Reply reply;
  aws::AccountId owner;                     // whose resource it turned out to be; empty: the caller's
  std::vector<event::Resource> resources;   // the record's `resources` (S3's are drawn from `http` by event/)
  std::optional<Json> additional;           // the record's additionalEventData (not S3)
  std::optional<Json> recorded_in;          // requestParameters differ from `in` (rare)
  std::optional<Json> recorded_out;         // responseElements differ from `out` (rare)
  std::vector<std::string> records_within;  // of calls that were made for this one (api/within.h)
};

/// Thrown by about_to_block; the pipeline begins the decision again on the pool.
struct MustNotBlock {};

/// Thrown by a handler that finds what it read no longer true (bytes of an object that was replaced meanwhile); the pipeline decides
/// again, as after a conflict at commit.
struct Outdated {};

/// Thrown by a handler that has nothing to answer yet. `park` keeps what it is given, to be called once when the handler should look
/// again; until then the call occupies no thread. False: it does not, as there is something to look at already.
struct NotYet {
  std::function<bool(std::function<void()> resume)> park;
};

/// A handler that usually touches memory only calls this before it waits for a disk after all.
inline void about_to_block(const Call& call) {
  if (!call.may_block) throw MustNotBlock{};
}

}  // namespace cairn::api
