#pragma once
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "api/call.h"
#include "aws/policy/policy.h"

namespace cairn::sqs {

/// A queue as its document tells it.
struct Queue {
  std::string name;
  std::string id;  // its messages stand under it
  aws::AccountId account;
  aws::Region region;
  Time created, modified;
  std::optional<Time> purged;
  std::map<std::string, std::string> attributes;  // those that were set, as AWS shows them
  std::map<std::string, std::string> tags;

  std::string arn() const;
  bool is_fifo() const { return name.ends_with(".fifo"); }
  /// The attribute, or AWS's default.
  std::string attribute(std::string_view attribute_name) const;
  int64_t number(std::string_view attribute_name) const;
  std::string kms_key() const { return attribute("KmsMasterKeyId"); }  // as its owner names it; "": messages are under no key of KMS
  std::chrono::seconds retention() const { return std::chrono::seconds(number("MessageRetentionPeriod")); }
};

std::string encode(const Queue& queue);
Queue decode_queue(std::string_view document);
std::optional<Queue> find_queue(state::Transaction& state, const aws::AccountId& account, const aws::Region& region, std::string_view name);
/// By ARN, of this region and account or any; nullopt also for what is no ARN of a queue.
std::optional<Queue> find_queue(state::Transaction& state, std::string_view arn);
void put_queue(api::Call& call, const Queue& queue);

/// What a queue's URL says, http://HOST/ACCOUNT/NAME, or its path alone. Throws InvalidAddress.
struct QueueAddress {
  aws::AccountId account;
  std::string name;
};
QueueAddress address_of_url(const std::string& url);
/// Where clients reach it: at the host that they called.
std::string url_of(const api::Call& call, const Queue& queue);

enum class Accounts { kAny, kOwn };  // whether a policy can let callers of other accounts do it

/// The queue of the call's QueueUrl, once the caller may do that to it. Throws QueueDoesNotExist, AccessDenied.
Queue open_queue(api::Call& call, std::string_view action, Accounts accounts = Accounts::kAny);
/// The same for a queue that is named otherwise.
Queue open_queue(api::Call& call, std::string_view action, const aws::AccountId& account, std::string_view name, Accounts accounts);
/// For what is about no queue that is there: only the caller's own policies count.
void require_own(api::Call& call, std::string_view action, std::string_view name);

}  // namespace cairn::sqs
