#include "bench/trail_records.h"

#include <fmt/format.h>

#include <cmath>
#include <iterator>

namespace cairn::bench {
namespace {

constexpr int kTableBits = 20;

struct Service {
  const char *source, *member, *nouns[6];
  size_t resource_kind;
};
// `member` is the request's that names the resource.
constexpr Service kServices[] = {
    {"s3", "bucketName", {"Bucket", "BucketPolicy", "BucketAcl", "BucketTagging", "BucketEncryption", "BucketVersioning"}, 0},
    {"ec2", "instanceId", {"Instances", "SecurityGroups", "Volumes", "Subnets", "RouteTables", "NetworkInterfaces"}, 8},
    {"kms", "keyId", {"Key", "Grant", "Alias", "KeyPolicy", "KeyRotationStatus", "DataKey"}, 1},
    {"iam", "roleName", {"Role", "RolePolicy", "User", "Policy", "InstanceProfile", "AccessKey"}, 3},
    {"sts", "roleArn", {"CallerIdentity", "SessionToken", "AccessKeyInfo", "FederationToken", "Role", "WebIdentity"}, 3},
    {"lambda", "functionName", {"Function20150331", "FunctionConfiguration", "Alias", "Layer", "EventSourceMapping", "Policy"}, 2},
    {"logs", "logGroupName", {"LogGroups", "LogStreams", "MetricFilters", "Destinations", "Queries", "ResourcePolicies"}, 6},
    {"sns", "topicArn", {"Topic", "TopicAttributes", "Subscription", "PlatformApplication", "Endpoint", "SMSAttributes"}, 4},
    {"sqs", "queueUrl", {"Queue", "QueueAttributes", "QueueTags", "Queues", "DeadLetterSourceQueues", "Permission"}, 5},
    {"monitoring", "alarmName", {"Alarm", "Dashboard", "MetricData", "InsightRule", "MetricStream", "AnomalyDetector"}, 7},
    {"cloudformation", "stackName", {"Stack", "ChangeSet", "StackSet", "StackEvents", "StackResource", "Template"}, 8},
    {"dynamodb", "tableName", {"Table", "Backup", "GlobalTable", "TimeToLive", "Stream", "Export"}, 7},
    {"secretsmanager", "secretId", {"SecretValue", "Secret", "ResourcePolicy", "RandomPassword", "SecretVersionIds", "Rotation"}, 1},
    {"ssm", "name", {"Parameter", "Document", "Association", "MaintenanceWindow", "PatchBaseline", "InstanceInformation"}, 6},
};
constexpr const char* kVerbs[] = {"Describe", "Get", "List", "Put", "Create", "Update", "Delete"};
constexpr const char* kWords[] = {"orders", "billing", "search", "web",    "ingest", "archive", "audit", "login", "media", "report",
                                  "mobile", "export",  "alpha",  "ledger", "stock",  "events",  "cache", "proxy", "batch", "train"};
constexpr const char* kStages[] = {"prod", "staging", "dev", "test", "sandbox"};
constexpr const char* kRegions[] = {"us-east-1", "us-east-1", "us-east-1",      "us-east-1",
                                    "eu-west-1", "eu-west-1", "ap-southeast-2", "us-west-2"};
constexpr const char* kMembers[] = {
    "maxResults", "nextToken",  "clientToken",     "description",       "status",        "dryRun",      "includeDeleted",
    "version",    "policyName", "limit",           "encryptionContext", "configuration", "grantTokens", "options",
    "attributes", "kmsKeyId",   "retentionInDays", "principal",         "operations",    "constraints"};
constexpr const char* kErrors[][2] = {
    {"AccessDenied",
     "User: arn:aws:iam::111122223333:user/someone is not authorized to perform this action because no identity-based policy allows it"},
    {"ResourceNotFoundException", "The specified resource does not exist."},
    {"ThrottlingException", "Rate exceeded"},
    {"Client.UnauthorizedOperation", "You are not authorized to perform this operation."},
    {"ValidationException", "1 validation error detected: Value at 'name' failed to satisfy constraint: Member must not be null"},
};

uint64_t mix(uint64_t x) {  // splitmix64
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

std::string base32(uint64_t from, size_t characters) {
  std::string out;
  for (size_t i = 0; i < characters; ++i) out += "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[mix(from + i * 977) & 31];
  return out;
}

/// Ranks by Zipf's law, for uniform numbers of kTableBits.
std::vector<uint16_t> zipf(size_t ranks, double exponent) {
  double sum = 0;
  for (size_t i = 0; i < ranks; ++i) sum += 1 / std::pow(i + 1, exponent);
  std::vector<uint16_t> table;
  table.reserve(1 << kTableBits);
  double reached = 0;
  for (size_t i = 0; i < ranks; ++i) {
    reached += 1 / std::pow(i + 1, exponent) / sum;
    while (table.size() < reached * (1 << kTableBits) && table.size() < (1 << kTableBits)) table.push_back(static_cast<uint16_t>(i));
  }
  table.resize(1 << kTableBits, static_cast<uint16_t>(ranks - 1));
  return table;
}

void two(std::string& out, int v) {
  out += static_cast<char>('0' + v / 10);
  out += static_cast<char>('0' + v % 10);
}

void time_of(std::string& out, uint64_t second) {
  using namespace std::chrono;
  const sys_seconds at{seconds(second)};
  const auto day = floor<days>(at);
  const year_month_day date(day);
  const hh_mm_ss clock(at - day);
  two(out, static_cast<int>(date.year()) / 100);
  two(out, static_cast<int>(date.year()) % 100);
  out += '-';
  two(out, static_cast<int>(static_cast<unsigned>(date.month())));
  out += '-';
  two(out, static_cast<int>(static_cast<unsigned>(date.day())));
  out += 'T';
  two(out, static_cast<int>(clock.hours().count()));
  out += ':';
  two(out, static_cast<int>(clock.minutes().count()));
  out += ':';
  two(out, static_cast<int>(clock.seconds().count()));
  out += 'Z';
}

}  // namespace

TrailRecords::TrailRecords(const Options& options)
    : options_(options),
      state_(mix(options.seed)),
      name_of_(zipf(kNames, 1.1)),
      principal_of_(zipf(kPrincipals, 1.0)),
      resource_of_(zipf(kResources, 0.9)) {
  for (size_t i = 0; shapes_.size() < kNames; ++i) {  // services, then verbs, then nouns: the frequent are of all services
    const Service& service = kServices[i % std::size(kServices)];
    const size_t rest = i / std::size(kServices);
    Shape shape;
    shape.name = std::string(kVerbs[rest % std::size(kVerbs)]) + service.nouns[rest / std::size(kVerbs) % std::size(service.nouns)];
    shape.source = std::string(service.source) + ".amazonaws.com";
    shape.read_only = rest % std::size(kVerbs) < 3;
    shape.resource_kind = service.resource_kind;
    uint64_t h = mix(i * 31 + 7);
    const auto some = [&](std::vector<Member>& into, size_t count) {
      for (size_t m = 0; m < count; ++m) {
        h = mix(h);
        into.push_back({static_cast<Member::Kind>(1 + h % 7), kMembers[(h >> 8) % std::size(kMembers)] + std::to_string(m),
                        static_cast<uint32_t>(2 + (h >> 16) % 40)});
      }
    };
    if (h % 8 != 0) shape.request.push_back({Member::kResource, service.member});
    some(shape.request, 2 + (h >> 10) % 5);
    if (!shape.read_only) {
      some(shape.response, 2 + (h >> 20) % 5);
      shape.response.push_back({Member::kId, "requestToken", 0});
    }
    shapes_.push_back(std::move(shape));
  }
  for (size_t i = 0; i < kPrincipals; ++i) {
    Principal p;
    p.kind = i % 10 < 6 ? Principal::kRole : i % 10 < 9 ? Principal::kUser : Principal::kService;
    const uint64_t h = mix(i * 131 + 5);
    p.name = fmt::format("{}-{}{}", kStages[h % 5], kWords[(h >> 8) % std::size(kWords)], i);
    if (p.kind == Principal::kService) p.name = fmt::format("{}.amazonaws.com", kServices[i / 10 % std::size(kServices)].source);
    p.id = (p.kind == Principal::kUser ? "AIDA" : "AROA") + base32(h, 17);
    p.key = "AKIA" + base32(h + 1, 16);
    for (size_t a = 0; a < 2; ++a) {
      const uint64_t x = mix(h + a + 3);
      p.agents[a] =
          x % 3 == 0 ? fmt::format(
                           "aws-cli/2.{}.{} md/awscrt#0.26.1 ua/2.1 os/linux#5.10.{}-1.amzn2.x86_64 md/arch#x86_64 lang/python#3.11.{} "
                           "md/pyimpl#CPython cfg/retry-mode#standard md/installer#exe",
                           x / 3 % 20, x / 60 % 30, x / 1800 % 200, x / 360000 % 9)
          : x % 3 == 1 ? fmt::format(
                             "Boto3/1.{}.{} md/Botocore#1.{}.{} ua/2.0 os/linux#6.1.{} md/arch#x86_64 lang/python#3.12.3 "
                             "md/pyimpl#CPython cfg/retry-mode#legacy Botocore/1.35.0 Resource",
                             x / 3 % 10 + 28, x / 30 % 90, x / 3 % 10 + 28, x / 30 % 90, x / 2700 % 90)
                       : fmt::format(
                             "aws-sdk-java/2.{}.{} Linux/5.10.{} OpenJDK_64-Bit_Server_VM/17.0.{}+9-LTS Java/17 kotlin vendor/Amazon "
                             "io/sync http/Apache cfg/retry-mode/standard",
                             x / 3 % 30, x / 90 % 90, x / 8100 % 200, x / 1620000 % 12);
    }
    for (size_t a = 0; a < 3; ++a) {
      const uint64_t x = mix(h + a + 11);
      p.addresses[a] =
          fmt::format("{}.{}.{}.{}", x % 3 == 0 ? 10 : 1 + (x >> 8) % 222, (x >> 16) & 255, (x >> 24) & 255, 1 + (x >> 32) % 254);
      if (p.kind == Principal::kService) p.addresses[a] = p.agents[a % 2] = p.name;
    }
    principals_.push_back(std::move(p));
  }
}

uint64_t TrailRecords::draw() { return mix(state_++); }

void TrailRecords::hex(std::string& out, size_t digits) {
  for (uint64_t left = 0, at = 0; at < digits; ++at, left >>= 4) {
    if (at % 16 == 0) left = draw();
    out += "0123456789abcdef"[left & 15];
  }
}

void TrailRecords::uuid(std::string& out) {
  const size_t at = out.size();
  out.resize(at + 36);
  uint64_t left = draw();
  for (size_t i = 0; i < 36; ++i) {
    if (i == 8 || i == 13 || i == 18 || i == 23) {
      out[at + i] = '-';
      continue;
    }
    if (i == 19) left = draw();
    out[at + i] = i == 14 ? '4' : "0123456789abcdef"[left & 15];
    left >>= 4;
  }
}

std::string TrailRecords::resource_name(size_t kind, size_t number) const {
  const uint64_t h = mix(number * 17 + kind);
  const char *stage = kStages[h % 5], *word = kWords[(h >> 8) % std::size(kWords)];
  const uint64_t tail = (h >> 16) & 0xffff;
  switch (kind) {
    case 0:
      return fmt::format("{}-{}-{:04x}-{}", stage, word, tail, number);
    case 1:
      return fmt::format("arn:aws:kms:us-east-1:{}:key/{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}", kAccount, mix(h) & 0xffffffff, tail,
                         h & 0xfff, tail & 0xfff, mix(h + 1) & 0xffffffffffff);
    case 2:
      return fmt::format("{}-{}-handler-{}", word, stage, number);
    case 3:
      return fmt::format("{}-{}-role-{}", word, stage, number);
    case 4:
      return fmt::format("arn:aws:sns:us-east-1:{}:{}-{}-{}", kAccount, word, stage, number);
    case 5:
      return fmt::format("https://sqs.us-east-1.amazonaws.com/{}/{}-{}-{}", kAccount, stage, word, number);
    case 6:
      return fmt::format("/aws/{}/{}/{}", stage, word, number);
    case 7:
      return fmt::format("{}_{}_{}", word, stage, number);
    default:
      return fmt::format("i-0{:016x}", mix(h + 2));
  }
}

void TrailRecords::members(std::string& out, const std::vector<Member>& all, std::string_view resource, std::string_view) {
  out += '{';
  bool first = true;
  for (const Member& member : all) {
    const uint64_t r = draw();
    if (member.kind != Member::kResource && r % 5 == 0 && !first) continue;  // optional ones
    if (!first) out += ',';
    first = false;
    out += '"';
    out += member.name;
    out += "\":";
    const uint64_t value = mix((r >> 8) % (member.variety + 1) + member.variety * 1000);
    switch (member.kind) {
      case Member::kResource:
        out += '"';
        out += resource;
        out += '"';
        break;
      case Member::kWord:
        fmt::format_to(std::back_inserter(out), "\"{}-{}-{}\"", kWords[value % 20], kStages[(value >> 8) % 5], (value >> 16) % 1000);
        break;
      case Member::kNumber:
        fmt::format_to(std::back_inserter(out), "{}", (value % 40) * 25);
        break;
      case Member::kFlag:
        out += r & 256 ? "true" : "false";
        break;
      case Member::kId:
        out += '"';
        if (r % 3 == 0) uuid(out);
        else hex(out, 17);
        out += '"';
        break;
      case Member::kFilters:
        fmt::format_to(
            std::back_inserter(out),
            R"({{"items":[{{"name":"tag:team","valueSet":{{"items":[{{"value":"{}"}}]}}}},{{"name":"vpc-id","valueSet":{{"items":[{{"value":"vpc-0{:016x}"}}]}}}}]}})",
            kWords[value % 20], mix(value % 12));
        break;
      case Member::kTags:
        fmt::format_to(
            std::back_inserter(out),
            R"([{{"key":"Environment","value":"{}"}},{{"key":"CostCenter","value":"{}"}},{{"key":"Owner","value":"{}@example.com"}}])",
            kStages[value % 5], 1000 + (value >> 8) % 60, kWords[(value >> 16) % 20]);
        break;
      case Member::kNested:
        fmt::format_to(
            std::back_inserter(out),
            R"({{"mode":"{}","limits":{{"soft":{},"hard":{}}},"enabled":{},"target":{{"arn":"arn:aws:lambda:us-east-1:{}:function:{}-{}"}}}})",
            r & 512 ? "Active" : "PassThrough", value % 10 * 100, value % 10 * 200, r & 1024 ? "true" : "false", kAccount,
            kWords[(value >> 8) % 20], kStages[(value >> 16) % 5]);
        break;
    }
  }
  out += '}';
}

void TrailRecords::identity(std::string& out, const Principal& p, size_t number, uint64_t second) {
  if (p.kind == Principal::kService) {
    out += R"({"type":"AWSService","invokedBy":")" + p.name + "\"}";
    return;
  }
  if (p.kind == Principal::kUser) {
    fmt::format_to(
        std::back_inserter(out),
        R"({{"type":"IAMUser","principalId":"{}","arn":"arn:aws:iam::{}:user/{}","accountId":"{}","accessKeyId":"{}","userName":"{}"}})",
        p.id, kAccount, p.name, kAccount, p.key, p.name);
    return;
  }
  const uint64_t hour = second / 3600, h = mix(hour * 1000 + number);
  const std::string session =
      number % 3 == 0 ? fmt::format("botocore-session-{}", hour * 3600 + h % 3600) : fmt::format("{}-{}", p.name, h % 3);
  fmt::format_to(
      std::back_inserter(out),
      R"({{"type":"AssumedRole","principalId":"{0}:{1}","arn":"arn:aws:sts::{2}:assumed-role/{3}/{1}","accountId":"{2}","accessKeyId":"ASIA{4}","sessionContext":{{"sessionIssuer":{{"type":"Role","principalId":"{0}","arn":"arn:aws:iam::{2}:role/{3}","accountId":"{2}","userName":"{3}"}},"attributes":{{"creationDate":")",
      p.id, session, kAccount, p.name, base32(h, 16));
  time_of(out, hour * 3600 - h % 1800);
  out += R"(","mfaAuthenticated":"false"}}})";
}

