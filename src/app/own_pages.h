#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "api/pipeline.h"

namespace cairn::app {

/// What the pages below /_cairn/ tell and do.
struct OwnPagesPorts {
  std::function<bool()> healthy;
  std::function<std::string()> metrics;                                          // Prometheus text
  std::function<std::optional<std::string>(std::string_view path)> certificate;  // that SNS's messages are signed by; nullopt: another
  std::function<Result<void>()> reset;                                           // null unless --dev
  api::OwnPages launch;                                                          // app/launch_pages.h
  api::OwnPages signal;                                                          // app/signal_page.h
};

/// GET /_cairn/health, GET /_cairn/metrics, GET /_cairn/api/openapi.json, POST /_cairn/dev/reset; /_cairn/launch…; PUT /_cairn/signal/…;
/// GET /SimpleNotificationService-….pem.
api::OwnPages own_pages(OwnPagesPorts ports);

}  // namespace cairn::app
