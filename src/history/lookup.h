#pragma once
#include <string>
#include <string_view>

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

/// The page that `query` asks for, continued at NextToken if there is one, as {"Events", "NextToken"}; `event_of` shows an event.
using EventOf = Json (*)(Event&& event);
Json answer(History& history, std::string_view operation, const Json& in, Query query, EventOf event_of);

/// An event as LookupEvents shows it; members that a record has no value for are absent.
Json lookup_event(Event&& event);

}  // namespace cairn::history
