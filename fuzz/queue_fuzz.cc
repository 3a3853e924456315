// What SQS reads itself: receipt handles, URLs of queues, and redrive policies. Any text is one or is refused; what SQS wrote is read as
// it was. Forms are query_fuzz's.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "aws/error.h"
#include "services/sqs/attributes.h"
#include "services/sqs/receipt.h"

namespace cairn::sqs {
namespace {

void read_as_handle(const Queue& queue, const std::string& text) {
  try {
    const Receipt receipt = read_handle(queue, text);
    const Receipt again =
        read_handle(queue, handle_of(queue, {.seq = receipt.seq.empty() ? "1" : receipt.seq, .receipt = receipt.receipt}));
    if (again.receipt != receipt.receipt || (!receipt.seq.empty() && again.seq != receipt.seq)) std::abort();
  } catch (const aws::Error&) {
  }
}

void read_as_url(const std::string& text) {
  try {
    if (address_of_url(text).account.str().find('/') != std::string::npos) std::abort();
  } catch (const aws::Error&) {
  }
}

void read_as_redrive_policy(Queue queue, const std::string& text) {
  queue.attributes["RedrivePolicy"] = text;
  const std::optional<Redrive> redrive = redrive_of(queue);
  if (redrive && (redrive->receives_max < 1 || redrive->receives_max > 1000)) std::abort();
}

void run(const std::string& text) {
  Queue queue;
  queue.name = "q";
  queue.id = "0123456789abcdefghij";
  read_as_handle(queue, text);
  read_as_handle(queue, handle_of(queue, {.seq = "11883055222558171554", .receipt = text}));
  read_as_url(text);
  read_as_redrive_policy(queue, text);
}

}  // namespace
}  // namespace cairn::sqs

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  cairn::sqs::run(std::string(reinterpret_cast<const char*>(bytes), size));
  return 0;
}
