#include "services/s3/tags.h"

#include <algorithm>

#include "api/system_tags.h"
#include "base/text.h"
#include "services/s3/errors.h"
#include "services/s3/input.h"

namespace cairn::s3 {
namespace {

constexpr size_t kObjectTagsMax = 10, kBucketTagsMax = 50;
constexpr size_t kKeyCharactersMax = 128, kValueCharactersMax = 256;

/// Letters, digits and blanks of any script, and _ . : / = + - @.
bool is_tag_text(std::string_view s, size_t characters_max) {
  if (!text::is_utf8(s) || text::code_points(s) > characters_max) return false;
  for (unsigned char c : s) {
    if (c >= 0x80 || std::isalnum(c) || std::string_view(" _.:/=+-@").find(static_cast<char>(c)) != std::string_view::npos) continue;
    return false;
  }
  return true;
}

void check_tag(const std::string& key, const std::string& value, Tagged what) {
  if (key.empty() || !is_tag_text(key, kKeyCharactersMax))
    throw Error(kInvalidTag, "The TagKey you have provided is invalid").with("TagKey", key);
  if (!is_tag_text(value, kValueCharactersMax))
    throw Error(kInvalidTag, "The TagValue you have provided is invalid").with("TagKey", key).with("TagValue", value);
  if (!text::lower(key).starts_with("aws:")) return;
  switch (what) {
    case Tagged::kObject:
      throw Error(kInvalidTag, "Your TagKey cannot be prefixed with aws:").with("TagKey", key);
    case Tagged::kBucket:
      throw Error(kInvalidTag, "System tags cannot be added/updated by requester").with("TagKey", key);
    case Tagged::kNewBucket:
      throw Error(kInvalidTag,
                  "User-defined tag keys can't start with \"aws:\". This prefix is reserved for system tags. Remove \"aws:\" "
                  "from your tag keys and try again.");
  }
}

void check_count(size_t count, Tagged what) {
  if (what == Tagged::kObject && count > kObjectTagsMax) throw Error(kBadRequest, "Object tags cannot be greater than {}", kObjectTagsMax);
  if (count > kBucketTagsMax) throw Error(kBadRequest, "Bucket tag count cannot be greater than {}", kBucketTagsMax);
}

const std::string* duplicate(const Tags& sorted) {
  const auto at = std::ranges::adjacent_find(sorted, {}, &std::pair<std::string, std::string>::first);
  return at == sorted.end() ? nullptr : &at->first;
}

}  // namespace

Tags bucket_tags_of(const api::Call& call, const Json& set, const Tags& before, Tagged what) {
  Json own = Json::array();
  Tags system;
  for (const Json& item : set) {
    const std::string key = has(item, "Key") ? text_of(item, "Key") : "";
    const std::pair<std::string, std::string> tag(key, has(item, "Value") ? text_of(item, "Value") : "");
    const bool stays = std::ranges::find(before, tag) != before.end();
    if (api::is_system_tag(key) && (stays || api::may_set_tag(call, key))) system.push_back(tag);
    else own.push_back(item);
  }
  Tags tags = tags_of(own, what);
  for (const auto& tag : before)
    if (!api::may_set_tag(call, tag.first) && std::ranges::find(system, tag) == system.end())
      throw Error(kInvalidTag, "System tags cannot be removed by requester").with("TagKey", tag.first);
  tags.insert(tags.end(), system.begin(), system.end());
  std::ranges::stable_sort(tags, {}, &std::pair<std::string, std::string>::first);
  return tags;
}

Tags tags_of(const Json& set, Tagged what) {
  Tags tags;
  for (const Json& item : set) {
    if (!has(item, "Key") || !has(item, "Value")) throw malformed_xml();
    tags.emplace_back(text_of(item, "Key"), text_of(item, "Value"));
  }
  for (const auto& [key, value] : tags) check_tag(key, value, what);
  check_count(tags.size(), what);
  std::ranges::stable_sort(tags, {}, &std::pair<std::string, std::string>::first);
  if (const std::string* key = duplicate(tags))
    throw Error(kInvalidTag, "Cannot provide multiple Tags with the same key").with("TagKey", *key);
  return tags;
}

Tags tags_of_header(std::string_view header) {
  const auto refuse = [&] {
    return invalid_argument(
        "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.",
        "x-amz-tagging", header);
  };
  Tags tags;
  for (std::string_view pair : text::split(header, '&')) {
    if (pair.empty()) continue;
    const size_t equals = pair.find('=');
    const auto key = text::percent_decode(pair.substr(0, equals), text::Plus::kSpace);
    const auto value = equals == std::string_view::npos ? std::string() : text::percent_decode(pair.substr(equals + 1), text::Plus::kSpace);
    if (!key || !value || !is_tag_text(*key, std::string::npos) || !is_tag_text(*value, std::string::npos)) throw refuse();
    tags.emplace_back(*key, *value);
  }
  for (const auto& [key, value] : tags) check_tag(key, value, Tagged::kObject);
  check_count(tags.size(), Tagged::kObject);
  std::ranges::stable_sort(tags, {}, &std::pair<std::string, std::string>::first);
  if (duplicate(tags) != nullptr) throw refuse();
  return tags;
}

Json tag_set(const Tags& tags) {
  Json set = Json::array();
  for (const auto& [key, value] : tags) set.push_back({{"Key", key}, {"Value", value}});
  return set;
}

Json encode(const Tags& tags) {
  Json document = Json::object();
  for (const auto& [key, value] : tags) document[key] = value;
  return document;
}

Tags decode_tags(const Json& document) {
  Tags tags;
  for (const auto& [key, value] : document.items()) tags.emplace_back(key, value.get<std::string>());
  return tags;
}

}  // namespace cairn::s3
