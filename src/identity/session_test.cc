#include "identity/session.h"

#include <gtest/gtest.h>

#include <set>

#include "base/aead.h"
#include "base/json.h"
#include "base/text.h"
#include "env/sim/random.h"
#include "identity/accounts.h"
#include "state/sim/engine.h"
#include "state/sim/sealer.h"

namespace cairn::identity {
namespace {

const Time kNow = *timestamps::parse_basic("20260102T030405Z");
const aws::AccountId kAccount("111122223333");

struct SessionTest : testing::Test {
  env::SimRandom random{7};
  std::unique_ptr<state::Sealer> sealer = state::sim_sealer(random);

  Session role_session() {
    Session session;
    session.kind = Session::Kind::kRole;
    session.account = kAccount;
    session.issued = kNow;
    session.expires = kNow + std::chrono::hours(1);
    session.issuer = "arn:aws:iam::111122223333:role/team/reader";
    session.issuer_id = "AROAEXAMPLEEXAMPLE222";
    session.name = "alice";
    session.mfa = true;
    session.source_identity = "Alice";
    session.limits.policies = {R"({"Version":"2012-10-17","Statement":[]})"};
    session.limits.policy_arns = {"arn:aws:iam::aws:policy/SecurityAudit"};
    session.limits.tags = {{"team", "blue"}, {"Project", "=&<"}};
    session.limits.transitive_tags = {"team"};
    session.limits.is_chained = true;
    draw_credentials(random, session);
    return session;
  }
};

TEST_F(SessionTest, ATokenTellsAllThatWasSealedIntoIt) {
  const Session session = role_session();
  const std::optional<Session> opened = open_token(*sealer, seal_token(*sealer, random, session));
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->kind, session.kind);
  EXPECT_EQ(opened->access_key, session.access_key);
  EXPECT_EQ(opened->secret.reveal(), session.secret.reveal());
  EXPECT_EQ(opened->issued, session.issued);
  EXPECT_EQ(opened->expires, session.expires);
  EXPECT_EQ(opened->account, session.account);
  EXPECT_EQ(opened->issuer, session.issuer);
  EXPECT_EQ(opened->issuer_id, session.issuer_id);
  EXPECT_EQ(opened->name, session.name);
  EXPECT_TRUE(opened->mfa);
  EXPECT_EQ(opened->source_identity, session.source_identity);
  EXPECT_EQ(opened->limits.policies, session.limits.policies);
  EXPECT_EQ(opened->limits.policy_arns, session.limits.policy_arns);
  EXPECT_EQ(opened->limits.tags, session.limits.tags);
  EXPECT_EQ(opened->limits.transitive_tags, session.limits.transitive_tags);
  EXPECT_TRUE(opened->limits.is_chained);
}

TEST_F(SessionTest, ATokenShowsNothingOfItsSecretAndIsNeverTheSameTwice) {
  const Session session = role_session();
  const std::string token = seal_token(*sealer, random, session);
  EXPECT_NE(token, seal_token(*sealer, random, session));
  EXPECT_EQ(text::from_base64(token)->find(session.secret.reveal()), std::string::npos);
  EXPECT_EQ(text::from_base64(token)->find("alice"), std::string::npos);
}

TEST_F(SessionTest, NoChangedTokenOpens) {
  const std::string token = seal_token(*sealer, random, role_session());
  std::string bytes = *text::from_base64(token);
  for (size_t i = 0; i < bytes.size(); ++i) {  // every bit
    for (int bit = 0; bit < 8; ++bit) {
      std::string changed = bytes;
      changed[i] = static_cast<char>(changed[i] ^ 1 << bit);
      ASSERT_FALSE(open_token(*sealer, text::base64(changed))) << i << ' ' << bit;
    }
  }
  for (size_t size = 0; size < bytes.size(); ++size) {
    ASSERT_FALSE(open_token(*sealer, text::base64(bytes.substr(0, size)))) << size;
    ASSERT_FALSE(open_token(*sealer, text::base64(bytes + bytes.substr(0, size + 1)))) << size;
  }
  const std::string other = *text::from_base64(seal_token(*sealer, random, role_session()));
  for (size_t cut = 2; cut < std::min(bytes.size(), other.size()); ++cut)  // two good ones, spliced behind the version
    ASSERT_FALSE(open_token(*sealer, text::base64(bytes.substr(0, cut) + other.substr(cut)))) << cut;
  for (int i = 0; i < 20'000; ++i) {
    std::string changed = token;
    for (int hits = 1 + i % 3; hits > 0; --hits)
      changed[static_cast<unsigned char>(random.bytes(1)[0]) * changed.size() / 256] = random.bytes(1)[0];
    ASSERT_TRUE(changed == token || !open_token(*sealer, changed));
  }
  EXPECT_TRUE(open_token(*sealer, token));
}

TEST_F(SessionTest, NothingElseThatIsSealedUnderTheMasterKeyIsAToken) {
  const Secret plain(R"({"k":"ASIAEXAMPLEEXAMPLE22","s":"x","i":0,"x":9999999999,"t":1,"a":"111122223333"})");
  EXPECT_FALSE(open_token(*sealer, sealer->seal(plain, "iam/access-key/AKIAEXAMPLEEXAMPLE22")));
  env::SimRandom elsewhere{8};
  EXPECT_FALSE(open_token(*state::sim_sealer(elsewhere), seal_token(*sealer, random, role_session()))) << "another server's";
}

TEST_F(SessionTest, AnAccessKeyTellsItsAccount) {
  std::set<std::string> drawn;
  for (const char* account : {"000000000000", "111122223333", "999999999999"}) {
    for (int i = 0; i < 100; ++i) {
      Session session;
      session.account = aws::AccountId(account);
      draw_credentials(random, session);
      const std::string& id = session.access_key.str();
      EXPECT_EQ(id.size(), 20u);
      EXPECT_EQ(account_of_temporary_key(id), aws::AccountId(account)) << id;
      EXPECT_TRUE(drawn.insert(id).second);
    }
  }
  // One of AWS's own, whose account is known (T. Be'ery, "A short note on AWS KEY ID").
  EXPECT_EQ(account_of_temporary_key("ASIAQNZGKIQY56JQ7WML"), aws::AccountId("029608264753"));
  for (const char* wrong : {"", "ASIA", "AKIAQNZGKIQY56JQ7WML", "ASIAQNZGKIQY56JQ7WM", "ASIA0000000000000000", "ASIA7777777777777777"})
    EXPECT_FALSE(account_of_temporary_key(wrong)) << wrong;
}

struct Issuers : SessionTest {
  state::SimDatabase database;
  std::unique_ptr<state::Engine> engine = database.open();
  state::Store store{*engine, {}};
  state::Transaction state{store};

