#include "aws/policy/decide.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace cairn::aws::policy {
namespace {

Policy parsed(std::string_view text, Kind kind) {
  Result<Policy, Problem> policy = Policy::parse(text, kind);
  if (!policy) throw std::runtime_error(policy.error().message());
  return std::move(*policy);
}

Request request_of(Caller::Kind kind, const std::string& account, const std::string& arn) {
  Request request;
  request.caller = {.kind = kind, .account = account, .arn = arn};
  request.action = "s3:GetObject";
  request.resource = "arn:aws:s3:::b/k";
  request.resource_account = "111122223333";
  return request;
}
Request by_alice() { return request_of(Caller::Kind::kUser, "111122223333", "arn:aws:iam::111122223333:user/alice"); }

/// Makes policies of few words, so that random ones often meet random requests.
class Generator {
 public:
  explicit Generator(uint64_t seed) : random_(seed) {}

  size_t below(size_t n) { return random_() % n; }
  template <size_t N>
  std::string one_of(const char* const (&words)[N]) {
    return words[below(N)];
  }

  std::string statement(Kind kind, const std::string& effect) {
    static constexpr const char* kActions[] = {"\"*\"", "\"s3:*\"", "\"s3:GetObject\"", "[\"s3:Put*\",\"s3:GetO?ject\"]", "\"sqs:*\""};
    static constexpr const char* kResources[] = {"\"*\"", "\"arn:aws:s3:::b/*\"", "\"arn:aws:s3:::${aws:username, 'b'}/k\"",
                                                 "[\"arn:aws:sqs:::q\",\"arn:aws:s3:::b/k\"]"};
    static constexpr const char* kPrincipals[] = {
        "\"*\"", "{\"AWS\":\"111122223333\"}", "{\"AWS\":[\"arn:aws:iam::111122223333:user/alice\",\"arn:aws:iam::444455556666:root\"]}",
        "{\"AWS\":\"arn:aws:iam::111122223333:role/r\",\"Service\":\"cloudtrail.amazonaws.com\"}"};
    static constexpr const char* kConditions[] = {
        "{}", "{\"Bool\":{\"aws:SecureTransport\":\"true\"}}", "{\"StringNotLike\":{\"aws:username\":\"al*\"}}",
        "{\"ForAllValues:StringEquals\":{\"aws:TagKeys\":[\"a\",\"b\"]},\"Null\":{\"aws:SourceIp\":\"false\"}}",
        "{\"IpAddressIfExists\":{\"aws:SourceIp\":\"192.0.2.0/24\"},\"NumericLessThan\":{\"s3:max-keys\":5}}"};
    const auto maybe_not = [&](const char* name) { return fmt::format("\"{}{}\":", below(7) == 0 ? "Not" : "", name); };
    std::string text = fmt::format(R"({{"Effect":"{}",{}{})", effect, maybe_not("Action"), one_of(kActions));
    if (kind != Kind::kTrust) text += "," + maybe_not("Resource") + one_of(kResources);
    if (kind == Kind::kResource || kind == Kind::kTrust) text += "," + maybe_not("Principal") + one_of(kPrincipals);
    if (below(3) == 0) text += ",\"Condition\":" + one_of(kConditions);
    return text + "}";
  }

  std::vector<std::string> statements(Kind kind, bool with_allows) {
    std::vector<std::string> list;
    for (size_t n = 1 + below(3); n > 0; --n) list.push_back(statement(kind, with_allows && below(8) != 0 ? "Allow" : "Deny"));
    return list;
  }

