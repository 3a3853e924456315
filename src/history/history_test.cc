#include "history/history.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

#include "base/log.h"
#include "env/sim/clock.h"
#include "env/sim/files.h"

namespace cairn::history {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

constexpr auto kSilent = static_cast<log::Level>(static_cast<int>(log::Level::kError) + 1);  // what is logged here is asked for
constexpr const char* kAccounts[] = {"111122223333", "444455556666"};
constexpr const char* kRegions[] = {"us-east-1", "eu-west-1"};

/// An event as the test knows it, without asking the code under test.
struct Known {
  Cursor cursor;
  std::string id, name, source, user, key, bucket, account, region;
  Time time;
  bool read_only = true, management = true;
  std::string record;
};

std::string record_of(const Known& e) {
  std::string identity = R"({"type":"AWSService","invokedBy":"cloudtrail.amazonaws.com"})";
  if (!e.user.empty()) {
    identity = fmt::format(
        R"({{"type":"IAMUser","principalId":"AIDAEXAMPLE","arn":"arn:aws:iam::{}:user/{}","accountId":"{}","accessKeyId":"{}","userName":"{}"}})",
        e.account, e.user, e.account, e.key, e.user);
  }
  const std::string parameters = e.bucket.empty() ? "null" : fmt::format(R"({{"bucketName":"{}","Host":"127.0.0.1"}})", e.bucket);
  return fmt::format(
      R"({{"eventVersion":"1.11","userIdentity":{},"eventTime":"{}","eventSource":"{}","eventName":"{}","awsRegion":"{}",)"
      R"("sourceIPAddress":"127.0.0.1","userAgent":"test","requestParameters":{},"responseElements":null,"requestID":"r",)"
      R"("eventID":"{}","readOnly":{},"eventType":"AwsApiCall","managementEvent":{},"recipientAccountId":"{}","eventCategory":"{}"}})",
      identity, timestamps::iso8601(e.time), e.source, e.name, e.region, parameters, e.id, e.read_only, e.management, e.account,
      e.management ? "Management" : "Data");
}

bool answers(const Known& e, const Query& q, Time now, std::chrono::milliseconds retention) {
  if (e.time < now - retention || e.account != q.account) return false;
  if (!q.region.empty() && e.region != q.region) return false;
  if (q.category == Query::Category::kManagement && !e.management) return false;
  if (q.category == Query::Category::kData && e.management) return false;
  // Events hold whole seconds; so do the bounds.
  if (q.start && e.time + seconds(1) <= *q.start) return false;
  if (q.end && e.time > *q.end) return false;
  for (const Filter& f : q.filters) {
    std::string value;
    switch (f.attribute) {
      case Attribute::kEventId:
        value = e.id;
        break;
      case Attribute::kEventName:
        value = e.name;
        break;
      case Attribute::kReadOnly:
        value = e.read_only ? "true" : "false";
        break;
      case Attribute::kUsername:
        value = e.user;
        break;
      case Attribute::kEventSource:
        value = e.source;
        break;
      case Attribute::kAccessKeyId:
        value = e.user.empty() ? "" : e.key;
        break;
      case Attribute::kResourceName:
        value = e.bucket;
        break;
      case Attribute::kResourceType:
        value = e.bucket.empty() ? "" : "AWS::S3::Bucket";
        break;
    }
    if (value.empty() || value != f.value) return false;
  }
  return true;
}

/// A history over simulated files and clock, and beside it the journal that feeds it and the list of all that was fed.
class HistoryTest : public testing::Test {
 protected:
  explicit HistoryTest(uint64_t seed = 1) : random_(seed) {
    log::set_threshold(kSilent);
    options_.directory = "/data/history";
    EXPECT_TRUE(files_.make_directory("/data") && files_.sync_directory("/"));
  }

  void open() {
    history_.reset();
    auto opened = History::open(files_, clock_, options_);
    ASSERT_TRUE(opened.has_value()) << opened.error().message;
    history_.reset(static_cast<SegmentedHistory*>(opened->release()));
    refeed();
  }
  void refeed() {
    for (size_t seq = history_->position().seq + 1; seq <= journal_.size(); ++seq) give(seq);
  }
  void give(uint64_t seq) {
    journal::EntryView view;
    for (const std::string& record : journal_[seq - 1]) view.records.push_back(record);
    history_->consume({seq}, view);
  }

