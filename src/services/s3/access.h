#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "api/call.h"
#include "aws/policy/decide.h"
#include "services/s3/access_list.h"
#include "services/s3/bucket.h"
#include "services/s3/errors.h"
#include "services/s3/object.h"
#include "services/s3/policy_document.h"
#include "services/s3/public_access.h"

namespace cairn::s3 {

std::string bucket_arn(std::string_view bucket, std::string_view key = {});  // key "": the bucket's

/// Decides what a call may do with one bucket: the caller's policies, the bucket's, access control lists where they count, and Block
/// Public Access, in one decision by the policy engine. For as long as the call's decision lasts.
class Access {
 public:
  Access(api::Call& call, const Bucket& bucket);

  /// key "": the bucket itself; `version`: the id of the one that is meant, where the call itself does not name it.
  bool allows(std::string_view action, std::string_view key = {}, std::string_view version = {});
  void require(std::string_view action, std::string_view key = {});  // throws AccessDenied, in S3's words
  /// All that the call's operation needs. DeleteObjects needs nothing here: each of its keys is asked for by itself.
  void require_operation();
  /// A write that sets an access control list, beside the permission to write.
  void require_new_acl(std::string_view key);

 private:
  aws::policy::Decision decide(std::string_view action, std::string_view key, std::string_view version = {});
  std::optional<Object> find_asked(std::string_view key, std::string_view version) const;
  void refuse(const aws::policy::Decision& decision, std::string_view action, std::string_view key) const;
  bool is_shut_out() const;
  aws::policy::NamedAs given_by_bucket(Permission wanted) const;
  aws::policy::NamedAs given_to_initiator(std::string_view key) const;
  void ask_lists(std::string_view action, const std::optional<Object>& object, aws::policy::Request& request,
                 aws::policy::Policies& policies) const;

  api::Call& call_;
  const Bucket& bucket_;
  std::shared_ptr<const BucketPolicy> policy_;  // null: the bucket has none
  bool has_lists_ = false;
  Grants grants_;            // the bucket's list
  PublicAccessBlock block_;  // looked up only where there is something that it could stop
  aws::policy::Policies policies_;
  aws::policy::Request request_;
};

/// No such key: for callers who may not list the bucket AccessDenied, so that they do not learn what is in it.
Error absent_key(api::Call& call, std::string_view bucket, std::string_view key);

/// A copy that takes its source's tags along reads and writes them. Throws AccessDenied.
void require_copying_tags(api::Call& call, std::string_view from_bucket, std::string_view from_key, const Bucket& to,
                          std::string_view to_key);

}  // namespace cairn::s3
