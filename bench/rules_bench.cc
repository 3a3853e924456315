// How many recorded events a second one core takes from the journal through a thousand rules of the default bus into the outbox: one in a
// hundred is for a rule. Prints one line of JSON: the median over the rounds, in CPU time.
#include <algorithm>
#include <cstdio>
#include <ctime>

#include "base/check.h"
#include "base/log.h"
#include "bench/cloudtrail_records.h"
#include "delivery/trail.h"
#include "env/sim/clock.h"
#include "env/sim/files.h"
#include "env/sim/random.h"
#include "env/sim/tasks.h"
#include "identity/policies.h"
#include "journal/entry.h"
#include "rules/dispatcher.h"
#include "state/internal_commit.h"
#include "state/sim/engine.h"

namespace {

using namespace cairn;

constexpr int kRounds = 5, kRules = 1000;
constexpr size_t kEvents = 20'000, kDifferent = 1000;

double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

struct Round {
  double events_per_second = 0;
  uint64_t matched = 0;
};

Round measure(uint64_t seed) {
  env::SimRandom random(seed);
  env::SimClock clock;
  env::SimFiles files;
  env::SimTasks tasks(clock, random);
  state::SimDatabase database;
  const auto engine = database.open();
  CHECK(files.make_directory("/data") && files.sync_directory("/"));
  state::Store store(*engine, {});
  auto journal = std::move(*journal::Journal::open(
      files, tasks, {.directory = "/data/journal", .segment_bytes = 64 << 20, .reserve_bytes = 0, .random = &random, .on_fatal = nullptr},
      {}, [](journal::Position, std::string_view) {}));
  store.start(*journal, tasks);
  identity::Directory directory(store);
  const auto events = std::move(*logs::Store::open(files, {.directory = "/data/logs"}));

  const aws::AccountId account("111122223333");
  const aws::Region region("us-east-1");
  delivery::Trail trail;
  trail.account = account;
  trail.home = region;
  trail.name = trail.id = "t";
  trail.logging = trail.multi_region = true;
  {
    state::Transaction state(store);
    state.put(delivery::keys::trail(account, region, "t"), encode(trail));
    for (int i = 0; i < kRules; ++i) {
      rules::Rule rule{.bus = {account, region, "default"}, .name = fmt::format("r{}", i)};
      rule.pattern = i == 0 ? R"({"detail":{"eventID":[{"suffix":"77"}]}})"
                            : fmt::format(R"({{"source":["aws.s3"],"detail":{{"eventName":["Thing{}"]}}}})", i);
      rule.targets.push_back({{"Id", "1"}, {"Arn", "arn:aws:sqs:us-east-1:111122223333:q"}});
      rules::put(state, rule);
    }
    CHECK(state::commit_internal(store, *journal, state));
  }
  std::vector<std::string> records = bench::cloudtrail_records(kDifferent);
  for (std::string& record : records) {
    Json edited = Json::parse(record);
    edited["recipientAccountId"] = account.str();
    edited["awsRegion"] = region.str();
    edited["eventCategory"] = "Management";
    edited["eventID"] = random.uuid();
    record = json::dump(edited);
  }
  for (size_t i = 0; i < kEvents; ++i) {
    while (!journal->accepting()) tasks.run_until_idle();
    journal->append(journal::encode_entry(std::span(&records[i % kDifferent], 1), {}), nullptr);
  }
  tasks.run_until_idle();

  rules::Counters counters;
  const double begun = cpu_seconds();
  rules::Dispatcher dispatcher({.clock = clock,
                                .random = random,
                                .store = store,
                                .journal = *journal,
                                .directory = directory,
                                .events = *events,
                                .counters = counters},
                               tasks);
  tasks.run_until_idle();
  const double seconds = cpu_seconds() - begun;
  CHECK(counters.events == kEvents);
  dispatcher.stop();
  return {static_cast<double>(kEvents) / seconds, counters.matched};
}

}  // namespace

int main() {
  log::set_threshold(static_cast<log::Level>(99));
  std::vector<double> rates;
  uint64_t matched = 0;
  for (int i = 0; i < kRounds; ++i) {
    const Round round = measure(static_cast<uint64_t>(i) + 1);
    rates.push_back(round.events_per_second);
    matched = round.matched;
  }
  std::sort(rates.begin(), rates.end());
  std::printf(R"({"journal_to_outbox_per_second":%.0f,"matched_of_%zu":%llu})"
              "\n",
              rates[kRounds / 2], kEvents, static_cast<unsigned long long>(matched));
}
