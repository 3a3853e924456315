#include "history/imports.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "base/log.h"
#include "env/sim/clock.h"
#include "env/sim/files.h"
#include "history/counts_test.h"
#include "history/history.h"
#include "history/terms.h"

namespace cairn::history {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

constexpr auto kSilent = static_cast<log::Level>(static_cast<int>(log::Level::kError) + 1);  // what is logged here is asked for
constexpr const char* kAccount = "111122223333";
constexpr auto kRetention = hours(48);

/// An event as the test knows it.
struct Known {
  std::string id, name;
  Time time;
  std::string record;
};

/// Wants every event whose ID's last digit is even, and says so late.
class Even : public Condition {
 public:
  bool may_hold(std::string_view) override { return true; }
  bool holds(const event::Attributes& attributes, std::string_view) override { return is_even(attributes.event_id); }
  static bool is_even(const std::string& id) { return std::string_view("02468ace").find(id.back()) != std::string_view::npos; }
};

/// A history that events happen in and are imported into, and beside it the lists of both.
class ImportsTest : public testing::TestWithParam<int> {
 protected:
  ImportsTest() : random_(static_cast<uint64_t>(GetParam())) {
    log::set_threshold(kSilent);
    options_.directory = "/data/history";
    options_.retention = kRetention;
    options_.tail_bytes_max = 24 << 10;
    EXPECT_TRUE(files_.make_directory("/data") && files_.sync_directory("/"));
  }

  size_t draw(size_t n) { return std::uniform_int_distribution<size_t>(0, n - 1)(random_); }

  Known make(Time time) {
    static constexpr const char* kNames[] = {"ListBuckets", "CreateBucket", "GetCallerIdentity"};
    Known e{.id = fmt::format("{:08x}-0000-4000-8000-{:012x}", random_(), ++made_),
            .name = kNames[draw(std::size(kNames))],
            .time = time,
            .record = {}};
    e.record = fmt::format(
        R"({{"eventVersion":"1.11","userIdentity":{{"type":"Root","accountId":"{0}"}},"eventTime":"{1}","eventSource":"s3.amazonaws.com",)"
        R"("eventName":"{2}","awsRegion":"us-east-1","eventID":"{3}","readOnly":true,"managementEvent":true,"recipientAccountId":"{0}",)"
        R"("eventCategory":"Management","x":1.10}})",
        kAccount, timestamps::iso8601(time), e.name, e.id);
    return e;
  }

  void open() {
    history_.reset();
    auto opened = History::open(files_, clock_, options_);
    ASSERT_TRUE(opened.has_value()) << opened.error().message;
    history_.reset(static_cast<SegmentedHistory*>(opened->release()));
    for (size_t seq = history_->position().seq + 1; seq <= journal_.size(); ++seq) give(seq);
    history_->caught_up({journal_.size()});
  }
  struct Entry {
    std::string record, import;
  };
  void give(uint64_t seq) {
    const Entry& entry = journal_[seq - 1];
    const std::string key = journal::note_key(kImportTopic);
    journal::EntryView view;
    if (!entry.record.empty()) view.records.push_back(entry.record);
    if (!entry.import.empty()) view.changes.push_back({key, entry.import});
    history_->consume({seq}, view);
  }
  void happen() {
    live_.push_back(make(std::chrono::floor<seconds>(clock_.now()) - seconds(draw(3))));
    journal_.push_back({live_.back().record, ""});
    give(journal_.size());
  }

