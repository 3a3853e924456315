#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "api/call.h"
#include "aws/names.h"
#include "aws/policy/context.h"

namespace cairn::sns {

/// The name of a topic, or of a subscription to it, as its ARN has it.
struct TopicName {
  aws::Region region;
  aws::AccountId account;
  std::string name;
  std::string arn() const;
  bool is_fifo() const { return name.ends_with(".fifo"); }
};

/// A topic as its document tells it. Texts that nobody set are empty.
struct Topic : TopicName {
  Time created;
  std::string policy;           // JSON, as it was set; "": the default
  std::string delivery_policy;  // JSON
  std::string display_name, signature_version, tracing, throughput_scope;
  std::string kms_key;  // as its owner names it; "": messages are under no key of KMS
  bool deduplicates_by_content = false;
  int64_t subscriptions_deleted = 0;
  std::map<std::string, std::string> tags;
};

std::string encode(const Topic& topic);
Topic decode_topic(const TopicName& name, std::string_view document);

namespace documents {
std::string topics_in(const aws::AccountId& account, const aws::Region& region);
std::string topic(const TopicName& name);
std::string sequence(const TopicName& name);                              // FIFO: the number of the newest message
std::string seen(const TopicName& name, std::string_view deduplication);  // FIFO: a message of the last five minutes
inline const std::string kSeenUntil = "sns/seen-until/";                  // ... and when it may be forgotten
}  // namespace documents

/// The topic's name in an ARN that the parameter `parameter` holds, which may go on behind it. Throws InvalidParameter.
TopicName parse_topic_arn(std::string_view arn, std::string_view parameter);
/// The same of a topic that the call may be about: one in its region.
TopicName topic_of(const api::Call& call, std::string_view parameter = "TopicArn");

std::optional<Topic> find_topic(state::Transaction& state, const TopicName& name);
/// The topic, once the caller may do `action` (Publish) with it, by its policy and the caller's own. Throws AccessDenied, NotFound.
Topic open_topic(api::Call& call, const TopicName& name, std::string_view action, const aws::policy::Context& context = {});
/// What is not about a topic that there is: by the caller's own policies alone.
void require_own(api::Call& call, std::string_view action, const std::string& arn);
void put_topic(api::Call& call, const Topic& topic);

}  // namespace cairn::sns
