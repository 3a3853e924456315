#include "metrics/store.h"

#include <gtest/gtest.h>

#include <random>

#include "base/log.h"
#include "env/sim/clock.h"
#include "env/sim/files.h"
#include "env/sim/random.h"
#include "metrics/metric.h"
#include "metrics/retention.h"

namespace cairn::metrics {
namespace {

constexpr auto kSilent = static_cast<log::Level>(static_cast<int>(log::Level::kError) + 1);  // what is logged here is asked for

/// A store over simulated files, the journal that feeds it, and a table of all that was measured.
class StoreTest : public testing::Test {
 protected:
  StoreTest() {
    log::set_threshold(kSilent);
    options_.directory = "/data/metrics";
    options_.tail_bytes_max = 20'000;
    EXPECT_TRUE(files_.make_directory("/data") && files_.sync_directory("/"));
  }

  void open() {
    store_.reset();
    auto opened = Store::open(files_, clock_, options_);
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
  int64_t now() const { return std::chrono::duration_cast<std::chrono::seconds>(clock_.now().time_since_epoch()).count(); }
  static std::string key(size_t metric) {
    return key_of({.scope = "1/us-east-1", .space = "n", .name = fmt::format("m{}", metric), .dimensions = {{"d", "v"}}});
  }

  void append(size_t measurements) {
    Table table;
    for (size_t i = 0; i < measurements; ++i) {
      const bool is_fine = draw(4) == 0;
      const Slot slot = slot_of(now() - static_cast<int64_t>(draw(900)), is_fine ? 1 : 60, static_cast<Unit>(draw(2)));
      const Summary summary = Summary::of(static_cast<double>(draw(50)));
      table.add(key(draw(8)), slot, summary);
    }
    for (const auto& [key, slots] : table.rows())
      for (const auto& [slot, summary] : slots) known_[key][slot].add(summary);
    clock_.advance(std::chrono::seconds(draw(200)));
    journal_.push_back(encode(table));
    if (store_) give(journal_.size());
  }

  void expect_same(const std::string& key, int64_t start, int64_t end) {
    const auto found = store_->read(key, start, end);
    ASSERT_TRUE(found.has_value()) << found.error().message;
    std::map<Slot, Summary> wanted;
    for (const auto& [slot, summary] : known_[key])
      if (slot.time >= start && slot.time < end) wanted.emplace(slot, summary);
    ASSERT_EQ(found->size(), wanted.size()) << key;
    auto at = wanted.begin();
    for (const Bucket& bucket : *found) {
      EXPECT_EQ(bucket.slot, at->first);
      EXPECT_EQ(bucket.summary.count(), at->second.count());
      EXPECT_EQ(bucket.summary.sum(), at->second.sum());
      EXPECT_EQ(bucket.summary.minimum(), at->second.minimum());
      EXPECT_EQ(bucket.summary.maximum(), at->second.maximum());
      EXPECT_EQ(bucket.summary.values(), at->second.values());
      ++at;
    }
  }
  void expect_all() {
    for (size_t i = 0; i < 8; ++i) expect_same(key(i), 0, now() + 1);
  }
  double total(const std::string& key) {
    double sum = 0;
    const auto buckets = store_->read(key, 0, now() + kDay).value();
    for (const auto& bucket : buckets) sum += bucket.summary.sum();
    return sum;
  }
  void expect_all_sums() {
    for (size_t i = 0; i < 8; ++i) {
      double sum = 0;
      for (const auto& [slot, summary] : known_[key(i)]) sum += summary.sum();
      EXPECT_EQ(total(key(i)), sum) << i;
    }
  }
  size_t segments() {
    return static_cast<size_t>(std::ranges::count_if(*files_.list("/data/metrics"), [](auto& name) { return name.ends_with(".segment"); }));
  }

  env::SimFiles files_;
  env::SimClock clock_;
  Options options_;
  std::mt19937_64 random_{7};
  std::vector<std::string> journal_;
  std::map<std::string, std::map<Slot, Summary>> known_;
  std::unique_ptr<Store> store_;
};

TEST_F(StoreTest, answers_like_a_table) {
  open();
  for (int round = 0; round < 200; ++round) {
    append(1 + draw(40));
    if (draw(40) == 0) open();
    const int64_t start = now() - static_cast<int64_t>(draw(20'000));
    expect_same(key(draw(8)), start, start + static_cast<int64_t>(draw(10'000)));
  }
  EXPECT_GT(segments(), 3u);
  expect_all();
}

TEST_F(StoreTest, leaves_the_values_out_where_they_are_not_wanted) {
  open();
  for (int i = 0; i < 40; ++i) append(20);
  const auto all = store_->read(key(1), 0, now() + 1).value(), basic = store_->read(key(1), 0, now() + 1, Detail::kBasic).value();
  ASSERT_EQ(all.size(), basic.size());
  for (size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(basic[i].summary.sum(), all[i].summary.sum());
    EXPECT_EQ(basic[i].summary.count(), all[i].summary.count());
    EXPECT_EQ(basic[i].summary.maximum(), all[i].summary.maximum());
    EXPECT_FALSE(basic[i].summary.knows_values());
  }
}

TEST_F(StoreTest, tells_whose_metrics_got_data) {
  open();
  std::vector<std::string> told;
  store_->tell([&](const std::vector<std::string>& keys) { told = keys; });
  Table table;
  table.add(key(3), slot_of(now(), 60, 0), Summary::of(1));
  journal_.push_back(encode(table));
  give(1);
  EXPECT_EQ(told, std::vector{key(3)});
}

TEST_F(StoreTest, lists_by_prefix_and_page) {
  open();
  for (int i = 0; i < 30; ++i) append(20);
  std::vector<std::string> keys;
  std::string after;
  for (bool more = true; more;) {
    more = false;
    size_t page = 0;
    ASSERT_TRUE(store_->list(prefix_of("1/us-east-1", "n"), after, [&](const std::string& key, int64_t newest) {
      if (page++ == 3) return more = true, false;
      EXPECT_EQ(newest, known_[key].rbegin()->first.time);
      keys.push_back(after = key);
      return true;
    }));
  }
  std::vector<std::string> wanted;
  for (const auto& [key, slots] : known_) wanted.push_back(key);
  EXPECT_EQ(keys, wanted);
  size_t others = 0;
  ASSERT_TRUE(store_->list(prefix_of("1/us-east-1", "no"), "", [&](const std::string&, int64_t) { return ++others, true; }));
  EXPECT_EQ(others, 0u);
}

TEST_F(StoreTest, segments_are_merged_and_say_the_same) {
  open();
  for (int i = 0; i < 400; ++i) append(10);
  const size_t before = segments();
  ASSERT_GE(before, 8u);
  // What is older than three hours has become coarser: hold the sums against each other.
  std::vector<double> sums;
  for (size_t i = 0; i < 8; ++i) sums.push_back(total(key(i)));
  store_->tidy();
  EXPECT_LT(segments(), before);
  for (size_t i = 0; i < 8; ++i) EXPECT_EQ(total(key(i)), sums[i]);
  open();
  for (size_t i = 0; i < 8; ++i) EXPECT_EQ(total(key(i)), sums[i]);
}

TEST_F(StoreTest, a_merge_whose_manifest_may_be_on_disk_or_not_loses_nothing) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    open();
    for (int i = 0; i < 200; ++i) append(10);
    ASSERT_GE(segments(), 8u);
    // The first sync of the directory is the merged segment's, those behind it are of manifests that have their names already.
    files_.fail_next(env::SimFiles::Op::kSyncDirectory, "/data/metrics", env::IoFailure::kOther, 1 + draw(2), 1);
    store_->tidy();
    files_.heal();
    expect_all_sums();
    store_.reset();
    env::SimRandom chance(seed);
    files_.crash(chance);
    open();
    expect_all_sums();
  }
}

TEST_F(StoreTest, lists_all_while_segments_are_merged) {
  options_.tail_bytes_max = 1;  // each entry is a segment, of several blocks
  open();
  std::vector<std::string> wanted;
  for (size_t segment = 0; segment < 8; ++segment) {
    Table table;
    for (size_t i = 0; i < 5000; ++i) {
      wanted.push_back(key(i * 8 + segment));
      table.add(wanted.back(), slot_of(now(), 60, 0), Summary::of(static_cast<double>(draw(1000))));
    }
    journal_.push_back(encode(table));
    give(journal_.size());
  }
  std::ranges::sort(wanted);
  ASSERT_EQ(segments(), 8u);
  std::vector<std::string> keys;
  ASSERT_TRUE(store_->list(prefix_of("1/us-east-1"), "", [&](const std::string& key, int64_t) {
    keys.push_back(key);
    if (keys.size() == 100) store_->tidy();
    return true;
  }));
  EXPECT_LT(segments(), 8u);
  EXPECT_EQ(keys, wanted);
}

TEST_F(StoreTest, what_grows_old_gets_coarser_and_goes) {
  open();
  for (int i = 0; i < 60; ++i) append(30);
  journal_.push_back("");
  const std::string metric = key(1);
  const double sum = total(metric);
  const auto resolutions = [&] {
    std::set<uint32_t> found;
    const auto buckets = store_->read(metric, 0, now() + kDay).value();
    for (const auto& bucket : buckets) found.insert(bucket.slot.resolution);
    return found;
  };
  options_.tail_bytes_max = 1;  // everything goes to disk
  open();
  append(1);
  const auto pass = [&](int64_t days) {
    clock_.advance(std::chrono::hours(24 * days));
    store_->tidy();
  };
  pass(16);
  EXPECT_EQ(resolutions(), (std::set<uint32_t>{300}));
  EXPECT_GE(total(metric), sum);
  pass(50);
  EXPECT_EQ(resolutions(), (std::set<uint32_t>{3600}));
  EXPECT_GE(total(metric), sum);
  pass(400);
  EXPECT_EQ(total(metric), 0);
  EXPECT_EQ(store_->buckets(), 0u);
  EXPECT_EQ(segments(), 0u);
}

TEST_F(StoreTest, a_power_cut_at_any_write_loses_and_doubles_nothing) {
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    files_.crash_at(files_.operations() + 1 + draw(80));
    try {
      open();
      for (int i = 0; i < 40; ++i) {
        append(1 + draw(20));
        if (draw(10) == 0) store_->tidy();
      }
    } catch (const env::SimCrash&) {
    }
    store_.reset();
    env::SimRandom chance(seed);
    files_.crash(chance);
    open();
    SCOPED_TRACE(seed);
    expect_all_sums();
  }
}

TEST_F(StoreTest, a_disk_that_refuses_costs_nothing) {
  open();
  files_.fail_next(env::SimFiles::Op::kWrite, "/data/metrics", env::IoFailure::kNoSpace, env::SimFiles::kAlways);
  for (int i = 0; i < 40; ++i) append(10);
  expect_all();
  files_.heal();
  for (int i = 0; i < 40; ++i) append(10);
  open();
  expect_all();
}

TEST_F(StoreTest, forgets_up_to_a_position) {
  open();
  for (int i = 0; i < 100; ++i) append(10);
  store_->clear({journal_.size()});
  EXPECT_EQ(store_->buckets(), 0u);
  known_.clear();
  append(5);
  open();
  expect_all();
}

TEST_F(StoreTest, damage_is_named_and_never_shown) {
  open();
  for (int i = 0; i < 60; ++i) append(10);
  const std::string path = "/data/metrics/" + files_.list("/data/metrics")->front();
  const std::string whole = env::read_file(files_, path).value();
  size_t noticed = 0, tried = 0;
  for (size_t at = 0; at < whole.size(); at += 97) {
    ++tried;
    std::string bytes = whole;
    bytes[at] = static_cast<char>(bytes[at] ^ 0x10);
    ASSERT_TRUE(env::write_file_atomically(files_, path, bytes));
    auto opened = Store::open(files_, clock_, options_);
    if (!opened) {
      EXPECT_NE(opened.error().message.find(path), std::string::npos) << opened.error().message;
      ++noticed;
      continue;
    }
    for (size_t i = 0; i < 8; ++i) {
      const auto found = (*opened)->read(key(i), 0, now() + 1);
      if (found) continue;
      EXPECT_NE(found.error().message.find(path), std::string::npos) << found.error().message;
      ++noticed;
      break;
    }
  }
  EXPECT_GE(noticed, tried - 1) << "eight bytes at the begin are the only ones that nothing is read from";
}

TEST_F(StoreTest, memory_stays_bounded_whatever_comes) {
  open();
  // One slot that gets more and more different values, and more and more metrics.
  Table table;
  const Slot slot = slot_of(now(), 60, 0);
  for (int i = 1; i < 20'000; ++i) table.add("one", slot, Summary::of(static_cast<double>(i) * 1.37));
  EXPECT_LT(table.bytes(), 20'000u);
  const Summary& summary = table.rows().at("one").at(slot);
  EXPECT_EQ(summary.count(), 19'999);
  EXPECT_LE(summary.values().size(), Summary::kValuesMax);
}

TEST_F(StoreTest, any_bytes_are_a_batch_or_a_failure) {
  Table table;
  table.add("a", slot_of(100, 60, 3), Summary::of(1.5));
  table.add("a", slot_of(200, 1, 3), Summary::of_statistics(3, 4, 1, 2));
  const std::string whole = encode(table);
  const auto back = decode_batch(whole);
  ASSERT_TRUE(back.has_value());
  ASSERT_EQ(back->size(), 1u);
  EXPECT_EQ(back->front().buckets.size(), 2u);
  EXPECT_EQ(back->front().buckets[1].summary.sum(), 4);
  for (size_t length = 0; length < whole.size(); ++length) EXPECT_FALSE(decode_batch(whole.substr(0, length)).has_value());
}

TEST(MetricKey, back_and_forth_and_in_order) {
  const Metric metric{.scope = "1/r", .space = "n", .name = "m", .dimensions = {{"a", "1"}, {"b", ""}}};
  const auto back = metric_of(key_of(metric));
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(back->dimensions, metric.dimensions);
  EXPECT_TRUE(key_of(metric).starts_with(prefix_of("1/r", "n", "m")));
  EXPECT_FALSE(key_of(metric).starts_with(prefix_of("1/r", "n", "")) && key_of(metric).starts_with(prefix_of("1/r", "nn")));
  for (const char* text : {"", "a", "a\0b", "a"}) EXPECT_FALSE(metric_of(text).has_value());
}

}  // namespace
}  // namespace cairn::metrics