  Request request() {
    static const Caller kCallers[] = {
        {.kind = Caller::Kind::kUser, .account = "111122223333", .arn = "arn:aws:iam::111122223333:user/alice"},
        {.kind = Caller::Kind::kUser, .account = "444455556666", .arn = "arn:aws:iam::444455556666:user/bob"},
        {.kind = Caller::Kind::kRoleSession,
         .account = "111122223333",
         .arn = "arn:aws:sts::111122223333:assumed-role/r/s",
         .base_arn = "arn:aws:iam::111122223333:role/r"},
        {.kind = Caller::Kind::kService, .name = "cloudtrail.amazonaws.com"},
        {}};
    Request request;
    request.caller = kCallers[below(std::size(kCallers))];
    static constexpr const char* kActions[] = {"s3:GetObject", "s3:PutObject", "sqs:SendMessage"};
    static constexpr const char* kResources[] = {"arn:aws:s3:::b/k", "arn:aws:s3:::b/other", "arn:aws:sqs:::q", "*"};
    request.action = one_of(kActions);
    request.resource = one_of(kResources);
    request.resource_account = "111122223333";
    if (below(2) == 0) request.context.add("aws:SecureTransport", below(2) == 0);
    if (below(2) == 0) request.context.add("aws:username", below(2) == 0 ? "alice" : "b");
    if (below(2) == 0) request.context.add("aws:SourceIp", below(2) == 0 ? "192.0.2.1" : "198.51.100.1");
    for (size_t n = below(3); n > 0; --n) request.context.add("aws:TagKeys", below(2) == 0 ? "a" : "c");
    if (below(2) == 0) request.context.add("s3:max-keys", std::to_string(below(10)));
    return request;
  }

 private:
  std::mt19937_64 random_;
};

/// A set of policies that own their text, so that statements can be added.
struct Set {
  static constexpr Kind kKinds[] = {Kind::kIdentity, Kind::kResource, Kind::kBoundary, Kind::kSession};
  std::map<Kind, std::vector<std::string>> statements;
  bool must_allow = false;

