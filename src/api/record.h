#pragma once
#include <optional>
#include <string>

#include "api/job.h"

namespace cairn::api {

/// The CloudTrail record of a decided call, from what was asked and what `response` says.
std::string record(const Job& job, const Ports& ports);

/// The wire form of the decision: the model's output, or the error in the protocol's clothes, with request ids.
http::Response answer(Job& job);

}  // namespace cairn::api