  std::vector<Known> some(size_t n) {
    std::vector<Known> events;
    for (size_t i = 0; i < n; ++i) {
      const size_t kind = draw(10);
      if (kind == 0 && !live_.empty()) events.push_back(live_[draw(live_.size())]);
      else if (kind == 1 && !imported_.empty()) events.push_back(imported_[draw(imported_.size())]);
      else if (kind == 2 && !events.empty()) events.push_back(events[draw(events.size())]);
      else events.push_back(make(std::chrono::floor<seconds>(clock_.now()) - seconds(draw(60 * 3600))));
    }
    return events;
  }
  Result<Staged> stage(const std::vector<Known>& events) {
    std::vector<Arrival> arrivals;
    for (const Known& e : events) arrivals.push_back({e.record, event::attributes(e.record, document_).value()});
    return history_->stage(arrivals);
  }
  bool is_expired(const Known& e) const { return e.time < clock_.now() - kRetention; }
  bool is_there(const Known& e) const {
    const auto same = [&](const Known& other) { return other.id == e.id; };
    return std::ranges::any_of(live_, same) || std::ranges::any_of(imported_, same);
  }
  /// What the journal's entry does.
  void commit(const std::vector<Known>& events, const Staged& staged, bool feed = true) {
    if (!staged.file.empty()) {
      for (size_t i = 0; i < events.size(); ++i)
        if (staged.fates[i] == Staged::Fate::kAdded && !is_there(events[i])) imported_.push_back(events[i]);
      journal_.push_back({"", staged.file});
      if (feed) give(journal_.size());
    }
  }
  void import(size_t n) {
    const std::vector<Known> events = some(n);
    const auto staged = stage(events);
    ASSERT_TRUE(staged) << staged.error().message;
    std::vector<std::string> first;
    for (size_t i = 0; i < n; ++i) {
      const bool again = std::ranges::find(first, events[i].id) != first.end();
      const auto expected = is_expired(events[i])          ? Staged::Fate::kExpired
                            : is_there(events[i]) || again ? Staged::Fate::kKnown
                                                           : Staged::Fate::kAdded;
      ASSERT_EQ(staged->fates[i], expected);
      first.push_back(events[i].id);
    }
    commit(events, *staged);
  }

