#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::search {

/// What was probably meant by the name of a field that no record of CloudTrail's has: `eventName` by `eventname`. None for those that they
/// have, for all below requestParameters and its like, where anything may stand, and for what resembles nothing.
std::optional<std::string> meant_field(std::string_view name);

/// For a person, of each of these fields that nothing is found by: "CloudTrail's records have no field 'eventname': did you mean
/// 'eventName'?"
std::vector<std::string> hints_of(const std::vector<std::string>& fields);

}  // namespace cairn::search
