#include "services/sqs/page.h"

#include "base/text.h"
#include "services/sqs/documents.h"
#include "services/sqs/errors.h"

namespace cairn::sqs {
namespace {

constexpr int64_t kListedMax = 1000;
constexpr size_t kReadAtOnce = 200;

}  // namespace

void each_of_page(api::Call& call, const aws::AccountId& account, const std::string& prefix,
                  const std::function<bool(const Queue&)>& show) {
  int64_t limit = kListedMax;
  if (call.in.contains("MaxResults")) limit = call.in["MaxResults"].get<int64_t>();
  if (limit < 1 || limit > kListedMax)
    throw invalid_value(limit, "MaxResults", fmt::format("MaxResults must be an integer between 1 and {}.", kListedMax));
  const std::string all = documents::queues_in(account, call.region);
  std::string after;
  if (call.in.contains("NextToken")) {
    const std::optional<std::string> name = text::from_base64(call.in["NextToken"].get<std::string>());
    if (!name) throw Error(kInvalidParameterValue, "Invalid or expired next token.");
    after = all + *name;
  }
  int64_t shown = 0;
  for (bool more = true; more;) {
    const state::Page page = call.state->list(all + prefix, after, kReadAtOnce);
    more = page.more;
    for (const state::Item& item : page.items) {
      // Told only to those who said how many they want, as AWS has it.
      if (shown == limit) {
        if (call.in.contains("MaxResults")) call.out["NextToken"] = text::base64(after.substr(all.size()));
        return;
      }
      after = item.key;
      if (show(decode_queue(item.value))) ++shown;
    }
  }
}

}  // namespace cairn::sqs
