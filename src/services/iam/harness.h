#pragma once
// Test only: IAM's handlers on a real store, as the pipeline would call them.
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "api/operation.h"
#include "api/ports.h"
#include "aws/model.h"
#include "identity/guesses.h"
#include "env/sim/clock.h"
#include "env/sim/random.h"
#include "identity/accounts.h"
#include "services/catalog.h"
#include "state/sim/engine.h"
#include "state/sim/sealer.h"
#include "state/store.h"

namespace cairn::iam {

struct Answer {
  Json out;
  std::string code, message;  // of a refusal; `code` as on the wire
  bool ok() const { return code.empty(); }
};

class Harness {
 public:
  Harness() : engine_(database_.open()), store_(*engine_, {}) {
    ports_.clock = &clock;
    ports_.random = &random_;
    ports_.sealer = sealer_.get();
    ports_.guesses = &guesses_;
    state::Transaction state(store_);
    identity::make_account(state, clock.now(), aws::AccountId(account), "");
    commit(state);
    caller.kind = aws::Principal::Kind::kRoot;
    caller.is_administrator = true;
  }

  Answer call(std::string_view operation, const Json& in = Json::object()) {
    api::Call call;
    call.model = aws::service_model("iam")->operation(operation);
    call.operation = find(operation);
    call.ports = &ports_;
    call.principal = caller;
    call.principal.account = call.account = aws::AccountId(account);
    call.principal.arn = "arn:aws:iam::" + account + ":root";
    call.now = clock.now();
    call.in = in;
    call.out = Json::object();
    state::Transaction transaction(store_);
    call.state = &transaction;
    try {
      call.operation->handle(call);
    } catch (const aws::Error& error) {
      return {
          .out = {}, .code = std::string(error.kind.wire_code.empty() ? error.kind.code : error.kind.wire_code), .message = error.message};
    }
    commit(transaction);
    return {.out = std::move(call.out), .code = {}, .message = {}};
  }

  state::Store& store() { return store_; }

  env::SimClock clock;
  std::string account = "111122223333";
  aws::Principal caller;

 private:
  static const api::Operation* find(std::string_view name) {
    for (const api::Family* family : services::families())
      for (const api::Operation& operation : family->operations)
        if (family->service == "iam" && operation.name == name) return &operation;
    throw std::runtime_error("no such operation: " + std::string(name));
  }
  void commit(state::Transaction& transaction) {
    if (transaction.changes().empty()) return;
    EXPECT_TRUE(store_.commit(transaction, [&](auto) { return journal::Position{++position_}; }).has_value());
  }

  env::SimRandom random_{1};
  std::unique_ptr<state::Sealer> sealer_ = state::sim_sealer(random_);
  state::SimDatabase database_;
  std::unique_ptr<state::Engine> engine_;
  state::Store store_;
  identity::Guesses guesses_;
  api::Ports ports_;
  uint64_t position_ = 0;
};

}  // namespace cairn::iam