  Issuers() {
    save(state, Entity{.kind = Entity::Kind::kRole,
                       .account = kAccount,
                       .name = "reader",
                       .id = "AROAEXAMPLEEXAMPLE222",
                       .path = "/team/",
                       .trust = "{}"});
    save(state, Entity{.account = kAccount, .name = "alice", .id = "AIDAEXAMPLEEXAMPLE222"});
  }
};

TEST_F(Issuers, RecordsShowARoleSessionAsAwsDoes) {
  Session session = role_session();
  session.access_key = aws::AccessKeyId("ASIAEXAMPLEEXAMPLE22");
  const std::optional<aws::Principal> principal = session_principal(state, session);
  ASSERT_TRUE(principal);
  EXPECT_EQ(principal->principal_id, "AROAEXAMPLEEXAMPLE222:alice");
  EXPECT_EQ(principal->arn, "arn:aws:sts::111122223333:assumed-role/reader/alice") << "without the role's path";
  EXPECT_EQ(json::dump(*principal->session_context),
            R"({"sessionIssuer":{"type":"Role","principalId":"AROAEXAMPLEEXAMPLE222","arn":"arn:aws:iam::111122223333:role/team/reader",)"
            R"("accountId":"111122223333","userName":"reader"},)"
            R"("attributes":{"creationDate":"2026-01-02T03:04:05Z","mfaAuthenticated":"true"},"sourceIdentity":"Alice"})");
}

TEST_F(Issuers, ARoleThatWasMadeAnewIsAnother) {
  Session session = role_session();
  session.issuer_id = "AROAEXAMPLEEXAMPLE999";
  EXPECT_FALSE(session_principal(state, session));
  session.issuer = "arn:aws:iam::111122223333:role/reader";  // of another path
  EXPECT_FALSE(session_principal(state, session));
}

TEST_F(Issuers, SessionsOfUsersAndRootHaveNoIssuerAndFederatedUsersHave) {
  Session session = role_session();
  session.kind = Session::Kind::kUser;
  session.issuer = "alice";
  session.issuer_id = "AIDAEXAMPLEEXAMPLE222";
  session.mfa = false;
  session.source_identity = "";
  std::optional<aws::Principal> principal = session_principal(state, session);
  ASSERT_TRUE(principal);
  EXPECT_EQ(principal->kind, aws::Principal::Kind::kUser);
  EXPECT_EQ(principal->user_name, "alice");
  EXPECT_EQ(json::dump(*principal->session_context),
            R"({"attributes":{"creationDate":"2026-01-02T03:04:05Z","mfaAuthenticated":"false"}})");

  session.kind = Session::Kind::kFederatedUser;
  session.name = "Bob";
  principal = session_principal(state, session);
  ASSERT_TRUE(principal);
  EXPECT_EQ(principal->arn, "arn:aws:sts::111122223333:federated-user/Bob");
  EXPECT_EQ(principal->principal_id, "111122223333:Bob");
  EXPECT_EQ(principal->session_context->at("sessionIssuer").at("type"), "IAMUser");
  EXPECT_EQ(principal->session_context->at("sessionIssuer").at("userName"), "alice");

  session.issuer = session.issuer_id = "";
  principal = session_principal(state, session);
  ASSERT_TRUE(principal);
  EXPECT_EQ(principal->session_context->at("sessionIssuer").at("type"), "Root");
}

}  // namespace
}  // namespace cairn::identity