void TrailRecords::next(std::string& out) {
  out.clear();
  const uint64_t r = draw(), r2 = draw();
  const Shape& shape = shapes_[name_of_[r & ((1 << kTableBits) - 1)]];
  const size_t who = principal_of_[(r >> kTableBits) & ((1 << kTableBits) - 1)];
  const Principal& principal = principals_[who];
  const size_t number = resource_of_[(r >> 40) & ((1 << kTableBits) - 1)];
  const std::string resource = resource_name(shape.resource_kind, number - number % kKinds + shape.resource_kind);
  const auto span = static_cast<uint64_t>(options_.span.count());
  const auto end = static_cast<uint64_t>(std::chrono::floor<std::chrono::seconds>(options_.end).time_since_epoch().count());
  const uint64_t second =
      end - span + static_cast<uint64_t>(static_cast<double>(made_++) * static_cast<double>(span) / static_cast<double>(options_.count));

  out += R"({"eventVersion":"1.11","userIdentity":)";
  identity(out, principal, who, second);
  out += R"(,"eventTime":")";
  time_of(out, second);
  out += R"(","eventSource":")";
  out += shape.source;
  out += R"(","eventName":")";
  out += shape.name;
  out += R"(","awsRegion":")";
  out += kRegions[r2 & 7];
  out += R"(","sourceIPAddress":")";
  out += principal.addresses[(r2 >> 4) % 3];
  out += R"(","userAgent":")";
  out += principal.agents[(r2 >> 8) & 1];
  const bool failed = (r2 >> 12) % 16 == 0;
  if (failed) {
    const auto& error = kErrors[(r2 >> 16) % std::size(kErrors)];
    out += R"(","errorCode":")";
    out += error[0];
    out += R"(","errorMessage":")";
    out += error[1];
  }
  out += R"(","requestParameters":)";
  members(out, shape.request, resource, {});
  out += R"(,"responseElements":)";
  if (shape.read_only || failed) out += "null";
  else members(out, shape.response, resource, {});
  out += R"(,"requestID":")";
  uuid(out);
  out += R"(","eventID":")";
  uuid(out);
  out += R"(","readOnly":)";
  out += shape.read_only ? "true" : "false";
  if (shape.resource_kind == 0 || shape.resource_kind == 1) {
    out += R"(,"resources":[{"accountId":"111122223333","type":")";
    out += shape.resource_kind == 0 ? "AWS::S3::Bucket" : "AWS::KMS::Key";
    out += R"(","ARN":")";
    if (shape.resource_kind == 0) out += "arn:aws:s3:::";
    out += resource;
    out += R"("}])";
  }
  out += R"(,"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"111122223333","eventCategory":"Management")";
  if (principal.kind != Principal::kService) {
    out += R"(,"tlsDetails":{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256","clientProvidedHostHeader":")";
    out += std::string_view(shape.source).substr(0, shape.source.find('.'));
    out += '.';
    out += kRegions[r2 & 7];
    out += R"(.amazonaws.com"})";
  }
  out += '}';
}

}  // namespace cairn::bench
