#pragma once
#include <string>
#include <vector>

#include "aws/names.h"
#include "services/cloudformation/operation.h"

/// What a stack's events tell the topics of its NotificationARNs: each a document, put with its event, until it is published.
namespace cairn::cloudformation {

struct Notice {
  std::string stack, topic, message;  // stack: its ARN
  aws::Region region;
  Json principal;    // caller.h: in whose name it is published
  std::string role;  // that the stack's calls are made in; "": none
  aws::AccountId account;
};

namespace keys {
inline const std::string kNotices = "cloudformation/notice/";
inline std::string notices(std::string_view id) { return std::string(kNotices).append(id).append("/"); }
}  // namespace keys

Hearers hearers_of(const Stack& stack, const Operation& operation);

/// Throws ValidationError unless these are topics that are there. Whether the caller may publish to them is seen when they are told.
void check_topics(api::Call& call, const Json& topics);

/// The documents for an event, as its own document has it. `order`: events later than others have a greater one.
void put_notices(state::Transaction& state, const Stack& stack, const Hearers& hearers, const Json& event, const std::string& order);
std::string encode(const Notice& notice);
Notice decode_notice(std::string_view document);

/// Lines of NAME='VALUE', as CloudFormation writes them.
std::string notice_text(const Stack& stack, const Json& event, const std::string& principal_id);

}  // namespace cairn::cloudformation
