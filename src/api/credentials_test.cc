#include "api/credentials.h"

#include <gtest/gtest.h>

#include "aws/sigv4.h"
#include "env/sim/random.h"
#include "identity/accounts.h"
#include "identity/session.h"
#include "state/sim/engine.h"
#include "state/sim/sealer.h"

namespace cairn::api {
namespace {

using identity::NewCredentials;

const Time kNow = *timestamps::parse_basic("20260102T030405Z");
const aws::AccountId kAccount("000000000000");

struct CredentialsTest : testing::Test {
  state::SimDatabase database;
  std::unique_ptr<state::Engine> engine = database.open();
  state::Store store{*engine, {}};
  env::SimRandom random{7};
  std::unique_ptr<state::Sealer> sealer = state::sim_sealer(random);
  Credentials credentials{store, *sealer};
  uint64_t position = 0;

  template <class F>
  auto change(F&& f) {
    state::Transaction state(store);
    auto result = f(state);
    EXPECT_TRUE(store.commit(state, [&](auto) { return journal::Position{++position}; }).has_value());
    return result;
  }
  NewCredentials first_account() {
    return change([&](state::Transaction& state) { return identity::make_first_account(state, *sealer, random, kNow, kAccount); });
  }
  std::optional<Credentials::Found> find(const NewCredentials& made, std::string_view token = {}) {
    return credentials.find(made.access_key, token, "20260102", aws::Region("us-east-1"), "sts");
  }
};

TEST_F(CredentialsTest, FindsTheUserOfAKey) {
  const NewCredentials made = first_account();
  const auto found = find(made);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->principal->kind, aws::Principal::Kind::kUser);
  EXPECT_EQ(found->principal->account, kAccount);
  EXPECT_EQ(found->principal->user_name, "admin");
  EXPECT_EQ(found->principal->arn, "arn:aws:iam::000000000000:user/admin");
  EXPECT_EQ(found->principal->access_key, made.access_key);
  EXPECT_EQ(found->signing_key, aws::sigv4::signing_key(made.secret, "20260102", "us-east-1", "sts"));
}

TEST_F(CredentialsTest, AKeyWithoutAUserIsTheRootUsers) {
  first_account();
  const auto found =
      find(change([&](state::Transaction& state) { return identity::make_access_key(state, *sealer, random, kNow, kAccount, ""); }));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->principal->kind, aws::Principal::Kind::kRoot);
  EXPECT_EQ(found->principal->arn, "arn:aws:iam::000000000000:root");
}

TEST_F(CredentialsTest, AKeyThatIsDeletedOrDeactivatedFindsNobodyFromThenOn) {
  const NewCredentials made = first_account();
  ASSERT_TRUE(find(made));
  ASSERT_TRUE(find(made));
  change([&](state::Transaction& state) {
    identity::AccessKey key = identity::find_access_key(state, made.access_key).value();
    key.active = false;
    identity::save(state, key);
    return 0;
  });
  EXPECT_FALSE(find(made));
  change([&](state::Transaction& state) {
    identity::AccessKey key = identity::find_access_key(state, made.access_key).value();
    key.active = true;
    identity::save(state, key);
    return 0;
  });
  EXPECT_TRUE(find(made));
  change([&](state::Transaction& state) {
    state.erase(identity::access_key_key(made.access_key));
    return 0;
  });
  EXPECT_FALSE(find(made));
}

TEST_F(CredentialsTest, AKeyOfAUserWhoIsGoneFindsNobody) {
  const NewCredentials made = first_account();
  change([&](state::Transaction& state) {
    state.erase(identity::entity_key(identity::Entity::Kind::kUser, kAccount, "admin"));
    return 0;
  });
  EXPECT_FALSE(find(made));
}

TEST_F(CredentialsTest, ALongTermKeyComesWithoutAToken) { EXPECT_FALSE(find(first_account(), "token")); }

TEST_F(CredentialsTest, MoreKeysThanAreKeptAreFoundNonetheless) {
  first_account();
  std::vector<NewCredentials> made;
  change([&](state::Transaction& state) {
    for (size_t i = 0; i <= Credentials::kKeysMax; ++i) {
      made.push_back({aws::AccessKeyId("AKIA" + std::to_string(i)), Secret("s")});
      identity::AccessKey key{.id = made.back().access_key, .account = kAccount};
      identity::seal(*sealer, key, made.back().secret);
      identity::save(state, key);
    }
    return 0;
  });
  for (const NewCredentials& each : made) ASSERT_TRUE(find(each));
  EXPECT_TRUE(find(made.front()));
}

/// Temporary credentials of a role in the account.
struct SessionsTest : CredentialsTest {
  identity::Session session;
  std::string token;

  SessionsTest() {
    change([&](state::Transaction& state) {
      identity::save(
          state,
          identity::Entity{.kind = identity::Entity::Kind::kRole, .account = kAccount, .name = "reader", .id = "AROAEXAMPLEEXAMPLE222"});
      return true;
    });
    session.kind = identity::Session::Kind::kRole;
    session.account = kAccount;
    session.issuer = "arn:aws:iam::000000000000:role/reader";
    session.issuer_id = "AROAEXAMPLEEXAMPLE222";
    session.name = "alice";
    session.issued = kNow;
    session.expires = kNow + std::chrono::hours(1);
    identity::draw_credentials(random, session);
    token = identity::seal_token(*sealer, random, session);
  }
  std::optional<Credentials::Found> find(std::string_view key, std::string_view with) {
    return credentials.find(aws::AccessKeyId(std::string(key)), with, "20260102", aws::Region("us-east-1"), "sts");
  }
};

TEST_F(SessionsTest, AreFoundByKeyAndToken) {
  for (int i = 0; i < 2; ++i) {  // opened, then kept
    const auto found = find(session.access_key.str(), token);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->principal->kind, aws::Principal::Kind::kAssumedRole);
    EXPECT_EQ(found->principal->arn, "arn:aws:sts::000000000000:assumed-role/reader/alice");
    EXPECT_EQ(found->expires, session.expires);
    EXPECT_EQ(found->signing_key, aws::sigv4::signing_key(session.secret, "20260102", "us-east-1", "sts"));
  }
}

TEST_F(SessionsTest, NeitherKeyNorTokenOpensAnythingAlone) {
  const NewCredentials user = first_account();
  for (int i = 0; i < 2; ++i) {
    EXPECT_FALSE(find(session.access_key.str(), ""));
    EXPECT_FALSE(find(user.access_key.str(), token));
    EXPECT_FALSE(find("ASIAEXAMPLEEXAMPLE22", token));
    std::string changed = token;
    changed[40] = changed[40] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(find(session.access_key.str(), changed));
    EXPECT_TRUE(find(session.access_key.str(), token));  // from now on kept
  }
}

TEST_F(SessionsTest, EndWithTheirRole) {
  EXPECT_TRUE(find(session.access_key.str(), token));
  change([&](state::Transaction& state) {
    state.erase(identity::entity_key(identity::Entity::Kind::kRole, kAccount, "reader"));
    return true;
  });
  EXPECT_FALSE(find(session.access_key.str(), token));
}

}  // namespace
}  // namespace cairn::api
