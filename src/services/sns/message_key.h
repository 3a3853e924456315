#pragma once
#include <string>
#include <string_view>

#include "api/call.h"
#include "services/sns/message.h"
#include "services/sns/topic.h"

namespace cairn::state {
class Sealer;
}

/// Messages of topics with a key of KMS: the text lies under a data key of it until it is delivered. The publisher asks KMS for it, for the
/// topic (encryption context aws:sns:topicArn), and needs GenerateDataKey and Decrypt; a service that publishes asks for itself. Who
/// delivers later has no publisher to ask for, so SNS keeps the data key beside the message, sealed under this server's key.
namespace cairn::sns {

constexpr std::chrono::minutes kDataKeyReuse{5};

class MessageSealer {
 public:
  /// Throws KMS's refusals in SNS's form: KMSAccessDenied ...
  MessageSealer(api::Call& call, const Topic& topic);
  /// The message's document.
  std::string seal(Message message) const;

 private:
  api::Call& call_;
  Secret data_key_;  // empty: the topic has no key
};

/// What stands in such a document. A failure is damage, and thrown as such.
Message open_message(const state::Sealer& sealer, std::string_view document);

}  // namespace cairn::sns