  void tidy() {
    history_->tidy([] { return true; });
  }

  size_t draw(size_t n) { return std::uniform_int_distribution<size_t>(0, n - 1)(random_); }

  Known make() {
    Known e;
    e.id = fmt::format("{:08x}-0000-4000-8000-{:012x}", random_(), ++made_);
    static constexpr const char* kNames[] = {"ListBuckets", "CreateBucket", "GetCallerIdentity", "PutObject", "GetObject", "LookupEvents"};
    e.name = kNames[draw(std::size(kNames))];
    const bool s3 = e.name.find("Bucket") != std::string::npos || e.name.ends_with("Object");
    e.source = s3 ? "s3.amazonaws.com" : "sts.amazonaws.com";
    if (s3 && e.name != "ListBuckets") e.bucket = fmt::format("bucket-{}", draw(8));
    if (draw(5) != 0) {
      e.user = fmt::format("user{}", draw(4));
      e.key = fmt::format("AKIAEXAMPLE{:09}", draw(6));
    }
    e.account = kAccounts[draw(10) == 0];
    e.region = kRegions[draw(4) == 0];
    e.time = std::chrono::floor<seconds>(clock_.now()) - seconds(draw(3));
    e.read_only = e.name != "CreateBucket" && e.name != "PutObject";
    e.management = !e.name.ends_with("Object");
    e.record = record_of(e);
    return e;
  }

  /// One journal entry of `n` events.
  void append(size_t n, bool feed = true) {
    std::vector<std::string> records;
    for (uint32_t i = 0; i < n; ++i) {
      Known e = make();
      e.cursor = {journal_.size() + 1, i};
      records.push_back(e.record);
      known_.push_back(std::move(e));
    }
    journal_.push_back(std::move(records));
    if (feed) give(journal_.size());
  }

  Query random_query() {
    Query q;
    q.account = kAccounts[draw(8) == 0];
    if (draw(2)) q.region = kRegions[draw(3) == 0];
    q.category = static_cast<Query::Category>(draw(3));
    q.limit = 1 + draw(draw(3) ? 7 : 60);
    static constexpr Attribute kAll[] = {Attribute::kEventId,     Attribute::kEventName,    Attribute::kReadOnly,
                                         Attribute::kUsername,    Attribute::kResourceType, Attribute::kResourceName,
                                         Attribute::kEventSource, Attribute::kAccessKeyId};
    for (size_t n = draw(4); n > 0; --n) {
      const Known* e = known_.empty() ? nullptr : &known_[draw(known_.size())];
      Filter f{kAll[draw(std::size(kAll))], "absent"};
      if (e != nullptr && draw(12) != 0) {
        switch (f.attribute) {
          case Attribute::kEventId:
            f.value = e->id;
            break;
          case Attribute::kEventName:
            f.value = e->name;
            break;
          case Attribute::kReadOnly:
            f.value = e->read_only ? "true" : "false";
            break;
          case Attribute::kUsername:
            f.value = e->user;
            break;
          case Attribute::kEventSource:
            f.value = e->source;
            break;
          case Attribute::kAccessKeyId:
            f.value = e->key;
            break;
          case Attribute::kResourceName:
            f.value = e->bucket;
            break;
          case Attribute::kResourceType:
            f.value = "AWS::S3::Bucket";
            break;
        }
      }
      q.filters.push_back(std::move(f));
    }
    auto moment = [&] { return clock_.now() - std::chrono::milliseconds(draw(20) * draw(100'000'000)); };
    if (draw(3) == 0) q.start = moment();
    if (draw(3) == 0) q.end = moment();
    if (draw(4) == 0 && !known_.empty()) q.newer_than = known_[draw(known_.size())].cursor;
    if (draw(8) == 0 && !known_.empty()) q.before = known_[draw(known_.size())].cursor;
    return q;
  }

