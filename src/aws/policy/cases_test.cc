#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <set>

#include "aws/policy/decide.h"
#include "base/text.h"

/// AWS's documented rules and examples as a table: src/aws/testdata/policy_cases.txt, whose head says how to read it.
namespace cairn::aws::policy {
namespace {

const std::string kAccount = "111122223333";

/// The callers that cases name.
Principal caller_named(std::string_view name) {
  Principal principal;
  const std::vector<std::string_view> parts = text::split(name, '@');
  const std::string account(parts.size() > 1 ? parts[1] : kAccount);
  const std::vector<std::string_view> words = text::split(parts[0], '/');
  const std::string who(words[0]), first(words.size() > 1 ? words[1] : ""), second(words.size() > 2 ? words[2] : "");
  principal.account = AccountId(account);
  if (who == "anonymous") return {};
  if (who == "root") {
    principal.kind = Principal::Kind::kRoot;
    principal.principal_id = account;
    principal.arn = fmt::format("arn:aws:iam::{}:root", account);
  } else if (who == "user") {
    principal.kind = Principal::Kind::kUser;
    principal.principal_id = "AIDAEXAMPLE" + text::hex(first).substr(0, 8);
    for (char& c : principal.principal_id) c = static_cast<char>(std::toupper(c));
    principal.user_name = first;
    principal.arn = fmt::format("arn:aws:iam::{}:user/{}", account, first);
  } else if (who == "role") {
    principal.kind = Principal::Kind::kAssumedRole;
    principal.principal_id = "AROAEXAMPLE00000000:" + second;
    principal.arn = fmt::format("arn:aws:sts::{}:assumed-role/{}/{}", account, first, second);
  } else if (who == "federated") {
    principal.kind = Principal::Kind::kFederatedUser;
    principal.principal_id = account + ":" + first;
    principal.arn = fmt::format("arn:aws:sts::{}:federated-user/{}", account, first);
    principal.session_context =
        std::make_shared<const Json>(Json{{"sessionIssuer", {{"arn", fmt::format("arn:aws:iam::{}:user/{}", account, second)}}}});
  } else if (who == "service") {
    principal = {};
    principal.kind = Principal::Kind::kService;
    principal.user_name = first;
  } else {
    ADD_FAILURE() << "no such caller: " << name;
  }
  return principal;
}

struct Block {
  std::map<Kind, std::vector<Policy>> policies;
  std::string owner = kAccount;
  bool must_allow = false;
};

Kind kind_named(std::string_view name) {
  static const std::map<std::string_view, Kind> kKinds = {{"identity", Kind::kIdentity},
                                                          {"resource", Kind::kResource},
                                                          {"boundary", Kind::kBoundary},
                                                          {"session", Kind::kSession},
                                                          {"trust", Kind::kTrust}};
  return kKinds.at(name);
}
std::string_view name_of(Kind kind) {
  static constexpr std::string_view kNames[] = {"identity", "resource", "boundary", "session", "trust"};
  return kNames[static_cast<size_t>(kind)];
}

std::string decided(const Block& block, const Request& request) {
  Policies policies;
  const auto pointers = [&](Kind kind) {
    std::vector<const Policy*> list;
    if (const auto it = block.policies.find(kind); it != block.policies.end())
      for (const Policy& policy : it->second) list.push_back(&policy);
    return list;
  };
  const std::vector<const Policy*> identity = pointers(Kind::kIdentity), session = pointers(Kind::kSession),
                                   boundary = pointers(Kind::kBoundary), resource = pointers(Kind::kResource),
                                   trust = pointers(Kind::kTrust);
  policies.identity = identity;
  policies.session = session;
  policies.boundary = boundary.empty() ? nullptr : boundary.front();
  policies.resource = !trust.empty() ? trust.front() : resource.empty() ? nullptr : resource.front();
  policies.resource_must_allow = block.must_allow || !trust.empty();
  const Decision decision = decide(request, policies);
  if (decision.allowed()) return "allow";
  return fmt::format("{}-{}", decision.outcome == Decision::Outcome::kExplicitDeny ? "deny" : "no", name_of(decision.kind));
}

/// Reads `key=value` words; a value is percent-decoded, a key may come again.
void fill(Context& context, std::span<const std::string_view> words) {
  for (std::string_view word : words) {
    const size_t equals = word.find('=');
    context.add(word.substr(0, equals), text::percent_decode(word.substr(equals + 1)).value());
  }
}

std::string_view what_name(Problem::What what) {
  static constexpr std::string_view kNames[] = {"json",      "large",  "missing",  "prohibited", "unknown", "both",
                                                "type",      "empty",  "version",  "effect",     "sid",     "duplicate",
                                                "principal", "action", "resource", "operator",   "key",     "value"};
  return kNames[static_cast<size_t>(what)];
}

TEST(PolicyCases, are_decided_as_aws_documents) {
  std::ifstream file(CAIRN_SOURCE_DIR "/src/aws/testdata/policy_cases.txt");
  ASSERT_TRUE(file.is_open());
  Block block;
  std::string line, page;
  size_t number = 0, cases = 0;
  bool fresh = true;  // the next policy line begins a block
  while (std::getline(file, line)) {
    ++number;
    const std::string_view trimmed = text::trim(line);
    if (trimmed.empty() || trimmed.starts_with('#')) continue;
    SCOPED_TRACE(fmt::format("policy_cases.txt:{}: {} ({})", number, trimmed, page));
    std::vector<std::string_view> words;
    for (std::string_view word : text::split(trimmed, ' '))
      if (!word.empty()) words.push_back(word);
    const std::string_view verb = words[0];
    const std::string_view rest = text::trim(trimmed.substr(verb.size()));
    if (verb == "page") {
      page = std::string(rest);
      continue;
    }
    ASSERT_FALSE(page.empty());
    const bool defines = verb == "identity" || verb == "resource" || verb == "boundary" || verb == "session" || verb == "trust" ||
                         verb == "owner" || verb == "key-policy" || verb == "condition";
    if (defines) {
      if (fresh) block = {};
      fresh = false;
      if (verb == "owner") {
        block.owner = std::string(rest);
        continue;
      }
      block.must_allow = block.must_allow || verb == "key-policy";
      const Kind kind = verb == "condition" ? Kind::kIdentity : verb == "key-policy" ? Kind::kResource : kind_named(verb);
      const std::string text =
          verb == "condition"
              ? fmt::format(R"({{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"*","Resource":"*","Condition":{}}}}})",
                            rest)
          : rest.starts_with("{\"Version\"") || rest.starts_with("{\"Statement\"")
              ? std::string(rest)
              : fmt::format(R"({{"Version":"2012-10-17","Statement":{}}})", rest);
      Result<Policy, Problem> policy = Policy::parse(text, kind);
      ASSERT_TRUE(policy.has_value()) << policy.error().message();
      block.policies[kind].push_back(std::move(*policy));
      continue;
    }
    ++cases;
    if (verb == "malformed") {  // malformed KIND WHAT SPOT TEXT
      const std::string_view kind = words[1], what = words[2], spot = words[3];
      const size_t at = trimmed.find(spot, verb.size() + kind.size() + what.size() + 2) + spot.size();
      const Result<Policy, Problem> policy = Policy::parse(text::trim(trimmed.substr(at)), kind_named(kind));
      ASSERT_FALSE(policy.has_value());
      EXPECT_EQ(what_name(policy.error().what), what);
      EXPECT_EQ(policy.error().spot, spot == "-" ? "" : spot);
      if (spot != "-") {
        EXPECT_NE(policy.error().message().find(spot), std::string::npos) << policy.error().message();
      }
      continue;
    }
    if (verb == "well-formed") {
      const Result<Policy, Problem> policy = Policy::parse(text::trim(rest.substr(words[1].size())), kind_named(words[1]));
      EXPECT_TRUE(policy.has_value()) << policy.error().message();
      continue;
    }
    fresh = true;
    Request request;
    request.resource_account = block.owner;
    if (verb == "yes" || verb == "no") {  // of a condition
      request.caller = caller_of(caller_named("user/alice"));
      request.action = "s3:GetObject";
      request.resource = "arn:aws:s3:::bucket/key";
      fill(request.context, std::span(words).subspan(1));
      EXPECT_EQ(decided(block, request), verb == "yes" ? "allow" : "no-identity");
      continue;
    }
    ASSERT_GE(words.size(), 4u);
    const Principal principal = caller_named(words[1]);
    request.caller = caller_of(principal);
    request.caller.canonical = "c0ffee" + std::string(46, '0') + principal.account.str();
    request.action = std::string(words[2]);
    request.resource = text::percent_decode(words[3]).value();
    describe_caller(principal, *timestamps::parse_iso8601("2026-01-01T00:00:00Z"), request.context);
    fill(request.context, std::span(words).subspan(4));
    EXPECT_EQ(decided(block, request), verb);
  }
  EXPECT_GE(cases, 400u);
  RecordProperty("cases", static_cast<int>(cases));
}

}  // namespace
}  // namespace cairn::aws::policy
