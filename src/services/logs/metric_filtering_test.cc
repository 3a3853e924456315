#include "services/logs/metric_filtering.h"

#include <gtest/gtest.h>

#include "logs/event.h"
#include "services/sim_machine.h"

namespace cairn::logs_service {
namespace {

using namespace std::chrono_literals;

constexpr int64_t kYear = 365 * 86'400;

class MetricFilteringTest : public testing::Test {
 protected:
  MetricFilteringTest() { start(); }
  ~MetricFilteringTest() override {
    machine.halt([this] { filtering.reset(); });
  }
  void start() {
    machine.start([this] {
      filtering = std::make_unique<MetricFiltering>(
          MetricFiltering::Means{.clock = machine.clock, .store = *machine.store, .journal = *machine.journal}, *machine.tasks);
    });
    machine.settle();
  }
  void crash() {
    machine.crash([this] { filtering.reset(); });
    start();
  }
  void restart() {
    machine.halt([this] { filtering.reset(); });
    start();
  }

  Group group(const std::string& name = "g") const {
    Group group;
    group.name = name;
    group.id = "id-of-" + name;
    group.account = aws::AccountId("111122223333");
    group.region = aws::Region("us-east-1");
    return group;
  }
  void put_filter(const std::string& name, const std::string& pattern, const Json& more = Json::object()) {
    Json transformation{{"metricName", name}, {"metricNamespace", "n"}, {"metricValue", "1"}};
    transformation.update(more);
    const MetricFilter filter{.name = name,
                              .group = "g",
                              .group_id = group().id,
                              .scope = "111122223333/us-east-1",
                              .pattern = pattern,
                              .created = machine.clock.now(),
                              .transformation = transformation};
    machine.commit([&](state::Transaction& state) { state.put(documents::metric_filter(group(), name), encode(filter)); });
    machine.settle();
  }
  void put_events(const std::vector<std::string>& messages, const std::string& to = "g") {
    const int64_t now = machine.clock.now().time_since_epoch().count();
    logs::Batch batch{.group = group(to).id, .stream = "s", .ingested = now, .items = {}};
    for (const std::string& message : messages) batch.items.push_back({now, message});
    machine.commit([&](state::Transaction& state) { state.note(logs::kNote, logs::encode(batch)); });
  }
  metrics::Summary all(const std::string& name, const metrics::Metric::Dimensions& dimensions = {}) {
    machine.pass(200ms);
    const std::string key = metrics::key_of({.scope = "111122223333/us-east-1", .space = "n", .name = name, .dimensions = dimensions});
    metrics::Summary sum;
    const auto buckets = machine.metrics->read(key, 0, 100 * kYear).value();
    for (const auto& bucket : buckets) sum.add(bucket.summary);
    return sum;
  }

