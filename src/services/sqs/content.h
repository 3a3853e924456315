#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "api/call.h"
#include "services/sqs/queue.h"

/// What a message says, as it was sent.
namespace cairn::sqs {

struct MessageAttribute {
  std::string type;   // String, Number, Binary, each maybe with .more
  std::string value;  // raw bytes
  bool is_binary() const { return type.starts_with("Binary"); }
};
using MessageAttributes = std::map<std::string, MessageAttribute>;  // by name: as their MD5 wants them

struct Content {
  std::string id;      // MessageId
  std::string sender;  // SenderId
  std::string body;
  MessageAttributes attributes;
  std::string trace_header;  // AWSTraceHeader
  std::string group, deduplication;
};

/// The document of a message's content, sealed unless the queue says otherwise. `key`: the document's, which is bound in.
std::string encode(api::Call& call, const Queue& queue, const Content& content, const std::string& key);
/// The content under that key. A failure is damage, and thrown as such.
Content read_content(api::Call& call, std::string_view seq);

std::string md5_of(std::string_view body);                   // hex
std::string md5_of(const MessageAttributes& attributes);     // hex; "": there are none
std::string md5_of_trace_header(const std::string& header);  // the same of the one system attribute there is

}  // namespace cairn::sqs
