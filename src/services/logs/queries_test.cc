#include "services/logs/queries.h"

#include "services/logs/stream.h"
#include "services/sim_machine.h"

namespace cairn::logs_service {
namespace {

using Status = Queries::Status;

class QueriesTest : public testing::Test {
 protected:
  void SetUp() override {
    machine_.start([&] {
      auto opened = logs::Store::open(machine_.files, {.directory = "/data/logs"});
      ASSERT_TRUE(opened) << opened.error().message;
      events_ = std::move(*opened);
      logs_feed_ = std::make_unique<journal::Feed>(*machine_.journal, *machine_.tasks, *events_);
      queries_ = std::make_unique<Queries>(Queries::Means{.clock = machine_.clock,
                                                          .store = *machine_.store,
                                                          .journal = *machine_.journal,
                                                          .events = *events_,
                                                          .ports = ports_,
                                                          .threads = 0});
    });
  }
  void TearDown() override {
    machine_.halt([&] {
      queries_.reset();
      logs_feed_.reset();
    });
  }

  void put(const std::string& group, const std::string& name, const std::string& id, std::vector<std::string> messages) {
    const Stream stream{.name = name, .id = id, .created = machine_.clock.now()};
    const int64_t now = machine_.clock.now().time_since_epoch().count();
    logs::Batch batch{.group = group, .stream = stream.stored_name(), .ingested = now, .items = {}};
    for (std::string& message : messages) batch.items.push_back({now, std::move(message)});
    machine_.commit([&](state::Transaction& transaction) {
      transaction.put(documents::stream(group, name), encode(stream));
      transaction.note(logs::kNote, logs::encode(batch));
    });
    machine_.settle();
  }

  Queries::Asked asked(const std::string& id, std::optional<int64_t> retention_days = std::nullopt) {
    Group group;
    group.name = "group";
    group.id = "g1";
    group.account = account_;
    group.region = region_;
    group.retention_days = retention_days;
    return {.id = id,
            .text = "fields @message | sort @message",
            .caller = "arn:aws:iam::111122223333:user/alice",
            .account = account_,
            .region = region_,
            .groups = {group},
            .start = 0,
            .end = INT64_MAX,
            .created = machine_.clock.now()};
  }
  std::vector<std::string> messages(const std::string& id) {
    std::vector<std::string> all;
    const auto found = queries_->find(account_, region_, id);
    if (!found || !found->table) return {"none"};
    for (const auto& row : found->table->rows) all.push_back(row[0].value());
    return all;
  }

  const aws::AccountId account_{"111122223333"};
  const aws::Region region_{"eu-west-1"};
  services::SimMachine machine_;
  api::Ports ports_;
  std::unique_ptr<logs::Store> events_;
  std::unique_ptr<journal::Feed> logs_feed_;
  std::unique_ptr<Queries> queries_;
};

using Lines = std::vector<std::string>;

TEST_F(QueriesTest, LooksAtLivingStreams) {
  put("g1", "s", "old", {"of the deleted stream"});
  put("g1", "s", "new", {"b", "a"});
  put("g2", "s", "other", {"of another group"});
  ASSERT_TRUE(queries_->start(asked("1")));
  EXPECT_EQ(messages("1"), (Lines{"a", "b"}));
  const auto found = queries_->find(account_, region_, "1");
  EXPECT_EQ(found->status, Status::kComplete);
  EXPECT_EQ(found->counts.scanned, 2u);
  EXPECT_EQ(found->counts.matched, 2u);
  EXPECT_EQ(found->counts.bytes, 2u);
  EXPECT_EQ(found->counts.groups, 1u);
}

TEST_F(QueriesTest, LooksNoFurtherBackThanTheRetention) {
  put("g1", "s", "s", {"early"});
  machine_.pass(std::chrono::hours(25));
  put("g1", "s", "s", {"late"});
  ASSERT_TRUE(queries_->start(asked("1", 1)));
  EXPECT_EQ(messages("1"), Lines{"late"});
}

TEST_F(QueriesTest, AreOfTheirAccountAndRegion) {
  ASSERT_TRUE(queries_->start(asked("1")));
  EXPECT_TRUE(queries_->find(account_, region_, "1"));
  EXPECT_FALSE(queries_->find(aws::AccountId("444455556666"), region_, "1"));
  EXPECT_FALSE(queries_->find(account_, aws::Region("us-east-1"), "1"));
  EXPECT_TRUE(queries_->list(account_, aws::Region("us-east-1")).empty());
}

TEST_F(QueriesTest, StartOnce) {
  ASSERT_TRUE(queries_->start(asked("1")));
  ASSERT_TRUE(queries_->start(asked("1")));
  ASSERT_TRUE(queries_->start(asked("2")));
  EXPECT_EQ(queries_->started(), 2u);
  const auto listed = queries_->list(account_, region_);
  ASSERT_EQ(listed.size(), 2u);
  EXPECT_EQ(listed[0].asked->id, "2");
  EXPECT_FALSE(queries_->stop(account_, region_, "1"));  // it is done
}

TEST_F(QueriesTest, AreKeptForSevenDays) {
  ASSERT_TRUE(queries_->start(asked("1")));
  machine_.pass(std::chrono::hours(24 * 7));
  ASSERT_TRUE(queries_->start(asked("2")));
  EXPECT_TRUE(queries_->find(account_, region_, "1"));
  machine_.pass(std::chrono::seconds(1));
  ASSERT_TRUE(queries_->start(asked("3")));
  EXPECT_FALSE(queries_->find(account_, region_, "1"));
  EXPECT_TRUE(queries_->find(account_, region_, "2"));
}

TEST_F(QueriesTest, PointersComeBack) {
  const logs::Place place{1'767'268'800'000, 77, 3};
  const auto back = parse_pointer(pointer_of("g1", place));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->first, "g1");
  EXPECT_EQ(back->second, place);
  for (const char* pointer : {"", "x", "ZzE=", "L2E="}) EXPECT_FALSE(parse_pointer(pointer)) << pointer;
}

}  // namespace
}  // namespace cairn::logs_service
