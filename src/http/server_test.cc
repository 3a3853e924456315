#include "http/server.h"

#include "http/loopback_test.h"

namespace cairn::http {
namespace {

class Serving : public LoopbackTest {};

constexpr std::string_view kGet = "GET /a HTTP/1.1\r\nHost: a\r\n\r\n";

TEST_F(Serving, AnswersCarryDateAndLength) {
  handler.on_handle = [](const auto& exchange) {
    Response response = text_response("hi");
    response.headers = {{"x-amzn-RequestId", "r1"}, {"content-length", "99"}, {"Evil", "a\r\nInjected: b"}};
    exchange->respond(std::move(response));
  };
  Client client(start());
  const Client::Answer answer = client.ask(kGet);
  EXPECT_EQ(answer.head,
            "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nx-amzn-RequestId: r1\r\nEvil: a  Injected: b\r\nContent-Length: "
            "2\r\n\r\n");
  EXPECT_EQ(answer.body, "hi");
}

TEST_F(Serving, ConnectionsAreKept) {
  Client client(start());
  for (int i = 0; i < 20; ++i) {
    const std::string body = "body " + std::to_string(i);
    EXPECT_EQ(client.ask("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body).body, body);
  }
  EXPECT_EQ(server->counters().connections, 1u);
  EXPECT_EQ(server->counters().requests, 20u);
}

TEST_F(Serving, PipelinedRequestsAreAnsweredInOrder) {
  handler.on_handle = [](const auto& exchange) { exchange->respond(text_response(std::string(exchange->head().path) + exchange->body())); };
  Client client(start());
  std::string all, expected;
  for (int i = 0; i < 500; ++i) {
    const std::string n = std::to_string(i);
    all += "POST /" + n + " HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nxyz";
    all += "POST /c" + n + " HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nu\r\n2\r\nvw\r\n0\r\n\r\n";
  }
  std::thread sender([&] { client.send(all); });
  for (int i = 0; i < 500; ++i) {
    EXPECT_EQ(client.read_answer().body, "/" + std::to_string(i) + "xyz");
    EXPECT_EQ(client.read_answer().body, "/c" + std::to_string(i) + "uvw");
  }
  sender.join();
}

TEST_F(Serving, ARequestMayArriveByteByByte) {
  Client client(start());
  for (const char c : std::string("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nok")) client.send({&c, 1});
  EXPECT_EQ(client.read_answer().body, "ok");
}

TEST_F(Serving, AnswersMayComeFromOtherThreads) {
  std::vector<std::thread> threads;
  std::mutex mutex;
  handler.on_handle = [&](const std::shared_ptr<Exchange>& exchange) {
    const std::lock_guard lock(mutex);
    threads.emplace_back([exchange] { exchange->respond(text_response(std::string(exchange->head().path))); });
  };
  const uint16_t port = start();
  std::vector<std::thread> clients;
  for (int c = 0; c < 4; ++c) {
    clients.emplace_back([port, c] {
      Client client(port);
      for (int i = 0; i < 50; ++i) {
        const std::string path = "/" + std::to_string(c) + "/" + std::to_string(i);
        EXPECT_EQ(client.ask("GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n").body, path);
      }
    });
  }
  for (std::thread& thread : clients) thread.join();
  for (std::thread& thread : threads) thread.join();
}

TEST_F(Serving, AHandlersRequestStaysWholeWhileTheConnectionGoesOn) {
  std::vector<std::shared_ptr<Exchange>> kept;
  handler.on_handle = [&](const std::shared_ptr<Exchange>& exchange) {
    kept.push_back(exchange);
    exchange->respond(text_response("ok"));
  };
  options.io_threads = 1;
  Client client(start());
  for (int i = 0; i < 10; ++i)
    client.ask("POST /" + std::to_string(i) + " HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n" + std::to_string(i));
  client.close();
  server->stop(std::chrono::seconds(5));
  server.reset();
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(kept[i]->head().path, "/" + std::to_string(i));
    EXPECT_EQ(kept[i]->body(), std::to_string(i));
    EXPECT_EQ(kept[i]->peer().address, "127.0.0.1");
  }
}

TEST_F(Serving, AParkedCallSurvivesItsSocket) {
  std::promise<std::shared_ptr<Exchange>> parked;
  handler.on_handle = [&](const std::shared_ptr<Exchange>& exchange) { parked.set_value(exchange); };
  auto client = std::make_unique<Client>(start());
  client->send(kGet);
  std::shared_ptr<Exchange> exchange = parked.get_future().get();
  client.reset();
  EXPECT_EQ(exchange->head().path, "/a");
  exchange->respond(text_response("to nobody"));
}

TEST_F(Serving, ForgottenRequestsAreAnswered500) {
  handler.on_handle = [](const auto&) {};
  Client client(start());
  const Client::Answer answer = client.ask(kGet);
  EXPECT_EQ(answer.status, 500);
  EXPECT_EQ(answer.headers.at("connection"), "close");
  EXPECT_EQ(client.read_to_end(), "");
}

TEST_F(Serving, ForgottenByAnotherThreadToo) {
  std::promise<std::shared_ptr<Exchange>> parked;
  handler.on_handle = [&](const std::shared_ptr<Exchange>& exchange) { parked.set_value(exchange); };
  Client client(start());
  client.send(kGet);
  parked.get_future().get().reset();
  parked = {};
  EXPECT_EQ(client.read_answer().status, 500);
}

TEST_F(Serving, ConnectionCloseIsHonouredBothWays) {
  handler.on_handle = [](const auto& exchange) {
    Response response = text_response("bye");
    response.close = exchange->head().path == "/close";
    exchange->respond(std::move(response));
  };
  const uint16_t port = start();
  Client asks(port);
  Client::Answer answer = asks.ask("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(answer.headers["connection"], "close");
  EXPECT_EQ(asks.read_to_end(), "");
  Client told(port);
  answer = told.ask("GET /close HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(answer.headers["connection"], "close");
  EXPECT_EQ(told.read_to_end(), "");
}

TEST_F(Serving, Http10ClientsAreToldThatTheConnectionStays) {
  const uint16_t port = start();
  Client keeps(port);
  for (int i = 0; i < 2; ++i)
    EXPECT_EQ(keeps.ask("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").headers.at("connection"), "keep-alive");
  Client plain(port);
  EXPECT_EQ(plain.ask("GET / HTTP/1.0\r\n\r\n").headers.at("connection"), "close");
  EXPECT_EQ(plain.read_to_end(), "");
}

TEST_F(Serving, HeadAnswersDeclareALengthAndCarryNoBody) {
  handler.on_handle = [](const auto& exchange) {
    Response response;
    response.head_only = true;
    response.content_length = 12345;
    exchange->respond(std::move(response));
  };
  Client client(start());
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(client.ask("HEAD /a HTTP/1.1\r\nHost: a\r\n\r\n", true).headers.at("content-length"), "12345");
  }
}

TEST_F(Serving, HeadIsNeverAnsweredWithABody) {
  handler.on_handle = [](const auto& exchange) { exchange->respond(text_response("four")); };
  Client client(start());
  EXPECT_EQ(client.ask("HEAD /a HTTP/1.1\r\nHost: a\r\n\r\n", true).headers.at("content-length"), "4");
  EXPECT_EQ(client.ask(kGet).body, "four");
}

TEST_F(Serving, NoContentHasNeitherBodyNorLength) {
  handler.on_handle = [](const auto& exchange) {
    exchange->respond(text_response("dropped", exchange->head().path == "/204" ? 204 : 304));
  };
  Client client(start());
  for (const std::string path : {"/204", "/304", "/204"}) {
    const Client::Answer answer = client.ask("GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(answer.status, std::stoi(path.substr(1)));
    EXPECT_FALSE(answer.headers.contains("content-length"));
  }
}

TEST_F(Serving, BadRequestsAreRefusedAndCounted) {
  const uint16_t port = start();
  const auto refused = [&](const std::string& bytes) {
    Client client(port);
    const Client::Answer answer = client.ask(bytes);
    EXPECT_EQ(answer.headers.at("connection"), "close");
    EXPECT_EQ(answer.headers.at("content-length"), "0");
    EXPECT_EQ(client.read_to_end(), "");
    EXPECT_FALSE(client.saw_reset());
    return answer.status;
  };
  EXPECT_EQ(refused("nonsense\r\n\r\n"), 400);
  EXPECT_EQ(refused("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc"), 400);
  EXPECT_EQ(refused("GET / HTTP/1.1\r\nHost: a\r\nBig: " + std::string(options.head_bytes_max, 'x') + "\r\n\r\n"), 431);
  EXPECT_EQ(refused("GET /" + std::string(options.head_bytes_max, 'x') + " HTTP/1.1\r\nHost: a\r\n\r\n"), 414);
  EXPECT_EQ(server->counters().bad_requests, 4u);
  EXPECT_EQ(server->counters().requests, 0u);
}

TEST_F(Serving, AHeadJustUnderTheLimitIsServed) {
  handler.on_handle = [](const auto& exchange) {
    exchange->respond(text_response(std::to_string(exchange->head().header("Big")->size())));
  };
  Client client(start());
  const std::string frame = "GET / HTTP/1.1\r\nHost: a\r\nBig: \r\n\r\n";
  const std::string value(options.head_bytes_max - frame.size(), 'x');
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(client.ask("GET / HTTP/1.1\r\nHost: a\r\nBig: " + value + "\r\n\r\n").body, std::to_string(value.size()));
  }
}

TEST_F(Serving, ConnectionsBeyondTheLimitAreClosedAtOnce) {
  options.connections_max = 2;
  const uint16_t port = start();
  Client a(port), b(port);
  EXPECT_EQ(a.ask(kGet).status, 200);
  EXPECT_EQ(b.ask(kGet).status, 200);
  Client c(port);
  EXPECT_EQ(c.read_to_end(), "");
  EXPECT_EQ(server->counters().refused_connections, 1u);
  EXPECT_EQ(a.ask(kGet).status, 200);
}

TEST_F(Serving, SlowHeadsAreCutOff) {
  options.head_timeout = std::chrono::milliseconds(50);
  Client client(start());
  client.send("GET / HTTP/1.1\r\nHost: ");
  EXPECT_EQ(client.read_answer().status, 408);
  EXPECT_EQ(client.read_to_end(), "");
  EXPECT_EQ(server->counters().timeouts, 1u);
}

TEST_F(Serving, IdleConnectionsAreClosedSilently) {
  options.idle_timeout = std::chrono::milliseconds(50);
  Client client(start());
  EXPECT_EQ(client.ask(kGet).status, 200);
  EXPECT_EQ(client.read_to_end(), "");
}

TEST_F(Serving, ClientsThatDoNotReadAreDropped) {
  options.body_timeout = std::chrono::milliseconds(50);
  std::promise<void> gone;
  handler.on_handle = [](const auto& exchange) { exchange->respond(text_response(std::string(64 << 20, 'x'))); };
  Client client(start());
  client.send(kGet);
  while (server->counters().timeouts == 0) std::this_thread::yield();
  EXPECT_LT(client.read_to_end().size(), size_t{64} << 20);
}

TEST_F(Serving, StoppingLetsRunningRequestsEnd) {
  options.io_threads = 1;  // with more, one may still serve while another has begun to stop
  std::promise<std::shared_ptr<Exchange>> parked;
  handler.on_handle = [&](const std::shared_ptr<Exchange>& exchange) {
    if (exchange->head().path == "/wait") parked.set_value(exchange);
    else exchange->respond(text_response("ok"));
  };
  const uint16_t port = start();
  Client idle(port), busy(port);
  EXPECT_EQ(idle.ask(kGet).status, 200);
  busy.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n");
  std::shared_ptr<Exchange> exchange = parked.get_future().get();
  std::thread stopping([&] { server->stop(std::chrono::seconds(20)); });
  EXPECT_EQ(idle.read_to_end(), "");
  exchange->respond(text_response("late"));
  exchange.reset();
  const Client::Answer answer = busy.read_answer();
  EXPECT_EQ(answer.body, "late");
  EXPECT_EQ(answer.headers.at("connection"), "close");
  busy.close();
  stopping.join();
}

TEST_F(Serving, StoppingWithoutGraceLeavesParkedCallsToTheirHandlers) {
  std::promise<std::shared_ptr<Exchange>> parked;
  handler.on_handle = [&](const std::shared_ptr<Exchange>& exchange) { parked.set_value(exchange); };
  Client client(start());
  client.send(kGet);
  std::shared_ptr<Exchange> exchange = parked.get_future().get();
  server->stop(std::chrono::milliseconds(0));
  server.reset();
  EXPECT_EQ(client.read_to_end(), "");
  exchange->respond(text_response("to nobody"));
}

TEST_F(Serving, AnAddressInUseIsAPlainFailure) {
  options.port = start();
  const auto second = Server::listen(options, handler, clock);
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().message.find(std::to_string(options.port)), std::string::npos);
  options.address = "localhost:1";
  EXPECT_FALSE(Server::listen(options, handler, clock));
}

}  // namespace
}  // namespace cairn::http
