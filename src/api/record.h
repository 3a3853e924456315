#pragma once
#include <string>
#include <vector>

#include "api/job.h"

namespace cairn::api {

/// The CloudTrail record of a decided call, from what was asked and what `response` says; and the copy for another account, where the call
/// succeeded on what that account owns.
std::vector<std::string> records(const Job& job, const Ports& ports);
/// The same of a call that came in no exchange.
std::vector<std::string> records(const Call& call, const aws::Error* error, const Ports& ports);

/// The wire form of the decision: the model's output, or the error in the protocol's clothes, with request ids.
http::Response answer(Job& job);

}  // namespace cairn::api
