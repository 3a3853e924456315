#include "services/cloudtrail/tag_set.h"

#include <cctype>
#include <set>
#include <string>

#include "api/system_tags.h"
#include "base/check.h"
#include "base/text.h"
#include "services/cloudtrail/errors.h"

namespace cairn::cloudtrail {
namespace {

constexpr size_t kTagsMax = 50;
constexpr size_t kKeyCharactersMax = 128, kValueCharactersMax = 256;

std::string key_of(const delivery::Trail& trail) {
  return fmt::format("cloudtrail/tags/{}/{}/{}", trail.account.str(), trail.home.str(), trail.name);
}

/// Letters, digits and blanks of any script, and _ . : / = + - @.
bool is_tag_text(std::string_view s) {
  return std::ranges::all_of(s, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x80 || std::isalnum(byte) != 0 || std::string_view(" _.:/=+-@").find(c) != std::string_view::npos;
  });
}

void check_key(const api::Call& call, const std::string& key) {
  if (key.empty() || text::code_points(key) > kKeyCharactersMax)
    throw Error(kInvalidTagParameter, "A tag's key has 1 to {} characters.", kKeyCharactersMax);
  if (!is_tag_text(key))
    throw Error(kInvalidTagParameter, "The tag key {} holds characters other than letters, digits, blanks and _.:/=+-@.", key);
  if (!api::may_set_tag(call, key)) throw Error(kInvalidTagParameter, "The tag key {} begins with aws:, which is reserved.", key);
}

void check_value(const std::string& key, const std::string& value) {
  if (text::code_points(value) > kValueCharactersMax)
    throw Error(kInvalidTagParameter, "The value of tag {} is longer than {} characters.", key, kValueCharactersMax);
  if (!is_tag_text(value))
    throw Error(kInvalidTagParameter, "The value of tag {} holds characters other than letters, digits, blanks and _.:/=+-@.", key);
}

}  // namespace

Json read_tags(api::Call& call, const delivery::Trail& trail) {
  const std::optional<std::string> document = call.state->get(key_of(trail));
  if (!document) return Json::object();
  Result<Json> tags = json::parse(*document);
  CHECK(tags.has_value());  // we wrote it
  return *std::move(tags);
}

void write_tags(api::Call& call, const delivery::Trail& trail, const Json& tags) {
  if (!tags.empty()) call.state->put(key_of(trail), json::dump(tags));
  else if (call.state->exists(key_of(trail))) call.state->erase(key_of(trail));
}

void add_tags(const api::Call& call, const Json& list, Json& tags) {
  std::set<std::string> seen;
  for (const Json& tag : list) {
    const std::string key = tag.value("Key", "");
    check_key(call, key);
    if (!seen.insert(key).second) throw Error(kInvalidTagParameter, "The tag key {} is given twice.", key);
    tags[key] = nullptr;
    if (!tag.contains("Value")) continue;
    check_value(key, tag["Value"].get<std::string>());
    tags[key] = tag["Value"];
  }
  if (api::counted_tags(tags) > kTagsMax) throw Error(kTagsLimitExceeded, "A trail has at most {} tags.", kTagsMax);
}

void remove_tags(const api::Call& call, const Json& list, Json& tags) {
  for (const Json& tag : list) {
    const std::string key = tag.value("Key", "");
    check_key(call, key);
    tags.erase(key);
  }
}

Json tags_list(const Json& tags) {
  Json list = Json::array();
  for (const auto& [key, value] : tags.items()) {
    Json& tag = list.emplace_back(Json{{"Key", key}});
    if (!value.is_null()) tag["Value"] = value;
  }
  return list;
}

}  // namespace cairn::cloudtrail
