#pragma once
#include <string_view>

#include "services/s3/notification.h"

namespace cairn::s3 {

/// Puts a happening on the default event bus of the bucket's account, as a note in the same entry of the journal; its bytes. `requester`:
/// an account, or a service.
size_t post(api::Call& call, const Bucket& bucket, const Happening& happening, std::string_view requester, std::string_view address);

}  // namespace cairn::s3
