#include "rules/dispatcher.h"

#include <gtest/gtest.h>

#include <set>

#include "delivery/trail.h"
#include "identity/policies.h"
#include "rules/event_text.h"
#include "state/sim/machine.h"

namespace cairn::rules {
namespace {

using namespace std::chrono_literals;

const aws::AccountId kAccount{"111122223333"};
const aws::Region kRegion{"us-east-1"};
const BusName kDefault{kAccount, kRegion, "default"};
constexpr const char* kQueue = "arn:aws:sqs:us-east-1:111122223333:q";

/// A machine with state, journal and dispatcher; the outbox only fills.
class World : public state::SimMachine {
 public:
  explicit World(uint64_t seed = 1) : state::SimMachine(seed) { start(); }
  ~World() { halt(); }

  void start() {
    boot();
    directory = std::make_unique<identity::Directory>(*store);
    auto logs = logs::Store::open(files, {.directory = "/data/logs"});
    ASSERT_TRUE(logs) << logs.error().message;
    events = std::move(*logs);
    events_feed = std::make_unique<journal::Feed>(*journal, *tasks, *events);
    dispatch();
  }
  void dispatch() {
    dispatcher = std::make_unique<Dispatcher>(Dispatcher::Means{.clock = clock,
                                                                .random = random,
                                                                .store = *store,
                                                                .journal = *journal,
                                                                .directory = *directory,
                                                                .events = *events,
                                                                .counters = counters},
                                              *tasks);
  }
  void halt() {
    if (dispatcher) dispatcher->stop();
    drain();
    events_feed.reset();
    dispatcher.reset();
    events.reset();
    directory.reset();
    take_down();
  }
  void crash() {
    cut_power();
    dispatcher->stop();
    events_feed.reset();
    dispatcher.reset();
    events.reset();
    directory.reset();
    take_down();
    restore_power();
    start();
  }
  void settle() { tasks->run_for(50ms); }  // it looks at a journal without rules now and then
  void put(const Rule& rule) {
    commit([&](state::Transaction& state) { rules::put(state, rule); });
  }
  void log(bool is_logging) {
    delivery::Trail trail;
    trail.account = kAccount;
    trail.home = kRegion;
    trail.name = "t";
    trail.id = "1";
    trail.logging = is_logging;
    trail.started = started_ = is_logging ? clock.now() : started_;
    if (!is_logging) trail.stopped = clock.now();
    commit([&](state::Transaction& state) { state.put(delivery::keys::trail(kAccount, kRegion, "t"), encode(trail)); });
  }
  /// Something that CloudTrail records. Its event id.
  std::string record(std::string_view name, bool read_only = false, std::string_view identity = R"({"type":"Root"})") {
    const std::string id = random.uuid();
    const std::vector<std::string> records{fmt::format(
        R"({{"eventVersion":"1.11","userIdentity":{},"eventTime":"{}","eventSource":"iam.amazonaws.com","eventName":"{}","awsRegion":"us-east-1",)"
        R"("eventID":"{}","readOnly":{},"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"111122223333","eventCategory":"Management"}})",
        identity, timestamps::iso8601(clock.now()), name, id, read_only)};
    state::Transaction state(*store);
    EXPECT_TRUE(state::commit_internal(*store, *journal, state, records));
    return id;
  }
  void post(const BusName& bus, std::string_view detail) {
    commit([&](state::Transaction& state) {
      std::string note;
      append(note, {.bus = bus,
                    .event = event_text({.id = random.uuid(),
                                         .detail_type = "t",
                                         .source = "app",
                                         .account = kAccount,
                                         .time = clock.now(),
                                         .region = kRegion,
                                         .detail = detail})});
      state.note(kNote, note);
    });
  }

  std::vector<outbox::Item> items() {
    settle();
    state::Transaction state(*store);
    std::vector<outbox::Item> found;
    for (const state::Item& item : state.list(outbox::keys::kItems, "", 100'000).items)
      found.push_back(outbox::decode_item(outbox::keys::split_item(item.key).first, item.value));
    return found;
  }
  static Json data(const outbox::Item& item) { return std::get<outbox::Deferred>(item.what).data; }
  /// The names of recorded events in the outbox, in no order.
  std::multiset<std::string> names() {
    std::multiset<std::string> found;
    for (const outbox::Item& item : items()) {
      const Json event = json::parse(data(item).at("event").get<std::string>()).value();
      found.insert(event.at("detail").value("eventName", ""));
    }
    return found;
  }

  Counters counters;
  std::unique_ptr<identity::Directory> directory;
  std::unique_ptr<logs::Store> events;
  std::unique_ptr<journal::Feed> events_feed;
  std::unique_ptr<Dispatcher> dispatcher;

 private:
  std::optional<Time> started_;
};
using Names = std::multiset<std::string>;

Rule rule(std::string name, std::string pattern, const char* target = kQueue, const BusName& bus = kDefault) {
  Rule made{.bus = bus, .name = std::move(name), .pattern = std::move(pattern)};
  made.targets.push_back({{"Id", "1"}, {"Arn", target}});
  return made;
}
constexpr const char* kIam = R"({"source":["aws.iam"]})";

TEST(Dispatcher, WhatMatchesIsInTheOutbox) {
  World world;
  Rule users = rule("users", R"({"detail":{"eventName":["CreateUser"]}})");
  users.targets[0]["DeadLetterConfig"] = {{"Arn", "arn:aws:sqs:us-east-1:111122223333:dead"}};
  users.targets[0]["RetryPolicy"] = {{"MaximumRetryAttempts", 3}, {"MaximumEventAgeInSeconds", 60}};
  world.put(users);
  world.log(true);
  world.record("CreateUser");
  world.record("CreateGroup");
  const std::vector<outbox::Item> items = world.items();
  ASSERT_EQ(items.size(), 1u);
  EXPECT_EQ(items[0].sender.service, "events.amazonaws.com");
  EXPECT_EQ(items[0].sender.source_arn, "arn:aws:events:us-east-1:111122223333:rule/users");
  EXPECT_EQ(items[0].retry.retries(), 3);
  EXPECT_EQ(items[0].retry.age_max, 60s);
  ASSERT_TRUE(items[0].dead_letter);
  EXPECT_EQ(items[0].dead_letter->attributes[1].second, kQueue);
  EXPECT_EQ(World::data(items[0]).at("target"), kQueue);
  EXPECT_EQ(world.counters.matched, 1u);
}

TEST(Dispatcher, ByTheRulesAsTheyAre) {
  World world;
  world.log(true);
  world.record("Before");
  world.put(rule("r", kIam));
  world.record("While");
  Rule disabled = rule("r", kIam);
  disabled.state = RuleState::kDisabled;
  world.put(disabled);
  world.record("After");
  EXPECT_EQ(world.names(), (Names{"While"}));
}

TEST(Dispatcher, ATrailMustLog) {
  World world;
  world.put(rule("r", kIam));
  world.record("NoTrail");
  world.log(true);
  world.record("Logged");
  world.pass(2s);
  world.log(false);
  world.record("Stopped");
  EXPECT_EQ(world.names(), (Names{"Logged"}));
}

TEST(Dispatcher, ReadsAreForRulesThatWantThem) {
  World world;
  world.log(true);
  world.put(rule("plain", kIam));
  Rule reads = rule("reads", kIam);
  reads.state = RuleState::kEnabledWithReads;
  world.put(reads);
  world.record("ListUsers", true);
  world.record("CreateUser");
  EXPECT_EQ(world.names(), (Names{"CreateUser", "CreateUser", "ListUsers"}));
}

TEST(Dispatcher, OwnDeliveriesMatchNothing) {
  World world;
  world.log(true);
  world.put(rule("r", kIam));
  world.record("Publish", false, R"({"type":"AWSService","invokedBy":"events.amazonaws.com"})");
  EXPECT_TRUE(world.items().empty());
}

TEST(Dispatcher, EventsGoFromBusToBusOnce) {
  World world;
  const BusName second{kAccount, kRegion, "second"};
  const BusName third{kAccount, kRegion, "third"};
  for (const BusName& bus : {second, third})
    world.commit([&](state::Transaction& state) { state.put(keys::bus(bus), encode(Bus{.at = bus})); });
  const std::string second_arn = second.arn(), third_arn = third.arn();
  world.put(rule("on", R"({"source":["app"]})", second_arn.c_str()));
  world.put(rule("there", R"({"source":["app"]})", kQueue, second));
  world.put(rule("back", R"({"source":["app"]})", kDefault.arn().c_str(), second));
  world.put(rule("further", R"({"source":["app"]})", third_arn.c_str(), second));
  world.put(rule("never", R"({"source":["app"]})", kQueue, third));
  world.post(kDefault, R"({"n":1.10})");
  const std::vector<outbox::Item> items = world.items();
  int arrived = 0, refused = 0;
  for (const outbox::Item& item : items) {
    const Json data = World::data(item);
    EXPECT_NE(data.at("event").get<std::string>().find(R"("detail":{"n":1.10})"), std::string::npos);
    if (data.at("target") == kQueue) ++arrived;
    else if (data.value("failure", "").starts_with("THIRD_ACCOUNT_HOP_DETECTED")) ++refused;
  }
  EXPECT_EQ(arrived, 1);
  EXPECT_EQ(refused, 2);
  EXPECT_EQ(items.size(), 3u);
}

TEST(Dispatcher, ABusOfAnotherAccountMustLetIn) {
  World world;
  const BusName other{aws::AccountId("444455556666"), kRegion, "theirs"};
  Bus bus{.at = other};
  world.commit([&](state::Transaction& state) { state.put(keys::bus(other), encode(bus)); });
  world.put(rule("on", R"({"source":["app"]})", other.arn().c_str()));
  world.put(rule("there", R"({"source":["app"]})", "arn:aws:sqs:us-east-1:444455556666:q", other));
  world.post(kDefault, "{}");
  ASSERT_EQ(world.items().size(), 1u);
  EXPECT_TRUE(World::data(world.items()[0]).at("failure").get<std::string>().starts_with("NO_PERMISSIONS"));
  bus.policy =
      R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"events:PutEvents","Resource":"*"}]})";
  world.commit([&](state::Transaction& state) { state.put(keys::bus(other), encode(bus)); });
  world.post(kDefault, "{}");
  const std::vector<outbox::Item> items = world.items();
  ASSERT_EQ(items.size(), 2u);
  EXPECT_EQ(std::count_if(items.begin(), items.end(), [](const auto& item) { return !World::data(item).contains("failure"); }), 1);
}

