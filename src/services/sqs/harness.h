#pragma once
// Test only: SQS's handlers, with what its tests ask often; the board follows each commit.
#include <string>
#include <vector>

#include "services/harness.h"
#include "services/sqs/board.h"

namespace cairn::sqs {

using services::Answer;

class Harness : public services::Harness {
 public:
  Harness() : services::Harness("sqs") {
    ports.queues = &board;
    ports.waiting_room = &room;
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

  size_t largest_entry = 0;
  api::WaitingRoom room{clock};
  Board board{clock, room};

 protected:
  void introduce(api::Call& call) override {
    call.host = "localhost:4566";
    call.http.bytes_in = json::dump(call.in).size();
  }
  void committed(journal::Position position, const std::vector<journal::Change>& changes) override {
    journal::EntryView entry;
    for (const journal::Change& change : changes)
      entry.changes.push_back({change.key, change.value ? std::optional<std::string_view>(*change.value) : std::nullopt});
    largest_entry = std::max(largest_entry, journal::encode_entry({}, changes).size());
    board.consume(position, entry);
  }
};

}  // namespace cairn::sqs
