#include "history/columns.h"

#include <gtest/gtest.h>

#include <random>

#include "base/log.h"
#include "env/sim/clock.h"
#include "env/sim/files.h"
#include "history/counts_test.h"
#include "history/history.h"

namespace cairn::history {
namespace {

constexpr const char* kAccount = "111122223333";

TEST(Columns, NumbersComeBackAndNonsenseIsRefused) {
  std::mt19937 random(3);
  for (const uint32_t below : {1u, 200u, 60'000u, 10'000'000u, UINT32_MAX}) {
    std::vector<uint32_t> numbers(1 + random() % 3000), read;
    for (uint32_t& number : numbers) number = static_cast<uint32_t>(random() % below);
    const std::string raw = code_numbers(numbers);
    ASSERT_TRUE(read_numbers(raw, numbers.size(), read));
    EXPECT_EQ(read, numbers);
    EXPECT_FALSE(read_numbers(raw, numbers.size() + 1, read));
    EXPECT_FALSE(read_numbers(std::string_view(raw).substr(0, raw.size() - 1), numbers.size(), read));
  }
  std::vector<uint32_t> read;
  for (const std::string_view raw : {std::string_view(), std::string_view("\0abc", 4), std::string_view("\5abcde")})
    EXPECT_FALSE(read_numbers(raw, 1, read));
}

TEST(Columns, TextsAreNumberedOnceAndComeBack) {
  ColumnValues values;
  std::vector<std::string> all = {""};
  for (int i = 0; i < 2000; ++i) all.push_back(fmt::format("value {}", i * 7919));
  for (int twice = 0; twice < 2; ++twice)
    for (uint32_t i = 0; i < all.size(); ++i) ASSERT_EQ(values.number(all[i]), i);
  EXPECT_EQ(values.size(), all.size());
  const std::string raw = code_values(values, 512, 1024);
  for (uint32_t i = 512; i < 1024; ++i) ASSERT_EQ(value_at(raw, i - 512), all[i]);
  EXPECT_FALSE(value_at(raw, 512));
  for (size_t cut = 0; cut < raw.size(); cut += 97) {
    const auto last = value_at(std::string_view(raw).substr(0, cut), 511);
    EXPECT_FALSE(last) << cut;
  }
}

TEST(Columns, PlacesAreReadOrRefused) {
  const auto place = read_place("111122223333\nus-east-1\n7");
  ASSERT_TRUE(place);
  EXPECT_EQ(place->account, kAccount);
  EXPECT_EQ(place->region, "us-east-1");
  EXPECT_EQ(place->flags, kReadOnlyFlag | kManagementFlag);
  EXPECT_TRUE(place->is_plain);
  for (const char* nonsense : {"", "\n", "a\nb", "a\nb\n", "a\nb\n8", "a\nb\n12", "a\nb\nx"})
    EXPECT_FALSE(read_place(nonsense)) << nonsense;
}

/// A history of events whose members a test chooses.
class CountedHistory : public testing::Test {
 protected:
  CountedHistory() {
    log::set_threshold(static_cast<log::Level>(static_cast<int>(log::Level::kError) + 1));
    options_.directory = "/history";
    open();
  }
  void open() {
    history_.reset();
    history_ = std::make_unique<SegmentedHistory>(files_, clock_, options_);
    ASSERT_TRUE(history_->load());
  }
  /// `more`: members, each with a comma behind it.
  void happen(const std::string& name, const std::string& more = "") {
    const std::string record =
        fmt::format(R"({{{}"eventID":"e{}","eventName":"{}","eventSource":"s3.amazonaws.com","eventTime":"{}","awsRegion":"us-east-1",)"
                    R"("eventCategory":"Management","readOnly":true,"recipientAccountId":"{}"}})",
                    more, ++made_, name, timestamps::iso8601(std::chrono::floor<std::chrono::seconds>(clock_.now())), kAccount);
    journal::EntryView view;
    view.records.push_back(record);
    history_->consume({made_}, view);
  }
  Query all() {
    Query query;
    query.account = kAccount;
    return query;
  }
  Counts count(Column column, const Query& query, std::optional<std::chrono::seconds> interval = std::nullopt) {
    Counts counts(column);
    const auto counted = history_->count(query, {.conditions = {}, .fields = {column}, .interval = interval}, counts);
    EXPECT_TRUE(counted && !counted->next);
    return counts;
  }
  std::string segment_path() {
    const auto names = files_.list(options_.directory);
    for (const std::string& name : *names)
      if (name.ends_with(".segment")) return options_.directory + "/" + name;
    return "";
  }

  env::SimClock clock_;
  env::SimFiles files_;
  Options options_;
  std::unique_ptr<SegmentedHistory> history_;
  uint64_t made_ = 0;
};

TEST_F(CountedHistory, NothingIsReadInMemoryOnDiskOrMerged) {
  for (int segment = 0; segment < 8; ++segment) {
    for (int i = 0; i < 50; ++i) happen(i % 5 == 0 ? "DeleteBucket" : "ListBuckets");
    ASSERT_TRUE(history_->seal());
    clock_.advance(std::chrono::hours(1));
  }
  const Time began = clock_.now();
  for (int i = 0; i < 10; ++i) happen("GetObject");
  for (int merged = 0; merged < 2; ++merged) {
    const Counts counts = count(Column::kEventName, all(), std::chrono::hours(1));
    EXPECT_EQ(counts.by_value, (std::map<std::string, uint64_t>{{"DeleteBucket", 80}, {"ListBuckets", 320}, {"GetObject", 10}}));
    EXPECT_EQ(counts.by_time.size(), 9u);
    EXPECT_EQ(counts.read, 0u);
    Query some = all();
    some.end = began - std::chrono::minutes(30);
    some.start = began - std::chrono::minutes(150);
    EXPECT_EQ(count(Column::kEventName, some).by_value, (std::map<std::string, uint64_t>{{"DeleteBucket", 20}, {"ListBuckets", 80}}));
    some.region = "eu-west-1";
    EXPECT_EQ(count(Column::kEventName, some).total, 0u);
    history_->tidy([] { return true; });
    EXPECT_EQ(history_->segments(), 1u);
  }
  EXPECT_TRUE(history_->verify().has_value());
}

// A formula sees "" where a column would say that there is no such member, and a number where it would say nothing.
TEST_F(CountedHistory, WhatColumnsCannotTellIsRead) {
  for (int sealed = 0; sealed < 2; ++sealed) {
    happen("Plain");
    happen("Plain", R"("userAgent":"one",)");
    happen("Odd", R"("userAgent":"",)");
    happen("Odd", R"("userAgent":"one","userAgent":"two",)");
    happen("Odd", R"("errorCode":404,)");
    happen("Odd", R"("userIdentity":{"arn":null},)");
    happen("Odd", R"("userIdentity.arn":"x",)");
    happen("Odd", fmt::format(R"("userAgent":"{}",)", std::string(2000, 'x')));
    if (sealed == 0) {
      ASSERT_TRUE(history_->seal());
    }
  }
  const Counts counts = count(Column::kEventName, all());
  EXPECT_EQ(counts.by_value, (std::map<std::string, uint64_t>{{"Plain", 4}, {"Odd", 12}}));
  EXPECT_EQ(counts.read, 12u);
}

TEST_F(CountedHistory, AColumnOfTooManyTextsIsGivenUpAndItsEventsAreReadAsFarAsTheQueryAllows) {
  options_.tail_bytes_max = 64 << 20;
  open();
  constexpr int kEvents = 20'000;
  for (int i = 0; i < kEvents; ++i) happen(i % 4 == 0 ? "A" : "B", fmt::format(R"("userAgent":"{:0>900}",)", i));
  Query query = all();
  const auto check = [&] {
    EXPECT_EQ(count(Column::kEventName, query).read, 0u);
    query.work_bytes_max = 4 << 20;
    std::map<std::string, uint64_t> by_value;
    size_t pages = 0;
    for (std::optional<Cursor> next; pages == 0 || next; ++pages) {
      query.before = next;
      Counts counts(Column::kUserAgent);
      const auto counted = history_->count(query, {.conditions = {}, .fields = {Column::kUserAgent}, .interval = {}}, counts);
      ASSERT_TRUE(counted);
      next = counted->next;
      for (const auto& [value, events] : counts.by_value) by_value[value] += events;
    }
    EXPECT_GT(pages, 2u);
    EXPECT_EQ(by_value.size(), static_cast<size_t>(kEvents));
    for (const auto& [value, events] : by_value) ASSERT_EQ(events, 1u) << value;
    query = all();
  };
  check();
  ASSERT_TRUE(history_->seal());
  check();
  for (int i = 0; i < 10; ++i) happen("A");  // this segment has the column
  EXPECT_EQ(count(Column::kEventName, query).by_value, (std::map<std::string, uint64_t>{{"A", 5010}, {"B", 15'000}}));
}

/// Does something whenever it is asked.
class Busy final : public Counts {
 public:
  explicit Busy(std::function<void()> f) : Counts(Column::kEventName), f_(std::move(f)) {}
  bool wants(Values) override {
    ++asked;
    f_();
    return true;
  }
  int asked = 0;

 private:
  const std::function<void()> f_;
};

TEST_F(CountedHistory, NobodyWaitsForWhoIsAsked) {
  for (int i = 0; i < 10; ++i) happen(i % 2 == 0 ? "A" : "B");
  Busy counts([this] {
    EXPECT_GE(history_->events(), 10u);
    happen("Meanwhile");
  });
  ASSERT_TRUE(history_->count(all(), {.conditions = {Column::kEventName}, .fields = {Column::kEventName}, .interval = {}}, counts));
  EXPECT_EQ(counts.by_value, (std::map<std::string, uint64_t>{{"A", 5}, {"B", 5}}));
}

TEST_F(CountedHistory, WhereAskingTakesTooLongAllIsReadAsFarAsTheQueryAllows) {
  for (int i = 0; i < 300; ++i) {
    happen(fmt::format("Name{}", i));
    if (i % 100 == 99) {
      ASSERT_TRUE(history_->seal());
    }
  }
  Query query = all();
  query.work_time_max = std::chrono::seconds(5);
  query.work_bytes_max = 20'000;
  size_t pages = 0;
  std::map<std::string, uint64_t> by_value;
  for (std::optional<Cursor> next; pages == 0 || next; ++pages) {
    query.before = next;
    Busy counts([this] { clock_.advance(std::chrono::seconds(1)); });
    const auto counted =
        history_->count(query, {.conditions = {Column::kEventName}, .fields = {Column::kEventName}, .interval = {}}, counts);
    ASSERT_TRUE(counted);
    next = counted->next;
    EXPECT_LE(counts.asked, 5);
    for (const auto& [value, events] : counts.by_value) by_value[value] += events;
  }
  EXPECT_GT(pages, 2u);
  EXPECT_EQ(by_value.size(), 300u);
  for (const auto& [value, events] : by_value) ASSERT_EQ(events, 1u) << value;
  EXPECT_EQ(history_->damaged(), 0u) << "nothing is wrong with the columns";
}

TEST_F(CountedHistory, WhereTooManyEventsSayNothingInColumnsAllIsRead) {
  for (int i = 0; i < 21'000; ++i) happen("Odd", R"("errorCode":404,)");
  happen("Plain");
  ASSERT_TRUE(history_->seal());
  const Counts counts = count(Column::kEventName, all());
  EXPECT_EQ(counts.by_value, (std::map<std::string, uint64_t>{{"Plain", 1}, {"Odd", 21'000}}));
  EXPECT_EQ(history_->damaged(), 0u);
}

TEST_F(CountedHistory, EveryFlippedByteLeavesTheCountsRightOrIsReported) {
  for (int i = 0; i < 400; ++i) happen(fmt::format("Name{}", i % 7), fmt::format(R"("errorCode":"E{}",)", i % 3));
  ASSERT_TRUE(history_->seal());
  const auto sound = count(Column::kErrorCode, all()).by_value;
  const std::string path = segment_path();
  const uint64_t size = files_.open(path, env::Files::Open::kRead).value()->size().value();
  const auto flip = [&](uint64_t offset) {
    auto file = files_.open(path, env::Files::Open::kReadWrite).value();
    char byte = 0;
    ASSERT_EQ(file->pread(offset, {&byte, 1}).value(), 1u);
    byte = static_cast<char>(byte ^ 0x10);
    ASSERT_TRUE(file->pwrite(offset, std::string_view(&byte, 1)));
  };
  size_t read = 0;
  for (uint64_t offset = 8; offset < size; offset += 11) {
    flip(offset);
    open();
    const Counts counts = count(Column::kEventName, all());
    EXPECT_GE(counts.total + 256, 400u) << "byte " << offset;
    if (history_->damaged() == 0) {
      EXPECT_EQ(counts.total, 400u) << "byte " << offset;
      EXPECT_EQ(counts.read, 0u) << "byte " << offset;
    }
    read += counts.read;
    flip(offset);
  }
  EXPECT_GT(read, 0u) << "no byte of a column was flipped";
  open();
  EXPECT_EQ(count(Column::kErrorCode, all()).by_value, sound);
}

}  // namespace
}  // namespace cairn::history
