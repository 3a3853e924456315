#pragma once
#include <functional>
#include <memory>

#include "api/client.h"
#include "api/pipeline.h"
#include "env/clock.h"
#include "state/sealer.h"
#include "state/store.h"

namespace cairn::app {

/// The page behind a launch link (services/cloudformation/launch_link.h), in the form of AWS's quick-create links:
/// /_cairn/launch#/stacks/create/review?templateURL=…&stackName=…&param_NAME=…&token=…
/// GET /_cairn/launch and its script and style are the same for everyone; a link's token stays in the browser, which sends it in a header
/// with POST /_cairn/launch/summary (GetTemplateSummary) and POST /_cairn/launch/create (CreateStack, which uses it up).
struct LaunchMeans {
  const env::Clock& clock;
  state::Store& store;
  const state::Sealer& sealer;
  std::function<api::Client&()> client;
  bool any_key = false;  // --dev: keys that nobody made
};
api::OwnPages launch_pages(const LaunchMeans& means);

}  // namespace cairn::app
