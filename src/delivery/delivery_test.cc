#include "delivery/delivery.h"

#include <gtest/gtest.h>

#include "delivery/sim_world.h"

namespace cairn::delivery {
namespace {

using namespace std::chrono_literals;

TEST(Delivery, EventsAreInTheBucketAfterTheInterval) {
  World world;
  Trail trail;
  world.create(trail);
  world.record("BeforeLogging");
  const std::string start = world.start_logging(trail);
  world.pass(10s);
  const std::string event = world.record("CreateBucket");
  world.pass(49s);
  EXPECT_TRUE(world.log_files().empty());
  world.pass(2s);
  EXPECT_EQ(world.delivered(), (std::set{start, event}));
  const auto name = archive::parse_key(world.log_files().at(0));
  ASSERT_TRUE(name);
  EXPECT_EQ(name->place.account, kAccount);
  EXPECT_EQ(name->region.str(), "us-east-1");
  EXPECT_EQ(world.status(trail).delivered, world.clock.now() - 1s);
  EXPECT_TRUE(world.status(trail).delivery_attempt_succeeded);
  EXPECT_EQ(world.documents("blob/") + world.documents("delivery/file/"), 0u);  // nothing is left of what was done
}

TEST(Delivery, AnIdleTrailWritesNoFiles) {
  World world;
  Trail trail;
  world.create(trail);
  world.start_logging(trail);
  world.pass(61s);
  EXPECT_EQ(world.log_files().size(), 1u);
  world.pass(1h);
  EXPECT_EQ(world.log_files().size(), 1u);
}

TEST(Delivery, ItsOwnCallsRideAlongOrWaitFiveMinutes) {
  World world;
  Trail trail;
  world.create(trail);
  world.start_logging(trail);
  world.pass(61s);
  const std::string own = world.record("GetBucketAcl", "us-east-1", "cloudtrail.amazonaws.com");
  world.pass(2min);
  EXPECT_FALSE(world.delivered().contains(own));
  const std::string other = world.record("CreateBucket");
  world.pass(61s);
  EXPECT_TRUE(world.delivered().contains(own) && world.delivered().contains(other));
  EXPECT_EQ(world.log_files().size(), 2u);
  const std::string alone = world.record("GetBucketAcl", "us-east-1", "cloudtrail.amazonaws.com");
  world.pass(299s);
  EXPECT_FALSE(world.delivered().contains(alone));
  world.pass(2s);
  EXPECT_TRUE(world.delivered().contains(alone));
}

TEST(Delivery, WithoutRecursiveLoggingItsOwnCallsAreLeftOut) {
  World world;
  Trail trail{.recursive = false};
  world.create(trail);
  world.start_logging(trail);
  const std::string own = world.record("GetBucketAcl", "us-east-1", "cloudtrail.amazonaws.com");
  const std::string other = world.record("CreateBucket");
  world.pass(10min);
  EXPECT_TRUE(world.delivered().contains(other));
  EXPECT_FALSE(world.delivered().contains(own));
}

TEST(Delivery, RegionsAndGlobalEvents) {
  World world;
  Trail everywhere{.name = "everywhere", .bucket = "logs", .multi_region = true};
  Trail frankfurt{.home = aws::Region("eu-central-1"), .name = "frankfurt", .bucket = "frankfurt"};
  Trail without{.home = aws::Region("eu-central-1"), .name = "without", .bucket = "without", .global_events = false};
  world.buckets.buckets["frankfurt"];
  world.buckets.buckets["without"];
  for (Trail* trail : {&everywhere, &frankfurt, &without}) {
    world.create(*trail);
    world.start_logging(*trail);
  }
  world.pass(61s);
  for (auto& [name, bucket] : world.buckets.buckets) bucket.clear();
  const std::string virginia = world.record("CreateBucket", "us-east-1"), there = world.record("CreateBucket", "eu-central-1"),
                    global = world.record("UserCreated", "us-east-1");
  world.record("CreateBucket", "us-east-1", "", std::nullopt, "999999999999");  // another account's
  world.pass(61s);
  EXPECT_EQ(world.delivered(), (std::set{virginia, there, global}));
  EXPECT_EQ(world.log_files().size(), 2u);  // one a region
  EXPECT_EQ(world.delivered("frankfurt"), (std::set{there, global}));
  EXPECT_EQ(world.log_files("frankfurt").size(), 1u);
  EXPECT_EQ(world.delivered("without"), (std::set{there}));
}

TEST(Delivery, StopLoggingIsTheLastEventAndLeavesAtOnce) {
  World world;
  Trail trail;
  world.create(trail);
  const std::string start = world.start_logging(trail), stop = world.stop_logging(trail);
  world.record("Unseen");
  world.pass(1s);
  EXPECT_EQ(world.delivered(), (std::set{start, stop}));
  const std::string again = world.start_logging(trail);
  world.pass(61s);
  EXPECT_EQ(world.delivered(), (std::set{start, stop, again}));
}

TEST(Delivery, AChangeCountsFromItsPlaceInTheJournal) {
  World world;
  Trail trail;
  world.create(trail);
  world.start_logging(trail);
  const std::string old = world.record("CreateBucket");
  trail.prefix = "new";
  const std::string change = world.change(trail, "UpdateTrail"), later = world.record("CreateBucket");
  world.pass(61s);
  for (const std::string& key : world.log_files()) {
    const std::vector<std::string> ids = world.events_of("logs", key);
    EXPECT_EQ(key.starts_with("new/"), std::ranges::find(ids, later) != ids.end()) << key;
    EXPECT_EQ(key.starts_with("AWSLogs/"), std::ranges::find(ids, old) != ids.end()) << key;
  }
  EXPECT_TRUE(world.delivered().contains(change));
}

TEST(Delivery, KeysOfADaySortAsTheyWereDelivered) {
  World world;
  world.options.interval = 1s;
  world.restart();
  Trail trail;
  world.create(trail);
  world.start_logging(trail);
  for (int i = 0; i < 300; ++i) {
    world.record("CreateBucket");
    world.pass(std::chrono::milliseconds(1000 + world.random.below(3000)));
    if (i == 150) world.clock.set(world.clock.now() - 5min);
  }
  EXPECT_GT(world.buckets.order.size(), 200u);
  EXPECT_TRUE(std::ranges::is_sorted(world.buckets.order));
}

TEST(Delivery, ADeadBucketKeepsTheBacklogAndCatchesUp) {
  World world;
  Trail trail;
  world.create(trail);
  std::set<std::string> ids{world.start_logging(trail)};
  world.buckets.refusal = "NoSuchBucket";
  for (int i = 0; i < 50; ++i) {
    ids.insert(world.record("CreateBucket"));
    world.pass(30s);
  }
  EXPECT_TRUE(world.log_files().empty());
  EXPECT_EQ(world.status(trail).delivery_error, "NoSuchBucket");
  EXPECT_FALSE(world.status(trail).delivery_attempt_succeeded);
  EXPECT_FALSE(world.status(trail).delivered);
  EXPECT_LE(world.buckets.checks, 40);  // it backs off
  world.restart();
  world.buckets.refusal.clear();
  world.pass(3min);
  EXPECT_EQ(world.delivered(), ids);
  EXPECT_EQ(world.status(trail).delivery_error, "");
  EXPECT_TRUE(world.status(trail).delivered);
}

/// What is sent first after an hour of rest is a digest; log files wait behind it.
TEST(Delivery, ABucketThatRefusesADigestRefusesWhatWaitsBehindIt) {
  World world;
  Trail trail{.validation = true};
  world.create(trail);
  world.start_logging(trail);
  world.pass(10min);
  world.buckets.refusal = "AccessDenied";
  world.pass(1h);
  EXPECT_EQ(world.status(trail).delivery_error, "AccessDenied");
  EXPECT_EQ(world.status(trail).digest_error, "AccessDenied");
  world.buckets.refusal.clear();
  world.pass(5min);
  EXPECT_EQ(world.status(trail).delivery_error, "");
  EXPECT_EQ(world.status(trail).digest_error, "");
}

/// The other way round: no digest is made while a log file waits.
TEST(Delivery, ADigestThatIsDueBehindARefusedLogFileHasItsError) {
  World world;
  Trail trail{.validation = true};
  world.create(trail);
  world.start_logging(trail);
  world.buckets.refusal = "AccessDenied";
  world.pass(10min);
  EXPECT_EQ(world.status(trail).delivery_error, "AccessDenied");
  EXPECT_EQ(world.status(trail).digest_error, "") << "none is due yet";
  world.pass(2h);
  EXPECT_EQ(world.status(trail).digest_error, "AccessDenied");
  world.buckets.refusal.clear();
  world.pass(2h);
  EXPECT_EQ(world.status(trail).delivery_error, "");
  EXPECT_EQ(world.status(trail).digest_error, "");
}

TEST(Delivery, OneTrailsBucketDoesNotHoldUpAnothers) {
  World world;
  Trail dead{.name = "dead", .bucket = "nowhere"}, well{.name = "well", .bucket = "logs"};
  world.create(dead);
  world.create(well);
  world.start_logging(dead);
  world.start_logging(well);
  const std::string id = world.record("CreateBucket");
  world.pass(61s);
  EXPECT_TRUE(world.delivered().contains(id));
}

TEST(Delivery, FilesForABucketThatIsGoneGoToTheOneThatTookItsPlace) {
  World world;
  Trail trail{.bucket = "nowhere", .validation = true};
  world.create(trail);
  std::set<std::string> ids{world.start_logging(trail), world.record("CreateBucket")};
  world.pass(2h);
  trail.bucket = "logs";
  ids.insert(world.change(trail, "UpdateTrail"));
  world.pass(2h);
  EXPECT_EQ(world.delivered(), ids);
  world.expect_chain();
}

TEST(Delivery, FilesForAPrefixThatIsForbiddenGoToTheOneThatTookItsPlace) {
  World world;
  Trail trail{.prefix = "myAWSLogs/x", .validation = true};
  world.create(trail);
  world.buckets.only_below = "fine/AWSLogs/";
  std::set<std::string> ids{world.start_logging(trail), world.record("CreateBucket")};
  world.pass(2h);
  EXPECT_TRUE(world.log_files().empty());
  trail.prefix = "fine";
  ids.insert(world.change(trail, "UpdateTrail"));
  world.pass(2h);
  EXPECT_EQ(world.delivered(), ids);
  for (const auto& [key, object] : world.buckets.buckets["logs"]) EXPECT_TRUE(archive::parse_key(key)) << key;
  for (const auto& [key, object] : world.buckets.buckets["logs"]) EXPECT_EQ(archive::parse_key(key)->place.prefix, "fine") << key;
  world.expect_chain();
}

TEST(Delivery, ADigestForABucketThatIsGoneIsSignedAnew) {
  World world;
  Trail trail{.validation = true};
  world.create(trail);
  world.start_logging(trail);
  world.pass(59min);
  world.buckets.buckets["new"];
  const SimBuckets::Bucket first = std::exchange(world.buckets.buckets["logs"], {});
  world.buckets.buckets.erase("logs");
  world.pass(10min);  // a digest was cut for it
  trail.bucket = "new";
  world.change(trail, "UpdateTrail");
  world.pass(2h);
  const auto moved = world.digests("us-east-1", "new");
  ASSERT_GE(moved.size(), 2u);
  EXPECT_EQ(moved[0].bucket, "new");
  EXPECT_EQ(moved[1].previous->key, moved[0].key);
  EXPECT_EQ(moved[1].previous->sha256, text::hex(crypto::sha256(world.text_of("new", moved[0].key))));
}

TEST(Delivery, ABacklogBeyondItsLimitIsDroppedAndCounted) {
  World world;
  world.options.backlog_age_max = 1h;
  world.restart();
  Trail trail{.bucket = "logs"};
  world.create(trail);
  world.start_logging(trail);
  world.buckets.refusal = "AccessDenied";
  std::vector<std::string> ids;
  for (int i = 0; i < 180; ++i) {
    ids.push_back(world.record("CreateBucket"));
    world.pass(1min);
  }
  const uint64_t dropped = world.status(trail).dropped;
  EXPECT_GE(dropped, 110u);
  EXPECT_LE(dropped, 121u);
  world.buckets.refusal.clear();
  world.pass(10min);
  const std::set<std::string> delivered = world.delivered();
  EXPECT_EQ(delivered.size() + dropped, ids.size() + 1);  // and StartLogging
  EXPECT_TRUE(delivered.contains(ids.back()));
}

/// However many events there are between two attempts, and however long an answer takes.
void expect_bounded_backlog(World& world, const std::function<void()>& break_bucket, const std::function<void()>& mend_bucket) {
  world.options.backlog_bytes_max = 512 << 10;
  world.restart();
  Trail trail{.bucket = "logs", .validation = true};
  world.create(trail);
  std::set<std::string> ids{world.start_logging(trail)};
  world.pass(3min);
  break_bucket();
  for (int second = 0; second < 300; ++second) {
    for (int i = 0; i < 100; ++i) ids.insert(world.record("CreateBucket"));
    world.pass(1s);
    ASSERT_LE(world.journal->bytes_behind(world.delivery->position()), (512 << 10) + (200 << 10)) << second;
  }
  mend_bucket();
  world.pass(5min);
  const std::set<std::string> delivered = world.delivered();
  EXPECT_GT(world.status(trail).dropped, 10'000u);
  EXPECT_EQ(world.status(trail).dropped, world.counters.dropped);
  EXPECT_EQ(delivered.size() + world.status(trail).dropped, ids.size());
  world.pass(1h);
  world.expect_chain();
}

TEST(Delivery, ABacklogIsBoundedBetweenAttempts) {
  World world;
  expect_bounded_backlog(
      world, [&] { world.buckets.refusal = "AccessDenied"; }, [&] { world.buckets.refusal.clear(); });
}

TEST(Delivery, ABacklogIsBoundedWhileABucketIsSilent) {
  World world;
  expect_bounded_backlog(
      world, [&] { world.buckets.held = true; }, [&] { world.buckets.let_go(); });
}

/// A trail that is deleted while its bucket is silent: nothing is forgotten before the answer comes.
TEST(Delivery, ADeletedTrailWithASilentBucket) {
  World world;
  world.options.backlog_bytes_max = 128 << 10;
  world.restart();
  Trail trail{.bucket = "logs"};
  world.create(trail);
  world.start_logging(trail);
  world.buckets.held = true;
  world.pass(2min);
  world.remove(trail);
  for (int i = 0; i < 3000; ++i) world.record("CreateBucket");
  world.pass(1min);
  EXPECT_EQ(world.delivery->trails(), 1u);
  world.buckets.let_go();
  world.pass(5min);
  EXPECT_EQ(world.delivery->trails(), 0u);
}

TEST(Delivery, TheJournalForgetsWhatNoTrailNeeds) {
  World world;
  Trail trail;
  world.create(trail);
  world.start_logging(trail);
  for (int i = 0; i < 2000; ++i) {
    world.record("CreateBucket");
    if (i % 100 == 0) world.pass(61s);
  }
  world.pass(61s);
  const journal::Position durable = world.journal->durable();
  EXPECT_LT(durable.seq - world.delivery->position().seq, 200u);
  world.stop_logging(trail);
  world.pass(1s);
  for (int i = 0; i < 2000; ++i) {
    world.record("CreateBucket");
    if (i % 100 == 0) world.pass(1s);
  }
  world.pass(1s);
  EXPECT_LT(world.journal->durable().seq - world.delivery->position().seq, 400u);  // a trail that does not log holds nothing back
}

TEST(Delivery, ADeletedTrailsLastFilesAreTriedAgain) {
  World world;
  Trail trail;
  world.create(trail);
  const std::string start = world.start_logging(trail);
  world.pass(61s);
  world.buckets.refusal = "AccessDenied";
  const std::string gone = world.remove(trail);
  world.pass(500ms);
  EXPECT_EQ(world.counters.put_failures, 1u);
  world.buckets.refusal = "";
  world.pass(5min);
  EXPECT_EQ(world.delivered(), (std::set{start, gone}));
  EXPECT_EQ(world.delivery->trails(), 0u);
}

TEST(Delivery, ADeletedTrailLeavesNothingBehind) {
  World world;
  Trail trail{.validation = true};
  world.create(trail);
  const std::string start = world.start_logging(trail), gone = world.remove(trail);
  world.record("Unseen");
  world.pass(5min);
  EXPECT_EQ(world.delivered(), (std::set{start, gone}));
  world.expect_chain();
  EXPECT_EQ(world.documents("delivery/") + world.documents("blob/"), world.documents("delivery/digested/"));
  Trail again;
  world.create(again);
  world.start_logging(again);
  world.pass(61s);
  EXPECT_EQ(world.delivered().size(), 3u);
  // One whose bucket is dead goes, too.
  world.buckets.refusal = "AccessDenied";
  world.record("CreateBucket");
  world.pass(61s);
  world.remove(again);
  world.pass(5min);
  EXPECT_EQ(world.documents("delivery/") + world.documents("blob/"), world.documents("delivery/digested/"));
}

TEST(Digests, HourlyAlsoWhenIdle) {
  World world;
  Trail trail{.validation = true};
  world.create(trail);
  world.start_logging(trail);
  world.pass(5h + 1min);
  ASSERT_EQ(world.digests().size(), 5u);
  for (const archive::Digest& digest : world.digests()) EXPECT_EQ(digest.end - digest.start, 1h);
  world.expect_chain();
  EXPECT_EQ(world.status(trail).digest_delivered, world.clock.now() - 1min);
}

TEST(Digests, EachRegionHasItsOwnChain) {
  World world;
  Trail trail{.multi_region = true, .validation = true};
  world.create(trail);
  world.start_logging(trail);
  world.pass(90min);
  world.record("CreateBucket", "eu-west-1");
  world.pass(3h);
  world.expect_chain("us-east-1");
  world.expect_chain("eu-west-1");
  EXPECT_EQ(world.digests("eu-west-1").size(), 3u);
}

TEST(Digests, TheChainEndsWithStopLoggingAndBeginsAnew) {
  World world;
  Trail trail{.validation = true};
  world.create(trail);
  world.start_logging(trail);
  world.pass(90min);
  world.stop_logging(trail);
  world.pass(2h);
  ASSERT_EQ(world.digests().size(), 2u);
  EXPECT_EQ(world.digests()[1].end - world.digests()[0].end, 30min);
  world.start_logging(trail);
  world.pass(2h + 1min);
  EXPECT_EQ(world.digests().size(), 4u);
  world.expect_chain("us-east-1", 2);
}

TEST(Digests, TrailsThatBeginAndEndWithinOneSecondTakeNoNameFromEachOther) {
  World world;
  std::set<std::string> ids;
  for (int trail_number = 0; trail_number < 3; ++trail_number) {  // one after the other under one name
    Trail trail{.validation = true};
    world.create(trail);
    for (int i = 0; i < 4; ++i) {
      ids.insert(world.start_logging(trail));
      world.pass(40ms);
      ids.insert(world.stop_logging(trail));
      world.pass(40ms);
    }
    world.remove(trail);
    world.settle();
  }
  world.pass(1min);
  EXPECT_EQ(world.delivered(), ids);
  EXPECT_EQ(world.digests().size(), 12u);
  world.expect_chain("us-east-1", 12);
}

TEST(Digests, MadeUpRegionsHaveABoundedNumberOfChains) {
  World world;
  Trail trail{.multi_region = true, .validation = true};
  world.create(trail);
  std::set<std::string> ids{world.start_logging(trail)};
  for (int i = 0; i < 300; ++i) {
    ids.insert(world.record("CreateBucket", fmt::format("zz-made-{}", i)));
    if (i % 50 == 0) world.pass(61s);
  }
  world.restart();
  for (int i = 300; i < 400; ++i) ids.insert(world.record("CreateBucket", fmt::format("zz-made-{}", i)));
  world.pass(2h);
  EXPECT_LE(world.documents("delivery/chain/"), kRegionsMax + 1);
  EXPECT_EQ(world.delivered(), ids);
  world.expect_chain();
}

TEST(Digests, AnOutageIsOneLongPeriod) {
  World world;
  Trail trail{.validation = true};
  world.create(trail);
  world.start_logging(trail);
  world.pass(70min);
  world.halt();
  world.clock.advance(5h);
  world.start();
  world.pass(2h);
  world.expect_chain();
  EXPECT_EQ(world.digests()[1].end - world.digests()[1].start, 5h);
}

TEST(Digests, AClockThatIsSetDoesNotBreakTheChain) {
  for (const auto jump : {24h, -24h, 3h, -3h}) {
    World world;
    world.clock.set(*timestamps::parse_iso8601("2028-02-28T12:00:00Z"));
    Trail trail{.validation = true};
    world.create(trail);
    std::set<std::string> ids{world.start_logging(trail)};
    for (int hour = 0; hour < 60; ++hour) {
      ids.insert(world.record("CreateBucket"));
      world.pass(1h);
      if (hour == 20) world.clock.set(world.clock.now() + jump);
    }
    ids.insert(world.stop_logging(trail));
    world.pass(1min);
    world.expect_chain();
    EXPECT_EQ(world.delivered(), ids);
    EXPECT_GE(world.digests().size(), 50u);  // about one an hour, whatever the clock says
  }
}

TEST(Digests, KeysAreRotatedBeforeTheyEnd) {
  World world;
  world.options.interval = 15min;
  world.restart();
  Trail trail{.validation = true};
  world.create(trail);
  world.start_logging(trail);
  world.pass(24h * 65);
  world.expect_chain();
  std::set<std::string> used;
  for (const archive::Digest& digest : world.digests()) used.insert(digest.fingerprint);
  EXPECT_EQ(used.size(), 3u);
  EXPECT_EQ(world.documents("cloudtrail/public-key/us-east-1/"), 3u);
  const auto files = world.files.list("/data/keys");
  ASSERT_TRUE(files);
  EXPECT_EQ(files->size(), 3u);
}

/// Power cuts at any write, answers that are lost, buckets that come and go: each event in exactly one file, each file in one digest.
TEST(Delivery, ExactlyOnceThroughCrashesAndFailures) {
  for (uint64_t seed = 1; seed <= 25; ++seed) {
    SCOPED_TRACE(seed);
    World world(seed);
    world.options.interval = 2s;
    world.options.digest_interval = 10s;
    world.restart();
    Trail trail{.multi_region = true, .validation = true};
    world.create(trail);
    std::set<std::string> ids{world.start_logging(trail)};
    world.settle();
    std::vector<std::pair<std::string, journal::Position>> fresh;  // not known to be durable
    for (int i = 0; i < 60; ++i) {
      world.buckets.lost_answers = world.random.one_in(2) ? 3 : 0;
      if (world.random.one_in(8)) world.buckets.refusal = world.buckets.refusal.empty() ? "InternalError" : "";
      if (world.random.one_in(4)) world.files.crash_at(world.files.operations() + 1 + world.random.below(25));
      try {
        for (uint64_t n = world.random.below(4); n > 0; --n) {
          const std::string id = world.record("CreateBucket", world.random.one_in(3) ? "eu-west-1" : "us-east-1");
          fresh.emplace_back(id, world.journal->appended());
        }
        world.pass(std::chrono::milliseconds(world.random.below(4000)));
        for (const auto& [id, position] : fresh)
          if (position <= world.journal->durable()) ids.insert(id);
      } catch (const env::SimCrash&) {
        for (const auto& [id, position] : fresh)
          if (position <= world.journal->durable()) ids.insert(id);
        world.crash();
        fresh.clear();
      }
    }
    world.crash();
    world.buckets.refusal.clear();
    world.buckets.lost_answers = 0;
    world.pass(5min);
    ids.insert(world.stop_logging(trail));
    world.pass(1min);
    const std::set<std::string> delivered = world.delivered();
    for (const std::string& id : ids) EXPECT_TRUE(delivered.contains(id)) << id;
    world.expect_chain("us-east-1");
    if (!world.digests("eu-west-1").empty()) world.expect_chain("eu-west-1");
    EXPECT_EQ(world.documents("blob/") + world.documents("delivery/file/"), 0u);
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace cairn::delivery