// As for PutEvents, a policy may ask what the event is.
TEST(Dispatcher, ABusOfAnotherAccountMayAskWhatComes) {
  World world;
  for (const char* source : {"app", "another"}) {
    const BusName other{aws::AccountId("444455556666"), kRegion, source};
    Bus bus{.at = other};
    bus.policy =
        R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"events:PutEvents",)"
        R"("Resource":"*","Condition":{"StringEquals":{"events:detail-type":"t","events:source":")" +
        std::string(source) + R"("}}}]})";
    world.commit([&](state::Transaction& state) { state.put(keys::bus(other), encode(bus)); });
    world.put(rule(source, R"({"source":["app"]})", other.arn().c_str()));
  }
  world.post(kDefault, "{}");
  const std::vector<outbox::Item> items = world.items();
  ASSERT_EQ(items.size(), 1u);  // of the one that was refused
  EXPECT_EQ(World::data(items[0]).at("target"), "arn:aws:events:us-east-1:444455556666:event-bus/another");
}

TEST(Dispatcher, ALogGroupsStreamIsMadeFirst) {
  World world;
  world.put(rule("r", R"({"source":["app"]})", "arn:aws:logs:us-east-1:111122223333:log-group:/aws/events/a"));
  world.post(kDefault, "{}");
  world.post(kDefault, "{}");
  const std::vector<outbox::Item> items = world.items();
  ASSERT_EQ(items.size(), 3u);
  EXPECT_TRUE(World::data(items[0]).value("makes", false));
  for (const outbox::Item& item : items) {
    EXPECT_TRUE(item.is_ordered);
    EXPECT_EQ(World::data(item).at("stream"), World::data(items[0]).at("stream"));
  }
}