  Decision::Outcome outcome(const Request& request, Kind* kind = nullptr) const {
    std::map<Kind, Policy> compiled;
    for (const auto& [of, list] : statements)
      compiled.emplace(of, parsed(fmt::format(R"({{"Version":"2012-10-17","Statement":[{}]}})", fmt::join(list, ",")), of));
    const auto find = [&](Kind of) { return compiled.contains(of) ? &compiled.at(of) : nullptr; };
    const Policy* identity = find(Kind::kIdentity);
    const Policy* session = find(Kind::kSession);
    Policies policies{.resource = find(Kind::kResource), .boundary = find(Kind::kBoundary), .resource_must_allow = must_allow};
    if (identity != nullptr) policies.identity = {&identity, 1};
    if (session != nullptr) policies.session = {&session, 1};
    const Decision decision = decide(request, policies);
    if (kind != nullptr) *kind = decision.kind;
    if (decision.by() != nullptr) {
      EXPECT_EQ(decision.by()->allows, decision.allowed());
    }
    return decision.outcome;
  }
};

std::string deny_all(Kind kind) {
  return kind == Kind::kResource ? R"({"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"})"
                                 : R"({"Effect":"Deny","Action":"*","Resource":"*"})";
}
std::string allow_all(Kind kind) {
  std::string text = deny_all(kind);
  return text.replace(text.find("Deny"), 4, "Allow");
}

TEST(Decide, properties_hold_for_random_policies) {
  using Outcome = Decision::Outcome;
  Generator random(20260101);
  size_t allowed = 0;
  for (int round = 0; round < 4000; ++round) {
    Set set;
    for (Kind kind : Set::kKinds)
      if (random.below(3) != 0) set.statements[kind] = random.statements(kind, true);
    set.must_allow = random.below(4) == 0;
    const Request request = random.request();
    const Outcome before = set.outcome(request);
    allowed += before == Outcome::kAllowed;
    const Kind touched = Set::kKinds[random.below(4)];
    SCOPED_TRACE(fmt::format("round {}, kind {}", round, static_cast<int>(touched)));

    Set denied = set;  // an explicit deny wins, wherever it stands
    std::vector<std::string>& list = denied.statements[touched];
    list.insert(list.begin() + static_cast<ptrdiff_t>(random.below(list.size() + 1)), deny_all(touched));
    EXPECT_EQ(denied.outcome(request), Outcome::kExplicitDeny);

    Set narrower = set;  // whatever is denied more, nothing more is allowed
    narrower.statements[touched].push_back(random.statement(touched, "Deny"));
    if (before != Outcome::kAllowed) {
      EXPECT_NE(narrower.outcome(request), Outcome::kAllowed);
    }
    if (before == Outcome::kExplicitDeny) {
      EXPECT_EQ(narrower.outcome(request), Outcome::kExplicitDeny);
    }

    Set wider = set;  // whatever is allowed more in a policy that is there, nothing more is denied
    if (wider.statements.contains(touched)) {
      wider.statements[touched].push_back(random.below(2) == 0 ? allow_all(touched) : random.statement(touched, "Allow"));
      if (before == Outcome::kAllowed) {
        EXPECT_EQ(wider.outcome(request), Outcome::kAllowed);
      }
      if (before != Outcome::kExplicitDeny) {
        EXPECT_NE(wider.outcome(request), Outcome::kExplicitDeny);
      }
    }

    Set without;  // no statement that allows, no access
    for (Kind kind : Set::kKinds)
      if (random.below(2) == 0) without.statements[kind] = random.statements(kind, false);
    EXPECT_NE(without.outcome(request), Outcome::kAllowed);
    EXPECT_EQ(Set().outcome(request), Outcome::kImplicitDeny);
  }
  EXPECT_GT(allowed, 300u) << "the generator makes too few that allow to show anything";
}

TEST(Decide, says_which_statement_decided) {
  const Policy policy = parsed(R"({"Statement":[{"Sid":"A","Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"},)"
                               R"({"Sid":"D","Effect":"Deny","Principal":"*","Action":"s3:Put*","Resource":"*"}]})",
                               Kind::kResource);
  Request request = by_alice();
  Decision decision = decide(request, {.resource = &policy});
  EXPECT_TRUE(decision.allowed());
  EXPECT_EQ(decision.by()->sid, "A");
  request.action = "s3:PutObject";
  decision = decide(request, {.resource = &policy});
  EXPECT_EQ(decision.outcome, Decision::Outcome::kExplicitDeny);
  EXPECT_EQ(decision.by()->sid, "D");
  EXPECT_EQ(decision.statement, 1u);
}

// The phrases are those of IAM/troubleshoot_access-denied.html.
TEST(Decide, says_why_in_awss_words) {
  using Outcome = Decision::Outcome;
  const auto words = [](Outcome outcome, Kind kind) { return because({.outcome = outcome, .kind = kind}, "s3:GetObject"); };
  EXPECT_EQ(words(Outcome::kImplicitDeny, Kind::kIdentity), "because no identity-based policy allows the s3:GetObject action");
  EXPECT_EQ(words(Outcome::kImplicitDeny, Kind::kResource), "because no resource-based policy allows the s3:GetObject action");
  EXPECT_EQ(words(Outcome::kImplicitDeny, Kind::kBoundary), "because no permissions boundary allows the s3:GetObject action");
  EXPECT_EQ(words(Outcome::kImplicitDeny, Kind::kSession), "because no session policy allows the s3:GetObject action");
  EXPECT_EQ(words(Outcome::kImplicitDeny, Kind::kTrust), "because no role trust policy allows the s3:GetObject action");
  EXPECT_EQ(words(Outcome::kExplicitDeny, Kind::kIdentity), "with an explicit deny in an identity-based policy");
  EXPECT_EQ(words(Outcome::kExplicitDeny, Kind::kResource), "with an explicit deny in a resource-based policy");
  EXPECT_EQ(words(Outcome::kExplicitDeny, Kind::kBoundary), "with an explicit deny in a permissions boundary");
  EXPECT_EQ(words(Outcome::kExplicitDeny, Kind::kSession), "with an explicit deny in a session policy");
  EXPECT_EQ(words(Outcome::kExplicitDeny, Kind::kTrust), "with an explicit deny in the role trust policy");
}

}  // namespace
}  // namespace cairn::aws::policy
