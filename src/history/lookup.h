#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "history/store.h"

/// What LookupEvents and SearchEvents have in common: parameters by model names in, answers by model names out. Failures are thrown
/// as aws::Error in CloudTrail's codes.
namespace cairn::history {

/// StartTime and EndTime.
void read_times(const Json& in, Query& query);

/// NextToken, whose cursor it puts into `query`. A token belongs to the operation, the account, and everything asked but page size and
/// place: with anything else it is refused.
class Tokens {
 public:
  Tokens(std::string_view operation, const Json& in, const Query& query);
  void read(const Json& in, Query& query) const;
  std::string write(const Cursor& cursor) const;

 private:
  std::string parameters_;
};

/// The page that `query` asks for, continued at NextToken if there is one, as the body of an answer: {"Events", "NextToken"}, and "Hints"
/// if there are any. It is text at once, as documents of its events would cost as much as finding them. `write_members` writes an event's
/// members, in the model's order.
using WriteMembers = void (*)(json::Writer& out, const Event& event);
std::string answer(History& history, std::string_view operation, const Json& in, Query query, WriteMembers write_members,
                   const std::vector<std::string>& hints = {});

/// What LookupEvents shows of an event; members that a record has no value for are absent.
void write_lookup_members(json::Writer& out, const Event& event);

}  // namespace cairn::history
