#pragma once
#include <chrono>

#include "aws/error.h"
#include "services/sqs/content.h"

/// A message as a client sends it: SendMessage's parameters, or an entry of a batch.
namespace cairn::sqs {

struct Draft {
  Content content;  // but for its id
  std::chrono::seconds delay{0};
};

/// Bytes that count: of the body, and of names, types and values of attributes.
size_t size_of(const Json& parameters);
/// Group and deduplication id, where the queue's kind wants them. `missing`: how an absent group is refused.
void check_fifo_parameters(const Queue& queue, const Json& parameters, const aws::ErrorKind& missing);
/// Throws InvalidParameterValue, InvalidMessageContents, MissingParameter.
Draft read_draft(const api::Call& call, const Queue& queue, const Json& parameters);

}  // namespace cairn::sqs