  /// Walks all pages, with new events between them now and then, and compares with the list.
  void check(Query q, bool arrivals = true) {
    std::vector<std::string> expected, found;
    for (auto e = known_.rbegin(); e != known_.rend(); ++e) {
      if (q.before && !older(e->cursor, *q.before)) continue;
      if (q.newer_than && !older(*q.newer_than, e->cursor)) break;
      if (answers(*e, q, clock_.now(), options_.retention)) expected.push_back(e->record);
    }
    for (size_t pages = 0;; ++pages) {
      const auto page = history_->search(q);
      ASSERT_TRUE(page.has_value()) << page.error().message;
      for (const Event& event : page->events) found.push_back(event.record);
      if (!page->next) break;
      ASSERT_EQ(page->events.size(), q.limit) << "a page that is not the last is full";
      ASSERT_LE(pages, expected.size());
      q.before = page->next;
      if (arrivals && draw(3) == 0) append(1 + draw(2));
      if (arrivals && draw(6) == 0) history_->seal();
    }
    ASSERT_EQ(found, expected);
  }

  env::SimClock clock_;
  env::SimFiles files_;
  Options options_;
  std::unique_ptr<SegmentedHistory> history_;
  std::vector<std::vector<std::string>> journal_;
  std::vector<Known> known_;
  std::mt19937_64 random_;
  uint64_t made_ = 0;
};

class RandomHistory : public HistoryTest, public testing::WithParamInterface<int> {
 protected:
  RandomHistory() : HistoryTest(static_cast<uint64_t>(GetParam())) {}
};
INSTANTIATE_TEST_SUITE_P(Seeds, RandomHistory, testing::Range(1, 13));

TEST_P(RandomHistory, AnswersLikeAListOfAllEvents) {
  options_.retention = hours(48);
  open();
  for (int step = 0; step < 250; ++step) {
    switch (draw(12)) {
      default:
        append(draw(4));
        break;
      case 6:
        for (size_t n = draw(60); n > 0; --n) append(1);
        break;
      case 7:
        EXPECT_TRUE(history_->seal());
        break;
      case 8:
        if (draw(3) == 0) open();
        break;
      case 9:
        clock_.advance(std::chrono::milliseconds(draw(3'600'000)));
        break;
      case 10:
        if (draw(4) == 0) clock_.advance(hours(draw(20)));
        break;
      case 11:
        history_->expire();
        if (draw(2) == 0) tidy();
        break;
    }
    ASSERT_NO_FATAL_FAILURE(check(random_query()));
  }
  EXPECT_TRUE(history_->verify().has_value());
}

TEST_F(HistoryTest, EightAttributesFindTheirEventsInTailAndSegment) {
  open();
  for (int i = 0; i < 300; ++i) append(1);
  const Known& e = *std::find_if(known_.begin(), known_.end(), [](const Known& k) { return !k.bucket.empty() && !k.user.empty(); });
  const std::pair<const char*, std::string> attributes[] = {{"EventId", e.id},
                                                            {"EventName", e.name},
                                                            {"ReadOnly", e.read_only ? "true" : "false"},
                                                            {"Username", e.user},
                                                            {"ResourceType", "AWS::S3::Bucket"},
                                                            {"ResourceName", e.bucket},
                                                            {"EventSource", e.source},
                                                            {"AccessKeyId", e.key}};
  for (const bool sealed : {false, true}) {
    if (sealed) {
      ASSERT_TRUE(history_->seal());
    }
    for (const auto& [name, value] : attributes) {
      Query q;
      q.account = e.account;
      q.category = Query::Category::kAll;
      q.filters = {{*attribute_named(name), value}};
      check(q, false);
      const auto page = history_->search(q);
      ASSERT_TRUE(page.has_value());
      EXPECT_FALSE(page->events.empty()) << name;
    }
  }
  EXPECT_FALSE(attribute_named("eventid").has_value());
}

TEST_F(HistoryTest, AFullTailBecomesASegmentAndMayLeaveTheJournal) {
  options_.tail_bytes_max = 64 << 10;
  open();
  while (history_->position().seq == 0 && journal_.size() < 5000) append(1);
  EXPECT_EQ(history_->position().seq, journal_.size());
  EXPECT_EQ(history_->events(), known_.size());
  const size_t sealed = journal_.size();
  append(1);
  open();
  EXPECT_EQ(history_->position().seq, sealed);
  EXPECT_EQ(history_->events(), known_.size());
}

TEST_F(HistoryTest, EntriesWithoutEventsLetTheJournalGoToo) {
  options_.tail_bytes_max = 64 << 10;
  open();
  const std::string value(1 << 20, 'x');
  journal::EntryView view;
  view.changes.push_back({"key", value});
  history_->consume({1}, view);
  EXPECT_EQ(history_->position().seq, 1u);
  EXPECT_EQ(history_->events(), 0u);
}

TEST_F(HistoryTest, AClockThatIsWrongForAnHourCostsNoHistory) {
  options_.retention = hours(24 * 90);
  open();
  append(1);
  ASSERT_TRUE(history_->seal());
  history_->expire();
  const Time right = clock_.now();
  clock_.set(right + hours(24 * 365));
  for (int minute = 0; minute < 60; ++minute) {
    clock_.advance(std::chrono::minutes(1));
    history_->expire();
  }
  open();  // nor does a start with the wrong clock
  history_->expire();
  clock_.set(right + hours(1));
  EXPECT_EQ(history_->events(), 1u);
  Query q;
  q.account = known_[0].account;
  q.category = Query::Category::kAll;
  EXPECT_EQ(history_->search(q)->events.size(), 1u);
}

TEST_F(HistoryTest, AnEventIsGoneWhenItsDaysAreOver) {
  options_.retention = hours(24);
  open();
  append(1);
  ASSERT_TRUE(history_->seal());
  Query q;
  q.account = known_[0].account;
  q.category = Query::Category::kAll;
  clock_.advance(hours(23));
  history_->expire();
  EXPECT_EQ(history_->search(q)->events.size(), 1u);
  clock_.advance(hours(1) + seconds(3));
  EXPECT_TRUE(history_->search(q)->events.empty());
  EXPECT_EQ(history_->events(), 1u);
  history_->expire();
  EXPECT_EQ(history_->events(), 0u);
  EXPECT_EQ(files_.list(options_.directory)->size(), 2u) << "only the manifest is left, and the place of imports";
  open();
  EXPECT_EQ(history_->position().seq, 1u);
}

TEST_F(HistoryTest, APageEndsEarlyWhenItsRecordsAreLarge) {
  open();
  for (int i = 0; i < 20; ++i) append(1);
  Query q;
  q.account = kAccounts[0];
  q.category = Query::Category::kAll;
  q.bytes_max = 1000;
  size_t events = 0, pages = 0;
  for (std::optional<Cursor> next; pages == 0 || next; ++pages) {
    q.before = next;
    const auto page = history_->search(q);
    ASSERT_TRUE(page.has_value());
    events += page->events.size();
    next = page->next;
  }
  EXPECT_GT(pages, 5u);
  EXPECT_EQ(events,
            static_cast<size_t>(std::count_if(known_.begin(), known_.end(), [](const Known& e) { return e.account == kAccounts[0]; })));
}

TEST_F(HistoryTest, ClearForgetsWhatWasBeforeAndKeepsWhatCameAfter) {
  open();
  for (int i = 0; i < 20; ++i) append(1);
  ASSERT_TRUE(history_->seal());
  for (int i = 0; i < 10; ++i) append(1);
  history_->clear({25});
  known_.erase(known_.begin(), known_.begin() + 25);
  Query q;
  q.account = kAccounts[0];
  q.category = Query::Category::kAll;
  check(q);
  open();
  check(q);
  EXPECT_EQ(history_->events(), known_.size());
}

TEST_F(HistoryTest, ClearAheadOfTheFollowerSkipsWhatIsStillToCome) {
  open();
  for (int i = 0; i < 5; ++i) append(1, false);
  history_->clear({5});
  refeed();
  EXPECT_EQ(history_->events(), 0u);
  append(1);
  EXPECT_EQ(history_->events(), 1u);
}

TEST_F(HistoryTest, ARecordThatIsNoneIsSkippedAndTheOthersAreFound) {
  open();
  Known e = make();
  journal::EntryView view;
  view.records = {"no json", "{}", e.record};
  history_->consume({1}, view);
  Query q;
  q.account = e.account;
  q.category = Query::Category::kAll;
  const auto page = history_->search(q);
  ASSERT_EQ(page->events.size(), 1u);
  EXPECT_EQ(page->events[0].cursor.index, 2u);
}

/// Which files there are, and their bytes.
class DamagedHistory : public HistoryTest {
 protected:
  std::string segment_path() {
    const auto names = files_.list(options_.directory);
    for (const std::string& name : *names) {
      if (name.ends_with(".segment")) return options_.directory + "/" + name;
    }
    return "";
  }
  void flip(const std::string& path, uint64_t offset) {
    auto file = files_.open(path, env::Files::Open::kReadWrite);
    ASSERT_TRUE(file.has_value());
    char byte;
    ASSERT_EQ((*file)->pread(offset, {&byte, 1}).value(), 1u);
    byte = static_cast<char>(byte ^ 0x10);
    ASSERT_TRUE((*file)->pwrite(offset, std::string_view(&byte, 1)).has_value());
  }
};

TEST_F(DamagedHistory, EveryFlippedByteOfASegmentIsNoticedAndItsFileNamed) {
  open();
  for (int i = 0; i < 120; ++i) append(1);
  ASSERT_TRUE(history_->seal());
  const std::string path = segment_path();
  const uint64_t size = files_.open(path, env::Files::Open::kRead).value()->size().value();
  for (uint64_t offset = 8; offset < size; offset += 1 + draw(40)) {  // the first eight are the magic: nobody needs them
    flip(path, offset);
    history_.reset();
    auto opened = History::open(files_, clock_, options_);
    std::string message;
    if (!opened) {
      message = opened.error().message;
    } else {
      const auto sound = static_cast<SegmentedHistory&>(**opened).verify();
      ASSERT_FALSE(sound.has_value()) << "byte " << offset;
      message = sound.error().message;
    }
    EXPECT_NE(message.find(path), std::string::npos) << message;
    flip(path, offset);
  }
  open();
  EXPECT_TRUE(history_->verify().has_value());
}

TEST_F(DamagedHistory, AFlippedBitCostsItsBlockAtMostAndIsReported) {
  open();
  for (int i = 0; i < 700; ++i) append(1);
  ASSERT_TRUE(history_->seal());
  const std::string path = segment_path();
  const uint64_t size = files_.open(path, env::Files::Open::kRead).value()->size().value();
  std::set<std::string> all;
  for (const Known& e : known_) all.insert(e.id);
  size_t costly = 0;
  for (uint64_t offset = 8; offset < size; offset += 1 + draw(200)) {
    flip(path, offset);
    open();
    size_t found = 0;
    for (const char* account : kAccounts) {
      Query q;
      q.account = account;
      q.category = Query::Category::kAll;
      q.limit = 1000;
      const auto page = history_->search(q);
      ASSERT_TRUE(page.has_value()) << page.error().message;
      for (const Event& event : page->events) found += all.contains(event.attributes.event_id) ? 1 : 0;
    }
    EXPECT_GE(found + 256, known_.size()) << "byte " << offset;  // rows or events of one block
    if (found < known_.size()) {
      ++costly;
      EXPECT_GT(history_->damaged(), 0u) << "byte " << offset;
    }
    // Whatever index is damaged, those that can be read are found by it.
    for (int n = 0; n < 3; ++n) {
      const Known& e = known_[draw(known_.size())];
      Query q;
      q.account = e.account;
      q.category = Query::Category::kAll;
      q.filters = {{Attribute::kEventId, e.id}};
      const auto page = history_->search(q);
      ASSERT_TRUE(page.has_value());
      if (found == known_.size()) {
        EXPECT_EQ(page->events.size(), 1u) << "byte " << offset;
      }
    }
    flip(path, offset);
  }
  EXPECT_GT(costly, 0u);
  open();
  EXPECT_TRUE(history_->verify().has_value());
}

TEST_F(DamagedHistory, SegmentsWithDamageAreNotMergedAndTheOthersAre) {
  open();
  for (int segment = 0; segment < 10; ++segment) {
    for (int i = 0; i < 20; ++i) append(1);
    ASSERT_TRUE(history_->seal());
  }
  const auto names = files_.list(options_.directory);
  ASSERT_EQ(names->size(), 12u);
  flip(options_.directory + "/" + names->at(1), 40);  // events of the second
  open();
  tidy();
  EXPECT_EQ(history_->segments(), 10u);
  tidy();
  EXPECT_EQ(history_->segments(), 3u) << "two stay, eight are one";
  EXPECT_EQ(history_->events(), known_.size());
  flip(options_.directory + "/" + names->at(1), 40);
  check({.account = kAccounts[0], .category = Query::Category::kAll}, false);
}

TEST_F(DamagedHistory, ADamagedOrMissingManifestStopsTheStartAndNamesItself) {
  open();
  append(1);
  ASSERT_TRUE(history_->seal());
  const std::string manifest = options_.directory + "/manifest";
  flip(manifest, 20);
  auto opened = History::open(files_, clock_, options_);
  ASSERT_FALSE(opened.has_value());
  EXPECT_NE(opened.error().message.find(manifest), std::string::npos);
  ASSERT_TRUE(files_.remove(manifest).has_value());
  opened = History::open(files_, clock_, options_);
  ASSERT_FALSE(opened.has_value());
  EXPECT_NE(opened.error().message.find("no manifest"), std::string::npos);
  EXPECT_FALSE(segment_path().empty()) << "nothing was removed";
}

TEST_F(DamagedHistory, AFullDiskCostsNothingAndTheNextSealSucceeds) {
  open();
  for (int i = 0; i < 200; ++i) append(1);
  for (const auto op : {env::SimFiles::Op::kWrite, env::SimFiles::Op::kSync, env::SimFiles::Op::kOpen, env::SimFiles::Op::kSyncDirectory,
                        env::SimFiles::Op::kRename}) {
    files_.fail_next(op, "history", env::IoFailure::kNoSpace, env::SimFiles::kAlways);
    EXPECT_FALSE(history_->seal());
    EXPECT_EQ(history_->position().seq, 0u);
    files_.heal();
    append(1);
    Query q;
    q.account = kAccounts[0];
    check(q, false);
  }
  EXPECT_TRUE(history_->seal());
  EXPECT_EQ(history_->position().seq, journal_.size());
  open();
  Query q;
  q.account = kAccounts[0];
  check(q, false);
  EXPECT_EQ(history_->events(), known_.size());
}

TEST_F(DamagedHistory, ADiskThatRefusesForeverStopsTheProcessBeforeMemoryRunsOut) {
  options_.tail_bytes_max = 8 << 10;
  open();
  files_.fail_next(env::SimFiles::Op::kOpen, ".segment", env::IoFailure::kDenied, env::SimFiles::kAlways);
  EXPECT_DEATH(
      {
        log::set_threshold(log::Level::kError);
        for (int i = 0; i < 10'000; ++i) append(1);
      },
      "stopping before memory runs out");
}

TEST_F(HistoryTest, MergingKeepsEverythingAndASearchUnderWay) {
  options_.tail_bytes_max = 20 << 10;
  open();
  for (int segment = 0; segment < 20; ++segment) {
    for (int i = 0; i < 15; ++i) append(1 + draw(2));
    ASSERT_TRUE(history_->seal());
    if (draw(4) == 0) clock_.advance(hours(draw(30)));
  }
  Query q;
  q.account = kAccounts[0];
  q.category = Query::Category::kAll;
  size_t found = 0;
  const auto visited = history_->visit(q, [&](Event&&) {
    if (++found == 5) {
      const size_t before = history_->segments();
      tidy();
      EXPECT_LT(history_->segments(), before);
    }
    return true;
  });
  ASSERT_TRUE(visited.has_value());
  EXPECT_EQ(found, static_cast<size_t>(std::ranges::count_if(known_, [](const Known& e) { return e.account == kAccounts[0]; })));
  for (int n = 0; n < 50; ++n) ASSERT_NO_FATAL_FAILURE(check(random_query(), false));
  EXPECT_TRUE(history_->verify().has_value());
  open();
  for (int n = 0; n < 50; ++n) ASSERT_NO_FATAL_FAILURE(check(random_query(), false));
  EXPECT_EQ(files_.list(options_.directory)->size(), history_->segments() + 2)
      << "beside the manifest and what was imported: what was merged is gone";
}

TEST_F(HistoryTest, NoMergedSegmentSpansMoreThanItsPartOfTheRetention) {
  options_.retention = hours(80);
  open();
  for (int segment = 0; segment < 40; ++segment) {
    for (int i = 0; i < 5; ++i) append(1);
    ASSERT_TRUE(history_->seal());
    clock_.advance(hours(1));
    history_->expire();
    tidy();
  }
  EXPECT_GE(history_->segments(), 4u);
  EXPECT_LE(history_->segments(), 16u);
  clock_.advance(hours(60));
  history_->expire();
  EXPECT_LT(history_->events(), known_.size()) << "segments go as a whole";
}

/// Every step of the disk in a life with seals, merges and expiry, and a crash at each.
TEST_F(HistoryTest, ACrashAtEveryStepLosesAndRepeatsNothing) {
  size_t cuts = 0;
  for (uint64_t cut = 1;; ++cut) {
    files_ = env::SimFiles();
    ASSERT_TRUE(files_.make_directory("/data") && files_.sync_directory("/"));
    random_.seed(11);
    journal_.clear();
    known_.clear();
    clock_.set(Time(hours(24 * 365 * 55)));
    options_.retention = hours(40);
    options_.tail_bytes_max = 16 << 10;
    history_.reset();
    const auto life = [&] {
      open();
      for (int step = 0; step < 45; ++step) {
        append(1 + draw(2));
        append(1);
        EXPECT_TRUE(history_->seal());
        if (step % 4 == 3) tidy();
        clock_.advance(hours(1));
        if (step % 5 == 4) history_->expire();
      }
    };
    files_.crash_at(files_.operations() + cut);
    bool crashed = false;
    uint64_t promised = 0;
    try {
      life();
    } catch (const env::SimCrash&) {
      crashed = true;
      if (history_) promised = history_->position().seq;
    }
    history_.reset();
    if (!crashed) break;
    ++cuts;
    env::SimRandom sim(cut);
    files_.crash(sim, static_cast<env::SimFiles::Unsynced>(cut % 3));
    open();
    ASSERT_FALSE(HasFatalFailure()) << "cut " << cut;
    ASSERT_GE(history_->position().seq, promised) << "cut " << cut;
    for (const char* account : kAccounts) {
      Query q;
      q.account = account;
      q.category = Query::Category::kAll;
      q.limit = 1000;
      ASSERT_NO_FATAL_FAILURE(check(q, false)) << "cut " << cut;
    }
    ASSERT_TRUE(history_->verify().has_value()) << "cut " << cut;
    tidy();
    ASSERT_NO_FATAL_FAILURE(check(random_query(), false)) << "cut " << cut;
  }
  EXPECT_GE(cuts, 500u);
}

class CrashedHistory : public HistoryTest, public testing::WithParamInterface<int> {
 protected:
  CrashedHistory() : HistoryTest(static_cast<uint64_t>(GetParam())) {}
};
INSTANTIATE_TEST_SUITE_P(Seeds, CrashedHistory, testing::Range(1, 201));

TEST_P(CrashedHistory, LosesAndRepeatsNothingWhateverTheMomentOfTheCrash) {
  env::SimRandom sim(static_cast<uint64_t>(GetParam()));
  options_.retention = hours(48);
  options_.tail_bytes_max = 20 << 10;
  for (int round = 0; round < 4; ++round) {
    files_.crash_at(files_.operations() + 1 + draw(60));
    uint64_t promised = 0;
    try {
      open();
      ASSERT_FALSE(HasFatalFailure());
      for (int step = 0; step < 200; ++step) {
        append(1 + draw(2));
        if (draw(20) == 0) history_->seal();
        if (draw(30) == 0) clock_.advance(hours(draw(30)));
        if (draw(20) == 0) history_->expire();
        if (draw(15) == 0) tidy();
        promised = history_->position().seq;
      }
    } catch (const env::SimCrash&) {
      if (history_) promised = std::max(promised, history_->position().seq);
    }
    history_.reset();
    files_.crash(sim);
    open();
    ASSERT_FALSE(HasFatalFailure());
    EXPECT_GE(history_->position().seq, promised) << "the journal may have let go what was promised";
    for (int i = 0; i < 5; ++i) ASSERT_NO_FATAL_FAILURE(check(random_query(), false));
    EXPECT_TRUE(history_->verify().has_value());
  }
}

}  // namespace
}  // namespace cairn::history
