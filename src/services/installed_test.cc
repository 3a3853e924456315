#include <gtest/gtest.h>

#include "api/registry.h"
#include "services/catalog.h"

namespace cairn::services {
namespace {

/// Calls that handlers make of other services find them, as in the server.
class AllServices final : public testing::Environment {
 public:
  void SetUp() override { api::install(families()); }
};

[[maybe_unused]] const testing::Environment* const kAllServices = testing::AddGlobalTestEnvironment(new AllServices);

}  // namespace
}  // namespace cairn::services
