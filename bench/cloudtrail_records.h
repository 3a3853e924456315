#pragma once
#include <string>
#include <vector>

#include "base/json.h"

namespace cairn::bench {

/// Records of about 1.1 KB as a busy account has them: callers, services and names vary, some calls were refused.
inline std::vector<std::string> cloudtrail_records(size_t count) {
  constexpr const char* kNames[] = {"PutObject",      "GetObject",         "ListObjects",    "DescribeInstances",
                                    "CreateUser",     "GetCallerIdentity", "DescribeTrails", "Decrypt",
                                    "AssumeRole",     "PutBucketPolicy",   "ConsoleLogin",   "AttachRolePolicy",
                                    "GetSecretValue", "DeleteTrail",       "RunInstances",   "CreateRoute"};
  constexpr const char* kSources[] = {
      "s3",         "s3",  "s3", "ec2", "iam", "sts", "cloudtrail", "kms", "sts", "s3", "signin", "iam", "secretsmanager",
      "cloudtrail", "ec2", "ec2"};
  std::vector<std::string> all;
  for (size_t n = 0; n < count; ++n) {
    const size_t kind = n * 7 % std::size(kNames);
    Json record = {{"eventVersion", "1.11"},
                   {"userIdentity",
                    {{"type", n % 50 == 0 ? "Root" : "AssumedRole"},
                     {"principalId", "AROAEXAMPLE0000000001:session"},
                     {"arn", fmt::format("arn:aws:sts::111122223333:assumed-role/role-{}/session", n % 37)},
                     {"accountId", "111122223333"},
                     {"accessKeyId", "ASIAEXAMPLE000000001"},
                     {"sessionContext",
                      {{"sessionIssuer",
                        {{"type", "Role"},
                         {"principalId", "AROAEXAMPLE0000000001"},
                         {"arn", "arn:aws:iam::111122223333:role/deploy"},
                         {"userName", "deploy"}}},
                       {"attributes", {{"creationDate", "2026-01-02T03:00:00Z"}, {"mfaAuthenticated", "false"}}}}}}},
                   {"eventTime", "2026-01-02T03:04:05Z"},
                   {"eventSource", fmt::format("{}.amazonaws.com", kSources[kind])},
                   {"eventName", kNames[kind]},
                   {"awsRegion", "us-east-1"},
                   {"sourceIPAddress", fmt::format("203.0.113.{}", n % 250)},
                   {"userAgent", "Boto3/1.34.0 md/Botocore#1.34.0 ua/2.0 os/linux#6.1 md/arch#x86_64 lang/python#3.11.2"}};
    if (n % 16 == 3) {
      record["errorCode"] = n % 32 == 3 ? "AccessDenied" : "Client.UnauthorizedOperation";
      record["errorMessage"] = "User is not authorized to perform this operation";
    }
    record["requestParameters"] = {
        {"bucketName", fmt::format("bucket-{}", n % 97)}, {"key", fmt::format("part-{}/object-{}", n % 11, n)}, {"maxKeys", n % 1000}};
    record["responseElements"] = nullptr;
    record["requestID"] = fmt::format("0000000000{:06}", n);
    record["eventID"] = fmt::format("00000000-0000-4000-8000-000000{:06}", n);
    record["readOnly"] = n % 3 != 0;
    record["resources"] = {
        {{"type", "AWS::S3::Object"}, {"ARN", fmt::format("arn:aws:s3:::bucket-{}/part-{}", n % 97, n % 11)}},
        {{"accountId", "111122223333"}, {"type", "AWS::S3::Bucket"}, {"ARN", fmt::format("arn:aws:s3:::bucket-{}", n % 97)}}};
    record["eventType"] = "AwsApiCall";
    record["managementEvent"] = true;
    record["recipientAccountId"] = "111122223333";
    record["eventCategory"] = "Management";
    record["tlsDetails"] = {
        {"tlsVersion", "TLSv1.3"}, {"cipherSuite", "TLS_AES_128_GCM_SHA256"}, {"clientProvidedHostHeader", "s3.us-east-1.amazonaws.com"}};
    all.push_back(json::dump(record));
  }
  return all;
}

}  // namespace cairn::bench
