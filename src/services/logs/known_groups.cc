#include "services/logs/known_groups.h"

#include "base/text.h"
#include "services/logs/group.h"

namespace cairn::logs_service {

bool KnownGroups::exists(state::Transaction& state, std::string_view arn) const {
  const std::vector<std::string_view> parts = text::split(arn, ':');  // arn:aws:logs:REGION:ACCOUNT:log-group:NAME:*
  if (parts.size() < 7) return false;
  return state.exists(documents::group(aws::AccountId(std::string(parts[4])), aws::Region(std::string(parts[3])), parts[6]));
}

}  // namespace cairn::logs_service
