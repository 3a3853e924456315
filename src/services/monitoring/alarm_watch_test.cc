#include "services/monitoring/alarm_watch.h"

#include <gtest/gtest.h>

#include "metrics/metric.h"
#include "rules/posted.h"
#include "services/monitoring/history.h"
#include "services/monitoring/metric.h"
#include "services/monitoring/transition.h"
#include "services/sim_machine.h"

namespace cairn::cloudwatch {
namespace {

using namespace std::chrono_literals;

const aws::AccountId kAccount("111122223333");
const aws::Region kRegion("us-east-1");

class AlarmWatchTest : public testing::Test {
 protected:
  AlarmWatchTest() {
    machine.clock.advance(30s);  // the middle of a minute
    start();
  }
  ~AlarmWatchTest() override {
    machine.halt([this] { off(); });
  }
  void start() {
    machine.start([this] {
      alarms = std::make_unique<AlarmWatch>(AlarmWatch::Means{.clock = machine.clock,
                                                              .random = machine.random,
                                                              .store = *machine.store,
                                                              .journal = *machine.journal,
                                                              .metrics = *machine.metrics},
                                            *machine.tasks, machine.recovery.last);
      feed = std::make_unique<journal::Feed>(*machine.journal, *machine.tasks, *alarms);
      machine.metrics->tell([this](const std::vector<std::string>& keys) { alarms->measured(keys); });
    });
    machine.settle();
  }
  void off() {
    feed.reset();
    alarms.reset();
  }
  void crash() {
    machine.crash([this] { off(); });
    start();
  }

  void put(const std::string& name, const Json& config) {
    Json whole{{"Namespace", "n"},
               {"MetricName", "m"},
               {"Statistic", "Sum"},
               {"Period", 60},
               {"EvaluationPeriods", 1},
               {"Threshold", 1.0},
               {"ComparisonOperator", "GreaterThanOrEqualToThreshold"}};
    if (!config.is_null()) whole.update(config);
    put_whole(name, whole, false);
  }
  void put_rule(const std::string& name, const std::string& rule) { put_whole(name, {{"AlarmRule", rule}}, true); }
  void put_whole(const std::string& name, const Json& config, bool is_composite) {
    Alarm alarm;
    alarm.name = name;
    alarm.account = kAccount;
    alarm.region = kRegion;
    alarm.is_composite = is_composite;
    alarm.config = config;
    alarm.configured = alarm.updated = alarm.transitioned = machine.clock.now();
    machine.commit([&](state::Transaction& state) { put_alarm(state, alarm); });
    machine.settle();
  }
  void measure(double value, std::chrono::seconds ago = 0s, const std::string& name = "m", uint32_t resolution = 60) {
    metrics::Table table;
    const int64_t time = seconds_of(machine.clock.now() - ago);
    table.add(metrics::key_of({.scope = scope_of(kAccount, kRegion), .space = "n", .name = name, .dimensions = {}}),
              metrics::slot_of(time, resolution, 0), metrics::Summary::of(value));
    machine.commit([&](state::Transaction& state) { state.note(metrics::kNote, metrics::encode(table)); });
    machine.settle();
  }
  Alarm read(const std::string& name) {
    state::Transaction state(*machine.store);
    return find_alarm(state, documents::alarm(kAccount, kRegion, name)).value();
  }
  std::string state_of(const std::string& name = "a") { return read(name).state; }
  size_t count(const std::string& prefix) {
    state::Transaction state(*machine.store);
    return state.list(prefix, "", 1000).items.size();
  }

