#pragma once
// Test only: KMS's handlers on a real store, as the pipeline would call them.
#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>

#include "api/operation.h"
#include "api/ports.h"
#include "api/protocol.h"
#include "aws/model.h"
#include "base/text.h"
#include "env/sim/clock.h"
#include "env/sim/random.h"
#include "services/catalog.h"
#include "state/sim/engine.h"
#include "state/sim/sealer.h"
#include "state/store.h"

namespace cairn::kms {

struct Answer {
  Json out;
  std::string code, message;  // of a refusal
  std::vector<event::Resource> resources;
  std::optional<Json> additional, recorded_in, recorded_out;

  bool ok() const { return code.empty(); }
  std::string text(const std::string& member) const { return out.contains(member) ? out.at(member).get<std::string>() : "(none)"; }
};

class Harness {
 public:
  Harness() : engine_(database_.open()), store_(*engine_, {}) {
    ports_.clock = &clock;
    ports_.random = &random_;
    ports_.sealer = sealer_.get();
    be_administrator("111122223333");
  }

  Answer call(std::string_view operation, const Json& in = Json::object()) {
    const api::Operation* row = find(operation);
    if (row == nullptr) throw std::runtime_error("no such operation: " + std::string(operation));
    api::Call call;
    call.model = aws::service_model("kms")->operation(operation);
    call.operation = row;
    call.ports = &ports_;
    call.principal = caller;
    call.account = caller.account;
    call.region = aws::Region(region);
    call.now = clock.now();
    call.in = in;
    call.out = Json::object();
    state::Transaction transaction(store_);
    call.state = &transaction;
    Answer answer;
    try {
      api::validate(*aws::service_model("kms"), *call.model, in);
      row->handle(call);
    } catch (const aws::Error& error) {
      answer.code = std::string(error.kind.code);
      answer.message = error.message;
    }
    answer.resources = call.resources;
    answer.additional = call.additional;
    answer.recorded_in = call.recorded_in;
    answer.recorded_out = call.recorded_out;
    if (!answer.ok()) return answer;
    answer.out = call.out;
    commit(transaction);
    return answer;
  }

  /// The id of a new key.
  std::string create_key(const Json& more = Json::object()) {
    const Answer made = call("CreateKey", more);
    EXPECT_TRUE(made.ok()) << made.code << ' ' << made.message;
    return made.ok() ? made.out["KeyMetadata"]["KeyId"].get<std::string>() : "";
  }
  std::string arn(const std::string& id, const std::string& account = "111122223333") const {
    return "arn:aws:kms:" + region + ":" + account + ":key/" + id;
  }
  Answer encrypt(const std::string& key, std::string_view plaintext, const Json& context = Json::object()) {
    return call("Encrypt", {{"KeyId", key}, {"Plaintext", text::base64(plaintext)}, {"EncryptionContext", context}});
  }
  Answer decrypt(const std::string& blob, const Json& context = Json::object()) {
    return call("Decrypt", {{"CiphertextBlob", blob}, {"EncryptionContext", context}});
  }

  void be_administrator(const std::string& account) { be(account, "admin", true); }
  /// A user whom no policy of its own allows anything.
  void be_user(const std::string& account, const std::string& name) { be(account, name, false); }
  void be_service(const std::string& name, const std::string& source_arn) {
    caller = {};
    caller.kind = aws::Principal::Kind::kService;
    caller.user_name = name;
    caller.source_arn = source_arn;
    caller.source_account = aws::AccountId("111122223333");
  }

  size_t documents(const std::string& prefix) {
    state::Transaction transaction(store_);
    return transaction.list(prefix, "", 1000).items.size();
  }
  state::Store& store() { return store_; }
  env::Random& random() { return random_; }
  const state::Sealer& sealer() const { return *sealer_; }
  void commit(state::Transaction& transaction) {
    if (transaction.changes().empty()) return;
    EXPECT_TRUE(store_.commit(transaction, [&](auto) { return next_position(); }).has_value());
  }
  journal::Position next_position() { return journal::Position{++position_}; }

  env::SimClock clock;
  aws::Principal caller;
  std::string region = "us-east-1";

 private:
  void be(const std::string& account, const std::string& name, bool is_administrator) {
    caller = {};
    caller.kind = aws::Principal::Kind::kUser;
    caller.account = aws::AccountId(account);
    caller.user_name = name;
    caller.arn = "arn:aws:iam::" + account + ":user/" + name;
    caller.is_administrator = is_administrator;
  }
  static const api::Operation* find(std::string_view name) {
    for (const api::Family* family : services::families())
      for (const api::Operation& operation : family->operations)
        if (family->service == "kms" && operation.name == name) return &operation;
    return nullptr;
  }

  env::SimRandom random_{1};
  state::SimDatabase database_;
  std::unique_ptr<state::Engine> engine_;
  state::Store store_;
  std::unique_ptr<state::Sealer> sealer_ = state::sim_sealer(random_);
  api::Ports ports_;
  uint64_t position_ = 0;
};

}  // namespace cairn::kms
