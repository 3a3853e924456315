#include "state/sealer.h"

#include <gtest/gtest.h>

#include "env/sim/files.h"
#include "env/sim/random.h"
#include "state/sim/engine.h"

namespace cairn::state {
namespace {

/// A data directory that is opened again and again.
class SealerTest : public testing::Test {
 protected:
  Result<std::unique_ptr<Sealer>> open(const std::string& passphrase = "") {
    Transaction transaction(store_);
    Result<std::unique_ptr<Sealer>> sealer =
        Sealer::open(files_, random_, transaction, {.directory = "/data/keys", .passphrase = Secret(passphrase)});
    if (sealer && !transaction.changes().empty()) {
      EXPECT_TRUE(store_.commit(transaction, [&](auto) { return journal::Position{++position_}; }).has_value());
    }
    return sealer;
  }
  std::string refusal(const std::string& passphrase = "") {
    const auto sealer = open(passphrase);
    return sealer ? "" : sealer.error().message;
  }

  env::SimFiles files_;
  env::SimRandom random_{7};
  SimDatabase database_;
  std::unique_ptr<Engine> engine_ = database_.open();
  Store store_{*engine_, {}};
  uint64_t position_ = 0;
};

TEST_F(SealerTest, WhatIsSealedOpensAfterARestartAndOnlyInItsPlace) {
  const std::string sealed = open().value()->seal(Secret("a secret"), "kms/material/k/m");
  EXPECT_EQ(sealed.find("secret"), std::string::npos);
  const auto again = open().value();
  EXPECT_EQ(again->open(sealed, "kms/material/k/m")->reveal(), "a secret");
  EXPECT_FALSE(again->open(sealed, "kms/material/k/n").has_value());
  EXPECT_FALSE(again->open(sealed.substr(4), "kms/material/k/m").has_value());
  EXPECT_FALSE(again->open("", "kms/material/k/m").has_value());
}

TEST_F(SealerTest, TheSameIsSealedDifferentlyEachTime) {
  const auto sealer = open().value();
  EXPECT_NE(sealer->seal(Secret("a"), "p"), sealer->seal(Secret("a"), "p"));
}

TEST_F(SealerTest, ALostOrForeignMasterKeyStopsTheStart) {
  ASSERT_TRUE(open().has_value());
  const std::string key = env::read_file(files_, "/data/keys/master").value();
  EXPECT_EQ(key.size(), 65u);
  ASSERT_TRUE(files_.remove("/data/keys/master").has_value());
  EXPECT_NE(refusal().find("/data/keys/master"), std::string::npos) << refusal();
  ASSERT_TRUE(env::write_file_atomically(files_, "/data/keys/master", std::string(64, 'a') + "\n").has_value());
  EXPECT_NE(refusal().find("is not the key"), std::string::npos) << refusal();
  ASSERT_TRUE(env::write_file_atomically(files_, "/data/keys/master", key).has_value());
  EXPECT_EQ(refusal(), "");
}

TEST_F(SealerTest, AKeyFileThatACrashLeftWithoutItsDocumentIsUsed) {
  ASSERT_TRUE(files_.make_directory("/data/keys").has_value());
  ASSERT_TRUE(env::write_file_atomically(files_, "/data/keys/master", std::string(64, 'a') + "\n").has_value());
  ASSERT_TRUE(open().has_value());
  EXPECT_EQ(env::read_file(files_, "/data/keys/master").value(), std::string(64, 'a') + "\n");
}

TEST_F(SealerTest, AFileThatIsNoKeyIsNotOverwritten) {
  ASSERT_TRUE(files_.make_directory("/data/keys").has_value());
  ASSERT_TRUE(env::write_file_atomically(files_, "/data/keys/master", "my notes").has_value());
  EXPECT_NE(refusal().find("64 hex digits"), std::string::npos) << refusal();
  EXPECT_EQ(env::read_file(files_, "/data/keys/master").value(), "my notes");
}

TEST_F(SealerTest, APassphraseLeavesNoKeyOnDiskAndMustBeTheSame) {
  const std::string sealed = open("correct horse").value()->seal(Secret("a secret"), "p");
  EXPECT_FALSE(env::read_file(files_, "/data/keys/master").has_value());
  EXPECT_EQ(open("correct horse").value()->open(sealed, "p")->reveal(), "a secret");
  EXPECT_NE(refusal("battery staple").find("CAIRN_MASTER_PASSPHRASE is not the passphrase"), std::string::npos);
  EXPECT_NE(refusal("").find("give it in CAIRN_MASTER_PASSPHRASE"), std::string::npos);
}

TEST_F(SealerTest, APassphraseForADirectoryWithAKeyFileIsRefused) {
  ASSERT_TRUE(open().has_value());
  EXPECT_NE(refusal("correct horse").find("start without CAIRN_MASTER_PASSPHRASE"), std::string::npos);
}

}  // namespace
}  // namespace cairn::state
