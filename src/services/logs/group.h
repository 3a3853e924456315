#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "api/call.h"

namespace cairn::logs_service {

/// A log group as its document tells it.
struct Group {
  std::string name;
  std::string id;  // of this one only: a group that is made again under its name is another
  aws::AccountId account;
  aws::Region region;
  Time created;
  std::optional<int64_t> retention_days;  // nullopt: events never expire
  std::string log_class = "STANDARD";
  bool is_protected = false;  // against deletion
  std::map<std::string, std::string> tags;
  std::string kms_key;    // ARN, under which events that come now are sealed (group_key.h); "": none
  uint32_t data_key = 0;  // the number of the group's newest; 0: it never had one
  Time data_key_made;

  std::string arn() const;
  /// The oldest event that is still wanted, in milliseconds since 1970.
  int64_t oldest_wanted(Time now) const;
};

std::string encode(const Group& group);
Group decode_group(std::string_view document);

namespace documents {
std::string groups_in(const aws::AccountId& account, const aws::Region& region);
std::string group(const aws::AccountId& account, const aws::Region& region, std::string_view name);
std::string group_id(std::string_view id);  // holds the key of the group's document
std::string streams_of(std::string_view group_id);
std::string stream(std::string_view group_id, std::string_view name);
std::string data_keys_of(std::string_view group_id);
std::string data_key(std::string_view group_id, uint32_t number);
std::string abandoned(std::string_view group_id);  // its streams and data keys are still to be erased
inline constexpr std::string_view kAbandoned = "logs/abandoned/";
}  // namespace documents

std::optional<Group> find_group(api::Call& call, std::string_view name);
/// Throws ResourceNotFoundException.
Group open_group(api::Call& call, std::string_view name);
/// The group in call.in: `logGroupName`, or `logGroupIdentifier` (a name or an ARN). Throws InvalidParameterException, if there are both
/// or none, and ResourceNotFoundException.
Group open_named_group(api::Call& call);
/// The name in a group's ARN, which may end in ":*". Throws InvalidParameterException; ResourceNotFoundException for another's.
std::string name_of_arn(const api::Call& call, std::string_view arn);
void put_group(api::Call& call, const Group& group);

/// The call's `tags`, if it has any, added to the group's.
void take_tags(const api::Call& call, Group& group);
/// Throws InvalidParameterException if the caller may not set or remove a tag of this key.
void check_tag(const api::Call& call, std::string_view key);

}  // namespace cairn::logs_service
