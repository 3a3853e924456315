#pragma once
// Test only: IAM's handlers, called by the root user.
#include <string>

#include "identity/accounts.h"
#include "identity/guesses.h"
#include "services/harness.h"

namespace cairn::iam {

using services::Answer;

class Harness : public services::Harness {
 public:
  Harness() : services::Harness("iam") {
    ports.guesses = &guesses_;
    state::Transaction state(store());
    identity::make_account(state, clock.now(), aws::AccountId(account), "");
    commit(state);
    caller = {};
    caller.kind = aws::Principal::Kind::kRoot;
    caller.is_administrator = true;
  }

  std::string account = "111122223333";

 protected:
  void introduce(api::Call& call) override {
    call.principal.account = call.account = aws::AccountId(account);
    call.principal.arn = "arn:aws:iam::" + account + ":root";
  }

 private:
  identity::Guesses guesses_;
};

}  // namespace cairn::iam
