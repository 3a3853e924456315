#pragma once
// Test only: SQS's handlers on a real store, as the pipeline would call them; the board follows each commit.
#include <gtest/gtest.h>

#include <memory>
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
#include "services/sqs/board.h"
#include "state/sim/engine.h"
#include "state/sim/sealer.h"
#include "state/store.h"

namespace cairn::sqs {

struct Answer {
  Json out;
  std::string code, message;  // of a refusal
  bool is_waiting = false;    // the call was put aside: Harness::resumed says when it may look again
  bool ok() const { return code.empty() && !is_waiting; }
};

class Harness {
 public:
  Harness() : engine_(database_.open()), store_(*engine_, {}) {
    ports_.clock = &clock;
    ports_.random = &random_;
    ports_.sealer = sealer_.get();
    ports_.queues = &board;
    be("111122223333", "admin", true);
  }

  Answer call(std::string_view operation, const Json& in, std::optional<Time> arrived = std::nullopt) {
    const api::Operation* row = find(operation);
    if (row == nullptr) throw std::runtime_error("no such operation: " + std::string(operation));
    api::Call call;
    call.model = aws::service_model("sqs")->operation(operation);
    call.operation = row;
    call.ports = &ports_;
    call.principal = caller;
    call.account = caller.account;
    call.region = aws::Region("us-east-1");
    call.now = clock.now();
    call.arrived = arrived.value_or(call.now);
    call.host = "localhost:4566";
    call.in = in;
    call.http.bytes_in = json::dump(in).size();
    call.out = Json::object();
    state::Transaction transaction(store_);
    call.state = &transaction;
    Answer answer;
    try {
      api::validate(*aws::service_model("sqs"), *call.model, in);
      row->handle(call);
    } catch (const aws::Error& error) {
      answer.code = std::string(error.kind.code);
      answer.message = error.message;
    } catch (const api::NotYet& later) {
      answer.is_waiting = later.park([this] { ++resumed; });
    }
    if (!answer.ok()) return answer;
    answer.out = call.out;
    commit(transaction);
    return answer;
  }

  /// The URL of a new queue.
  std::string make(const std::string& name, Json attributes = Json::object()) {
    if (name.ends_with(".fifo")) attributes["FifoQueue"] = "true";
    const Answer made = call("CreateQueue", {{"QueueName", name}, {"Attributes", attributes}});
    EXPECT_TRUE(made.ok()) << made.code << ' ' << made.message;
    return made.ok() ? made.out["QueueUrl"].get<std::string>() : "";
  }
  Answer send(const std::string& url, const std::string& body, Json more = Json::object()) {
    more["QueueUrl"] = url;
    more["MessageBody"] = body;
    return call("SendMessage", more);
  }
  Json receive(const std::string& url, Json more = Json::object()) {
    more["QueueUrl"] = url;
    const Answer answer = call("ReceiveMessage", more);
    EXPECT_TRUE(answer.ok()) << answer.code << ' ' << answer.message;
    return answer.out.value("Messages", Json::array());
  }
  std::vector<std::string> bodies(const std::string& url, Json more = Json::object()) {
    std::vector<std::string> found;
    for (const Json& message : receive(url, std::move(more))) found.push_back(message["Body"]);
    return found;
  }
  Answer remove(const std::string& url, const Json& message) {
    return call("DeleteMessage", {{"QueueUrl", url}, {"ReceiptHandle", message["ReceiptHandle"]}});
  }
  Answer change(const std::string& url, const Json& message, int64_t seconds) {
    return call("ChangeMessageVisibility",
                {{"QueueUrl", url}, {"ReceiptHandle", message["ReceiptHandle"]}, {"VisibilityTimeout", seconds}});
  }
  std::string attribute(const std::string& url, const std::string& name) {
    const Answer answer = call("GetQueueAttributes", {{"QueueUrl", url}, {"AttributeNames", {"All"}}});
    return answer.ok() ? answer.out["Attributes"].value(name, "(none)") : answer.code;
  }
  /// Visible, in flight, delayed.
  std::string counts(const std::string& url) {
    return attribute(url, "ApproximateNumberOfMessages") + " " + attribute(url, "ApproximateNumberOfMessagesNotVisible") + " " +
           attribute(url, "ApproximateNumberOfMessagesDelayed");
  }

  void be(const std::string& account, const std::string& name, bool is_administrator) {
    caller = {};
    caller.kind = aws::Principal::Kind::kUser;
    caller.account = aws::AccountId(account);
    caller.user_name = name;
    caller.principal_id = "AIDA" + name;
    caller.arn = "arn:aws:iam::" + account + ":user/" + name;
    caller.is_administrator = is_administrator;
  }
  void be_service(const std::string& name, const std::string& source_arn) {
    caller = {};
    caller.kind = aws::Principal::Kind::kService;
    caller.user_name = name;
    caller.source_arn = source_arn;
    caller.source_account = aws::AccountId("111122223333");
  }

  void commit(state::Transaction& transaction) {
    if (transaction.changes().empty()) return;
    const std::vector<journal::Change> changes(transaction.changes().begin(), transaction.changes().end());
    const journal::Position position{++position_};
    EXPECT_TRUE(store_.commit(transaction, [&](auto) { return position; }).has_value());
    journal::EntryView entry;
    for (const journal::Change& change : changes)
      entry.changes.push_back({change.key, change.value ? std::optional<std::string_view>(*change.value) : std::nullopt});
    largest_entry = std::max(largest_entry, journal::encode_entry({}, changes).size());
    board.consume(position, entry);
  }
  size_t documents(const std::string& prefix) {
    state::Transaction transaction(store_);
    return transaction.list(prefix, "", 10'000).items.size();
  }
  state::Store& store() { return store_; }

  env::SimClock clock;
  aws::Principal caller;
  int resumed = 0;  // calls that were put aside
  size_t largest_entry = 0;

 private:
  static const api::Operation* find(std::string_view name) {
    for (const api::Family* family : services::families())
      for (const api::Operation& operation : family->operations)
        if (family->service == "sqs" && operation.name == name) return &operation;
    return nullptr;
  }

  env::SimRandom random_{1};

 public:
  Board board{clock};

 private:
  state::SimDatabase database_;
  std::unique_ptr<state::Engine> engine_;
  state::Store store_;
  std::unique_ptr<state::Sealer> sealer_ = state::sim_sealer(random_);
  api::Ports ports_;
  uint64_t position_ = 0;
};

}  // namespace cairn::sqs
