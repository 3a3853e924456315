#include "logs/store.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "base/log.h"
#include "env/sim/files.h"
#include "env/sim/random.h"

namespace cairn::logs {
namespace {

constexpr auto kSilent = static_cast<log::Level>(static_cast<int>(log::Level::kError) + 1);  // what is logged here is asked for
constexpr int64_t kDay = 86'400'000;

struct Known {
  Place place;
  std::string group, stream, message;
  int64_t ingested = 0;
};

/// A store over simulated files, the journal that feeds it, and the list of all events that were given.
class StoreTest : public testing::Test {
 protected:
  StoreTest() {
    log::set_threshold(kSilent);
    options_.directory = "/data/logs";
    options_.tail_bytes_max = 20'000;
    EXPECT_TRUE(files_.make_directory("/data") && files_.sync_directory("/"));
  }

  void open() {
    store_.reset();
    auto opened = Store::open(files_, options_);
    ASSERT_TRUE(opened.has_value()) << opened.error().message;
    store_ = std::move(*opened);
    for (size_t seq = store_->position().seq + 1; seq <= journal_.size(); ++seq) give(seq);
  }
  void give(uint64_t seq) {
    journal::EntryView view;
    const std::string key = journal::note_key(kNote);
    if (!journal_[seq - 1].empty()) view.changes.push_back({key, journal_[seq - 1]});
    store_->consume({seq}, view);
  }
  size_t draw(size_t n) { return std::uniform_int_distribution<size_t>(0, n - 1)(random_); }

  void append(const std::string& group, size_t events) {
    Batch batch{.group = group, .stream = fmt::format("stream-{}", draw(3)), .ingested = now_, .items = {}};
    for (uint32_t i = 0; i < events; ++i) {
      const int64_t time = now_ - static_cast<int64_t>(draw(5000));  // batches overlap, times repeat
      std::string message = draw(9) == 0 ? std::string() : fmt::format("message {} {}", journal_.size(), std::string(draw(200), 'x'));
      known_.push_back({{time, journal_.size() + 1, i}, group, batch.stream, message, now_});
      batch.items.push_back({time, std::move(message)});
    }
    now_ += static_cast<int64_t>(draw(2000));
    journal_.push_back(encode(batch));
    if (store_) give(journal_.size());
  }

  std::vector<Known> expected(const Query& query) const {
    std::vector<Known> wanted;
    for (const Known& event : known_) {
      if (event.group != query.group || event.place.timestamp < query.start || event.place.timestamp > query.end) continue;
      if (query.beyond && (query.newest_first ? event.place >= *query.beyond : event.place <= *query.beyond)) continue;
      if (query.wants_stream && !query.wants_stream(event.stream)) continue;
      wanted.push_back(event);
    }
    std::ranges::sort(wanted, [&](const Known& a, const Known& b) { return query.newest_first ? b.place < a.place : a.place < b.place; });
    return wanted;
  }

  void expect_answer(const Query& query) {
    const std::vector<Known> wanted = expected(query);
    size_t at = 0;
    const auto done = store_->visit(query, [&](const EventView& event) {
      EXPECT_LT(at, wanted.size());
      if (at >= wanted.size()) return false;
      const Known& known = wanted[at++];
      EXPECT_EQ(event.place, known.place);
      EXPECT_EQ(event.message, known.message);
      EXPECT_EQ(event.stream, known.stream);
      EXPECT_EQ(event.ingested, known.ingested);
      return true;
    });
    ASSERT_TRUE(done.has_value()) << done.error().message;
    EXPECT_EQ(at, wanted.size());
  }