TEST(Dispatcher, Schedules) {
  World world;
  Rule tick{.bus = kDefault, .name = "tick", .schedule = "rate(5 minutes)", .start = world.clock.now()};
  tick.targets.push_back({{"Id", "1"}, {"Arn", kQueue}});
  world.put(tick);
  world.settle();
  world.pass(4min);
  EXPECT_TRUE(world.items().empty());
  world.pass(7min);
  std::vector<outbox::Item> items = world.items();
  ASSERT_EQ(items.size(), 2u);
  const Json event = json::parse(World::data(items[0]).at("event").get<std::string>()).value();
  EXPECT_EQ(event.at("detail-type"), "Scheduled Event");
  EXPECT_EQ(event.at("source"), "aws.events");
  EXPECT_EQ(event.at("time"), "2026-01-01T00:05:00Z");
  EXPECT_EQ(event.at("resources"), Json::array({"arn:aws:events:us-east-1:111122223333:rule/tick"}));
  EXPECT_EQ(event.at("detail"), Json::object());
  // What passes while nothing runs is made up for once; what was kept is not kept again.
  world.halt();
  world.clock.advance(60min);
  world.start();
  EXPECT_EQ(world.items().size(), 3u);
  world.pass(3min);
  EXPECT_EQ(world.items().size(), 3u);
}

