#include "delivery/access_log_delivery.h"

#include <gtest/gtest.h>

#include <set>

#include "base/text.h"
#include "state/sim/machine.h"

namespace cairn::delivery {
namespace {

using namespace std::chrono_literals;

/// S3 as far as a delivery sees it: an object and the caller's own changes are one entry. Objects are documents, so that they live through
/// a crash as those do.
class SimS3 final : public api::Client {
 public:
  void call(Request request, Done done) override {
    requests.push_back(request);
    if (refusing.contains(request.target.substr(1, request.target.find('/', 1) - 1))) {
      done({.status = 403, .body = "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"});
      return;
    }
    state::Transaction state(*store);
    request.along(state, Json::object());
    state.put("object" + text::percent_decode(request.target).value(), request.body);
    const bool taken = state::commit_internal(*store, *journal, state, {}, [done] { done({.status = 200}); }).has_value();
    if (!taken) done({.status = 503});
  }
  state::Store* store = nullptr;
  journal::Journal* journal = nullptr;
  std::set<std::string> refusing;  // buckets
  std::vector<Request> requests;
};

class AccessLogDeliveryTest : public ::testing::Test, protected state::SimMachine {
 protected:
  static constexpr uint64_t kBacklogBytesMax = 64 << 20;
  AccessLogDeliveryTest() {
    clock.set(timestamps::parse_iso8601("2026-01-02T03:04:05Z").value());
    start();
  }
  ~AccessLogDeliveryTest() override { end(); }

  void start() {
    boot();
    s3_.store = store.get();
    s3_.journal = journal.get();
    delivery_ = std::make_unique<AccessLogDelivery>(AccessLogDelivery::Means{.clock = clock,
                                                                             .random = random,
                                                                             .store = *store,
                                                                             .journal = *journal,
                                                                             .client = s3_,
                                                                             .counters = counters_,
                                                                             .backlog_bytes_max = kBacklogBytesMax},
                                                    *tasks);
    tasks->run_until_idle();
  }
  void end() {
    if (delivery_) delivery_->stop();
    drain();
    let_go();
  }
  void let_go() {
    delivery_.reset();
    take_down();
  }
  void crash() {
    cut_power();
    let_go();
    restore_power();
    start();
  }

  AccessLogLines lines(const std::string& source, const std::string& text, const std::string& target = "logs") {
    return {.source = source,
            .account = aws::AccountId("111122223333"),
            .region = aws::Region("eu-west-1"),
            .logging = {{"TargetBucket", target}, {"TargetPrefix", source + "/"}},
            .time = clock.now(),
            .text = text};
  }
  void note(const std::vector<AccessLogLines>& all) {
    state::Transaction state(*store);
    state.note(kAccessLogNote, encode(all));
    ASSERT_TRUE(state::commit_internal(*store, *journal, state));
    tasks->run_until_idle();
  }
  void note(const AccessLogLines& one) { note(std::vector{one}); }

