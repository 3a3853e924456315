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

/// How the contents of a queue's messages lie at rest: under this server's own key, under a data key of the queue's key of KMS, which is
/// asked for by the sender and used again for the queue's reuse period, or in the clear.
class ContentSealer {
 public:
  /// Throws KMS's refusals in SQS's form: KmsAccessDenied ...
  ContentSealer(api::Call& call, const Queue& queue);
  /// The document of a message's content. `key`: the document's, which is bound in.
  std::string seal(const Content& content, const std::string& key) const;

 private:
  api::Call& call_;
  const bool is_plain_;
  std::string kms_head_;  // what tells of the data key; "": there is none
  Secret data_key_;
};
/// The content under that key, opened by the receiver if it is under a key of KMS. `queue`: where it is now. Throws KMS's refusals; other
/// failures are damage, and thrown as such.
Content read_content(api::Call& call, const Queue& queue, std::string_view seq);

std::string md5_of(std::string_view body);                   // hex
std::string md5_of(const MessageAttributes& attributes);     // hex; "": there are none
std::string md5_of_trace_header(const std::string& header);  // the same of the one system attribute there is

}  // namespace cairn::sqs
