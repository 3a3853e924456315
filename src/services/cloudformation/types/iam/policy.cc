#include <algorithm>
#include <array>

#include "services/cloudformation/resource_type.h"
#include "services/cloudformation/types/iam/identity.h"

namespace cairn::cloudformation {
namespace {

constexpr auto kProperties = std::to_array<Property>({
    {"Groups"},
    {"PolicyDocument", On::kUpdate, kRequired},
    {"PolicyName", On::kUpdate, kRequired},
    {"Roles"},
    {"Users"},
});
constexpr std::array<std::string_view, 1> kAttributes = {"Id"};

struct Holders {
  const char* property;
  IdentityKind kind;
};
constexpr Holders kHolders[] = {{"Groups", kGroup}, {"Roles", kRole}, {"Users", kUser}};

Json names(const Json& properties, const char* property) {
  const auto it = properties.find(property);
  return it == properties.end() ? Json::array() : *it;
}

void put(Doing& doing) {
  for (const Holders& holders : kHolders)
    for (const Json& name : names(doing.wanted, holders.property))
      identity_call(doing, holders.kind, "Put", "Policy", to_text(name),
                    {{"PolicyName", doing.get("PolicyName")}, {"PolicyDocument", document_text(doing.get("PolicyDocument"))}});
}

void create(Doing& doing) {
  if (std::ranges::all_of(kHolders, [&](const Holders& each) { return names(doing.wanted, each.property).empty(); }))
    throw Failed{"At least one of [Groups,Roles,Users] must be non-empty."};
  doing.physical = doing.name("");
  doing.attributes["Id"] = doing.physical;
  put(doing);
}

void update(Doing& doing) {
  put(doing);
  const Json old = doing.before.value("PolicyName", doing.get("PolicyName"));
  const bool is_renamed = old != doing.get("PolicyName");
  for (const Holders& holders : kHolders) {
    const Json now = names(doing.wanted, holders.property);
    for (const Json& name : names(doing.before, holders.property))
      if (is_renamed || std::ranges::find(now, name) == now.end())
        identity_call_if_there(doing, holders.kind, "Delete", "Policy", to_text(name), {{"PolicyName", old}});
  }
}

void remove(Doing& doing) {
  for (const Holders& holders : kHolders)
    for (const Json& name : names(doing.wanted, holders.property))
      identity_call_if_there(doing, holders.kind, "Delete", "Policy", to_text(name), {{"PolicyName", doing.get("PolicyName")}});
}

void read(Doing& doing) {
  doing.is_gone = true;
  for (const Holders& holders : kHolders) {
    if (!doing.has(holders.property)) continue;
    Json& live = doing.live[holders.property] = Json::array();
    for (const Json& name : names(doing.wanted, holders.property)) {
      const auto found =
          identity_call_if_there(doing, holders.kind, "Get", "Policy", to_text(name), {{"PolicyName", doing.get("PolicyName")}});
      if (!found) continue;
      live.push_back(name);
      if (doing.is_gone) doing.live["PolicyDocument"] = document_of(found->at("PolicyDocument"));
      doing.is_gone = false;
    }
  }
}

}  // namespace

extern const ResourceType iam_policy;
const ResourceType iam_policy{.name = "AWS::IAM::Policy",
                              .properties = kProperties,
                              .create = create,
                              .update = update,
                              .remove = remove,
                              .read = read,
                              .attributes = kAttributes};

}  // namespace cairn::cloudformation
