#pragma once
#include "api/ports.h"

namespace cairn::logs_service {

class KnownGroups final : public api::LogGroups {
 public:
  bool exists(state::Transaction& state, std::string_view arn) const override;
};

}  // namespace cairn::logs_service
