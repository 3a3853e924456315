#include "api/data_keys.h"

#include <gtest/gtest.h>

#include "services/harness.h"

namespace cairn::services {
namespace {

using namespace std::chrono_literals;

class DataKeys : public testing::Test {
 protected:
  DataKeys() {
    aws.ports.kms_documents = &aws.store().watch("kms/");
    aws.ports.data_keys = &memory;
    key = aws.call("CreateKey").out["KeyMetadata"]["Arn"].get<std::string>();
  }

  struct Asked {
    std::string sealed, code;  // the code of a refusal
    size_t calls = 0;          // of KMS
  };
  Asked ask(const std::string& context = "a", std::chrono::milliseconds reuse = 60s) {
    state::Transaction transaction(aws.store());
    api::Call call;
    call.ports = &aws.ports;
    call.state = &transaction;
    call.principal = aws.caller;
    call.now = aws.clock.now();
    const api::KeyUse use{.invoked_by = "sqs.amazonaws.com", .context = {{"c", context}}, .reuse = reuse};
    Asked asked;
    try {
      const api::DataKey made = api::new_data_key(call, key, aws::Region("us-east-1"), use);
      EXPECT_EQ(made.kms_key, key);
      asked.sealed = made.sealed;
      asked.calls = call.records_within.size();
      EXPECT_EQ(api::open_data_key(call, made.kms_key, made.sealed, use).reveal(), made.key.reveal());
    } catch (const aws::Error& refusal) {
      asked.code = refusal.kind.code;
      asked.calls = call.records_within.size();
    }
    return asked;
  }

  Harness aws{"kms"};
  api::DataKeyMemory memory;
  std::string key;
};

TEST_F(DataKeys, AreUsedAgainAsLongAsItIsAskedFor) {
  const Asked first = ask();
  EXPECT_EQ(first.calls, 1u);
  aws.clock.advance(59s);
  EXPECT_EQ(ask().calls, 0u);
  EXPECT_EQ(ask().sealed, first.sealed);
  aws.clock.advance(1s);
  const Asked next = ask();
  EXPECT_EQ(next.calls, 1u);
  EXPECT_NE(next.sealed, first.sealed);
  EXPECT_NE(ask("a", 0s).sealed, ask("a", 0s).sealed);
}

TEST_F(DataKeys, AreForWhoeverAskedAndForWhat) {
  const Asked first = ask();
  EXPECT_NE(ask("b").sealed, first.sealed);
  aws.be_user("111122223333", "other");
  EXPECT_EQ(ask().code, "AccessDenied");
  EXPECT_EQ(ask().calls, 1u) << "a refusal is not remembered";
  aws.be_administrator("111122223333");
  EXPECT_EQ(ask().sealed, first.sealed);
}

TEST_F(DataKeys, AreForgottenWhenSomethingChangesInKms) {
  const Asked first = ask();
  EXPECT_TRUE(aws.call("UpdateKeyDescription", {{"KeyId", key}, {"Description", "d"}}).ok());
  EXPECT_NE(ask().sealed, first.sealed);
  EXPECT_TRUE(aws.call("DisableKey", {{"KeyId", key}}).ok());
  EXPECT_EQ(ask().code, "DisabledException");
}

TEST_F(DataKeys, AreNotForNobody) {
  aws.caller = {};
  EXPECT_EQ(ask().code, "AccessDenied");
  EXPECT_EQ(ask().calls, 0u);
}

}  // namespace
}  // namespace cairn::services