  /// All that is to be found, the newer of both lists' newest first.
  std::vector<std::string> expected(const std::string& name, bool only_even, Query::Order order) const {
    std::vector<const Known*> live, imported;
    const auto wanted = [&](const Known& e) {
      return (name.empty() || e.name == name) && !is_expired(e) && (!only_even || Even::is_even(e.id));
    };
    for (const Known& e : live_)
      if (wanted(e)) live.push_back(&e);
    for (const Known& e : imported_)
      if (wanted(e)) imported.push_back(&e);
    std::ranges::stable_sort(imported, {}, &Known::time);
    std::vector<std::string> all;
    if (order == Query::Order::kOldestFirst) {
      std::ranges::reverse(live);
      std::ranges::reverse(imported);
    }
    while (order == Query::Order::kOldestFirst && (!live.empty() || !imported.empty())) {
      auto& from = live.empty() || (!imported.empty() && imported.back()->time <= live.back()->time) ? imported : live;
      all.push_back(from.back()->id);
      from.pop_back();
    }
    while (!live.empty() || !imported.empty()) {
      auto& from = imported.empty() || (!live.empty() && live.back()->time >= imported.back()->time) ? live : imported;
      all.push_back(from.back()->id);
      from.pop_back();
    }
    return all;
  }
  void check(bool with_arrivals) {
    static constexpr const char* kNames[] = {"", "CreateBucket", "Nothing"};
    const std::string name = kNames[draw(std::size(kNames))];
    Query query;
    Even even;
    if (draw(3) == 0) query.order = Query::Order::kOldestFirst;
    if (draw(3) == 0) query.condition = &even;
    if (draw(3) == 0) query.work_bytes_max = draw(20'000);
    if (query.order == Query::Order::kOldestFirst) with_arrivals = false;  // they are at the end, and found
    std::vector<std::string> want = expected(name, query.condition != nullptr, query.order);
    query.account = kAccount;
    if (!name.empty()) query.filters = {{Attribute::kEventName, name}};
    query.limit = 1 + draw(40);
    if (draw(4) == 0) query.bytes_max = 1 + draw(4000);
    std::vector<std::string> found;
    std::vector<std::pair<std::optional<Cursor>, size_t>> places = {{query.before, 0}};  // and how many events were before
    size_t pages = 0;
    while (true) {
      const auto page = history_->search(query);
      ASSERT_TRUE(page) << page.error().message;
      for (const Event& event : page->events) {
        EXPECT_NE(event.record.find("\"x\":1.10"), std::string::npos);
        EXPECT_LT(event.cursor.position, kImportedPositions);
        found.push_back(event.attributes.event_id);
      }
      if (!page->next) break;
      ASSERT_LT(++pages, 5000u) << "it goes on";
      (query.order == Query::Order::kNewestFirst ? query.before : query.newer_than) = page->next;
      places.emplace_back(page->next, found.size());
      if (with_arrivals && draw(3) == 0) happen();
      if (with_arrivals && draw(6) == 0) history_->seal();
    }
    // Within a second, imported events are in the order of their import.
    ASSERT_EQ(found.size(), want.size());
    const auto time_of = [&](const std::string& id) {
      for (const auto* list : {&live_, &imported_})
        for (const Known& e : *list)
          if (e.id == id) return e.time;
      return Time();
    };
    for (size_t i = 0; i < found.size(); ++i) ASSERT_EQ(time_of(found[i]), time_of(want[i])) << i;
    if (query.order == Query::Order::kNewestFirst && query.condition == nullptr && !with_arrivals) {
      const auto& [before, passed] = places[draw(places.size())];
      query.before = before;
      Counts counts(Column::kEventName, [&](const auto& values) { return name.empty() || values[0] == name; });
      ASSERT_TRUE(history_->count(query, {.conditions = {Column::kEventName}, .fields = {Column::kEventName}, .interval = {}}, counts));
      EXPECT_EQ(counts.total, want.size() - passed);
      EXPECT_EQ(counts.read, 0u);
    }
    std::ranges::sort(found);
    std::ranges::sort(want);
    ASSERT_EQ(found, want);
  }

  env::SimClock clock_;
  env::SimFiles files_;
  Options options_;
  std::unique_ptr<SegmentedHistory> history_;
  std::vector<Entry> journal_;
  std::vector<Known> live_, imported_;
  json::Document document_;
  std::mt19937_64 random_;
  uint64_t made_ = 0;
};
INSTANTIATE_TEST_SUITE_P(Seeds, ImportsTest, testing::Range(1, 41));

TEST_P(ImportsTest, stand_among_the_others_by_their_time_and_once) {
  open();
  for (int step = 0; step < 60; ++step) {
    switch (draw(8)) {
      default:
        for (size_t n = draw(20); n > 0; --n) happen();
        break;
      case 1:
      case 2:
        ASSERT_NO_FATAL_FAILURE(import(draw(60)));
        break;
      case 3:
        clock_.advance(std::chrono::minutes(draw(200)));
        break;
      case 4:
        history_->expire();
        break;
      case 5:
        if (draw(3) == 0) open();
        break;
      case 6:
        history_->tidy([] { return true; });
        break;
    }
    ASSERT_NO_FATAL_FAILURE(check(draw(3) != 0));
  }
  EXPECT_TRUE(history_->verify().has_value());
}

TEST_P(ImportsTest, two_side_by_side_bring_each_event_once) {
  open();
  for (int round = 0; round < 5; ++round) {
    const std::vector<Known> one = some(30);
    std::vector<Known> two = some(20);
    two.insert(two.end(), one.begin() + 5, one.begin() + 15);
    const auto first = stage(one), second = stage(two);
    ASSERT_TRUE(first && second);
    if (draw(2) == 0) happen();
    const bool restart = draw(3) == 0;  // with both entries in the journal
    commit(one, *first, !restart);
    commit(two, *second, !restart);
    if (restart) open();
    ASSERT_NO_FATAL_FAILURE(check(false));
    for (const Known& e : one) {
      Query query;
      query.account = kAccount;
      query.filters = {{Attribute::kEventId, e.id}};
      EXPECT_EQ(history_->search(query)->events.size(), is_expired(e) ? 0u : 1u);
    }
  }
}

TEST_P(ImportsTest, survive_a_crash_once_the_journal_names_them) {
  env::SimRandom sim(static_cast<uint64_t>(GetParam()));
  for (int round = 0; round < 4; ++round) {
    files_.crash_at(files_.operations() + 1 + draw(80));
    try {
      open();
      ASSERT_FALSE(HasFatalFailure());
      for (int step = 0; step < 60; ++step) {
        if (draw(3) == 0) {
          const std::vector<Known> events = some(1 + draw(10));
          if (const auto staged = stage(events); staged && draw(5) != 0) commit(events, *staged);
        } else {
          happen();
        }
        if (draw(15) == 0) history_->seal();
        if (draw(20) == 0) history_->expire();
        if (draw(10) == 0) history_->tidy([] { return true; });
        if (draw(20) == 0) clock_.advance(hours(draw(10)));
      }
    } catch (const env::SimCrash&) {
    }
    history_.reset();
    files_.crash(sim);
    open();
    ASSERT_FALSE(HasFatalFailure());
    for (int i = 0; i < 3; ++i) ASSERT_NO_FATAL_FAILURE(check(false));
    EXPECT_TRUE(history_->verify().has_value());
  }
}

TEST_P(ImportsTest, wait_for_a_disk_that_refuses_and_keep_the_journal_meanwhile) {
  open();
  const std::vector<Known> events = {make(std::chrono::floor<seconds>(clock_.now()) - hours(3))};
  const auto staged = stage(events);
  ASSERT_TRUE(staged);
  files_.fail_next(env::SimFiles::Op::kRename, "imports/manifest", env::IoFailure::kNoSpace, env::SimFiles::kAlways);
  commit(events, *staged);
  EXPECT_FALSE(history_->seal());
  EXPECT_EQ(history_->position().seq, 0u);
  files_.heal();
  EXPECT_TRUE(history_->seal());
  EXPECT_EQ(history_->position().seq, 1u);
  ASSERT_NO_FATAL_FAILURE(check(false));
}

TEST_P(ImportsTest, are_not_forgotten_because_their_manifest_is_gone) {
  open();
  ASSERT_NO_FATAL_FAILURE(import(30));
  history_.reset();
  ASSERT_TRUE(files_.remove("/data/history/imports/manifest"));
  const auto opened = History::open(files_, clock_, options_);
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message.find("no manifest"), std::string::npos);
}

TEST_P(ImportsTest, that_are_damaged_are_noticed) {
  open();
  while (imported_.empty()) ASSERT_NO_FATAL_FAILURE(import(30));
  const auto names = files_.list("/data/history/imports");
  const auto name = std::ranges::find_if(*names, [](const std::string& one) { return one.ends_with(".import"); });
  ASSERT_NE(name, names->end());
  const std::string path = "/data/history/imports/" + *name;
  {
    auto file = files_.open(path, env::Files::Open::kReadWrite);
    ASSERT_TRUE(file && (*file)->pwrite(30, "x"));
  }
  open();
  EXPECT_FALSE(history_->verify());
  Query query;
  query.account = kAccount;
  query.limit = 1000;
  EXPECT_TRUE(history_->search(query)) << "what is not damaged is found";
  EXPECT_GT(history_->damaged(), 0u);
}

TEST_P(ImportsTest, become_fewer_and_larger_as_live_ones_do) {
  open();
  const auto files = [&] {
    const auto names = files_.list("/data/history/imports");
    return std::ranges::count_if(*names, [](const std::string& name) { return name.ends_with(".import"); });
  };
  for (int i = 0; i < 70; ++i) ASSERT_NO_FATAL_FAILURE(import(10));
  const auto before_merging = files();
  EXPECT_GT(before_merging, 64);
  Query query;
  query.account = kAccount;
  query.limit = 5;
  const auto before = history_->search(query);
  query.before = before->next;
  const auto second = history_->search(query);
  history_->tidy([] { return true; });
  const auto second_again = history_->search(query);
  query.before.reset();
  ASSERT_EQ(second->events.size(), second_again->events.size());
  for (size_t i = 0; i < second->events.size(); ++i)
    EXPECT_EQ(second->events[i].attributes.event_id, second_again->events[i].attributes.event_id) << "a page goes on where it was";
  EXPECT_EQ(files(), before_merging - 63) << "64 in one, the rest as they were";
  EXPECT_TRUE(history_->verify().has_value());
  for (int i = 0; i < 5; ++i) ASSERT_NO_FATAL_FAILURE(check(false));
  // A page goes on where it was, whatever was put together.
  std::vector<std::string> first, again;
  for (const Event& event : before->events) first.push_back(event.attributes.event_id);
  const auto page = history_->search(query);
  for (const Event& event : page->events) again.push_back(event.attributes.event_id);
  EXPECT_EQ(first, again);
  ASSERT_TRUE(before->next && page->next);
  EXPECT_FALSE(older(*before->next->imported, *page->next->imported) || older(*page->next->imported, *before->next->imported));
  open();
  for (int i = 0; i < 5; ++i) ASSERT_NO_FATAL_FAILURE(check(false));
}

TEST_P(ImportsTest, are_no_news_to_those_who_follow) {
  open();
  happen();
  Query query;
  query.account = kAccount;
  query.newer_than = Cursor{1, 0};
  ASSERT_NO_FATAL_FAILURE(import(20));
  EXPECT_TRUE(history_->search(query)->events.empty());
  happen();
  EXPECT_EQ(history_->search(query)->events.size(), 1u);
}

TEST_P(ImportsTest, that_no_entry_names_are_gone_after_the_next_start) {
  open();
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(stage({make(clock_.now() - hours(1))}));
  const auto files = [&] {
    const auto names = files_.list("/data/history/imports");
    return std::ranges::count_if(*names, [](const std::string& name) { return name.ends_with(".import"); });
  };
  EXPECT_EQ(files(), 5);
  open();
  EXPECT_EQ(files(), 0);
  for (int i = 0; i < 64; ++i) ASSERT_TRUE(stage({make(clock_.now() - hours(1))}));
  EXPECT_FALSE(stage({make(clock_.now() - hours(1))}));
  clock_.advance(std::chrono::minutes(11));
  EXPECT_TRUE(stage({make(clock_.now() - hours(1))}));
  EXPECT_EQ(files(), 1);
}

/// Who imports may choose IDs of one hash, or one ID for thousands of accounts: each record is read once, not once for each other.
TEST(Seeking, EventIdsOfOneHash) {
  constexpr uint32_t kEvents = 3000, kElsewhere = 100;
  const auto record_of = [](uint32_t account) {
    return fmt::format(R"({{"eventTime":"2026-01-01T00:00:00Z","eventSource":"s3.amazonaws.com","eventName":"ListBuckets",)"
                       R"("awsRegion":"us-east-1","eventID":"same","recipientAccountId":"{:012}"}})",
                       account);
  };
  std::vector<std::string> records;
  std::vector<Seeking::Sought> sought;
  for (uint32_t i = 0; i < kEvents; ++i) {
    records.push_back(record_of(i / 2));  // each stands there twice
    sought.push_back({term_hash(TermKind::kEventId, "same"), i, 0});
  }
  std::vector<char> known(kEvents);
  size_t read = 0;
  Seeking seeking(sought, known, [&](uint32_t event) -> Result<std::string_view> {
    ++read;
    return records[event];
  });
  for (uint32_t i = 0; i < kEvents; ++i) ASSERT_EQ(known[i], i % 2) << "the first of two counts";

  Tail tail(1);
  json::Document document;
  for (uint32_t i = 0; i < kElsewhere; ++i) {
    const std::string record = record_of(i * 2);
    tail.add({i + 1, 0}, event::attributes(record, document).value(), record);
  }
  ASSERT_TRUE(seeking.look_in(tail).has_value());
  for (uint32_t i = 0; i < kEvents; i += 2) EXPECT_EQ(known[i] != 0, i / 2 % 2 == 0 && i / 2 < 2 * kElsewhere) << i;
  EXPECT_EQ(seeking.take_unknown().size(), kEvents / 2 - kElsewhere);
  EXPECT_LE(read, kEvents);
}

}  // namespace
}  // namespace cairn::history
