#include "services/s3/bucket_access.h"

#include "aws/policy/explain.h"
#include "services/s3/access.h"
#include "services/s3/keys.h"
#include "services/s3/request_context.h"
#include "state/store.h"

namespace cairn::s3 {

using aws::policy::Decision;

Result<void, api::BucketAccess::Refusal> PolicyBucketAccess::check(state::Transaction& state, const Ask& ask) {
  const auto refused = [](Refusal::Kind kind, std::string reason) { return tl::unexpected(Refusal{kind, std::move(reason)}); };
  const std::optional<std::string> document = state.get(keys::bucket(ask.bucket));
  if (!document) return refused(Refusal::kNoSuchBucket, fmt::format("there is no bucket {}", ask.bucket));
  const Bucket bucket = decode_bucket(ask.bucket, *document);
  aws::policy::Request request;
  request.caller = aws::policy::caller_of(ask.principal);
  request.action = ask.action;
  request.resource = bucket_arn(ask.bucket, ask.key);
  request.resource_account = bucket.account.str();
  const std::optional<std::string> text = state.get(keys::bucket_policy(ask.bucket));
  if (!text) {
    return refused(Refusal::kDenied, fmt::format("bucket {} has no policy, so that nothing allows {} {} on {}", ask.bucket,
                                                 request.caller.shown(), ask.action, request.resource));
  }
  const std::shared_ptr<const BucketPolicy> policy = compiled_policy(*text);
  aws::policy::describe_caller(ask.principal, ask.now, request.context);
  describe_setting(bucket, bucket.region, ask.now, request.context);
  describe_headers(ask.headers, request.context);
  const Decision decision = aws::policy::decide(request, {.resource = &policy->policy});
  if (decision.allowed()) return {};
  if (decision.outcome == Decision::Outcome::kExplicitDeny) {
    return refused(Refusal::kDenied, fmt::format("{} of the bucket policy denies {} {} on {}",
                                                 aws::policy::show_statement(*decision.by(), decision.statement), request.caller.shown(),
                                                 ask.action, request.resource));
  }
  return refused(Refusal::kDenied, aws::policy::explain(policy->policy, request, "the bucket policy"));
}

}  // namespace cairn::s3