  services::SimMachine machine;
  std::unique_ptr<AlarmWatch> alarms;
  std::unique_ptr<journal::Feed> feed;
};

TEST_F(AlarmWatchTest, goes_off_at_the_measurement_that_crosses) {
  put("a", {{"Threshold", 3.0}, {"TreatMissingData", "notBreaching"}});
  EXPECT_EQ(state_of(), "INSUFFICIENT_DATA") << "not looked at yet";
  measure(2);
  EXPECT_NE(state_of(), "ALARM");
  measure(1);
  EXPECT_EQ(state_of(), "ALARM");
  machine.pass(35s + 2min);
  EXPECT_EQ(state_of(), "ALARM") << "as long as the measurement is among the periods looked at";
  machine.pass(3min);
  EXPECT_EQ(state_of(), "OK");
  EXPECT_EQ(read("a").reason,
            "Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was treated as [NonBreaching].");
}

TEST_F(AlarmWatchTest, waits_for_the_end_of_the_minute_where_more_could_undo_it) {
  put("a", {{"Statistic", "Average"}, {"Threshold", 5.0}});
  measure(9);
  EXPECT_EQ(state_of(), "INSUFFICIENT_DATA");
  measure(0);
  machine.pass(40s);
  EXPECT_EQ(state_of(), "OK") << "4.5 on average";
  put("b", {{"ComparisonOperator", "LessThanThreshold"}, {"Threshold", 5.0}});
  measure(1);
  EXPECT_EQ(state_of("b"), "OK") << "the minute before, whose sum was 9";
  machine.pass(1min);
  EXPECT_EQ(state_of("b"), "ALARM");
}

TEST_F(AlarmWatchTest, several_periods) {
  put("a", {{"EvaluationPeriods", 3}, {"DatapointsToAlarm", 2}});
  measure(5);
  machine.pass(1min);
  EXPECT_NE(state_of(), "ALARM");
  measure(0);
  machine.pass(1min);
  EXPECT_EQ(state_of(), "OK");
  measure(5);
  EXPECT_EQ(state_of(), "ALARM") << "two of three";
}

TEST_F(AlarmWatchTest, data_that_stops_is_insufficient) {
  put("a", {});
  measure(0);
  machine.pass(1min);
  EXPECT_EQ(state_of(), "OK");
  machine.pass(4min);
  EXPECT_EQ(state_of(), "INSUFFICIENT_DATA");
  EXPECT_EQ(read("a").reason, "Insufficient Data: 1 datapoint was unknown.");
  const uint64_t looks = alarms->looks();
  machine.pass(1h);
  EXPECT_EQ(alarms->looks(), looks) << "nothing comes, nothing is looked at";
}

TEST_F(AlarmWatchTest, missing_data_that_is_bad_goes_off_without_any) {
  put("a", {{"TreatMissingData", "breaching"}});
  EXPECT_EQ(state_of(), "INSUFFICIENT_DATA");
  machine.pass(1min);
  EXPECT_EQ(state_of(), "ALARM");
}

TEST_F(AlarmWatchTest, a_new_alarm_sees_what_was_there_before_it) {
  measure(5);
  put("a", {});
  EXPECT_EQ(state_of(), "ALARM");
}

TEST_F(AlarmWatchTest, a_state_set_by_hand_lasts_until_the_next_look) {
  put("a", {{"TreatMissingData", "notBreaching"}});
  machine.pass(1min);
  EXPECT_EQ(state_of(), "OK");
  machine.commit([&](state::Transaction& state) {
    Alarm alarm = find_alarm(state, documents::alarm(kAccount, kRegion, "a")).value();
    change_state(state, machine.random, alarm, {"ALARM", "by hand", ""}, machine.clock.now());
  });
  machine.settle();
  EXPECT_EQ(state_of(), "ALARM");
  machine.pass(1min);
  EXPECT_EQ(state_of(), "OK");
}

TEST_F(AlarmWatchTest, a_change_is_an_event_on_the_default_bus) {
  put("a", {});
  Alarm alarm = read("a");
  const auto posted = [&](const char* value) {
    state::Transaction state(*machine.store);
    change_state(state, machine.random, alarm, {value, "by hand", ""}, machine.clock.now());
    for (const journal::Change& change : state.changes())
      if (change.key == journal::note_key(rules::kNote)) return rules::decode_posted(*change.value).value();
    return std::vector<rules::Posted>();
  };
  const std::vector<rules::Posted> events = posted("ALARM");
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].bus, (rules::BusName{kAccount, kRegion, "default"}));
  const Json event = json::parse(events[0].event).value();
  EXPECT_EQ(event["detail-type"], "CloudWatch Alarm State Change");
  EXPECT_EQ(event["source"], "aws.cloudwatch");
  EXPECT_EQ(event["resources"], Json::array({"arn:aws:cloudwatch:us-east-1:111122223333:alarm:a"}));
  EXPECT_EQ(event["detail"]["previousState"]["value"], "INSUFFICIENT_DATA");
  EXPECT_EQ(event["detail"]["state"]["value"], "ALARM");
  EXPECT_TRUE(posted("ALARM").empty()) << "it was that before";
}

