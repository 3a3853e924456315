#pragma once
#include <string>

#include "event/facts.h"

namespace cairn::event {

/// The CloudTrail record, eventVersion 1.11: compact JSON, members in AWS's order, secrets left out or hidden, cut to
/// kRecordBytesMax as AWS cuts. Pure; any thread. Rules and their evidence: docs/formats/record.md.
std::string build(const Facts& facts);

constexpr size_t kRecordBytesMax = 256 << 10;

}  // namespace cairn::event
