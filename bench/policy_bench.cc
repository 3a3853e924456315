// Decisions a second of the policy engine on one core: a user with ten policies of some 40 statements and 180 action patterns, a
// permissions boundary and a bucket policy; requests that are allowed early, late, by the resource, denied, and not allowed at all.
// Prints one JSON object: policy_bench [rounds]
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "aws/policy/decide.h"

namespace cairn::aws::policy {
namespace {

std::string actions(std::string_view service, std::initializer_list<std::string_view> names) {
  std::string list;
  for (std::string_view name : names) list += fmt::format("{}\"{}:{}\"", list.empty() ? "" : ",", service, name);
  return "[" + list + "]";
}

/// As people write them for a service: reading, writing its own resources, some with conditions, and a guard.
std::string policy_for(std::string_view service, int n) {
  return fmt::format(
      R"({{"Version":"2012-10-17","Statement":[)"
      R"({{"Sid":"Read","Effect":"Allow","Action":{},"Resource":"*"}},)"
      R"({{"Sid":"Own","Effect":"Allow","Action":{},"Resource":["arn:aws:{}:*:111122223333:app-{}/*","arn:aws:{}:*:111122223333:${{aws:username}}/*"]}},)"
      R"({{"Sid":"Tagged","Effect":"Allow","Action":{},"Resource":"*","Condition":{{"StringEquals":{{"aws:ResourceTag/team":"${{aws:PrincipalTag/team}}"}},)"
      R"("IpAddress":{{"aws:SourceIp":["192.0.2.0/24","2001:db8::/32"]}}}}}},)"
      R"({{"Sid":"Guard","Effect":"Deny","Action":{},"Resource":"*","Condition":{{"BoolIfExists":{{"aws:MultiFactorAuthPresent":"false"}}}}}}]}})",
      actions(service, {"Get*", "List*", "Describe*", "Lookup*", "BatchGet*"}),
      actions(service, {"CreateThing", "UpdateThing", "StartThing", "StopThing", "PutThing", "TagResource"}), service, n, service,
      actions(service, {"DeleteThing", "RemoveThing", "Untag*"}), actions(service, {"DeleteEverything", "Purge*", "Disable*"}));
}

Policy parsed(const std::string& text, Kind kind) {
  Result<Policy, Problem> policy = Policy::parse(text, kind);
  if (!policy) {
    fmt::print(stderr, "{}\n", policy.error().message());
    std::exit(1);
  }
  return std::move(*policy);
}

Principal alice() {
  Principal principal;
  principal.kind = Principal::Kind::kUser;
  principal.account = AccountId("111122223333");
  principal.principal_id = "AIDAEXAMPLE000000000";
  principal.arn = "arn:aws:iam::111122223333:user/alice";
  principal.user_name = "alice";
  return principal;
}

Request request(const Principal& principal, std::string action, std::string resource) {
  Request request;
  request.caller = caller_of(principal);
  request.action = std::move(action);
  request.resource = std::move(resource);
  request.resource_account = "111122223333";
  describe_caller(principal, *timestamps::parse_iso8601("2026-01-01T00:00:00Z"), request.context);
  Context& context = request.context;
  for (const auto& [key, value] : {std::pair{"aws:CurrentTime", "2026-01-01T00:00:00Z"},
                                   {"aws:EpochTime", "1767225600"},
                                   {"aws:RequestedRegion", "us-east-1"},
                                   {"aws:ResourceAccount", "111122223333"},
                                   {"aws:ViaAWSService", "false"},
                                   {"aws:SecureTransport", "true"},
                                   {"s3:TlsVersion", "1.3"},
                                   {"aws:SourceIp", "192.0.2.7"},
                                   {"aws:UserAgent", "aws-cli/2.9"},
                                   {"s3:authType", "REST-HEADER"},
                                   {"s3:signatureversion", "AWS4-HMAC-SHA256"},
                                   {"s3:x-amz-acl", "bucket-owner-full-control"},
                                   {"aws:PrincipalTag/team", "red"},
                                   {"aws:ResourceTag/team", "red"}})
    context.add(key, value);
  return request;
}

/// CPU time of this thread: what else the machine does is no part of it.
double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

int run(int rounds) {
  static constexpr std::string_view kServices[] = {"cloudtrail", "s3", "logs", "events", "sns", "sqs", "kms", "lambda", "dynamodb", "iam"};
  std::vector<Policy> policies;
  std::vector<std::string> texts;
  for (size_t i = 0; i < std::size(kServices); ++i) {
    texts.push_back(policy_for(kServices[i], static_cast<int>(i)));
    policies.push_back(parsed(texts.back(), Kind::kIdentity));
  }
  std::vector<const Policy*> identity;
  for (const Policy& policy : policies) identity.push_back(&policy);
  const Policy boundary = parsed(
      R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":["organizations:*","account:*"],"Resource":"*"}]})",
      Kind::kBoundary);
  const Policy resource = parsed(
      R"({"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::b","arn:aws:s3:::b/*"],)"
      R"("Condition":{"Bool":{"aws:SecureTransport":"false"}}},{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},)"
      R"("Action":"s3:PutObject","Resource":"arn:aws:s3:::b/AWSLogs/*","Condition":{"StringEquals":{"s3:x-amz-acl":"bucket-owner-full-control"}}}]})",
      Kind::kResource);
  const Policies applying{.identity = identity, .resource = &resource, .boundary = &boundary};

  const Principal principal = alice();
  const std::vector<Request> requests = {request(principal, "cloudtrail:LookupEvents", "*"),
                                         request(principal, "s3:GetObject", "arn:aws:s3:::b/AWSLogs/111122223333/a.json.gz"),
                                         request(principal, "iam:DeleteThing", "arn:aws:iam::111122223333:user/x"),
                                         request(principal, "dynamodb:PutThing", "arn:aws:dynamodb:us-east-1:111122223333:alice/t"),
                                         request(principal, "s3:PutObject", "arn:aws:s3:::b/k"),
                                         request(principal, "ec2:RunInstances", "arn:aws:ec2:us-east-1:111122223333:instance/*")};
  constexpr int kTurns = 100'000;
  std::vector<double> decisions, described, parses;
  size_t allowed = 0;
  for (int round = 0; round < rounds; ++round) {
    double began = cpu_seconds();
    for (int i = 0; i < kTurns; ++i) allowed += decide(requests[static_cast<size_t>(i) % requests.size()], applying).allowed();
    decisions.push_back(kTurns / (cpu_seconds() - began));
    began = cpu_seconds();
    for (int i = 0; i < kTurns; ++i)
      allowed += decide(request(principal, "iam:DeleteThing", "arn:aws:iam::111122223333:user/x"), applying).allowed();
    described.push_back(kTurns / (cpu_seconds() - began));
    began = cpu_seconds();
    for (int i = 0; i < kTurns / 100; ++i)
      allowed += Policy::parse(texts[static_cast<size_t>(i) % texts.size()], Kind::kIdentity).has_value();
    parses.push_back(kTurns / 100 / (cpu_seconds() - began));
  }
  const auto median = [](std::vector<double>& values) {
    std::ranges::sort(values);
    return values[values.size() / 2];
  };
  fmt::print("{{\"decisions_per_second\":{:.0f},\"with_a_new_context_per_second\":{:.0f},\"parses_per_second\":{:.0f},\"allowed\":{}}}\n",
             median(decisions), median(described), median(parses), allowed);
  return 0;
}

}  // namespace
}  // namespace cairn::aws::policy

int main(int argc, char** argv) { return cairn::aws::policy::run(argc > 1 ? std::max(1, std::atoi(argv[1])) : 5); }
