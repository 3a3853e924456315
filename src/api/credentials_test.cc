#include "api/credentials.h"

#include <gtest/gtest.h>

#include <regex>

#include "aws/sigv4.h"
#include "base/json.h"
#include "env/sim/random.h"
#include "state/sim/engine.h"

namespace cairn::api {
namespace {

const Time kNow = *timestamps::parse_basic("20260102T030405Z");
const aws::AccountId kAccount("000000000000");

struct CredentialsTest : testing::Test {
  state::SimDatabase database;
  std::unique_ptr<state::Engine> engine = database.open();
  state::Store store{*engine, {}};
  state::Transaction state{store};
  env::SimRandom random{7};
  int reads = 0;
  Credentials credentials{[this](const std::string& key) {
    ++reads;
    return state.get(key);
  }};

  std::optional<Credentials::Found> find(const NewCredentials& made, std::string_view token = {}) {
    return credentials.find(made.access_key, token, "20260102", aws::Region("us-east-1"), "sts");
  }
};

TEST_F(CredentialsTest, TheFirstAccountHasAnAdministratorWhoCanSign) {
  EXPECT_FALSE(has_account(state));
  const NewCredentials made = make_first_account(state, random, kNow, kAccount);
  EXPECT_TRUE(has_account(state));
  EXPECT_TRUE(std::regex_match(made.access_key.str(), std::regex("AKIA[A-Z2-7]{16}"))) << made.access_key.str();
  EXPECT_TRUE(std::regex_match(made.secret.reveal(), std::regex("[A-Za-z0-9+/]{40}")));

  const auto found = find(made);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->principal->kind, aws::Principal::Kind::kUser);
  EXPECT_EQ(found->principal->account, kAccount);
  EXPECT_EQ(found->principal->user_name, "admin");
  EXPECT_EQ(found->principal->arn, "arn:aws:iam::000000000000:user/admin");
  EXPECT_TRUE(std::regex_match(found->principal->principal_id, std::regex("AIDA[A-Z2-7]{17}"))) << found->principal->principal_id;
  EXPECT_TRUE(found->principal->is_administrator);
  EXPECT_EQ(found->signing_key, aws::sigv4::signing_key(made.secret, "20260102", "us-east-1", "sts"));
}

TEST_F(CredentialsTest, AKeyWithoutAUserIsTheRootUsers) {
  const auto found = find(make_access_key(state, random, kNow, kAccount, ""));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->principal->kind, aws::Principal::Kind::kRoot);
  EXPECT_EQ(found->principal->arn, "arn:aws:iam::000000000000:root");
}

TEST_F(CredentialsTest, AKeyIsReadOnceUntilSomethingChanges) {
  const NewCredentials made = make_first_account(state, random, kNow, kAccount);
  ASSERT_TRUE(find(made));
  const int first = reads;
  ASSERT_TRUE(find(made));
  EXPECT_EQ(reads, first);
  state.erase(access_key_document(made.access_key));
  ASSERT_TRUE(find(made)) << "nobody said that anything changed";
  credentials.changed();
  EXPECT_FALSE(find(made));
}

TEST_F(CredentialsTest, AKeyOfAUserWhoIsGoneFindsNobody) {
  const NewCredentials made = make_first_account(state, random, kNow, kAccount);
  state.erase(user_document(kAccount, "admin"));
  EXPECT_FALSE(find(made));
}

TEST_F(CredentialsTest, ALongTermKeyComesWithoutAToken) { EXPECT_FALSE(find(make_first_account(state, random, kNow, kAccount), "token")); }

TEST_F(CredentialsTest, KeepsOnlySoManyKeys) {
  std::vector<NewCredentials> made;
  for (size_t i = 0; i <= Credentials::kKeysMax; ++i) made.push_back(make_access_key(state, random, kNow, kAccount, ""));
  for (const NewCredentials& each : made) ASSERT_TRUE(find(each));
  const int before = reads;
  ASSERT_TRUE(find(made.front()));
  EXPECT_GT(reads, before) << "it was dropped, and found again";
}

}  // namespace
}  // namespace cairn::api
