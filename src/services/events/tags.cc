#include <array>

#include "api/operation.h"
#include "api/system_tags.h"
#include "base/text.h"
#include "services/events/door.h"
#include "services/events/errors.h"

/// Tags of rules and buses.
namespace cairn::events_service {
namespace {

using rules::Bus;
using rules::BusName;
using rules::Rule;
using rules::Tags;

/// Changes, or shows, the tags of what the call's ResourceARN names.
template <class F>
void with_tags(api::Call& call, F&& f) {
  const std::string arn = call.in.at("ResourceARN").get<std::string>();
  const std::string own = fmt::format("arn:aws:events:{}:{}:", call.region.str(), call.account.str());
  const std::string_view what = arn.starts_with(own) ? std::string_view(arn).substr(own.size()) : std::string_view();
  const std::vector<std::string_view> parts = text::split(what, '/');
  if (parts[0] == "event-bus" && parts.size() == 2) {
    Bus bus = open_bus(call, {call.account, call.region, std::string(parts[1])});
    if (f(bus.tags)) call.state->put(rules::keys::bus(bus.at), encode(bus));
    return;
  }
  if (parts[0] == "rule" && (parts.size() == 2 || parts.size() == 3)) {
    const BusName bus{call.account, call.region, std::string(parts.size() == 3 ? parts[1] : rules::kDefaultBus)};
    std::optional<Rule> rule = rules::find_rule(*call.state, bus, parts.back());
    if (!rule) throw Error(kNotFound, "Rule {} does not exist on EventBus {}.", parts.back(), bus.name);
    if (f(rule->tags)) rules::put(*call.state, *rule);
    return;
  }
  throw Error(kNotFound, "The resource {} does not exist or has no tags.", arn);
}

void tag_resource(api::Call& call) {
  with_tags(call, [&](Tags& tags) {
    for (auto& [key, value] : read_tags(call, call.in.at("Tags"))) tags[key] = value;
    if (api::counted_tags(tags) > kTagsMax) throw limit_exceeded();
    return true;
  });
}

void untag_resource(api::Call& call) {
  with_tags(call, [&](Tags& tags) {
    for (const Json& key : call.in.at("TagKeys")) {
      check_tag(call, key.get_ref<const std::string&>());
      tags.erase(key.get<std::string>());
    }
    return true;
  });
}

void list_tags_for_resource(api::Call& call) {
  with_tags(call, [&](const Tags& tags) {
    call.out["Tags"] = tags_list(tags);
    return false;
  });
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"ListTagsForResource", list_tags_for_resource},
    {"TagResource", tag_resource},
    {"UntagResource", untag_resource},
});

}  // namespace
}  // namespace cairn::events_service

namespace cairn::services {
extern const api::Family events_tags;
const api::Family events_tags{.service = "events", .operations = events_service::kOperations};
}  // namespace cairn::services