  Query random_query() {
    Query query{.group = fmt::format("group-{}", draw(3))};
    if (draw(2) == 0) query.start = now_ - static_cast<int64_t>(draw(100'000));
    if (draw(2) == 0) query.end = now_ - static_cast<int64_t>(draw(100'000));
    query.newest_first = draw(2) == 0;
    if (draw(3) == 0 && !known_.empty()) query.beyond = known_[draw(known_.size())].place;
    if (draw(3) == 0) query.wants_stream = [](std::string_view stream) { return stream == "stream-1"; };
    return query;
  }

  env::SimFiles files_;
  Options options_;
  std::mt19937_64 random_{7};
  std::vector<std::string> journal_;
  std::vector<Known> known_;
  int64_t now_ = 1'800'000'000'000;
  std::unique_ptr<Store> store_;
};

TEST_F(StoreTest, answers_like_a_sorted_list) {
  open();
  for (int round = 0; round < 300; ++round) {
    append(fmt::format("group-{}", draw(3)), 1 + draw(20));
    if (draw(40) == 0) open();
    expect_answer(random_query());
  }
  EXPECT_GT(files_.list("/data/logs")->size(), 5u) << "a manifest and several segments";
  EXPECT_EQ(store_->events(), known_.size());
}

TEST_F(StoreTest, stops_where_it_is_told_and_goes_on_behind) {
  open();
  for (int i = 0; i < 40; ++i) append("group-0", 10);
  for (const bool newest_first : {false, true}) {
    Query query{.group = "group-0", .newest_first = newest_first};
    const std::vector<Known> all = expected(query);
    std::vector<Place> seen;
    for (bool more = true; more;) {
      size_t page = 0;
      more = false;
      ASSERT_TRUE(store_->visit(query, [&](const EventView& event) {
        if (page++ == 7) {
          more = true;
          return false;
        }
        seen.push_back(event.place);
        return true;
      }));
      query.beyond = seen.back();
    }
    ASSERT_EQ(seen.size(), all.size());
    for (size_t i = 0; i < seen.size(); ++i) EXPECT_EQ(seen[i], all[i].place);
  }
}

TEST_F(StoreTest, a_power_cut_at_any_write_loses_nothing_that_the_journal_holds) {
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    files_.crash_at(files_.operations() + 1 + draw(60));
    try {
      open();
      for (int i = 0; i < 60; ++i) append(fmt::format("group-{}", draw(3)), 1 + draw(10));
    } catch (const env::SimCrash&) {
    }
    store_.reset();
    env::SimRandom chance(seed);
    files_.crash(chance);
    open();
    for (int i = 0; i < 3; ++i) expect_answer({.group = fmt::format("group-{}", i)});
    EXPECT_EQ(store_->events(), known_.size());
  }
}

TEST_F(StoreTest, a_disk_that_refuses_costs_nothing) {
  open();
  files_.fail_next(env::SimFiles::Op::kWrite, "/data/logs", env::IoFailure::kNoSpace, env::SimFiles::kAlways);
  for (int i = 0; i < 40; ++i) append("group-0", 10);
  expect_answer({.group = "group-0"});
  files_.heal();
  for (int i = 0; i < 40; ++i) append("group-0", 10);
  expect_answer({.group = "group-0"});
  open();
  expect_answer({.group = "group-0"});
}

TEST_F(StoreTest, segments_go_when_nothing_in_them_is_wanted_any_more) {
  open();
  for (int i = 0; i < 40; ++i) append("group-0", 10);
  now_ += 30 * kDay;
  for (int i = 0; i < 40; ++i) append("group-1", 10);
  const uint64_t before = store_->events();
  store_->expire([&](const std::string&) { return std::optional(now_ - 90 * kDay); });
  EXPECT_EQ(store_->events(), before);
  store_->expire([&](const std::string& group) { return group == "group-0" ? std::nullopt : std::optional(now_ - 7 * kDay); });
  EXPECT_LT(store_->events(), before - 200) << "all but the segment that both are in";
  expect_answer({.group = "group-1"});
  open();
  expect_answer({.group = "group-1"});
}

TEST_F(StoreTest, forgets_up_to_a_position) {
  open();
  for (int i = 0; i < 40; ++i) append("group-0", 10);
  const uint64_t position = journal_.size() - 1;
  store_->clear({position});
  std::erase_if(known_, [&](const Known& event) { return event.place.position <= position; });
  expect_answer({.group = "group-0"});
  append("group-0", 5);
  open();
  expect_answer({.group = "group-0"});
}

TEST_F(StoreTest, damage_is_named_and_never_shown) {
  open();
  for (int i = 0; i < 60; ++i) append("group-0", 10);
  const std::string path = "/data/logs/" + files_.list("/data/logs")->front();
  const std::string whole = env::read_file(files_, path).value();
  size_t noticed = 0;
  for (size_t at = 0; at < whole.size(); at += 37) {
    std::string bytes = whole;
    bytes[at] = static_cast<char>(bytes[at] ^ 0x10);
    ASSERT_TRUE(env::write_file_atomically(files_, path, bytes));
    auto opened = Store::open(files_, options_);
    if (!opened) {
      EXPECT_NE(opened.error().message.find(path), std::string::npos) << opened.error().message;
      ++noticed;
      continue;
    }
    const auto done = (*opened)->visit({.group = "group-0"}, [&](const EventView& event) {
      const auto known = std::ranges::find(known_, event.place, &Known::place);
      EXPECT_TRUE(known != known_.end() && known->message == event.message) << "damage at " << at << " was shown";
      return true;
    });
    if (!done) {
      EXPECT_NE(done.error().message.find(path), std::string::npos) << done.error().message;
      ++noticed;
    }
  }
  // Eight bytes at the begin are the only ones that nothing is read from.
  EXPECT_GE(noticed, whole.size() / 37);
}

TEST_F(StoreTest, any_bytes_are_a_batch_or_a_failure) {
  const std::string whole = encode(Batch{.group = "g", .stream = "s", .ingested = 5, .items = {{1, "one"}, {2, ""}}});
  const Result<Batch> back = decode_batch(whole);
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(back->items.size(), 2u);
  EXPECT_EQ(back->items[0].message, "one");
  for (size_t length = 0; length < whole.size(); ++length) EXPECT_FALSE(decode_batch(whole.substr(0, length)).has_value());
}

}  // namespace
}  // namespace cairn::logs
