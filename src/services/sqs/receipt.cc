#include "services/sqs/receipt.h"

#include "base/text.h"
#include "services/sqs/errors.h"

namespace cairn::sqs {

std::string handle_of(const Queue& queue, const Place& place) {
  return text::base64(fmt::format("{} {} {}", queue.id, place.seq, place.receipt));
}

Receipt read_handle(const Queue& queue, const std::string& handle) {
  const std::optional<std::string> text = text::from_base64(handle);
  const std::vector<std::string_view> parts = text::split(text ? std::string_view(*text) : std::string_view(), ' ');
  // Messages that were purged stood under another id: their handles are as good as those of messages that were deleted.
  if (parts.size() != 3 || !text::to_uint(parts[1]))
    throw Error(kReceiptHandleIsInvalid, "The input receipt handle \"{}\" is not a valid receipt handle.", handle);
  return {parts[0] == queue.id ? std::string(parts[1]) : "", std::string(parts[2])};
}

}  // namespace cairn::sqs
