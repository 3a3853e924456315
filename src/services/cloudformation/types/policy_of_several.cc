#include "services/cloudformation/types/policy_of_several.h"

#include <algorithm>

namespace cairn::cloudformation {
namespace {

void put_all(Doing& doing, const PolicyHolders& holders) {
  const std::string policy = document_text(doing.get("PolicyDocument"));
  for (const Json& holder : doing.get(holders.property)) holders.put(doing, holder, policy);
}

}  // namespace

void create_policy(Doing& doing, const PolicyHolders& holders) {
  doing.physical = doing.name("");
  doing.attributes["Id"] = doing.physical;
  put_all(doing, holders);
}

void update_policy(Doing& doing, const PolicyHolders& holders) {
  put_all(doing, holders);
  const Json& now = doing.get(holders.property);
  for (const Json& holder : doing.before.value(holders.property, Json::array()))
    if (std::ranges::find(now, holder) == now.end()) holders.take(doing, holder);
}

void remove_policy(Doing& doing, const PolicyHolders& holders) {
  for (const Json& holder : doing.get(holders.property)) holders.take(doing, holder);
}

}  // namespace cairn::cloudformation
