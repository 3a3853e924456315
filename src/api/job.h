#pragma once
#include <memory>
#include <optional>
#include <string>

#include "api/authenticate.h"
#include "api/call.h"
#include "api/route.h"
#include "http/server.h"
#include "journal/journal.h"

namespace cairn::api {

/// A call in flight: what the stages hand on to each other. Owned by the exchange until handled, then by whoever runs it, and
/// while its entry is on the way to the disk by itself.
struct Job final : journal::Waiter, std::enable_shared_from_this<Job> {
  std::shared_ptr<http::Exchange> exchange;
  Route route;
  Authenticated caller;
  Call call;
  Time arrived;                                                     // when the head was read
  bool received = false;                                            // the streamed body is in call.payload
  std::optional<aws::Error> error;                                  // the call ends with this
  std::function<void(state::Transaction&, const Json& out)> along;  // api/client.h

  http::Response response;             // finished; leaves once the entry is durable
  std::shared_ptr<Job> until_durable;  // itself

  void durable(journal::Position) override {
    // The answer takes the job along, so that it is freed where it was made, on an io thread: freeing a dozen documents a call
    // here would hold up the committer and make both threads fight for one heap.
    http::Response finished = std::move(response);
    finished.keep = std::move(until_durable);
    std::exchange(exchange, nullptr)->respond(std::move(finished));
  }
};

}  // namespace cairn::api
