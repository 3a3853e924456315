#pragma once
#include <string_view>

#include "api/call.h"

namespace cairn::api {

/// An answer that is about to be recorded, and to leave.
struct Leaving {
  const http::Exchange& exchange;  // what it answers
  Time arrived;                    // when the head of that was read
  http::Response& response;
  const aws::Error* error = nullptr;  // null: a success
};

/// A service's last look at each of its answers, refusals included: it may add headers, and notes to `call.state`. It may run again after
/// a conflict. Touches memory only.
using Finish = void (*)(Call& call, const Leaving& leaving);

void install_finish(std::string_view service, Finish finish);  // once for a service, before the first call
Finish finish_of(std::string_view service);                    // null: it has none

}  // namespace cairn::api
