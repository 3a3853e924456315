#include "state/sealer.h"

#include <gtest/gtest.h>

#include "base/aead.h"
#include "base/json.h"
#include "base/text.h"
#include "env/sim/files.h"
#include "env/sim/random.h"
#include "state/master_key.h"
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
    if (sealer) commit(transaction);
    return sealer;
  }
  /// "": it is changed.
  std::string change(const std::string& passphrase, const std::string& new_passphrase, bool crashes = false) {
    Transaction transaction(store_);
    const Result<void> done = change_passphrase(files_, random_, transaction, "/data/keys", Secret(passphrase), Secret(new_passphrase));
    if (done && !crashes) commit(transaction);
    return done ? "" : done.error().message;
  }
  void commit(Transaction& transaction) {
    if (transaction.changes().empty()) return;
    ASSERT_TRUE(store_.commit(transaction, [&](auto) { return journal::Position{++position_}; }).has_value());
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

TEST_F(SealerTest, APassphraseIsChangedAndWhatWasSealedStillOpens) {
  const std::string sealed = open("old").value()->seal(Secret("a secret"), "p");
  EXPECT_EQ(change("old", "new", true), "");
  EXPECT_EQ(refusal("old"), "") << "a crash before it was durable";
  EXPECT_NE(refusal("new"), "");
  EXPECT_EQ(change("old", "new"), "");
  EXPECT_NE(refusal("old"), "");
  EXPECT_EQ(open("new").value()->open(sealed, "p")->reveal(), "a secret");
  EXPECT_EQ(change("old", "new"), "") << "started again with what the change was started with";
  EXPECT_EQ(open("new").value()->open(sealed, "p")->reveal(), "a secret");
  EXPECT_NE(change("wrong", "newer"), "") << "who changes it must know it";
  EXPECT_EQ(refusal("new"), "");
}

TEST_F(SealerTest, APassphraseTakesAKeyFilesPlace) {
  const std::string sealed = open().value()->seal(Secret("a secret"), "p");
  EXPECT_EQ(change("", "new"), "");
  ASSERT_TRUE(files_.remove("/data/keys/master").has_value());
  EXPECT_EQ(open("new").value()->open(sealed, "p")->reveal(), "a secret");
  EXPECT_NE(refusal("").find("give it in CAIRN_MASTER_PASSPHRASE"), std::string::npos);
}

/// Version 1 of the document: no sealing key of its own, but a word that shows whether the master key is right.
TEST_F(SealerTest, DirectoriesOfOlderVersionsOpenAndChangeToo) {
  const Secret master = crypto::scrypt(Secret("old"), "sixteen bytes ..", crypto::kAeadKeyBytes);
  const auto as_before = [&](std::string_view text, std::string_view place) {
    const std::string nonce(crypto::kAeadNonceBytes, 'n');
    return text::base64("\x01" + nonce + crypto::aes256_gcm_seal(master, nonce, text, place));
  };
  Transaction transaction(store_);
  transaction.put(
      "seal/master",
      json::dump({{"from", "passphrase"}, {"salt", text::base64("sixteen bytes ..")}, {"known", as_before("cairn", "seal/master")}}));
  ASSERT_TRUE(store_.commit(transaction, [&](auto) { return journal::Position{++position_}; }).has_value());
  const std::string sealed = as_before("a secret", "p");
  EXPECT_NE(refusal("wrong"), "");
  EXPECT_EQ(open("old").value()->open(sealed, "p")->reveal(), "a secret");
  EXPECT_EQ(change("old", "new"), "");
  EXPECT_NE(refusal("old"), "");
  EXPECT_EQ(open("new").value()->open(sealed, "p")->reveal(), "a secret");
}

}  // namespace
}  // namespace cairn::state
