#include <algorithm>
#include <array>

#include "api/operation.h"
#include "api/ports.h"
#include "logs/store.h"
#include "services/logs/errors.h"
#include "services/logs/group_key.h"
#include "services/logs/metric_filter.h"
#include "services/logs/page.h"

/// Log groups and how long they keep their events.
namespace cairn::logs_service {
namespace {

constexpr int64_t kRetentionDays[] = {1,   3,   5,   7,   14,   30,   60,   90,   120,  150,  180,
                                      365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653};
constexpr const char* kIdAlphabet = "0123456789abcdefghijklmnopqrstuvwxyz";
constexpr size_t kIdCharacters = 20;

/// Differs from AWS: classes are STANDARD and INFREQUENT_ACCESS, which is kept like the former.
void create_log_group(api::Call& call) {
  const std::string name = call.in.at("logGroupName").get<std::string>();
  if (name.starts_with("aws/")) throw Error(kInvalidParameter, "Log groups starting with AWS/ are reserved for AWS.");
  if (find_group(call, name)) throw Error(kAlreadyExists, "The specified log group already exists");
  Group group{.name = name,
              .id = call.ports->random->letters(kIdCharacters, kIdAlphabet),
              .account = call.account,
              .region = call.region,
              .created = call.now,
              .retention_days = std::nullopt,
              .log_class = call.in.value("logGroupClass", "STANDARD"),
              .is_protected = call.in.value("deletionProtectionEnabled", false),
              .tags = {},
              .kms_key = {},
              .data_key_made = {}};
  if (group.log_class != "STANDARD" && group.log_class != "INFREQUENT_ACCESS")
    throw Error(aws::kNotImplemented, "Log groups of class {} are not implemented.", group.log_class);
  take_tags(call, group);
  if (const auto key = call.in.find("kmsKeyId"); key != call.in.end()) associate_key(call, group, key->get<std::string>());
  put_group(call, group);
  call.state->put(documents::group_id(group.id), documents::group(call.account, call.region, name));
}

/// Its streams go a little later (upkeep.h): nobody can name them any more.
void delete_log_group(api::Call& call) {
  const Group group = open_group(call, call.in.at("logGroupName").get<std::string>());
  if (group.is_protected) throw Error(kInvalidParameter, "The log group is protected against deletion.");
  call.state->erase(documents::group(group.account, group.region, group.name));
  call.state->erase(documents::group_id(group.id));
  call.state->put(documents::abandoned(group.id), "");
  for (const state::Item& filter : call.state->list(documents::metric_filters_of(group), "", state::Transaction::kListMax).items)
    call.state->erase(filter.key);
}

Json shown(const api::Call& call, const Group& group) {
  Json out{{"logGroupName", group.name}, {"creationTime", group.created.time_since_epoch().count()}};
  if (group.retention_days) out["retentionInDays"] = *group.retention_days;
  out["metricFilterCount"] = call.state->list(documents::metric_filters_of(group), "", state::Transaction::kListMax).items.size();
  out["arn"] = group.arn() + ":*";
  out["storedBytes"] = call.ports->logs->stored_bytes(group.id);
  out["logGroupClass"] = group.log_class;
  out["logGroupArn"] = group.arn();
  if (!group.kms_key.empty()) out["kmsKeyId"] = group.kms_key;
  out["deletionProtectionEnabled"] = group.is_protected;
  return out;
}

bool contains_ignoring_case(std::string_view text, std::string_view part) {
  const auto is_same = [](char a, char b) { return std::tolower(a) == std::tolower(b); };
  return std::search(text.begin(), text.end(), part.begin(), part.end(), is_same) != text.end();
}

void describe_log_groups(api::Call& call) {
  const Json& in = call.in;
  const std::string prefix = in.value("logGroupNamePrefix", ""), part = in.value("logGroupNamePattern", "");
  if (!prefix.empty() && !part.empty())
    throw Error(kInvalidParameter, "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.");
  if (in.value("includeLinkedAccounts", false) || in.contains("accountIdentifiers"))
    throw Error(aws::kNotImplemented, "Log groups of linked accounts are not implemented.");
  const std::string log_class = in.value("logGroupClass", "");
  call.out["logGroups"] = Json::array();
  if (const auto named = in.find("logGroupIdentifiers"); named != in.end()) {
    for (const Json& each : *named) {
      const std::string text = each.get<std::string>();
      if (const auto group = find_group(call, text.starts_with("arn:") ? name_of_arn(call, text) : text))
        call.out["logGroups"].push_back(shown(call, *group));
    }
    return;
  }
  each_of_page(call, documents::groups_in(call.account, call.region), prefix, [&](const std::string& document) {
    const Group group = decode_group(document);
    if (!log_class.empty() && group.log_class != log_class) return false;
    if (!part.empty() && !contains_ignoring_case(group.name, part)) return false;
    call.out["logGroups"].push_back(shown(call, group));
    return true;
  });
}

void put_retention_policy(api::Call& call) {
  Group group = open_group(call, call.in.at("logGroupName").get<std::string>());
  const auto days = call.in.at("retentionInDays").get<int64_t>();
  if (std::ranges::find(kRetentionDays, days) == std::end(kRetentionDays)) {
    throw Error(kInvalidParameter,
                "1 validation error detected: Value '{}' at 'retentionInDays' failed to satisfy constraint: Member must satisfy enum value "
                "set: [{}]",
                days, fmt::join(kRetentionDays, ", "));
  }
  group.retention_days = days;
  put_group(call, group);
}

void delete_retention_policy(api::Call& call) {
  Group group = open_group(call, call.in.at("logGroupName").get<std::string>());
  group.retention_days = std::nullopt;
  put_group(call, group);
}

void put_deletion_protection(api::Call& call) {
  const std::string text = call.in.at("logGroupIdentifier").get<std::string>();
  Group group = open_group(call, text.starts_with("arn:") ? name_of_arn(call, text) : text);
  group.is_protected = call.in.at("deletionProtectionEnabled").get<bool>();
  put_group(call, group);
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"CreateLogGroup", create_log_group},
    {"DeleteLogGroup", delete_log_group},
    {"DeleteRetentionPolicy", delete_retention_policy},
    {"DescribeLogGroups", describe_log_groups},
    {"PutLogGroupDeletionProtection", put_deletion_protection},
    {"PutRetentionPolicy", put_retention_policy},
});

}  // namespace
}  // namespace cairn::logs_service

namespace cairn::services {
extern const api::Family logs_groups;
const api::Family logs_groups{.service = "logs", .operations = logs_service::kOperations};
}  // namespace cairn::services