  /// key -> text.
  std::map<std::string, std::string> objects(const std::string& bucket = "logs") {
    std::map<std::string, std::string> found;
    const std::string prefix = "object/" + bucket + "/";
    state::Transaction state(*store);
    for (const state::Item& item : state.list(prefix, "", 10'000).items) found[item.key.substr(prefix.size())] = item.value;
    return found;
  }
  std::string all_text(const std::string& bucket = "logs") {
    std::string all;
    for (const auto& [key, text] : objects(bucket)) all += text;
    return all;
  }

  SimS3 s3_;
  AccessLogCounters counters_;
  std::unique_ptr<AccessLogDelivery> delivery_;
};

TEST_F(AccessLogDeliveryTest, LinesOfABucketGoIntoItsTarget) {
  note({lines("a", "1\n"), lines("b", "2\n")});
  note(lines("a", "3\n"));
  pass(59s);
  EXPECT_TRUE(objects().empty());
  pass(2s);
  const auto found = objects();
  ASSERT_EQ(found.size(), 2u);
  EXPECT_TRUE(found.begin()->first.starts_with("a/2026-01-02-03-05-05-")) << found.begin()->first;
  EXPECT_EQ(found.begin()->first.size(), std::string("a/2026-01-02-03-05-05-0123456789ABCDEF").size());
  EXPECT_EQ(found.begin()->second, "1\n3\n");
  EXPECT_EQ(found.rbegin()->second, "2\n");
  const api::Client::Request& sent = s3_.requests.at(0);
  EXPECT_EQ(sent.principal.user_name, "logging.s3.amazonaws.com");
  EXPECT_EQ(sent.principal.source_arn, "arn:aws:s3:::a");
  EXPECT_EQ(sent.principal.source_account.str(), "111122223333");
  EXPECT_EQ(counters_.files, 2u);
  EXPECT_EQ(delivery_->position(), journal->durable());
}

TEST_F(AccessLogDeliveryTest, WhatIsFullGoesAtOnce) {
  for (int i = 0; i < 40; ++i) note(lines("a", std::string(30'000, 'x') + "\n"));
  pass(1s);
  EXPECT_EQ(objects().size(), 1u);
  EXPECT_GE(objects().begin()->second.size(), AccessLogDelivery::kFileBytesMax);
  pass(61s);
  EXPECT_EQ(all_text().size(), 40 * 30'001u);
}

TEST_F(AccessLogDeliveryTest, EachLineIsThereOnceAfterAnyCrash) {
  std::set<std::string> noted;
  for (int i = 0; i < 200; ++i) {
    const std::string line = fmt::format("{:04}\n", i);
    note(lines(i % 3 == 0 ? "a" : "b", line));
    noted.insert(line);
    if (random.one_in(3)) pass(std::chrono::seconds(random.below(50)));
    if (random.one_in(8)) crash();
    if (random.one_in(20)) {
      journal->release(std::min(delivery_->position(), store->checkpointed()));
      crash();
    }
  }
  pass(5min);
  const std::string all = all_text();
  EXPECT_EQ(all.size(), noted.size() * 5);
  for (const std::string& line : noted) EXPECT_NE(all.find(line), std::string::npos) << line;
}

TEST_F(AccessLogDeliveryTest, ATargetThatTakesNothingKeepsNobodyWaiting) {
  s3_.refusing.insert("closed");
  note({lines("a", "1\n", "closed"), lines("b", "2\n")});
  pass(2min);
  EXPECT_EQ(all_text(), "2\n");
  EXPECT_LT(delivery_->position(), journal->durable());
  s3_.refusing.clear();
  pass(10min);
  EXPECT_EQ(all_text("closed"), "1\n") << "it is tried again";
  s3_.refusing.insert("closed");
  note(lines("a", "3\n", "closed"));
  pass(AccessLogDelivery::kGiveUpAfter + 20min);
  EXPECT_EQ(delivery_->position(), journal->durable()) << "the journal is not kept for it";
  EXPECT_EQ(counters_.dropped_bytes, 2u);
  s3_.refusing.clear();
  note(lines("a", "4\n", "closed"));
  pass(10min);
  EXPECT_EQ(all_text("closed"), "1\n4\n");
}

TEST_F(AccessLogDeliveryTest, MemoryIsBoundedWhateverTheTargetsDo) {
  s3_.refusing.insert("closed");
  for (int i = 0; i < 600; ++i) {
    note(lines("a", std::string(30'000, 'x') + "\n", "closed"));
    note(lines("b", "b\n"));
    if (i % 10 == 0) pass(200ms);
  }
  EXPECT_GT(counters_.dropped_bytes, 0u);
  pass(61s);
  EXPECT_EQ(all_text().size(), 600 * 2u) << "and the others' lines come";
}

// One short line must not keep all that others write meanwhile on the disk.
TEST_F(AccessLogDeliveryTest, TheJournalThatIsKeptForATargetIsBounded) {
  s3_.refusing.insert("closed");
  note(lines("a", "1\n", "closed"));
  pass(2min);
  const std::string other(900'000, 'x');
  for (uint64_t written = 0; written < 2 * kBacklogBytesMax; written += other.size()) {
    ASSERT_TRUE(journal->accepting());
    journal->append(journal::encode_entry({}, std::vector{journal::Change{"other", other}}), nullptr);
    pass(1s);
    EXPECT_LE(journal->bytes_behind(delivery_->position()), kBacklogBytesMax + (8 << 20));
  }
  EXPECT_EQ(counters_.dropped_bytes, 2u);
}

TEST_F(AccessLogDeliveryTest, AChangeOfTheSettingBeginsANewObject) {
  note(lines("a", "1\n"));
  note(lines("a", "2\n", "other"));
  note(lines("a", "3\n"));
  pass(3min);
  EXPECT_EQ(all_text("other"), "2\n");
  EXPECT_EQ(all_text(), "1\n3\n");
}

TEST_F(AccessLogDeliveryTest, GrantsAreGivenWithTheObject) {
  AccessLogLines one = lines("a", "1\n");
  const auto grant = [](const char* member, const char* who, const char* permission) {
    return Json{{"Grantee", {{"Type", "x"}, {member, who}}}, {"Permission", permission}};
  };
  one.logging["TargetGrants"] = {grant("ID", "abc", "FULL_CONTROL"), grant("URI", "http://g", "READ"), grant("ID", "def", "READ")};
  note(one);
  pass(61s);
  const std::map<std::string, std::string> headers(s3_.requests.at(0).headers.begin(), s3_.requests.at(0).headers.end());
  EXPECT_EQ(headers.at("x-amz-grant-full-control"), "id=\"abc\"");
  EXPECT_EQ(headers.at("x-amz-grant-read"), "uri=\"http://g\", id=\"def\"");
  EXPECT_FALSE(headers.contains("x-amz-acl"));
  EXPECT_EQ(headers.at("x-amz-expected-bucket-owner"), "111122223333");
}

TEST_F(AccessLogDeliveryTest, NamesOfObjects) {
  AccessLogLines one = lines("src", "1\n");
  const Time delivered = timestamps::parse_iso8601("2026-02-03T04:05:06Z").value();
  EXPECT_EQ(access_log_key(one, delivered, "0123456789ABCDEF"), "src/2026-02-03-04-05-06-0123456789ABCDEF");
  one.logging["TargetObjectKeyFormat"] = {{"SimplePrefix", Json::object()}};
  EXPECT_EQ(access_log_key(one, delivered, "0"), "src/2026-02-03-04-05-06-0");
  one.logging["TargetObjectKeyFormat"] = {{"PartitionedPrefix", {{"PartitionDateSource", "DeliveryTime"}}}};
  EXPECT_EQ(access_log_key(one, delivered, "0"), "src/111122223333/eu-west-1/src/2026/02/03/2026-02-03-04-05-06-0");
  one.logging["TargetObjectKeyFormat"] = {{"PartitionedPrefix", {{"PartitionDateSource", "EventTime"}}}};
  EXPECT_EQ(access_log_key(one, delivered, "0"), "src/111122223333/eu-west-1/src/2026/01/02/2026-01-02-00-00-00-0");
}

TEST_F(AccessLogDeliveryTest, ByEventTimeEachDayHasObjectsOfItsOwn) {
  const auto noted = [&](const std::string& text) {
    AccessLogLines one = lines("src", text);
    one.logging["TargetObjectKeyFormat"] = {{"PartitionedPrefix", {{"PartitionDateSource", "EventTime"}}}};
    note(one);
  };
  clock.set(timestamps::parse_iso8601("2026-01-02T23:59:59Z").value());
  noted("1\n");
  clock.set(timestamps::parse_iso8601("2026-01-03T00:00:00Z").value());
  noted("2\n");
  pass(3min);
  ASSERT_EQ(objects().size(), 2u);
  EXPECT_TRUE(objects().begin()->first.starts_with("src/111122223333/eu-west-1/src/2026/01/02/2026-01-02-00-00-00-"));
  EXPECT_EQ(objects().begin()->second, "1\n");
}

}  // namespace
}  // namespace cairn::delivery
