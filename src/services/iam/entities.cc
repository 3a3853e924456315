#include "services/iam/entities.h"

#include <algorithm>

#include "base/text.h"
#include "services/iam/input.h"

namespace cairn::iam {
namespace {

constexpr size_t kMaxItemsUsual = 100;
constexpr size_t kScanMax = 10'000;  // documents that one call looks at: more than any quota allows

const char* name_member(Kind kind) {
  switch (kind) {
    case Kind::kUser:
      return "UserName";
    case Kind::kGroup:
      return "GroupName";
    case Kind::kRole:
      return "RoleName";
  }
  return "";
}

const char* id_member(Kind kind) {
  switch (kind) {
    case Kind::kUser:
      return "UserId";
    case Kind::kGroup:
      return "GroupId";
    case Kind::kRole:
      return "RoleId";
  }
  return "";
}

Error invalid_marker() { return Error(aws::kValidation, "Invalid Marker"); }

size_t items_max(const api::Call& call) {
  const auto it = call.in.find("MaxItems");
  return it != call.in.end() && it->is_number() ? static_cast<size_t>(it->get<int64_t>()) : kMaxItemsUsual;
}

}  // namespace

std::string_view word_of(Kind kind) {
  switch (kind) {
    case Kind::kUser:
      return "user";
    case Kind::kGroup:
      return "group";
    case Kind::kRole:
      return "role";
  }
  return "";
}

Entity entity_named(api::Call& call, Kind kind, std::string_view name) {
  std::optional<Entity> entity = identity::find_entity(*call.state, kind, call.account, name);
  if (!entity) throw Error(kNoSuchEntity, "The {} with name {} cannot be found.", word_of(kind), name);
  return std::move(*entity);
}

Entity named_entity(api::Call& call, Kind kind) { return entity_named(call, kind, text_of(call.in, name_member(kind))); }

std::string user_meant(const api::Call& call) {
  if (has(call.in, "UserName")) return text_of(call.in, "UserName");
  if (call.principal.kind != aws::Principal::Kind::kUser)
    throw Error(aws::kValidation, "Must specify userName when calling with non-User credentials");
  return call.principal.user_name;
}

Json show_tags(const identity::Tags& tags) {
  Json list = Json::array();
  for (const auto& [key, value] : tags) list.push_back({{"Key", key}, {"Value", value}});
  return list;
}

Json show_boundary(std::string_view arn) { return {{"PermissionsBoundaryType", "Policy"}, {"PermissionsBoundaryArn", arn}}; }

Json show_attached(const Entity& entity) {
  Json list = Json::array();
  for (const std::string& arn : entity.attached)
    list.push_back({{"PolicyName", identity::parse_arn(arn).value().name}, {"PolicyArn", arn}});
  return list;
}

std::string show_document(std::string_view policy) { return text::percent_encode(policy); }

Json show(const Entity& entity, Shown how) {
  Json out{{"Path", entity.path},
           {name_member(entity.kind), entity.name},
           {id_member(entity.kind), entity.id},
           {"Arn", entity.arn()},
           {"CreateDate", timestamps::iso8601(entity.created)}};
  if (entity.kind == Kind::kRole) {
    out["AssumeRolePolicyDocument"] = show_document(entity.trust);
    if (!entity.description.empty()) out["Description"] = entity.description;
    out["MaxSessionDuration"] = entity.max_session_seconds;
  }
  if (how == Shown::kBrief) return out;
  if (!entity.boundary.empty()) out["PermissionsBoundary"] = show_boundary(entity.boundary);
  if (!entity.tags.empty()) out["Tags"] = show_tags(entity.tags);
  return out;
}

identity::Tags tags_given(const Json& in) {
  identity::Tags tags;
  const auto list = in.find("Tags");
  if (list == in.end()) return tags;
  for (const Json& tag : *list) {
    const std::string key = text_of(tag, "Key");
    if (text::lower(key).starts_with("aws:")) throw Error(kInvalidInput, "Caller is an end user and not allowed to mutate system tags");
    const bool is_twice = std::ranges::any_of(tags, [&](const auto& earlier) { return text::equals_ignoring_case(earlier.first, key); });
    if (is_twice) throw Error(kInvalidInput, "Duplicate tag keys found. Please note that Tag keys are case insensitive.");
    tags.emplace_back(key, text_of(tag, "Value"));
  }
  return tags;
}

void add_tags(identity::Tags& tags, const identity::Tags& added) {
  for (const auto& one : added) {
    const auto same = std::ranges::find_if(tags, [&](const auto& tag) { return text::equals_ignoring_case(tag.first, one.first); });
    if (same == tags.end()) tags.push_back(one);
    else *same = one;
  }
  if (tags.size() > kTagsMax) throw Error(kLimitExceeded, "The number of tags has reached the maximum limit.");
}

void remove_tags(identity::Tags& tags, const std::vector<std::string>& keys) {
  std::erase_if(tags, [&](const auto& tag) {
    return std::ranges::any_of(keys, [&](const std::string& key) { return text::equals_ignoring_case(tag.first, key); });
  });
}

void list_page(api::Call& call, const std::string& prefix, const char* member,
               const std::function<std::optional<Json>(const state::Item&)>& show) {
  const size_t limit = items_max(call);
  std::string after = prefix;
  if (const std::string marker = text_of(call.in, "Marker"); !marker.empty()) {
    const std::optional<std::string> key = text::from_base64(marker);
    if (!key) throw invalid_marker();
    after = prefix + *key;
  }
  Json items = Json::array();
  call.out["IsTruncated"] = false;
  for (const state::Item& item : call.state->list(prefix, after, kScanMax).items) {
    std::optional<Json> shown = show(item);
    if (!shown) continue;
    if (items.size() == limit) {
      call.out["IsTruncated"] = true;
      call.out["Marker"] = text::base64(after.substr(prefix.size()));
      break;
    }
    items.push_back(std::move(*shown));
    after = item.key;
  }
  call.out[member] = std::move(items);
}

void list_page(api::Call& call, const Json& all, const char* member) {
  const size_t limit = items_max(call);
  size_t begin = 0;
  if (const std::string marker = text_of(call.in, "Marker"); !marker.empty()) {
    const std::optional<std::string> number = text::from_base64(marker);
    const std::optional<uint64_t> from = number ? text::to_uint(*number) : std::nullopt;
    if (!from) throw invalid_marker();
    begin = std::min<size_t>(*from, all.size());
  }
  const size_t end = std::min(all.size(), begin + limit);
  Json items = Json::array();
  for (size_t i = begin; i < end; ++i) items.push_back(all[i]);
  call.out[member] = std::move(items);
  call.out["IsTruncated"] = end < all.size();
  if (end < all.size()) call.out["Marker"] = text::base64(std::to_string(end));
}

size_t count_below(api::Call& call, const std::string& prefix, size_t max) { return call.state->list(prefix, prefix, max).items.size(); }

std::string path_given(const Json& in) { return text_of(in, "Path", "/"); }

}  // namespace cairn::iam
