#pragma once
#include <functional>
#include <string>

#include "api/pipeline.h"

namespace cairn::app {

/// What the pages below /_cairn/ tell and do.
struct OwnPagesPorts {
  std::function<bool()> healthy;
  std::function<std::string()> metrics;  // Prometheus text
  std::function<Result<void>()> reset;   // null unless --dev
};

/// GET /_cairn/health, GET /_cairn/metrics, POST /_cairn/dev/reset.
api::OwnPages own_pages(OwnPagesPorts ports);

}  // namespace cairn::app
