#include "services/logs/group.h"

#include <limits>

#include "api/system_tags.h"
#include "services/logs/errors.h"

namespace cairn::logs_service {

std::string Group::arn() const { return fmt::format("arn:aws:logs:{}:{}:log-group:{}", region.str(), account.str(), name); }

int64_t Group::oldest_wanted(Time now) const {
  if (!retention_days) return std::numeric_limits<int64_t>::min();
  return (now - std::chrono::hours(24 * *retention_days)).time_since_epoch().count();
}

std::string encode(const Group& group) {
  Json document{{"name", group.name},
                {"id", group.id},
                {"account", group.account.str()},
                {"region", group.region.str()},
                {"created", group.created.time_since_epoch().count()},
                {"class", group.log_class}};
  if (group.retention_days) document["retention"] = *group.retention_days;
  if (group.is_protected) document["protected"] = true;
  if (!group.tags.empty()) document["tags"] = group.tags;
  if (!group.kms_key.empty()) document["kmsKey"] = group.kms_key;
  if (group.data_key > 0) {
    document["dataKey"] = group.data_key;
    document["dataKeyMade"] = group.data_key_made.time_since_epoch().count();
  }
  return json::dump(document);
}

Group decode_group(std::string_view text) {
  const Json document = json::parse(text).value();  // we wrote it
  Group group;
  group.name = document.at("name").get<std::string>();
  group.id = document.at("id").get<std::string>();
  group.account = aws::AccountId(document.at("account").get<std::string>());
  group.region = aws::Region(document.at("region").get<std::string>());
  group.created = Time(std::chrono::milliseconds(document.at("created").get<int64_t>()));
  group.log_class = document.at("class").get<std::string>();
  if (document.contains("retention")) group.retention_days = document.at("retention").get<int64_t>();
  group.is_protected = document.value("protected", false);
  if (const auto tags = document.find("tags"); tags != document.end())
    for (const auto& [key, value] : tags->items()) group.tags[key] = value.get<std::string>();
  group.kms_key = document.value("kmsKey", "");
  group.data_key = document.value("dataKey", uint32_t{0});
  group.data_key_made = Time(std::chrono::milliseconds(document.value("dataKeyMade", int64_t{0})));
  return group;
}

namespace documents {

std::string groups_in(const aws::AccountId& account, const aws::Region& region) {
  return fmt::format("logs/group/{}/{}/", account.str(), region.str());
}
std::string group(const aws::AccountId& account, const aws::Region& region, std::string_view name) {
  return groups_in(account, region).append(name);
}
std::string group_id(std::string_view id) { return fmt::format("logs/group-id/{}", id); }
std::string streams_of(std::string_view group_id) { return fmt::format("logs/stream/{}/", group_id); }
std::string stream(std::string_view group_id, std::string_view name) { return streams_of(group_id).append(name); }
std::string data_keys_of(std::string_view group_id) { return fmt::format("logs/data-key/{}/", group_id); }
std::string data_key(std::string_view group_id, uint32_t number) { return fmt::format("{}{:010}", data_keys_of(group_id), number); }
std::string abandoned(std::string_view group_id) { return std::string(kAbandoned).append(group_id); }

}  // namespace documents

std::optional<Group> find_group(api::Call& call, std::string_view name) {
  const std::optional<std::string> document = call.state->get(documents::group(call.account, call.region, name));
  if (!document) return std::nullopt;
  return decode_group(*document);
}

Group open_group(api::Call& call, std::string_view name) {
  std::optional<Group> group = find_group(call, name);
  if (!group) throw Error(kNotFound, "The specified log group does not exist.");
  return std::move(*group);
}

std::string name_of_arn(const api::Call& call, std::string_view arn) {
  const std::string own = fmt::format("arn:aws:logs:{}:{}:log-group:", call.region.str(), call.account.str());
  if (!arn.starts_with("arn:aws:logs:") || arn.find(":log-group:") == std::string_view::npos)
    throw Error(kInvalidParameter, "{} is not the ARN of a log group.", arn);
  if (!arn.starts_with(own)) throw Error(kNotFound, "The specified log group does not exist.");
  std::string_view name = arn.substr(own.size());
  if (name.ends_with(":*")) name.remove_suffix(2);
  return std::string(name);
}

Group open_named_group(api::Call& call) {
  const std::string name = call.in.value("logGroupName", ""), identifier = call.in.value("logGroupIdentifier", "");
  if (!name.empty() && !identifier.empty())
    throw Error(kInvalidParameter, "LogGroup name and LogGroup ARN are mutually exclusive parameters.");
  if (name.empty() && identifier.empty())
    throw Error(kInvalidParameter, "Exactly one of log group name and log group identifier must be specified.");
  if (!name.empty()) return open_group(call, name);
  return open_group(call, identifier.starts_with("arn:") ? name_of_arn(call, identifier) : identifier);
}

void put_group(api::Call& call, const Group& group) {
  call.state->put(documents::group(group.account, group.region, group.name), encode(group));
}

void take_tags(const api::Call& call, Group& group) {
  const auto tags = call.in.find("tags");
  if (tags == call.in.end()) return;
  for (const auto& [key, value] : tags->items()) {
    check_tag(call, key);
    group.tags[key] = value.get<std::string>();
  }
}

void check_tag(const api::Call& call, std::string_view key) {
  if (!api::may_set_tag(call, key)) throw Error(kInvalidParameter, "Tag keys starting with aws: are reserved for AWS.");
}

}  // namespace cairn::logs_service
