#include "history/terms.h"

#include <algorithm>

#include "history/short_text.h"
#include "segment/block.h"

namespace cairn::history {

namespace {

constexpr std::pair<std::string_view, Attribute> kNames[] = {
    {"EventId", Attribute::kEventId},         {"EventName", Attribute::kEventName},       {"ReadOnly", Attribute::kReadOnly},
    {"Username", Attribute::kUsername},       {"ResourceType", Attribute::kResourceType}, {"ResourceName", Attribute::kResourceName},
    {"EventSource", Attribute::kEventSource}, {"AccessKeyId", Attribute::kAccessKeyId},
};
static_assert(static_cast<int>(TermKind::kAccessKeyId) == static_cast<int>(Attribute::kAccessKeyId));

}  // namespace

std::optional<Attribute> attribute_named(std::string_view name) {
  for (const auto& [known, attribute] : kNames) {
    if (known == name) return attribute;
  }
  return std::nullopt;
}

uint64_t term_hash(TermKind kind, std::string_view value) {
  constexpr uint64_t kFactor = 0xa0761d6478bd642f;
  uint64_t h = (value.size() << 8 | static_cast<uint8_t>(kind)) * 0x9e3779b97f4a7c15;
  const auto fold = [&h](uint64_t v) {
    const auto product = static_cast<__uint128_t>(h ^ v) * kFactor;
    h = static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
  };
  for (; value.size() >= 8; value.remove_prefix(8)) fold(segment::get_u64(value.data()));
  fold(read_short(value.data(), value.size()) ^ 0x2d358dccaa6c78a5);
  return h >> (64 - kTermHashBits);
}

void collect_terms(const event::Attributes& a, std::vector<uint64_t>& out) {
  out.clear();
  auto add = [&out](TermKind kind, std::string_view value) {
    if (!value.empty()) out.push_back(term_hash(kind, value));
  };
  add(TermKind::kEventId, a.event_id);
  add(TermKind::kEventName, a.event_name);
  if (!a.read_only) add(TermKind::kReadOnly, "false");  // the rarer kind; reads are told by the row
  add(TermKind::kUsername, a.username);
  add(TermKind::kEventSource, a.event_source);
  add(TermKind::kAccessKeyId, a.access_key);
  add(TermKind::kCategory, a.management ? "management" : "data");
  add(TermKind::kErrorCode, a.error_code);
  add(TermKind::kSourceAddress, a.source_address);
  add(TermKind::kAccount, a.account);
  add(TermKind::kRegion, a.region);
  add(TermKind::kPrincipalArn, a.principal_arn);
  for (const std::string& arn : a.resource_arns) add(TermKind::kResourceArn, arn);
  for (const event::LookupResource& resource : a.resources) {
    add(TermKind::kResourceType, resource.type);
    add(TermKind::kResourceName, resource.name);
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
}

bool holds(const event::Attributes& a, const Filter& filter) {
  if (filter.value.empty()) return false;  // an absent attribute has no value
  switch (filter.attribute) {
    case Attribute::kEventId:
      return a.event_id == filter.value;
    case Attribute::kEventName:
      return a.event_name == filter.value;
    case Attribute::kReadOnly:
      return (a.read_only ? "true" : "false") == filter.value;
    case Attribute::kUsername:
      return a.username == filter.value;
    case Attribute::kEventSource:
      return a.event_source == filter.value;
    case Attribute::kAccessKeyId:
      return a.access_key == filter.value;
    case Attribute::kResourceType:
      return std::any_of(a.resources.begin(), a.resources.end(), [&](const auto& r) { return r.type == filter.value; });
    case Attribute::kResourceName:
      return std::any_of(a.resources.begin(), a.resources.end(), [&](const auto& r) { return r.name == filter.value; });
  }
  return false;
}

}  // namespace cairn::history
