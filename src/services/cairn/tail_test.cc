#include <gtest/gtest.h>

#include "api/operation.h"
#include "api/ports.h"
#include "env/sim/clock.h"
#include "env/sim/files.h"
#include "history/store.h"
#include "http/live_source.h"
#include "state/sim/engine.h"
#include "state/store.h"

namespace cairn::services {

extern const api::Family cairn_tail;

namespace {

using namespace std::chrono_literals;

constexpr const char* kAccount = "111122223333";

/// A session of TailEvents on a history that grows, by a clock that moves when told.
class TailTest : public testing::Test {
 protected:
  TailTest() {
    history_ = history::History::open(files_, clock_, {.directory = "/history"}).value();
    ports_.clock = &clock_;
    ports_.history = history_.get();
  }
  /// An event, whose cursor is "N-0" for the N-th.
  void add(const char* name, const char* account = kAccount, bool is_change = false) {
    ++seq_;
    const std::string record = fmt::format(
        R"({{"eventVersion":"1.11","userIdentity":{{"type":"Root","accountId":"{0}"}},"eventTime":"2025-12-31T23:00:00Z","eventSource":"s3.amazonaws.com",)"
        R"("eventName":"{1}","awsRegion":"us-east-1","eventID":"00000000-0000-4000-8000-{2:012}","readOnly":true,"managementEvent":true,)"
        R"("recipientAccountId":"{0}","eventCategory":"Management"}})",
        account, name, seq_);
    journal::EntryView view;
    view.records.push_back(record);
    history_->consume({seq_}, view);
    if (is_change) store_.replay({seq_}, view);
  }
  void open(Json in) {
    api::Call call;
    state::Transaction state(store_);
    call.state = &state;
    call.ports = &ports_;
    call.account = aws::AccountId(kAccount);
    call.region = aws::Region("us-east-1");
    call.principal.account = call.account;
    call.principal.kind = aws::Principal::Kind::kUser;
    call.principal.is_administrator = true;
    call.in = std::move(in);
    call.out = Json::object();
    cairn_tail.operations[0].handle(call);
    source_ = std::move(call.reply.source);
  }
  http::LiveSource::Piece next() { return static_cast<http::LiveSource&>(*source_).next(); }
  /// What is said at once: the ids, and behind each the name of its event, of the session's end, or nothing.
  std::string said() {
    piece_ = next();
    std::string out, line, id, event;
    for (std::istringstream lines(piece_.bytes); std::getline(lines, line);) {
      if (line.starts_with("id: ")) id = line.substr(4);
      if (line.starts_with("event: ")) event = line.substr(7);
      if (line.starts_with("data: ") && event.empty()) event = Json::parse(line.substr(6)).at("EventName");
      if (!line.empty() || (id.empty() && event.empty())) continue;
      out += fmt::format("{}={} ", id, event);
      id = event = "";
    }
    return out;
  }

  env::SimClock clock_;
  env::SimFiles files_;
  std::unique_ptr<history::History> history_;
  state::SimDatabase database_;
  std::unique_ptr<state::Engine> engine_ = database_.open();
  state::Store store_{*engine_, {}};
  api::Ports ports_;
  uint64_t seq_ = 0;
  std::unique_ptr<http::BodySource> source_;
  http::LiveSource::Piece piece_;
};

TEST_F(TailTest, SaysWhereItBeginsAndEnds) {
  open(Json::object());
  EXPECT_EQ(said(), "0-0= ") << "nothing has happened yet";
  add("A");
  add("B");
  open({{"Filter", "eventName = 'C'"}});
  EXPECT_EQ(said(), "2-0= ");
  add("C");
  add("D");
  EXPECT_EQ(said(), "3-0=C ");
  add("Other", "444455556666");
  add("E");
  add("Other", "444455556666");
  EXPECT_EQ(said(), "");
  clock_.advance(1h - 1s);
  EXPECT_EQ(said(), "");
  EXPECT_FALSE(piece_.is_last);
  clock_.advance(1s);
  // As far as this account's events go: how many others have is not told.
  EXPECT_EQ(said(), "6-0=end ");
  EXPECT_TRUE(piece_.is_last);
  open({{"NewerThan", "6-0"}});
  EXPECT_EQ(said(), "6-0= ");
}

TEST_F(TailTest, APlaceBeyondTheEndIsOfAnotherHistory) {
  add("A");
  add("B");
  add("Other", "444455556666");
  open({{"NewerThan", "3-0"}});
  EXPECT_EQ(said(), "3-0= ") << "events of others count, which are not told";
  for (const char* beyond : {"4-0", "7000-3", "9223372036854775813-0", "18446744073709551615-4294967295"}) {
    open({{"NewerThan", beyond}});
    EXPECT_EQ(said(), "2-0= ") << beyond;
  }
  open({{"LastEventId", "4-0"}});
  EXPECT_EQ(said(), "2-0= ");
  add("C");
  EXPECT_EQ(said(), "4-0=C ");
  // What is gone was there.
  add("D", kAccount, true);
  history_->clear({5});
  open({{"NewerThan", "5-0"}});
  EXPECT_EQ(said(), "5-0= ");
  open({{"NewerThan", "6-0"}});
  EXPECT_EQ(said(), "0-0= ");
  add("E");
  EXPECT_EQ(said(), "6-0=E ");
}

TEST_F(TailTest, ItsEndComesWhenAllBeforeIsTold) {
  add("A");
  open({{"NewerThan", "0-0"}});
  EXPECT_EQ(said(), "0-0= 1-0=A ");
  for (int i = 0; i < 150; ++i) add("B");  // more than are told at once
  clock_.advance(1h);
  const std::string first = said();
  EXPECT_TRUE(first.starts_with("2-0=B ")) << first;
  EXPECT_FALSE(piece_.is_last);
  add("C");
  const std::string last = said();
  EXPECT_TRUE(last.ends_with("151-0=B 152-0=C 152-0=end ")) << last;
  EXPECT_TRUE(piece_.is_last);
}

TEST_F(TailTest, ItEndsThoughMoreComesThanItCanTell) {
  add("A");
  open({{"NewerThan", "0-0"}});
  clock_.advance(1h);
  for (int i = 0; i < 250; ++i) add("B");
  (void)said();
  EXPECT_FALSE(piece_.is_last);
  clock_.advance(1min);
  EXPECT_TRUE(said().ends_with("=B =end ")) << "the last event's id is where to go on";
  EXPECT_TRUE(piece_.is_last);
}

}  // namespace
}  // namespace cairn::services
