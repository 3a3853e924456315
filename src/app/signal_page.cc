#include "app/signal_page.h"

#include "services/cloudformation/signal.h"
#include "state/internal_commit.h"

namespace cairn::app {
namespace {

using Exchange = std::shared_ptr<http::Exchange>;

constexpr int kTriesMax = 5;  // what was read may change meanwhile

http::Response answer(int status, std::string_view message = "") {
  http::Response response;
  response.status = status;
  response.headers = {{"Content-Type", "application/json"}, {"Cache-Control", "no-store"}};
  if (!message.empty()) json::Writer(response.body).begin_object().key("message").string(message).end_object();
  return response;
}

void take(const SignalMeans& means, const Exchange& exchange) {
  using cloudformation::Taken;
  const auto handle = cloudformation::handle_of(exchange->head().path);
  if (!handle) return exchange->respond(answer(403, "There is no such wait condition handle."));
  const auto signal = cloudformation::parse_signal(exchange->body());
  if (!signal)
    return exchange->respond(answer(400,
                                    "A signal is a JSON document: Status (SUCCESS or FAILURE), UniqueId, Reason and Data, each of at most "
                                    "4096 bytes."));
  for (int tries = 0; tries < kTriesMax; ++tries) {
    state::Transaction state(means.store);
    switch (cloudformation::put_signal(state, means.sealer, *handle, *signal, means.clock.now())) {
      case Taken::kNoHandle:
        return exchange->respond(answer(403, "There is no such wait condition handle."));
      case Taken::kTooMany:
        return exchange->respond(answer(400, "The handle has as many signals as it can have."));
      case Taken::kKnown:
        return exchange->respond(answer(200));
      case Taken::kKept:
        break;
    }
    if (state::commit_internal(means.store, means.journal, state, {}, [exchange] { exchange->respond(answer(200)); })) return;
  }
  exchange->respond(answer(503, "The signal cannot be kept at the moment: send it again."));
}

}  // namespace

api::OwnPages signal_page(const SignalMeans& means) {
  return [means](const Exchange& exchange) {
    if (exchange->head().method != "PUT") return false;
    take(means, exchange);
    return true;
  };
}

}  // namespace cairn::app