// What is noted of each takes room in the entry, too: more than little ones send.
TEST(Dispatcher, ManySchedulesAtOnce) {
  World world;
  const BusName second{kAccount, kRegion, "second"};
  const std::string target = second.arn();
  world.commit([&](state::Transaction& state) { state.put(keys::bus(second), encode(Bus{.at = second})); });
  const auto bus = [](int i) { return BusName{kAccount, aws::Region(fmt::format("us-east-{}", i)), "default"}; };
  const auto name = [](int i) { return fmt::format("{:064}", i); };
  constexpr int kRegions = 16, kRules = 300;
  for (int i = 0; i < kRegions; ++i)
    world.commit([&](state::Transaction& state) {
      for (int k = 0; k < kRules; ++k) {
        Rule each{.bus = bus(i), .name = name(k), .schedule = "cron(* * * * ? *)", .start = world.clock.now()};
        each.targets.push_back({{"Id", "1"}, {"Arn", target}});
        rules::put(state, each);
      }
    });
  world.settle();
  world.pass(61s);
  EXPECT_EQ(world.counters.scheduled, uint64_t{kRegions * kRules});
  state::Transaction state(*world.store);
  for (int i = 0; i < kRegions; ++i)
    for (int k = 0; k < kRules; ++k) EXPECT_TRUE(state.exists(keys::fired(bus(i), name(k)))) << i << ' ' << k;
}

TEST(Dispatcher, AnArchiveKeepsAndAReplayBringsBack) {
  World world;
  world.put(rule("r", R"({"source":["app"]})"));
  Archive archive{.account = kAccount,
                  .region = kRegion,
                  .name = "all",
                  .id = "id-1",
                  .bus = "default",
                  .pattern = R"({"detail":{"n":[1,2]}})",
                  .created = world.clock.now()};
  world.commit([&](state::Transaction& state) { rules::put(state, archive); });
  for (int n = 1; n <= 3; ++n) world.post(kDefault, fmt::format(R"({{"n":{}}})", n));
  EXPECT_EQ(world.items().size(), 3u);
  {
    state::Transaction state(*world.store);
    EXPECT_EQ(find_archive(state, kAccount, kRegion, "all")->events, 2u);
  }
  Replay replay{.account = kAccount,
                .region = kRegion,
                .name = "again",
                .archive = "all",
                .archive_id = "id-1",
                .bus = "default",
                .from = world.clock.now() - 1h,
                .to = world.clock.now() + 1h,
                .started = world.clock.now()};
  world.commit([&](state::Transaction& state) { rules::put(state, replay); });
  const std::vector<outbox::Item> items = world.items();
  EXPECT_EQ(items.size(), 5u);
  EXPECT_EQ(std::count_if(items.begin(), items.end(),
                          [](const auto& item) {
                            return World::data(item).at("event").template get<std::string>().find(
                                       R"("replay-name":"again","detail":{"n":)") != std::string::npos;
                          }),
            2);
  state::Transaction state(*world.store);
  EXPECT_EQ(find_replay(state, kAccount, kRegion, "again")->state, Replay::State::kCompleted);
  EXPECT_EQ(find_archive(state, kAccount, kRegion, "all")->events, 2u);  // what was replayed is not kept again
}

