#include <thread>

#include "http/loopback_test.h"

namespace cairn::http {
namespace {

/// Handlers here read on threads of their own, as the pipeline's pool does.
class Bodies : public LoopbackTest {
 protected:
  ~Bodies() override {
    if (server) server->stop(std::chrono::seconds(5));
    for (std::thread& thread : threads) thread.join();
  }

  /// Streams every request to `read` on a thread.
  void stream_to(std::function<void(const std::shared_ptr<Exchange>&)> read) {
    handler.on_begin = [](const auto&) { return Handler::Plan{Handler::Plan::kStreamed}; };
    handler.on_handle = [this, read](const std::shared_ptr<Exchange>& exchange) {
      const std::lock_guard lock(mutex);
      threads.emplace_back([read, exchange] { read(exchange); });
    };
  }
  void stream_back() {
    stream_to([](const std::shared_ptr<Exchange>& exchange) {
      const auto body = read_all(exchange->reader());
      exchange->respond(body ? text_response(*body) : text_response(std::to_string(static_cast<int>(body.error())), 400));
    });
  }

  std::mutex mutex;
  std::vector<std::thread> threads;
};

std::string put(size_t length, std::string_view more = "") {
  return "PUT /b/k HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(length) + "\r\n" + std::string(more) + "\r\n";
}
constexpr std::string_view kPutChunked = "PUT /b/k HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";

std::string pattern(size_t n) {
  std::string s(n, '\0');
  for (size_t i = 0; i < n; ++i) s[i] = static_cast<char>('a' + (i * 7 + i / 251) % 26);
  return s;
}

std::string in_chunks(std::string_view body, size_t step) {
  std::string out;
  for (size_t i = 0; i < body.size(); i += step) {
    const std::string_view piece = body.substr(i, step);
    out += fmt::format("{:x}\r\n{}\r\n", piece.size(), piece);
  }
  return out + "0\r\n\r\n";
}

std::string failed(BodyFailure failure) { return std::to_string(static_cast<int>(failure)); }

TEST_F(Bodies, BufferedBodiesArriveWholeHoweverTheyAreSent) {
  const uint16_t port = start();
  Client client(port);
  const std::string body = pattern(700'000);
  EXPECT_EQ(client.ask(put(body.size()) + body).body, body);
  EXPECT_EQ(client.ask(std::string(kPutChunked) + in_chunks(body, 1000)).body, body);
  EXPECT_EQ(client.ask(std::string(kPutChunked) + in_chunks(body, 200'000)).body, body);
  EXPECT_EQ(client.ask(std::string(kPutChunked) + "0\r\n\r\n").body, "");
}

TEST_F(Bodies, StreamedBodiesArriveWholeHoweverTheyAreSent) {
  stream_back();
  const uint16_t port = start();
  Client client(port);
  const std::string body = pattern(3'000'000);
  EXPECT_EQ(client.ask(put(body.size()) + body).body, body);
  EXPECT_EQ(client.ask(std::string(kPutChunked) + in_chunks(body, 777)).body, body);
  EXPECT_EQ(client.ask(put(5) + "small").body, "small");
  EXPECT_EQ(client.ask(put(0)).body, "");
  EXPECT_EQ(client.ask(std::string(kPutChunked) + in_chunks("tiny", 1)).body, "tiny");
}

TEST_F(Bodies, WhatFollowsAChunkedBodyIsTheNextRequest) {
  stream_back();
  Client client(start());
  std::string all;
  for (int i = 0; i < 50; ++i) all += std::string(kPutChunked) + in_chunks(pattern(5000 + i), 900);
  std::thread sender([&] { client.send(all); });
  for (int i = 0; i < 50; ++i) EXPECT_EQ(client.read_answer().body, pattern(5000 + i));
  sender.join();
}

TEST_F(Bodies, ASlowReaderHoldsTheClientBack) {
  options.stream_buffer_bytes = 64 << 10;
  std::promise<void> go;
  std::shared_future<void> gate = go.get_future().share();
  std::promise<std::shared_ptr<Exchange>> begun;
  stream_to([&, gate](const std::shared_ptr<Exchange>& exchange) {
    begun.set_value(exchange);
    gate.wait();
    const auto body = read_all(exchange->reader(), 1000);
    exchange->respond(text_response(std::to_string(body->size())));
  });
  Client client(start());
  const size_t length = 64 << 20;  // more than both socket buffers hold
  std::promise<void> sent;
  std::thread sender([&] {
    client.send(put(length));
    const std::string piece(1 << 20, 'x');
    for (size_t n = 0; n < length; n += piece.size()) client.send(piece);
    sent.set_value();
  });
  std::shared_ptr<Exchange> exchange = begun.get_future().get();
  while (exchange->body_bytes() < options.stream_buffer_bytes) std::this_thread::yield();
  // Nobody reads: the server holds no more than its buffer, and the client cannot get rid of the rest.
  EXPECT_EQ(sent.get_future().wait_for(std::chrono::milliseconds(20)), std::future_status::timeout);
  EXPECT_EQ(exchange->body_bytes(), options.stream_buffer_bytes);
  exchange.reset();
  go.set_value();
  EXPECT_EQ(client.read_answer().body, std::to_string(length));
  sender.join();
}

TEST_F(Bodies, ContinueIsSentWhenTheHandlerWantsTheBody) {
  Client client(start());
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(client.ask(put(5, "Expect: 100-continue\r\n")).status, 100);
    EXPECT_EQ(client.ask("hello").body, "hello");
  }
}

TEST_F(Bodies, ContinueIsSentForAnEmptyBodyThatAsksForIt) {
  Client client(start());
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(client.ask(put(0, "Expect: 100-continue\r\n")).status, 100);
    EXPECT_EQ(client.read_answer().body, "");
  }
}

TEST_F(Bodies, ContinueIsSentAtTheFirstRead) {
  std::promise<void> go;
  stream_to([gate = go.get_future().share()](const std::shared_ptr<Exchange>& exchange) {
    gate.wait();
    exchange->respond(text_response(*read_all(exchange->reader())));
  });
  Client client(start());
  client.send(put(5, "Expect: 100-continue\r\n"));
  go.set_value();
  EXPECT_EQ(client.read_answer().status, 100);
  EXPECT_EQ(client.ask("hello").body, "hello");
}

TEST_F(Bodies, NoContinueForARequestThatIsRefused) {
  handler.on_begin = [](const auto& exchange) {
    exchange->respond(text_response("no", 403));
    return Handler::Plan{Handler::Plan::kAnswered};
  };
  Client client(start());
  const Client::Answer answer = client.ask(put(5, "Expect: 100-continue\r\n"));
  EXPECT_EQ(answer.status, 403);
  EXPECT_EQ(answer.headers.at("connection"), "close") << "nobody can tell whether the body will come";
  EXPECT_EQ(client.read_to_end(), "");
}

TEST_F(Bodies, AStreamMayBeRefusedWithoutReadingIt) {
  stream_to([](const std::shared_ptr<Exchange>& exchange) { exchange->respond(text_response("no", 403)); });
  Client client(start());
  EXPECT_EQ(client.ask(put(5, "Expect: 100-continue\r\n")).status, 403);
  EXPECT_EQ(client.read_to_end(), "");
}

TEST_F(Bodies, NoContinueIsOwedOnceTheBodyCame) {
  Client client(start());
  EXPECT_EQ(client.ask(put(5, "Expect: 100-continue\r\n") + "hello").body, "hello");
}

TEST_F(Bodies, AShortUnwantedBodyIsDroppedAndTheConnectionKept) {
  handler.on_begin = [](const auto& exchange) {
    exchange->respond(text_response("no", 403));
    return Handler::Plan{Handler::Plan::kAnswered};
  };
  Client client(start());
  for (int i = 0; i < 3; ++i) {
    client.send(put(50'000));
    EXPECT_EQ(client.read_answer().status, 403);
    client.send(pattern(50'000));
    EXPECT_EQ(client.ask(std::string(kPutChunked) + in_chunks("abc", 2)).status, 403);
  }
}

TEST_F(Bodies, AnEarlyRefusalOfALongBodyReachesTheClient) {
  stream_to([](const std::shared_ptr<Exchange>& exchange) {
    char some[10];
    EXPECT_TRUE(exchange->reader().read(some));
    exchange->respond(text_response("no", 403));
    while (exchange->reader().read(some).value_or(0) > 0) {
    }  // reading on after the answer ends
  });
  Client client(start());
  EXPECT_TRUE(client.send(put(8 << 20) + std::string(8 << 20, 'x'))) << "a client that sends all before it looks";
  const Client::Answer answer = client.read_answer();
  EXPECT_EQ(answer.status, 403);
  EXPECT_EQ(answer.headers.at("connection"), "close");
  EXPECT_EQ(client.read_to_end(), "");
}

TEST_F(Bodies, AnAnswerEndsTheWaitForMoreBody) {
  stream_to([](const std::shared_ptr<Exchange>& exchange) {
    char some[10];
    EXPECT_TRUE(exchange->reader().read(some));
    exchange->respond(text_response("enough", 400));
  });
  Client client(start());
  EXPECT_EQ(client.ask(put(1 << 20) + "only this").status, 400);
  client.end_sending();
  EXPECT_EQ(client.read_to_end(), "");
}

TEST_F(Bodies, BodiesShorterThanDeclaredFail) {
  const uint16_t port = start();
  {
    Client client(port);
    client.send(put(100) + "short");
    client.end_sending();
    EXPECT_EQ(client.read_answer().status, 400) << "a client that only stopped sending still hears it";
    EXPECT_EQ(client.read_to_end(), "");
  }
  stream_back();
  for (const std::string& request : {put(100) + "short", std::string(kPutChunked) + "5\r\nshort\r\n"}) {
    Client client(port);
    client.send(request);
    client.end_sending();
    EXPECT_EQ(client.read_answer().body, failed(BodyFailure::kClosed));
  }
}

TEST_F(Bodies, MalformedChunksFail) {
  const uint16_t port = start();
  Client buffered(port);
  EXPECT_EQ(buffered.ask(std::string(kPutChunked) + "5\r\nhelloXX").status, 400);
  EXPECT_EQ(buffered.read_to_end(), "");
  stream_back();
  Client streamed(port);
  EXPECT_EQ(streamed.ask(std::string(kPutChunked) + "5\r\nhello\r\nzz\r\n").body, failed(BodyFailure::kMalformed));
  EXPECT_EQ(streamed.read_to_end(), "");
}

TEST_F(Bodies, StalledBodiesTimeOut) {
  options.body_timeout = std::chrono::milliseconds(50);
  const uint16_t port = start();
  Client buffered(port);
  EXPECT_EQ(buffered.ask(put(100) + "stalled").status, 408);
  EXPECT_EQ(buffered.read_to_end(), "");
  stream_back();
  Client streamed(port);
  EXPECT_EQ(streamed.ask(put(100) + "stalled").body, failed(BodyFailure::kTimeout));
  EXPECT_EQ(server->counters().timeouts, 2u);
}

TEST_F(Bodies, TooLargeBufferedBodiesAreTheHandlersToRefuse) {
  handler.on_begin = [](const auto&) { return Handler::Plan{Handler::Plan::kBuffered, 1000}; };
  const uint16_t port = start();
  Client declared(port);
  EXPECT_EQ(declared.ask(put(1000) + pattern(1000)).status, 200);
  EXPECT_EQ(declared.ask(put(1001) + pattern(1001)).status, 413) << "short enough to be dropped";
  EXPECT_EQ(declared.ask(put(1 << 20)).status, 413) << "not read at all";
  EXPECT_EQ(declared.read_to_end(), "");
  Client chunked(port);
  EXPECT_EQ(chunked.ask(std::string(kPutChunked) + in_chunks(pattern(1000), 99)).status, 200);
  EXPECT_EQ(chunked.ask(std::string(kPutChunked) + in_chunks(pattern(200'000), 99)).status, 413);
}

TEST_F(Bodies, BuffersOfAllConnectionsShareOneLimit) {
  options.buffered_bytes_max = 100'000;
  std::promise<std::shared_ptr<Exchange>> parked;
  handler.on_handle = [&](const std::shared_ptr<Exchange>& exchange) {
    if (exchange->head().header("Park")) parked.set_value(exchange);
    else exchange->respond(text_response("ok"));
  };
  const uint16_t port = start();
  Client a(port), b(port);
  a.send(put(60'000, "Park: 1\r\n") + pattern(60'000));
  std::shared_ptr<Exchange> held = parked.get_future().get();
  const Client::Answer refused = b.ask(put(60'000) + pattern(60'000));
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(b.read_to_end(), "");
  held->respond(text_response("done"));
  held.reset();
  EXPECT_EQ(a.read_answer().body, "done");
  Client c(port);
  EXPECT_EQ(c.ask(put(60'000) + pattern(60'000)).body, "ok") << "and it is given back";
}

TEST_F(Bodies, StoppingWakesReaders) {
  std::promise<void> begun;
  std::promise<BodyFailure> ended;
  stream_to([&](const std::shared_ptr<Exchange>& exchange) {
    begun.set_value();
    ended.set_value(read_all(exchange->reader()).error());
  });
  Client client(start());
  client.send(put(100));
  begun.get_future().get();
  server->stop(std::chrono::milliseconds(0));
  EXPECT_EQ(ended.get_future().get(), BodyFailure::kClosed);
}

/// Gives `bytes` of a pattern in pieces, or fails after `good` bytes.
class PatternSource : public BodySource {
 public:
  PatternSource(size_t bytes, size_t good) : all_(pattern(bytes)), good_(good) {}
  Result<size_t> read(std::span<char> out) override {
    const size_t n = std::min({out.size(), size_t{50'000}, good_ - at_});
    if (n == 0) return failure("the disk is gone");
    std::memcpy(out.data(), all_.data() + at_, n);
    at_ += n;
    return n;
  }

 private:
  std::string all_;
  size_t good_, at_ = 0;
};

TEST_F(Bodies, AnswersMayBePulledFromASource) {
  handler.on_handle = [](const auto& exchange) {
    Response response;
    response.source_bytes = std::stoul(std::string(exchange->head().path.substr(1)));
    response.source = std::make_unique<PatternSource>(response.source_bytes, response.source_bytes);
    response.head_only = exchange->head().method == "HEAD";
    exchange->respond(std::move(response));
  };
  Client client(start());
  for (const size_t n : {0, 1, 1000, 70'000, 128 << 10, (128 << 10) + 1, 5'000'000}) {
    EXPECT_EQ(client.ask("GET /" + std::to_string(n) + " HTTP/1.1\r\nHost: a\r\n\r\n").body, pattern(n));
    const Client::Answer head = client.ask("HEAD /" + std::to_string(n) + " HTTP/1.1\r\nHost: a\r\n\r\n", true);
    EXPECT_EQ(head.headers.at("content-length"), std::to_string(n));
  }
}

TEST_F(Bodies, ABrokenSourceBreaksTheConnectionNotTheLength) {
  handler.on_handle = [](const auto& exchange) {
    Response response;
    response.source_bytes = 1'000'000;
    response.source = std::make_unique<PatternSource>(1'000'000, 300'000);
    exchange->respond(std::move(response));
  };
  Client client(start());
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  const std::string all = client.read_to_end();
  EXPECT_NE(all.find("Content-Length: 1000000\r\n"), std::string::npos);
  EXPECT_LT(all.size(), 1'000'000u);
}

TEST_F(Bodies, AClientThatLeavesDuringAnAnswerHarmsNobody) {
  handler.on_handle = [](const auto& exchange) {
    Response response;
    response.source_bytes = 20'000'000;
    response.source = std::make_unique<PatternSource>(response.source_bytes, response.source_bytes);
    exchange->respond(std::move(response));
  };
  const uint16_t port = start();
  for (int i = 0; i < 5; ++i) {
    Client client(port);
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  }
  while (server->counters().connections < 5 || server->counters().open_connections > 0) std::this_thread::yield();
}

}  // namespace
}  // namespace cairn::http
