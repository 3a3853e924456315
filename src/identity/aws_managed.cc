#include "identity/aws_managed.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace cairn::identity {
namespace {

#define CAIRN_ALLOW(actions) R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":)" actions R"(,"Resource":"*"}]})"

constexpr auto kPolicies = std::to_array<AwsManagedPolicy>({
    {"AWSCloudFormationFullAccess", "ANPACAIRNCFNFULLACC23", "/", "Provides full access to AWS CloudFormation.",
     CAIRN_ALLOW(R"(["cloudformation:*"])")},
    {"AWSCloudFormationReadOnlyAccess", "ANPACAIRNCFNREADONLY2", "/",
     "Provides access to AWS CloudFormation via the AWS Management Console.",
     CAIRN_ALLOW(R"(["cloudformation:Describe*","cloudformation:EstimateTemplateCost","cloudformation:Get*","cloudformation:List*",)"
                 R"("cloudformation:ValidateTemplate","cloudformation:Detect*"])")},
    {"AWSCloudTrail_FullAccess", "ANPACAIRNTRAILFULL234", "/", "Provides full access to AWS CloudTrail.",
     R"({"Version":"2012-10-17","Statement":[)"
     R"({"Effect":"Allow","Action":["sns:AddPermission","sns:CreateTopic","sns:SetTopicAttributes","sns:GetTopicAttributes"],)"
     R"("Resource":["arn:aws:sns:*:*:aws-cloudtrail-logs*"]},)"
     R"({"Effect":"Allow","Action":["sns:ListTopics"],"Resource":"*"},)"
     R"({"Effect":"Allow","Action":["s3:CreateBucket","s3:PutBucketPolicy","s3:PutBucketPublicAccessBlock"],)"
     R"("Resource":["arn:aws:s3:::aws-cloudtrail-logs*"]},)"
     R"({"Effect":"Allow","Action":["s3:ListAllMyBuckets","s3:GetBucketLocation","s3:GetBucketPolicy"],"Resource":"*"},)"
     R"({"Effect":"Allow","Action":"cloudtrail:*","Resource":"*"},)"
     R"({"Effect":"Allow","Action":["logs:CreateLogGroup"],"Resource":["arn:aws:logs:*:*:log-group:aws-cloudtrail-logs*"]},)"
     R"({"Effect":"Allow","Action":["iam:ListRoles","iam:GetRolePolicy","iam:GetUser"],"Resource":"*"},)"
     R"({"Effect":"Allow","Action":["iam:PassRole"],"Resource":"*","Condition":{"StringEquals":)"
     R"({"iam:PassedToService":"cloudtrail.amazonaws.com"}}},)"
     R"({"Effect":"Allow","Action":["kms:CreateKey","kms:CreateAlias","kms:ListKeys","kms:ListAliases"],"Resource":"*"},)"
     R"({"Effect":"Allow","Action":["lambda:ListFunctions"],"Resource":"*"},)"
     R"({"Effect":"Allow","Action":["dynamodb:ListGlobalTables","dynamodb:ListTables"],"Resource":"*"}]})"},
    {"AWSCloudTrail_ReadOnlyAccess", "ANPACAIRNTRAILREAD234", "/", "Provides read only access to AWS CloudTrail.",
     CAIRN_ALLOW(R"(["cloudtrail:Get*","cloudtrail:Describe*","cloudtrail:List*","cloudtrail:LookupEvents"])")},
    {"AWSKeyManagementServicePowerUser", "ANPACAIRNKMSPOWER2345", "/", "Provides access to AWS Key Management Service (KMS).",
     CAIRN_ALLOW(R"(["kms:CreateAlias","kms:CreateKey","kms:DeleteAlias","kms:Describe*","kms:GenerateRandom","kms:Get*","kms:List*",)"
                 R"("kms:TagResource","kms:UntagResource","iam:ListGroups","iam:ListRoles","iam:ListUsers"])")},
    {"AdministratorAccess", "ANPACAIRNADMINALL2345", "/", "Provides full access to AWS services and resources.", CAIRN_ALLOW(R"("*")")},
    {"AmazonS3FullAccess", "ANPACAIRNS3FULLACC234", "/", "Provides full access to all buckets via the AWS Management Console.",
     CAIRN_ALLOW(R"(["s3:*","s3-object-lambda:*"])")},
    {"AmazonS3ReadOnlyAccess", "ANPACAIRNS3READONLY23", "/", "Provides read only access to all buckets via the AWS Management Console.",
     CAIRN_ALLOW(R"(["s3:Get*","s3:List*","s3:Describe*","s3-object-lambda:Get*","s3-object-lambda:List*"])")},
    {"AmazonSNSFullAccess", "ANPACAIRNSNSFULLAC234", "/", "Provides full access to Amazon SNS via the AWS Management Console.",
     CAIRN_ALLOW(R"("sns:*")")},
    {"AmazonSNSReadOnlyAccess", "ANPACAIRNSNSREADONLY2", "/", "Provides read only access to Amazon SNS via the AWS Management Console.",
     CAIRN_ALLOW(R"(["sns:GetTopicAttributes","sns:List*","sns:GetSubscriptionAttributes"])")},
    {"CloudTrailServiceRolePolicy", "ANPACAIRNTRAILROLE234", "/aws-service-role/", "Permission policy for CloudTrail ServiceLinkedRole",
     CAIRN_ALLOW(R"(["cloudtrail:*"])")},
    {"CloudWatchFullAccess", "ANPACAIRNCWFULLACCES2", "/", "Provides full access to CloudWatch.",
     CAIRN_ALLOW(R"(["autoscaling:Describe*","cloudwatch:*","logs:*","sns:*","iam:GetPolicy","iam:GetPolicyVersion","iam:GetRole"])")},
    {"CloudWatchLogsFullAccess", "ANPACAIRNLOGSFULLAC23", "/", "Provides full access to CloudWatch Logs",
     CAIRN_ALLOW(R"(["logs:*","cloudwatch:GenerateQuery"])")},
    {"CloudWatchLogsReadOnlyAccess", "ANPACAIRNLOGSREADON23", "/", "Provides read only access to CloudWatch Logs",
     CAIRN_ALLOW(R"(["logs:Describe*","logs:Get*","logs:List*","logs:StartQuery","logs:StopQuery","logs:TestMetricFilter",)"
                 R"("logs:FilterLogEvents","logs:StartLiveTail","logs:StopLiveTail","cloudwatch:GenerateQuery"])")},
    {"CloudWatchReadOnlyAccess", "ANPACAIRNCWREADONLY23", "/", "Provides read only access to CloudWatch.",
     CAIRN_ALLOW(R"(["cloudwatch:Describe*","cloudwatch:Get*","cloudwatch:List*","logs:Get*","logs:List*","logs:StartQuery",)"
                 R"("logs:StopQuery","logs:Describe*","logs:TestMetricFilter","logs:FilterLogEvents","sns:Get*","sns:List*"])")},
    {"IAMFullAccess", "ANPACAIRNIAMFULLACC23", "/", "Provides full access to IAM via the AWS Management Console.",
     CAIRN_ALLOW(R"(["iam:*"])")},
    {"IAMReadOnlyAccess", "ANPACAIRNIAMREADONLY2", "/", "Provides read only access to IAM via the AWS Management Console.",
     CAIRN_ALLOW(R"(["iam:GenerateCredentialReport","iam:GenerateServiceLastAccessedDetails","iam:Get*","iam:List*",)"
                 R"("iam:SimulateCustomPolicy","iam:SimulatePrincipalPolicy"])")},
    {"IAMUserChangePassword", "ANPACAIRNCHANGEPASS23", "/", "Provides the ability for an IAM user to change their own password.",
     R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:ChangePassword"],)"
     R"("Resource":["arn:aws:iam::*:user/${aws:username}"]},{"Effect":"Allow","Action":["iam:GetAccountPasswordPolicy"],"Resource":"*"}]})"},
    {"PowerUserAccess", "ANPACAIRNPOWERUSER234", "/",
     "Provides full access to AWS services and resources, but does not allow management of Users and groups.",
     R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","NotAction":["iam:*","organizations:*","account:*"],"Resource":"*"},)"
     R"({"Effect":"Allow","Action":["iam:CreateServiceLinkedRole","iam:DeleteServiceLinkedRole","iam:ListRoles",)"
     R"("organizations:DescribeOrganization","account:ListRegions","account:GetAccountInformation"],"Resource":"*"}]})"},
    {"ReadOnlyAccess", "ANPACAIRNREADONLYALL2", "/", "Provides read-only access to AWS services and resources.",
     CAIRN_ALLOW(R"(["cairn:Search*","cairn:List*","cloudformation:Describe*","cloudformation:Detect*","cloudformation:Estimate*",)"
                 R"("cloudformation:Get*","cloudformation:List*","cloudtrail:Describe*","cloudtrail:Get*","cloudtrail:List*",)"
                 R"("cloudtrail:LookupEvents","cloudwatch:Describe*","cloudwatch:Get*","cloudwatch:List*","events:Describe*",)"
                 R"("events:List*","events:Test*","iam:Generate*","iam:Get*","iam:List*","iam:Simulate*","kms:Describe*","kms:Get*",)"
                 R"("kms:List*","lambda:Get*","lambda:List*","logs:Describe*","logs:FilterLogEvents","logs:Get*","logs:ListTagsLogGroup",)"
                 R"("logs:StartQuery","logs:StopQuery","logs:TestMetricFilter","s3:DescribeJob","s3:Get*","s3:List*","sns:Check*",)"
                 R"("sns:Get*","sns:List*","ssm:Describe*","ssm:Get*","ssm:List*","sts:GetAccessKeyInfo","sts:GetCallerIdentity",)"
                 R"("sts:GetSessionToken"])")},
    {"SecurityAudit", "ANPACAIRNSECAUDIT2345", "/",
     "The security audit template grants access to read security configuration metadata. It is useful for software that audits the "
     "configuration of an AWS account.",
     CAIRN_ALLOW(
         R"(["cloudformation:DescribeStack*","cloudformation:GetStackPolicy","cloudformation:GetTemplate",)"
         R"("cloudformation:ListStack*","cloudtrail:DescribeTrails","cloudtrail:GetEventSelectors","cloudtrail:GetInsightSelectors",)"
         R"("cloudtrail:GetTrail","cloudtrail:GetTrailStatus","cloudtrail:ListTags","cloudtrail:ListTrails",)"
         R"("cloudtrail:LookupEvents","cloudwatch:Describe*","cloudwatch:GetDashboard","cloudwatch:ListDashboards",)"
         R"("events:DescribeEventBus","events:DescribeRule","events:List*","events:TestEventPattern",)"
         R"("iam:GenerateCredentialReport","iam:GenerateServiceLastAccessedDetails","iam:Get*","iam:List*",)"
         R"("iam:SimulateCustomPolicy","iam:SimulatePrincipalPolicy","kms:Describe*","kms:GetKeyPolicy",)"
         R"("kms:GetKeyRotationStatus","kms:List*","lambda:GetAccountSettings","lambda:GetFunctionConfiguration",)"
         R"("lambda:GetPolicy","lambda:List*","logs:Describe*","logs:ListTagsForResource","logs:ListTagsLogGroup",)"
         R"("s3:GetAccelerateConfiguration","s3:GetAccountPublicAccessBlock","s3:GetBucket*","s3:GetEncryptionConfiguration",)"
         R"("s3:GetLifecycleConfiguration","s3:GetObjectAcl","s3:GetObjectVersionAcl","s3:GetReplicationConfiguration",)"
         R"("s3:ListAllMyBuckets","s3:ListBucket","sns:GetTopicAttributes","sns:ListSubscriptions*","sns:ListTagsForResource",)"
         R"("sns:ListTopics","sts:GetAccessKeyInfo"])")},
    {"ViewOnlyAccess", "ANPACAIRNVIEWONLY2345", "/job-function/",
     "This policy grants permissions to view resources and basic metadata across all AWS services.",
     CAIRN_ALLOW(R"(["cloudformation:DescribeStack*","cloudformation:List*","cloudtrail:DescribeTrails","cloudtrail:LookupEvents",)"
                 R"("cloudwatch:Get*","cloudwatch:List*","iam:List*","iam:GetAccountSummary","kms:ListAliases","kms:ListKeys",)"
                 R"("lambda:List*","logs:Describe*","s3:ListAllMyBuckets","s3:ListBucket","sns:List*"])")},
});
static_assert(std::ranges::is_sorted(kPolicies, {}, &AwsManagedPolicy::name));

#undef CAIRN_ALLOW

}  // namespace

std::string AwsManagedPolicy::arn() const { return fmt::format("arn:aws:iam::aws:policy{}{}", path, name); }

std::span<const AwsManagedPolicy> aws_managed_policies() { return kPolicies; }

const AwsManagedPolicy* find_aws_managed(std::string_view arn) {
  constexpr std::string_view kStart = "arn:aws:iam::aws:policy/";
  if (!arn.starts_with(kStart)) return nullptr;
  const std::string_view name = arn.substr(arn.rfind('/') + 1);
  const auto found = std::ranges::lower_bound(kPolicies, name, {}, &AwsManagedPolicy::name);
  return found != kPolicies.end() && found->name == name && found->arn() == arn ? &*found : nullptr;
}

}  // namespace cairn::identity
