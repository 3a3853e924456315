#include "identity/upgrade.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "env/sim/random.h"
#include "identity/aws_managed.h"
#include "identity/documents.h"
#include "state/sim/engine.h"
#include "state/sim/sealer.h"

namespace cairn::identity {
namespace {

const aws::AccountId kAccount("111122223333");
constexpr const char* kSerial = "arn:aws:iam::111122223333:mfa/phone";

struct UpgradeTest : testing::Test {
  env::SimRandom random{1};
  std::unique_ptr<state::Sealer> sealer = state::sim_sealer(random);
  state::SimDatabase database;
  std::unique_ptr<state::Engine> engine = database.open();
  state::Store store{*engine, {}};
  uint64_t position = 0;

  /// As the start does it; returns how many entries it took.
  int upgraded() {
    for (int entries = 0;; ++entries) {
      state::Transaction state(store);
      upgrade(state, *sealer, kAccount);
      if (state.changes().empty()) return entries;
      commit(state);
    }
  }
  void put(const std::string& key, const std::string& text) {
    state::Transaction state(store);
    state.put(key, text);
    commit(state);
  }
  void commit(state::Transaction& state) {
    ASSERT_TRUE(store.commit(state, [&](auto) { return journal::Position{++position}; }).has_value());
  }
};

TEST_F(UpgradeTest, TheAdministratorOfAnOldDirectoryKeepsEveryRight) {
  put("iam/account/111122223333", R"({"created":"2026-01-02T03:04:05Z"})");
  put("iam/user/111122223333/admin",
      R"({"id":"AIDAEXAMPLEEXAMPLE222","arn":"arn:aws:iam::111122223333:user/admin","path":"/","created":"2026-01-02T03:04:05Z","administrator":true})");
  put("iam/access-key/AKIAEXAMPLEEXAMPLE22",
      R"({"account":"111122223333","user":"admin","secret":"s","status":"Active","created":"2026-01-02T03:04:05Z"})");
  EXPECT_EQ(upgraded(), 1);
  state::Transaction state(store);
  const Entity admin = find_entity(state, Entity::Kind::kUser, kAccount, "admin").value();
  EXPECT_EQ(admin.arn(), "arn:aws:iam::111122223333:user/admin");
  EXPECT_EQ(admin.id, "AIDAEXAMPLEEXAMPLE222");
  EXPECT_EQ(admin.attached, std::vector<std::string>{kAdministratorAccess});
  EXPECT_EQ(admin.access_keys, std::vector<std::string>{"AKIAEXAMPLEEXAMPLE22"});
  EXPECT_EQ(upgraded(), 0) << "once is enough";
}

TEST_F(UpgradeTest, SecretsInTheClearAreSealedAndStayWhatTheyWere) {
  put("iam/access-key/AKIAEXAMPLEEXAMPLE22",
      R"({"account":"111122223333","user":"alice","secret":"wJalrXUtnFEMI","status":"Inactive","created":"2026-01-02T03:04:05Z"})");
  put("iam/access-key/OWNEREXAMPLEEXAMPLE2",
      R"({"account":"","user":"","secret":"owners","status":"Active","created":"2026-01-02T03:04:05Z"})");
  const std::string seed = text::base64("seed of forty bytes");
  put("iam/mfa-device/111122223333/phone", R"({"name":"phone","path":"/","seed":")" + seed +
                                               R"(","enabled":"2026-01-02T03:04:05Z","user":"alice","lastStep":7,"tags":{"a":"b"}})");
  EXPECT_EQ(upgraded(), 1);
  state::Transaction state(store);
  for (const state::Item& item : state.list("iam/", "", 100).items)
    for (const std::string& secret : {std::string("wJalrXUtnFEMI"), std::string("owners"), seed})
      EXPECT_EQ(item.value.find(secret), std::string::npos) << item.key << item.value;
  const AccessKey key = find_access_key(state, aws::AccessKeyId("AKIAEXAMPLEEXAMPLE22")).value();
  EXPECT_EQ(unseal(*sealer, key).reveal(), "wJalrXUtnFEMI");
  EXPECT_EQ(key.user, "alice");
  EXPECT_FALSE(key.active);
  EXPECT_EQ(unseal(*sealer, find_access_key(state, aws::AccessKeyId("OWNEREXAMPLEEXAMPLE2")).value()).reveal(), "owners");
  const MfaDevice phone = find_mfa_device(state, kSerial).value();
  EXPECT_EQ(unseal(*sealer, phone).reveal(), "seed of forty bytes");
  EXPECT_EQ(phone.user, "alice");
  EXPECT_EQ(phone.last_step, 7);
  EXPECT_EQ(phone.tags, (Tags{{"a", "b"}}));
  EXPECT_EQ(upgraded(), 0);
}

TEST_F(UpgradeTest, MoreSecretsThanOneEntryTakesAreSealedInSeveral) {
  for (int i = 0; i < 1200; ++i) {
    state::Transaction state(store);
    state.put(fmt::format("iam/access-key/AKIA{:016}", i), fmt::format(R"({{"account":"111122223333","user":"","secret":"clear{}"}})", i));
    commit(state);
  }
  EXPECT_EQ(upgraded(), 3);
  state::Transaction state(store);
  for (int i = 0; i < 1200; ++i) {
    const AccessKey key = find_access_key(state, aws::AccessKeyId(fmt::format("AKIA{:016}", i))).value();
    EXPECT_EQ(unseal(*sealer, key).reveal(), fmt::format("clear{}", i));
  }
}

TEST_F(UpgradeTest, ASecretOpensInNoOthersDocument) {
  AccessKey mine{.id = aws::AccessKeyId("AKIAEXAMPLEEXAMPLE22")}, others{.id = aws::AccessKeyId("AKIAEXAMPLEEXAMPLE33")};
  seal(*sealer, mine, Secret("s"));
  others.sealed = mine.sealed;
  EXPECT_THROW(unseal(*sealer, others), std::runtime_error);
}

}  // namespace
}  // namespace cairn::identity
