#pragma once
// Test only: a service's handlers on a real store, as the pipeline would call them.
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "api/operation.h"
#include "api/ports.h"
#include "api/protocol.h"
#include "aws/model.h"
#include "env/sim/clock.h"
#include "env/sim/random.h"
#include "services/catalog.h"
#include "state/sim/engine.h"
#include "state/sim/sealer.h"
#include "state/store.h"

namespace cairn::services {

struct Answer {
  Json out;
  std::string code, wire_code, message;  // of a refusal
  bool is_waiting = false;               // the call was put aside
  std::vector<event::Resource> resources;
  std::optional<Json> additional, recorded_in, recorded_out;

  bool ok() const { return code.empty() && !is_waiting; }
  std::string text(const std::string& member) const { return out.contains(member) ? out.at(member).get<std::string>() : "(none)"; }
};

class Harness {
 public:
  enum class Checks { kModel, kNothing };  // before the handler

  explicit Harness(std::string service, Checks checks = Checks::kModel)
      : service_(std::move(service)), checks_(checks), engine_(database_.open()), store_(*engine_, {}) {
    ports.clock = &clock;
    ports.random = &random_;
    ports.sealer = sealer_.get();
    be_administrator("111122223333");
  }
  virtual ~Harness() = default;

  /// `arrived`: when it was asked first, if it was put aside since.
  Answer call(std::string_view operation, const Json& in = Json::object(), std::optional<Time> arrived = std::nullopt) {
    api::Call call;
    call.model = aws::service_model(service_)->operation(operation);
    call.operation = find(operation);
    call.ports = &ports;
    call.principal = caller;
    call.account = caller.account;
    call.region = aws::Region(region);
    call.now = clock.now();
    call.arrived = arrived.value_or(call.now);
    call.in = in;
    call.out = Json::object();
    introduce(call);
    state::Transaction transaction(store_);
    call.state = &transaction;
    Answer answer;
    try {
      if (checks_ == Checks::kModel) api::validate(*aws::service_model(service_), *call.model, call.in);
      call.operation->handle(call);
    } catch (const aws::Error& error) {
      answer.code = std::string(error.kind.code);
      answer.wire_code = std::string(error.kind.wire_code.empty() ? error.kind.code : error.kind.wire_code);
      answer.message = error.message;
    } catch (const api::NotYet& later) {
      answer.is_waiting = later.park([this] { ++resumed; });
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

  std::optional<std::string> document(const std::string& key) { return state::Transaction(store_).get(key); }
  /// Documents whose keys start with `prefix`.
  size_t documents(const std::string& prefix) { return state::Transaction(store_).list(prefix, "", 10'000).items.size(); }
  void put(const std::string& key, const std::string& value) {
    state::Transaction transaction(store_);
    transaction.put(key, value);
    commit(transaction);
  }
  void commit(state::Transaction& transaction) {
    if (transaction.changes().empty()) return;
    const std::vector<journal::Change> changes(transaction.changes().begin(), transaction.changes().end());
    const journal::Position position{++position_};
    EXPECT_TRUE(store_.commit(transaction, [&](auto) { return position; }).has_value());
    committed(position, changes);
  }
  journal::Position next_position() { return journal::Position{++position_}; }
  state::Store& store() { return store_; }
  env::Random& random() { return random_; }
  const state::Sealer& sealer() const { return *sealer_; }

  env::SimClock clock;
  aws::Principal caller;
  std::string region = "us-east-1";
  api::Ports ports;
  int resumed = 0;  // calls that were put aside, and may look again

 protected:
  /// Something to do for what follows the journal.
  virtual void committed(journal::Position, const std::vector<journal::Change>&) {}
  /// What is still to be said of a call.
  virtual void introduce(api::Call&) {}

 private:
  void be(const std::string& account, const std::string& name, bool is_administrator) {
    caller = {};
    caller.kind = aws::Principal::Kind::kUser;
    caller.account = aws::AccountId(account);
    caller.user_name = name;
    caller.principal_id = "AIDA" + name;
    caller.arn = "arn:aws:iam::" + account + ":user/" + name;
    caller.is_administrator = is_administrator;
  }
  const api::Operation* find(std::string_view name) const {
    for (const api::Family* family : families())
      for (const api::Operation& operation : family->operations)
        if (family->service == service_ && operation.name == name) return &operation;
    throw std::runtime_error("no such operation: " + std::string(name));
  }

  const std::string service_;
  const Checks checks_;
  env::SimRandom random_{1};
  state::SimDatabase database_;
  std::unique_ptr<state::Engine> engine_;
  state::Store store_;
  std::unique_ptr<state::Sealer> sealer_ = state::sim_sealer(random_);
  uint64_t position_ = 0;
};

}  // namespace cairn::services
