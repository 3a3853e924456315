#include "services/iam/last_used.h"

#include <stdexcept>

#include "api/ports.h"
#include "history/store.h"

namespace cairn::iam {
namespace {

constexpr size_t kSessionsMax = 50;  // of a role, that are looked at

history::Page newest(api::Call& call, history::Attribute attribute, std::string_view value, size_t limit) {
  history::Query query;
  query.account = call.account.str();
  query.category = history::Query::Category::kAll;
  query.filters = {{attribute, std::string(value)}};
  query.limit = limit;
  Result<history::Page> page = call.ports->history->search(query);
  if (!page) throw std::runtime_error(page.error().message);
  return std::move(*page);
}

}  // namespace

std::optional<LastUse> last_use_of_key(api::Call& call, std::string_view access_key) {
  const history::Page page = newest(call, history::Attribute::kAccessKeyId, access_key, 1);
  if (page.events.empty()) return std::nullopt;
  const event::Attributes& event = page.events.front().attributes;
  return LastUse{.time = event.time, .service = event.event_source.substr(0, event.event_source.find('.')), .region = event.region};
}

std::optional<LastUse> last_use_of_role(api::Call& call, std::string_view role_arn) {
  std::optional<LastUse> last;
  for (const auto& begun : newest(call, history::Attribute::kResourceName, role_arn, kSessionsMax).events) {
    if (begun.attributes.event_source != "sts.amazonaws.com") continue;
    for (const event::LookupResource& resource : begun.attributes.resources) {
      if (resource.type != "AWS::IAM::AccessKey") continue;
      const std::optional<LastUse> use = last_use_of_key(call, resource.name);
      if (use && (!last || use->time > last->time)) last = use;
    }
  }
  return last;
}

}  // namespace cairn::iam