// One event for many targets is more than an entry of the journal holds.
TEST(Dispatcher, OneLargeEventForManyTargets) {
  World world;
  for (int i = 0; i < 20; ++i) {
    Rule many = rule(fmt::format("r{}", i), R"({"source":["app"]})");
    many.targets.push_back({{"Id", "2"}, {"Arn", kQueue}});
    world.put(many);
  }
  world.post(kDefault, fmt::format(R"({{"x":"{}"}})", std::string(200 << 10, 'y')));
  world.post(kDefault, R"({"n":1})");
  EXPECT_EQ(world.items().size(), 80u);
}

TEST(Dispatcher, OneLargeEventForManyArchives) {
  World world;
  const auto archive = [](int i) { return fmt::format("a{}", i); };
  for (int i = 0; i < 20; ++i)
    world.commit([&](state::Transaction& state) {
      rules::put(state, Archive{.account = kAccount, .region = kRegion, .name = archive(i), .id = archive(i), .bus = "default"});
    });
  std::string noise;  // what could be compressed would fit
  while (noise.size() < 200 << 10) noise += world.random.uuid();
  world.post(kDefault, fmt::format(R"({{"x":"{}"}})", noise));
  world.settle();
  state::Transaction state(*world.store);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(find_archive(state, kAccount, kRegion, archive(i))->events, 1u) << i;
}

TEST(Dispatcher, OneEventForManyTargetsOfLongNames) {
  World world;
  const BusName bus{kAccount, kRegion, std::string(256, 'b')};
  world.commit([&](state::Transaction& state) { state.put(keys::bus(bus), encode(Bus{.at = bus})); });
  for (int i = 0; i < 300; ++i) {
    Rule many = rule(fmt::format("{:064}", i), R"({"source":["app"]})", kQueue, bus);
    many.targets = Json::array();
    for (int k = 0; k < 5; ++k) many.targets.push_back({{"Id", fmt::format("{:064}", k)}, {"Arn", kQueue}});
    world.put(many);
  }
  world.post(bus, fmt::format(R"({{"x":"{}"}})", std::string(400, 'y')));
  EXPECT_EQ(world.items().size(), 1500u);
}

TEST(Dispatcher, EachTargetHasALaneOfItsOwn) {
  World world;
  Rule one = rule("app", R"({"source":["app"]})"), other = rule("app.log", R"({"source":["app"]})");
  one.targets[0]["Id"] = "log.1";
  world.put(one);
  world.put(other);
  world.post(kDefault, "{}");
  const std::vector<outbox::Item> items = world.items();
  ASSERT_EQ(items.size(), 2u);
  EXPECT_NE(items[0].lane, items[1].lane);
}

TEST(Dispatcher, EachMatchIsThereOnceThroughCrashes) {
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    World world(seed);
    world.log(true);
    world.put(rule("r", kIam));
    world.settle();
    std::set<std::string> durable;
    for (int round = 0; round < 4; ++round) {
      std::map<uint64_t, std::string> ids;
      for (int i = 0; i < 20; ++i) {
        const std::string id = world.record("CreateUser");
        ids[world.journal->appended().seq] = id;
        for (uint64_t steps = world.random.below(4); steps > 0 && world.tasks->run_one(); --steps) {
        }
      }
      for (uint64_t steps = world.random.below(40); steps > 0 && world.tasks->run_one(); --steps) {
      }
      const uint64_t safe = world.journal->durable().seq;
      for (const auto& [position, id] : ids)
        if (position <= safe) durable.insert(id);
      world.crash();
    }
    std::multiset<std::string> found;
    for (const outbox::Item& item : world.items()) {
      const Json event = json::parse(World::data(item).at("event").get<std::string>()).value();
      found.insert(event.at("detail").at("eventID").get<std::string>());
    }
    for (const std::string& id : durable) EXPECT_EQ(found.count(id), 1u) << seed;
    EXPECT_EQ(std::set<std::string>(found.begin(), found.end()).size(), found.size()) << seed;
  }
}

}  // namespace
}  // namespace cairn::rules
