#pragma once
#include <optional>
#include <string>

#include "services/sqs/place.h"
#include "services/sqs/queue.h"

/// Receipt handles: which message of which queue, and which time that it was received.
namespace cairn::sqs {

std::string handle_of(const Queue& queue, const Place& place);

/// What a handle stands for. Throws ReceiptHandleIsInvalid for what is none of this queue.
struct Receipt {
  std::string seq, receipt;
};
Receipt read_handle(const Queue& queue, const std::string& handle);

}  // namespace cairn::sqs
