#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "services/cloudformation/doing.h"

/// A bucket's properties, which templates write otherwise than S3's calls.
namespace cairn::cloudformation {

struct BucketSetting {
  std::string_view property;
  std::string_view put, member;                     // the call, and its member that is the body
  Json (*written)(const Json& property) = nullptr;  // as the call wants it; null: as it is
  std::string_view remove = {};                     // the call that takes it away; "": putting what is empty does
  Json empty = Json::object();
  bool is_of_creation = false;                 // CreateBucket sets it
  std::string_view get = {};                   // the call that tells it; "": it is not read
  std::vector<std::string_view> members = {};  // all that the property may have, where `written` picks
  Json (*read)(const Json& answer) = nullptr;  // what `written` wrote, as the property has it; null: `member` of the answer, or all of it
};
std::span<const BucketSetting> bucket_settings();  // in the order in which they can be set
/// Puts it, as it is now, into `doing.live`.
void read_setting(Doing& doing, const BucketSetting& setting);
/// Throws Failed, naming what nobody would look at.
void check_setting(const Doing& doing, const BucketSetting& setting);
/// Sets it as it is wanted, or takes it away.
void put_setting(Doing& doing, const BucketSetting& setting);

std::string canned_acl(const std::string& word);  // LogDeliveryWrite: log-delivery-write

}  // namespace cairn::cloudformation
