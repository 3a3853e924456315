#include "outbox/outbox.h"

#include <gtest/gtest.h>

#include <set>

#include "env/sim/http_client.h"
#include "state/sim/machine.h"

namespace cairn::outbox {
namespace {

using namespace std::chrono_literals;

/// Services that answer as they are told, and remember what they were asked.
class SimServices final : public api::Client {
 public:
  void call(Request request, Done done) override {
    http::Response response;
    response.status = refuse(request);
    if (response.status >= 300) response.body = R"({"__type":"com.amazonaws#Refused","message":"not now"})";
    else asked.push_back(std::move(request));
    done(std::move(response));
  }
  std::function<int(const Request&)> refuse = [](const Request&) { return 200; };
  std::vector<Request> asked;
};

class World : public state::SimMachine {
 public:
  explicit World(uint64_t seed = 1) : state::SimMachine(seed) { start(); }
  ~World() { halt(); }

  void start() {
    boot();
    http = std::make_unique<env::SimHttpClient>(clock, *tasks);
    for (const auto& [origin, handler] : servers) http->serve(origin, handler);
    outbox = std::make_unique<Outbox>(Outbox::Means{.clock = clock,
                                                    .random = random,
                                                    .store = *store,
                                                    .journal = *journal,
                                                    .client = services,
                                                    .http = http.get(),
                                                    .counters = counters,
                                                    .limits = limits},
                                      owners, *tasks, recovery.last);
    feed = std::make_unique<journal::Feed>(*journal, *tasks, *outbox);
  }
  void halt() {
    feed.reset();
    if (outbox) outbox->stop();
    drain();
    http.reset();
    outbox.reset();
    take_down();
    counters.sending = 0;
  }
  void restart() {
    halt();
    start();
  }
  void crash() {
    cut_power();
    feed.reset();
    if (outbox) outbox->stop();
    http.reset();
    outbox.reset();
    take_down();
    restore_power();
    counters.sending = 0;
    start();
  }
  void serve(const std::string& origin, env::SimHttpClient::Handler handler) {
    servers[origin] = handler;
    http->serve(origin, handler);
  }
  void put(const Item& item) { put(std::vector{item}); }
  void put(const std::vector<Item>& items) {
    commit([&](state::Transaction& state) {
      for (const Item& item : items) outbox::put(state, random, clock.now(), item);
    });
  }
  size_t documents() {
    state::Transaction state(*store);
    return state.list("outbox/", "", 100'000).items.size();
  }

  SimServices services;
  Counters counters;
  Lanes::Limits limits;
  std::map<std::string, Owner*> owners;
  std::map<std::string, env::SimHttpClient::Handler> servers;
  std::unique_ptr<env::SimHttpClient> http;
  std::unique_ptr<Outbox> outbox;
  std::unique_ptr<journal::Feed> feed;
};

Item message(const std::string& lane, const std::string& body, RetryPolicy retry = RetryPolicy::none()) {
  Item item;
  item.lane = lane;
  item.owner = "test";
  item.what = Http{.url = "http://" + lane + ".example/hook", .headers = {{"Content-Type", "text/plain"}}, .body = body};
  item.sender = {"sns.amazonaws.com", "arn:aws:sns:us-east-1:111122223333:t", aws::AccountId("111122223333")};
  item.retry = retry;
  return item;
}

Item call(const std::string& lane, const std::string& body) {
  Item item = message(lane, "");
  item.what =
      Call{.service = "sqs", .region = aws::Region("eu-west-1"), .headers = {{"X-Amz-Target", "AmazonSQS.SendMessage"}}, .body = body};
  return item;
}

TEST(Outbox, AnItemSurvivesItsEncoding) {
  Item item = call("a", "x");
  std::get<Call>(item.what).role = "arn:aws:iam::111122223333:role/r";
  item.retry = RetryPolicy::of_services();
  item.retry.age_max = 5s;
  item.dead_letter =
      DeadLetter{.queue = "q", .body = "b", .attributes = {{"RULE_ARN", "r"}}, .explains = true, .group = "g", .deduplication = "d"};
  item.is_ordered = true;
  EXPECT_EQ(encode(decode_item("a", encode(item))), encode(item));
  EXPECT_EQ(decode_item("a", encode(item)).retry, item.retry);
  for (const Item& other : {message("b", "text"),
                            [] {
                              Item one = message("c", "");
                              one.what = Mail{.to = "a@example.com", .message = "Subject: x\r\n\r\ny"};
                              return one;
                            }(),
                            [] {
                              Item one = message("d", "");
                              one.what = Deferred{Json{{"n", 1}}};
                              return one;
                            }()})
    EXPECT_EQ(encode(decode_item(other.lane, encode(other))), encode(other));
}

TEST(Outbox, SendsWhatIsPutOnce) {
  World world;
  std::vector<std::string> got;
  world.serve("http://a.example", [&](const env::HttpRequest& request) {
    EXPECT_EQ(request.method, "POST");
    got.push_back(*request.body);
    return env::HttpAnswer{.status = 200};
  });
  world.put({message("a", "one"), call("q", "{}")});
  world.settle();
  EXPECT_EQ(got, std::vector<std::string>{"one"});
  ASSERT_EQ(world.services.asked.size(), 1u);
  EXPECT_EQ(world.services.asked[0].host, "sqs.eu-west-1.amazonaws.com");
  EXPECT_EQ(world.services.asked[0].principal.user_name, "sns.amazonaws.com");
  EXPECT_EQ(world.services.asked[0].principal.source_account.str(), "111122223333");
  EXPECT_EQ(world.documents(), 0u);
  EXPECT_EQ(world.counters.arrived, 2u);
  EXPECT_EQ(world.outbox->items(), 0u);
  EXPECT_EQ(world.outbox->lanes(), 0u);
}

TEST(Outbox, TriesAgainAsThePolicySaysThenDropsIt) {
  World world;
  std::vector<Time> tries;
  world.serve("http://a.example", [&](const env::HttpRequest&) {
    tries.push_back(world.clock.now());
    return env::HttpAnswer{.status = 503};
  });
  world.put(message("a", "x", {.immediate = 1, .before = 1, .growing = 3, .after = 1, .least = 1s, .most = 4s}));
  world.pass(60s);
  ASSERT_EQ(tries.size(), 7u);
  const std::chrono::milliseconds wanted[] = {0ms, 1s, 1s, 2500ms, 4s, 4s};
  for (size_t i = 0; i < 6; ++i) {
    EXPECT_GE(tries[i + 1] - tries[i], wanted[i]) << i;
    EXPECT_LE(tries[i + 1] - tries[i], wanted[i] * 11 / 10 + 5ms) << i;
  }
  EXPECT_EQ(world.counters.dropped, 1u);
  EXPECT_EQ(world.documents(), 0u);
}

TEST(Outbox, ARefusalForGoodGoesToTheDeadLetterQueueAtOnce) {
  World world;
  world.serve("http://a.example", [&](const env::HttpRequest&) { return env::HttpAnswer{.status = 404}; });
  Item item = message("a", "x", {.after = 5});
  item.dead_letter = DeadLetter{.queue = "arn:aws:sqs:eu-west-1:111122223333:dead", .attributes = {{"RULE_ARN", "r"}}, .explains = true};
  world.put(item);
  world.settle();
  ASSERT_EQ(world.services.asked.size(), 1u);
  const Json body = json::parse(world.services.asked[0].body).value();
  EXPECT_EQ(body["QueueUrl"], "https://sqs.eu-west-1.amazonaws.com/111122223333/dead");
  EXPECT_EQ(body["MessageBody"], "x");
  EXPECT_EQ(body["MessageAttributes"]["ERROR_CODE"]["StringValue"], "ERROR_FROM_TARGET");
  EXPECT_EQ(body["MessageAttributes"]["RULE_ARN"]["StringValue"], "r");
  EXPECT_EQ(body["MessageAttributes"]["RETRY_ATTEMPTS"]["StringValue"], "0");
  EXPECT_FALSE(body["MessageAttributes"].contains("EXHAUSTED_RETRY_CONDITION"));
  EXPECT_EQ(world.services.asked[0].principal.user_name, "sns.amazonaws.com");
  EXPECT_EQ(world.counters.dead_lettered, 1u);
  EXPECT_EQ(world.documents(), 0u);
}

TEST(Outbox, ADeadLetterQueueThatRefusesIsTriedAgainThenLetGo) {
  World world;
  world.services.refuse = [](const auto&) { return 500; };
  Item item = message("gone", "x");
  item.dead_letter = DeadLetter{.queue = "arn:aws:sqs:eu-west-1:111122223333:dead"};
  world.put(item);
  world.pass(30s);
  EXPECT_EQ(world.counters.dropped, 0u);
  world.services.refuse = [](const auto&) { return 403; };
  world.pass(600s);
  EXPECT_EQ(world.counters.dropped, 1u);
  EXPECT_EQ(world.documents(), 0u);
}

TEST(Outbox, TriesAreRememberedOverARestart) {
  World world;
  int tries = 0;
  world.serve("http://a.example", [&](const env::HttpRequest&) {
    ++tries;
    return env::HttpAnswer{.status = 500};
  });
  world.put(message("a", "x", {.after = 3, .least = 10s, .most = 10s}));
  for (int i = 0; i < 4; ++i) {
    world.pass(12s);
    world.restart();
  }
  world.pass(100s);
  EXPECT_EQ(tries, 4);
  EXPECT_EQ(world.counters.dropped, 1u);
}

TEST(Outbox, ADeadLaneHoldsUpNoOther) {
  World world;
  world.http->set_delay(0ns);
  world.serve("http://b.example", [&](const env::HttpRequest&) { return env::HttpAnswer{.status = 200}; });
  world.services.refuse = [](const auto&) { return 500; };
  std::vector<Item> items;
  for (int i = 0; i < 400; ++i) {
    items.push_back(call("dead", "{}"));
    items.back().retry = RetryPolicy::of_services();
  }
  for (int i = 0; i < 100; ++i) items.push_back(message("b", std::to_string(i)));
  world.put(items);
  world.pass(1s);
  EXPECT_EQ(world.counters.arrived, 100u);
  EXPECT_EQ(world.outbox->items(), 400u);
}

TEST(Outbox, AnOrderedLaneWaitsForItsFirst) {
  World world;
  std::vector<std::string> got;
  int failures = 3;
  world.serve("http://a.example", [&](const env::HttpRequest& request) {
    if (failures-- > 0) return env::HttpAnswer{.status = 500};
    got.push_back(*request.body);
    return env::HttpAnswer{.status = 200};
  });
  std::vector<std::string> wanted;
  for (uint64_t i = 1; i <= 50; ++i) {
    Item item = message("a", std::to_string(i), {.after = 9, .least = 1s, .most = 1s});
    item.is_ordered = true;
    item.order = i;
    world.put(item);
    wanted.push_back(std::to_string(i));
  }
  world.pass(60s);
  EXPECT_EQ(got, wanted);
}

TEST(Outbox, MoreThanMemoryKeepsIsReadWhenItIsItsTurn) {
  World world;
  world.limits = {.sending_max = 3, .items_max = 100'000, .kept_max = 30, .kept_of_lane = 4, .kept_of_lane_max = 10};
  world.restart();
  std::set<std::string> got;
  for (int lane = 0; lane < 20; ++lane)
    world.serve(fmt::format("http://l{}.example", lane), [&](const env::HttpRequest& request) {
      EXPECT_TRUE(got.insert(request.url + *request.body).second);
      return env::HttpAnswer{.status = 200};
    });
  for (int i = 0; i < 40; ++i) {
    std::vector<Item> items;
    for (int lane = 0; lane < 20; ++lane) items.push_back(message(fmt::format("l{}", lane), std::to_string(i)));
    world.put(items);
    if (i == 20) world.restart();
  }
  world.pass(10s);
  EXPECT_EQ(got.size(), 800u);
  EXPECT_EQ(world.documents(), 0u);
}

TEST(Outbox, OfTooManyTheOldestAreGivenUp) {
  World world;
  world.limits.items_max = 50;
  world.restart();
  world.services.refuse = [](const auto& request) {
    return request.headers.back().second == "AmazonSQS.SendMessage" && request.body.find("dead") != std::string::npos ? 200 : 500;
  };
  for (int i = 0; i < 200; ++i) {
    Item item = call("a", std::to_string(i));
    item.retry = RetryPolicy::of_services();
    item.dead_letter = DeadLetter{.queue = "arn:aws:sqs:eu-west-1:111122223333:dead"};
    world.put(item);
    world.clock.advance(1ms);
  }
  world.pass(1s);
  EXPECT_LE(world.outbox->items(), 50u);
  EXPECT_GE(world.counters.too_many, 100u);
  EXPECT_EQ(world.counters.dropped, 0u);
}

/// Makes what it is told to; counts what it hears.
struct Maker final : Owner {
  std::optional<Item> make(state::Transaction& state, Item item) override {
    const std::optional<std::string> url = state.get("maker/url");
    if (!url) return std::nullopt;
    const std::string number = std::get<Deferred>(item.what).data.at("n").get<std::string>();
    item.what = Http{.url = *url, .body = number};
    item.retry = {.after = 1, .least = 1s, .most = 1s};
    return item;
  }
  void told(state::Transaction& state, const Item&, const Told& told) override {
    heard.push_back(told.what);
    state.put("maker/last", told.code);
  }
  std::vector<Told::What> heard;
};

TEST(Outbox, TheOwnerMakesWhatIsDeferredAndIsTold) {
  Maker maker;
  World world;
  world.owners["maker"] = &maker;
  world.restart();
  Item item = message("a", "");
  item.owner = "maker";
  item.what = Deferred{Json{{"n", "7"}}};
  world.put(item);  // nobody wants it
  world.settle();
  EXPECT_EQ(world.documents(), 0u);
  EXPECT_EQ(world.counters.dropped, 0u);
  EXPECT_EQ(maker.heard, std::vector{Told::What::kDropped});
  maker.heard.clear();

  state::Transaction state(*world.store);
  state.put("maker/url", "http://a.example/");
  put(state, world.random, world.clock.now(), item);
  ASSERT_TRUE(state::commit_internal(*world.store, *world.journal, state));
  int tries = 0;
  world.serve("http://a.example", [&](const env::HttpRequest& request) {
    EXPECT_EQ(*request.body, "7");
    return env::HttpAnswer{.status = ++tries == 1 ? 500 : 200};
  });
  world.pass(5s);
  EXPECT_EQ(maker.heard, (std::vector{Told::What::kFailed, Told::What::kArrived}));
  EXPECT_EQ(state::Transaction(*world.store).get("maker/last"), "");
}

TEST(Outbox, AnItemThatCannotBeReadNowIsSentLater) {
  World world;
  world.put(message("a", "x", {.after = 1, .least = 5s, .most = 5s}));  // there is no server yet
  world.pass(3s);
  world.restart();  // from the disk alone
  int failures = 0;
  world.database.before_get = [&](std::string_view key) {
    if (key.starts_with(keys::kItems) && ++failures == 1) throw std::runtime_error("the disk cannot be read (simulated)");
  };
  int got = 0;
  world.serve("http://a.example", [&](const env::HttpRequest&) {
    ++got;
    return env::HttpAnswer{.status = 200};
  });
  world.pass(10s);
  EXPECT_GE(failures, 2);
  EXPECT_EQ(got, 1);
  EXPECT_EQ(world.documents(), 0u);
}

TEST(Outbox, WhatIsErasedIsNotSent) {
  World world;
  world.services.refuse = [](const auto&) { return 500; };
  Item item = call("a", "{}");
  item.retry = RetryPolicy::of_services();
  world.put({item, item});
  world.pass(1s);
  state::Transaction state(*world.store);
  for (const state::Item& document : state.list("outbox/", "", 100).items) state.erase(document.key);
  ASSERT_TRUE(state::commit_internal(*world.store, *world.journal, state));
  world.pass(60s);
  EXPECT_EQ(world.documents(), 0u);
  EXPECT_EQ(world.outbox->items(), 0u);
  EXPECT_EQ(world.outbox->lanes(), 0u);
}

/// Whatever was durable when the machine died arrives, at least once, in order where that was asked.
TEST(Outbox, NothingIsLostByCrashes) {
  for (uint64_t seed = 1; seed <= 30; ++seed) {
    World world(seed);
    std::map<std::string, std::vector<int>> got;
    const auto server = [&](const env::HttpRequest& request) {
      if (world.random.one_in(4)) return env::HttpAnswer{.status = 500};
      got[request.url].push_back(std::stoi(*request.body));
      return env::HttpAnswer{.status = 200};
    };
    for (const char* lane : {"a", "b", "c"}) world.serve(fmt::format("http://{}.example", lane), server);
    std::map<std::string, std::set<int>> accepted;
    for (int i = 1; i <= 60; ++i) {
      const std::string lane(1, "abc"[world.random.below(3)]);
      Item item = message(lane, std::to_string(i), {.after = 1000, .least = 100ms, .most = 100ms});
      item.is_ordered = lane == "a";
      item.order = static_cast<uint64_t>(i);
      world.put(item);
      if (world.random.one_in(2)) {
        world.journal->drain();
        accepted["http://" + lane + ".example/hook"].insert(i);
      }
      for (uint64_t steps = world.random.below(30); steps > 0; --steps) world.tasks->run_one();
      if (world.random.one_in(8)) world.http->set_way(env::SimHttpClient::Way::kAnswerLost, 2);
      if (world.random.one_in(10)) world.crash();
    }
    world.pass(600s);
    for (const auto& [lane, numbers] : accepted)
      for (const int number : numbers) EXPECT_TRUE(std::ranges::count(got[lane], number) > 0) << seed << ": " << lane << ' ' << number;
    std::vector<int> first;  // of each, when it came first
    for (const int number : got["http://a.example/hook"])
      if (std::ranges::find(first, number) == first.end()) first.push_back(number);
    EXPECT_TRUE(std::ranges::is_sorted(first)) << seed;
    EXPECT_EQ(world.documents(), 0u) << seed;
  }
}

}  // namespace
}  // namespace cairn::outbox
