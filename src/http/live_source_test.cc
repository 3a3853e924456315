#include "http/live_source.h"

#include "http/loopback_test.h"

namespace cairn::http {
namespace {

using namespace std::chrono_literals;

/// Gives the pieces one after the other; the last ends the answer, unless it is to go on for ever.
class Pieces final : public LiveSource {
 public:
  Pieces(std::vector<std::string> pieces, bool ends, std::shared_ptr<void> held = nullptr)
      : pieces_(std::move(pieces)), ends_(ends), held_(std::move(held)) {}
  Piece next() override {
    if (at_ == pieces_.size()) return {.bytes = "", .pause = 1ms};
    Piece piece{.bytes = pieces_[at_++], .pause = 1ms};
    piece.is_last = ends_ && at_ == pieces_.size();
    return piece;
  }

 private:
  const std::vector<std::string> pieces_;
  const bool ends_;
  const std::shared_ptr<void> held_;
  size_t at_ = 0;
};

class LiveSources : public LoopbackTest {
 protected:
  void answer_with(std::vector<std::string> pieces, bool ends, std::shared_ptr<void> held = nullptr) {
    handler.on_handle = [=](const auto& exchange) {
      Response response;
      response.source = std::make_unique<Pieces>(pieces, ends, held);
      exchange->respond(std::move(response));
    };
  }
};

TEST_F(LiveSources, AreSentInChunksAndTheConnectionGoesOn) {
  answer_with({"one", "", "and two", "!"}, true);
  Client client(start());
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  const Client::Answer head = client.read_answer();
  EXPECT_EQ(head.headers.at("transfer-encoding"), "chunked");
  EXPECT_FALSE(head.headers.contains("content-length"));
  client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  const std::string all = client.read_to_end();
  const std::string chunks = "3\r\none\r\n7\r\nand two\r\n1\r\n!\r\n0\r\n\r\n";
  EXPECT_TRUE(all.starts_with(chunks + "HTTP/1.1 200 OK\r\n")) << all;
  EXPECT_TRUE(all.ends_with("\r\n\r\n" + chunks)) << all;
}

TEST_F(LiveSources, EndWithTheConnectionForHttp10) {
  answer_with({"one", "two"}, true);
  Client client(start());
  client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  const std::string all = client.read_to_end();
  EXPECT_TRUE(all.ends_with("\r\n\r\nonetwo")) << all;
  EXPECT_EQ(all.find("chunked"), std::string::npos);
  EXPECT_NE(all.find("Connection: close\r\n"), std::string::npos);
}

TEST_F(LiveSources, GoWithTheirClient) {
  auto held = std::make_shared<int>();
  const std::weak_ptr<int> watched = held;
  std::vector<std::string> pieces(100'000, std::string(1000, 'x'));
  answer_with(std::move(pieces), false, std::move(held));
  {
    Client client(start());
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(client.read_answer().status, 200);
  }
  handler.on_handle = nullptr;
  while (!watched.expired()) std::this_thread::yield();
}

TEST_F(LiveSources, EndWhenTheServerStops) {
  answer_with({"one"}, false);
  Client client(start());
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(client.read_answer().status, 200);
  server->stop(20s);
  EXPECT_TRUE(client.read_to_end().ends_with("0\r\n\r\n"));
}

/// Must be whole, and never is.
class Document final : public LiveSource {
 public:
  explicit Document(bool breaks) : breaks_(breaks) {}
  Piece next() override { return {.bytes = "one", .is_broken = breaks_ && begun_++ > 0, .pause = 1ms}; }
  bool may_end_early() const override { return false; }

 private:
  const bool breaks_;
  int begun_ = 0;
};

TEST_F(LiveSources, BreakOffWhereTheyWouldOtherwiseSeemWhole) {
  for (const bool breaks : {true, false}) {
    handler.on_handle = [=](const auto& exchange) {
      Response response;
      response.source = std::make_unique<Document>(breaks);
      exchange->respond(std::move(response));
    };
    Client client(start());
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(client.read_answer().status, 200);
    if (!breaks) server->stop(20s);
    EXPECT_FALSE(client.read_to_end().ends_with("0\r\n\r\n"));
  }
}

}  // namespace
}  // namespace cairn::http
