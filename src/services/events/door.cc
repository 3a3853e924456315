#include "services/events/door.h"

#include "api/system_tags.h"
#include "base/text.h"
#include "patterns/event/event_pattern.h"
#include "services/events/errors.h"

namespace cairn::events_service {

using rules::BusName;

BusName named_bus(const api::Call& call, const std::string& name) {
  if (name.starts_with("arn:")) {
    if (std::optional<BusName> bus = rules::parse_bus_arn(name)) return std::move(*bus);
    throw Error(kNotFound, "Event bus {} does not exist.", name);
  }
  return {call.account, call.region, name};
}

BusName named_bus(const api::Call& call, const char* member) {
  return named_bus(call, call.in.value(member, std::string(rules::kDefaultBus)));
}

rules::Bus open_bus(api::Call& call, const BusName& name) {
  std::optional<rules::Bus> bus;
  if (name.account == call.account && name.region == call.region) bus = rules::find_bus(*call.state, name);
  if (!bus) throw Error(kNotFound, "Event bus {} does not exist.", name.name);
  return std::move(*bus);
}

rules::Rule open_rule(api::Call& call, const char* member) {
  const BusName bus = open_bus(call, named_bus(call)).at;
  const std::string name = call.in.at(member).get<std::string>();
  std::optional<rules::Rule> rule = rules::find_rule(*call.state, bus, name);
  if (!rule) throw Error(kNotFound, "Rule {} does not exist on EventBus {}.", name, bus.name);
  return std::move(*rule);
}

void each_of_page(api::Call& call, const std::string& folder, const std::string& prefix,
                  const std::function<bool(const std::string& name, const std::string& document)>& f, size_t shown) {
  constexpr char kMark = '>';  // before the last name of a page in its token: there may be none yet
  const size_t limit = call.in.value("Limit", kListedMax);
  std::string after;
  if (const auto token = call.in.find("NextToken"); token != call.in.end()) {
    const std::optional<std::string> name = text::from_base64(token->get<std::string>());
    if (!name || !name->starts_with(kMark)) throw Error(aws::kValidation, "Parameter NextToken is not valid.");
    if (name->size() > 1) after = folder + name->substr(1);
  }
  bool more = true;
  while (more && shown < limit) {
    const state::Page page = call.state->list(folder + prefix, after, limit - shown);
    for (const state::Item& item : page.items) {
      after = item.key;
      shown += f(item.key.substr(folder.size()), item.value) ? 1 : 0;
    }
    more = page.more;
  }
  if (!more || call.state->list(folder + prefix, after, 1).items.empty()) return;
  call.out["NextToken"] = text::base64(kMark + (after.empty() ? "" : after.substr(folder.size())));
}

void refuse(const api::Call& call, std::initializer_list<const char*> members) {
  for (const char* member : members)
    if (call.in.contains(member)) throw Error(aws::kNotImplemented, "{} is not implemented.", member);
}

void check_tag(const api::Call& call, std::string_view key) {
  if (!api::may_set_tag(call, key)) throw Error(aws::kValidation, "Tag keys starting with aws: are reserved for AWS.");
}

rules::Tags read_tags(const api::Call& call, const Json& list) {
  rules::Tags tags;
  for (const Json& tag : list) {
    check_tag(call, tag.at("Key").get_ref<const std::string&>());
    tags[tag.at("Key").get<std::string>()] = tag.at("Value").get<std::string>();
  }
  if (api::counted_tags(tags) > kTagsMax) throw limit_exceeded();
  return tags;
}

Json tags_list(const rules::Tags& tags) {
  Json list = Json::array();
  for (const auto& [key, value] : tags) list.push_back({{"Key", key}, {"Value", value}});
  return list;
}

void check_pattern(const std::string& pattern) {
  if (const auto read = patterns::EventPattern::read(pattern); !read)
    throw Error(kInvalidEventPattern, "Event pattern is not valid. Reason: {}", read.error().message);
}

}  // namespace cairn::events_service