  services::SimMachine machine;
  std::unique_ptr<MetricFiltering> filtering;
};

TEST_F(MetricFilteringTest, counts_what_matches_in_its_group) {
  put_filter("errors", "ERROR");
  put_events({"ERROR one", "fine", "ERROR two"});
  put_events({"ERROR elsewhere"}, "other");
  EXPECT_EQ(all("errors").sum(), 2);
  EXPECT_EQ(filtering->matches(), 2u);
}

TEST_F(MetricFilteringTest, only_events_that_come_after_it) {
  put_events({"ERROR before"});
  put_filter("errors", "ERROR");
  put_events({"ERROR after"});
  EXPECT_EQ(all("errors").sum(), 1);
  machine.commit([&](state::Transaction& state) { state.erase(documents::metric_filter(group(), "errors")); });
  put_events({"ERROR when it is gone"});
  EXPECT_EQ(all("errors").sum(), 1);
}

TEST_F(MetricFilteringTest, values_and_dimensions_come_from_the_event) {
  put_filter("bytes", "{ $.bytes > 0 }",
             {{"metricValue", "$.bytes"}, {"unit", "Bytes"}, {"dimensions", {{"Host", "$.host"}, {"Code", "$.code"}}}});
  put_events({R"({"bytes":10,"host":"a","code":200})", R"({"bytes":2.5,"host":"a","code":200})", R"({"bytes":7,"host":"b","code":200})",
              R"({"bytes":1,"host":"a"})", R"({"bytes":"many","host":"a","code":200})"});
  EXPECT_EQ(all("bytes", {{"Code", "200"}, {"Host", "a"}}).sum(), 12.5);
  EXPECT_EQ(all("bytes", {{"Code", "200"}, {"Host", "b"}}).sum(), 7);
  EXPECT_EQ(filtering->matches(), 4u) << "one has no code, but matches";
}

TEST_F(MetricFilteringTest, fields_of_a_log_line) {
  put_filter("bytes", "[ip, user, status=4*, bytes]", {{"metricValue", "$bytes"}, {"dimensions", {{"User", "$user"}}}});
  put_events({"127.0.0.1 frank 404 1534", "127.0.0.1 frank 200 1", "127.0.0.1 mary 403 6"});
  EXPECT_EQ(all("bytes", {{"User", "frank"}}).sum(), 1534);
  EXPECT_EQ(all("bytes", {{"User", "mary"}}).sum(), 6);
}

TEST_F(MetricFilteringTest, a_default_value_once_a_minute_with_events_that_do_not_match) {
  put_filter("errors", "ERROR", {{"defaultValue", 0}});
  EXPECT_EQ(all("errors").count(), 0) << "no events, no value";
  put_events({"fine", "fine"});
  put_events({"fine"});
  EXPECT_EQ(all("errors").count(), 1);
  machine.pass(60s);
  put_events({"ERROR", "fine"});
  const metrics::Summary sum = all("errors");
  EXPECT_EQ(sum.count(), 2);
  EXPECT_EQ(sum.sum(), 1);
}

TEST_F(MetricFilteringTest, a_default_value_once_however_the_minutes_come) {
  put_filter("errors", "ERROR", {{"defaultValue", 5}});
  const int64_t now = machine.clock.now().time_since_epoch().count();
  for (int round = 0; round < 10; ++round)
    for (int64_t minute = 0; minute < 3; ++minute) {
      logs::Batch batch{.group = group().id,
                        .stream = "s",
                        .ingested = now,
                        .items = {{now - minute * 60'000, minute == 2 && round == 0 ? "ERROR" : "fine"}}};
      machine.commit([&](state::Transaction& state) { state.note(logs::kNote, logs::encode(batch)); });
    }
  const metrics::Summary sum = all("errors");
  EXPECT_EQ(sum.count(), 3);
  EXPECT_EQ(sum.sum(), 5 + 5 + 1);
}

TEST_F(MetricFilteringTest, each_event_once_through_crashes_and_restarts) {
  put_filter("all", "");
  double put = 0;
  for (int round = 0; round < 60; ++round) {
    const std::vector<std::string> messages(1 + machine.random.below(50), "x");
    put_events(messages);
    // Made durable, as a caller's answer would have waited for; how far the followers come is chance.
    machine.journal->drain();
    put += static_cast<double>(messages.size());
    for (uint64_t steps = machine.random.below(40); steps > 0 && machine.tasks->run_one(); --steps) {
    }
    if (round % 7 == 3) crash();
    if (round % 7 == 6) restart();
  }
  EXPECT_EQ(all("all").sum(), put);
}

TEST_F(MetricFilteringTest, one_entry_with_more_than_fits_a_commit) {
  put_filter("wide", "{ $.n = * }", {{"metricValue", "$.n"}, {"dimensions", {{"N", "$.n"}}}});
  std::vector<std::string> messages;
  for (int i = 0; i < 8000; ++i) messages.push_back(fmt::format(R"({{"n":{}}})", i));
  put_events(messages);
  machine.pass(1s);
  for (const int i : {0, 1, 3999, 7999}) EXPECT_EQ(all("wide", {{"N", std::to_string(i)}}).count(), 1) << i;
  EXPECT_EQ(filtering->events(), 8000u);
}

TEST_F(MetricFilteringTest, holds_the_journal_back_no_longer_than_it_must) {
  put_filter("errors", "ERROR");
  put_events({"ERROR"});
  machine.pass(1s);
  for (int i = 0; i < 20; ++i) machine.commit([&](state::Transaction& state) { state.put("something/else", std::to_string(i)); });
  machine.pass(1s);
  EXPECT_EQ(filtering->needed(), machine.journal->durable());
}

}  // namespace
}  // namespace cairn::logs_service
