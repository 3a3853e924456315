// Policy documents: the first byte chooses the kind and the request, the rest is the document. What parses must decide, and what is
// refused must say where.
#include "aws/policy/explain.h"

#include "base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace cairn::aws::policy;
  using cairn::Result;
  if (size == 0) return 0;
  const uint8_t choice = bytes[0];
  const std::string_view text(reinterpret_cast<const char*>(bytes + 1), size - 1);
  const Kind kind = static_cast<Kind>(choice % 5);
  const Result<Policy, Problem> policy = Policy::parse(text, kind);
  if (!policy) {
    CHECK(!policy.error().message().empty());
    return 0;
  }
  Request request;
  const bool is_user = (choice & 0x80) == 0;
  if (is_user) request.caller = {.kind = Caller::Kind::kUser, .account = "111122223333", .arn = "arn:aws:iam::111122223333:user/alice"};
  else request.caller = {.kind = Caller::Kind::kService, .name = "cloudtrail.amazonaws.com"};
  request.action = "s3:PutObject";
  request.resource = "arn:aws:s3:::logs/AWSLogs/111122223333/a";
  request.resource_account = "111122223333";
  request.context.add("aws:username", "alice");
  request.context.add("aws:SourceIp", "192.0.2.1");
  request.context.add("aws:CurrentTime", "2026-01-01T00:00:00Z");
  request.context.add("s3:max-keys", "10");
  request.context.add("aws:TagKeys", "a");
  request.context.add("aws:TagKeys", "b");
  const Policy* const own[] = {&*policy};
  Policies policies;
  if (kind == Kind::kIdentity) policies.identity = own;
  if (kind == Kind::kResource || kind == Kind::kTrust) policies.resource = own[0];
  if (kind == Kind::kBoundary) policies.boundary = own[0];
  if (kind == Kind::kSession) policies.session = own;
  const Decision decision = decide(request, policies);
  if (decision.by() != nullptr) CHECK(decision.by()->allows == decision.allowed());
  if (!decision.allowed()) CHECK(!because(decision, request.action).empty());
  CHECK(!explain(*policy, request, "the policy").empty());
  return 0;
}