TEST_F(AlarmWatchTest, metric_math) {
  const auto metric = [](const std::string& name) {
    return Json{{"Id", name},
                {"ReturnData", false},
                {"MetricStat", {{"Metric", {{"Namespace", "n"}, {"MetricName", name}}}, {"Period", 60}, {"Stat", "Sum"}}}};
  };
  Json config{{"Metrics", Json::array({metric("errors"), metric("requests"), {{"Id", "rate"}, {"Expression", "errors / requests"}}})},
              {"EvaluationPeriods", 1},
              {"Threshold", 0.5},
              {"ComparisonOperator", "GreaterThanThreshold"}};
  put_whole("a", config, false);
  measure(3, 0s, "errors");
  measure(4, 0s, "requests");
  EXPECT_EQ(state_of(), "INSUFFICIENT_DATA");
  machine.pass(40s);
  EXPECT_EQ(state_of(), "ALARM");
}

TEST_F(AlarmWatchTest, a_composite_alarm_follows_its_children) {
  put("a", {});
  put("b", {{"MetricName", "other"}});
  put_rule("both", "ALARM(a) AND ALARM(\"b\")");
  put_rule("over", "ALARM(both) OR INSUFFICIENT_DATA(b)");
  EXPECT_EQ(state_of("both"), "OK");
  EXPECT_EQ(read("both").reason, "arn:aws:cloudwatch:us-east-1:111122223333:alarm:both was created and its alarm rule evaluates to OK");
  EXPECT_EQ(state_of("over"), "ALARM");
  measure(1);
  EXPECT_EQ(state_of("both"), "OK");
  measure(1, 0s, "other");
  EXPECT_EQ(state_of("both"), "ALARM");
  EXPECT_EQ(state_of("over"), "ALARM");
  EXPECT_EQ(read("both").reason,
            "arn:aws:cloudwatch:us-east-1:111122223333:alarm:b transitioned to ALARM at Thursday 01 January, 2026 00:00:30 UTC");
  EXPECT_NE(read("both").reason_data.find("\"triggeringAlarms\":[{\"arn\":\"arn:aws:cloudwatch:us-east-1:111122223333:alarm:b\""),
            std::string::npos);
}

TEST_F(AlarmWatchTest, actions_go_out_with_the_change) {
  put("a", {{"AlarmActions", Json::array({"arn:aws:sns:us-east-1:111122223333:one", "arn:aws:sns:us-east-1:111122223333:two"})},
            {"OKActions", Json::array({"arn:aws:sns:us-east-1:111122223333:fine"})}});
  measure(1);
  EXPECT_EQ(state_of(), "ALARM");
  EXPECT_EQ(count("outbox/item/cloudwatch.arn:aws:sns:us-east-1:111122223333:one/"), 1u);
  EXPECT_EQ(count("outbox/item/"), 2u);
  EXPECT_EQ(count(std::string(documents::kHistory)), 1u);
  put("b", {{"ActionsEnabled", false}, {"AlarmActions", Json::array({"arn:aws:sns:us-east-1:111122223333:one"})}});
  EXPECT_EQ(state_of("b"), "ALARM");
  EXPECT_EQ(count("outbox/item/"), 2u);
}

TEST_F(AlarmWatchTest, states_stay_and_nothing_is_missed_through_crashes) {
  put("a", {{"TreatMissingData", "ignore"}});
  measure(1);
  machine.journal->drain();
  EXPECT_EQ(state_of(), "ALARM");
  crash();
  EXPECT_EQ(state_of(), "ALARM");
  EXPECT_EQ(count(std::string(documents::kHistory)), 1u);
  put("b", {{"MetricName", "other"}});
  machine.journal->drain();
  // It is measured, and nobody has looked yet when the power goes.
  metrics::Table table;
  table.add(metrics::key_of({.scope = scope_of(kAccount, kRegion), .space = "n", .name = "other", .dimensions = {}}),
            metrics::slot_of(seconds_of(machine.clock.now()), 60, 0), metrics::Summary::of(1));
  machine.commit([&](state::Transaction& state) { state.note(metrics::kNote, metrics::encode(table)); });
  machine.journal->drain();
  crash();
  EXPECT_EQ(state_of("b"), "ALARM");
}

TEST_F(AlarmWatchTest, only_alarms_whose_metrics_got_data_are_looked_at) {
  for (int i = 0; i < 200; ++i) put(fmt::format("a{}", i), {{"MetricName", fmt::format("m{}", i)}});
  machine.pass(2min);
  const uint64_t before = alarms->looks();
  measure(1, 0s, "m17");
  EXPECT_EQ(state_of("a17"), "ALARM");
  EXPECT_LE(alarms->looks(), before + 2);
}

}  // namespace
}  // namespace cairn::cloudwatch
