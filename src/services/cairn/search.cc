#include "api/operation.h"
#include "api/ports.h"
#include "aws/error.h"
#include "history/lookup.h"
#include "services/cairn/asked.h"
#include "services/cairn/shown.h"

namespace cairn::services {
namespace {

constexpr int64_t kResultsMax = 1000;
constexpr int64_t kResultsUsual = 50;
constexpr size_t kWorkBytesMax = 64 << 20;           // of records that one page looks at ...
constexpr std::chrono::milliseconds kWorkMax{2000};  // ... and for how long

/// Like CloudTrail's LookupEvents, without its limits: conditions on anything (docs/search.md), several regions and accounts, data events,
/// both orders, up to 1,000 events a page, and NewerThan for those who follow the newest. A page may end early, even without an event,
/// when much had to be looked at for it: NextToken goes on.
void search_events(api::Call& call) {
  const Asked asked(call);
  history::Query query = asked.query();
  const int64_t limit = call.in.value("MaxResults", kResultsUsual);
  if (limit < 1 || limit > kResultsMax) throw aws::Error(aws::kValidation, "MaxResults must be between 1 and {}.", kResultsMax);
  query.limit = static_cast<size_t>(limit);
  query.work_bytes_max = kWorkBytesMax;
  query.work_time_max = kWorkMax;
  call.reply.body = history::answer(*call.ports->history, "SearchEvents", call.in, query, write_shown_members, asked.hints());
  asked.tell_accounts(call);
}

constexpr api::Operation kOperations[] = {
    {.name = "SearchEvents", .handle = search_events, .runs = api::Runs::kPool},
};

}  // namespace

extern const api::Family cairn_search;
const api::Family cairn_search{"cairn", kOperations, api::Decides::kHandler};

}  // namespace cairn::services
