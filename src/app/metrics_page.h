#pragma once
#include <atomic>
#include <cstdint>
#include <optional>
#include <string>

#include "api/pipeline.h"
#include "api/waiting_room.h"
#include "blob/damage.h"
#include "delivery/access_log_delivery.h"
#include "delivery/delivery.h"
#include "history/store.h"
#include "http/server.h"
#include "journal/follower.h"
#include "logs/store.h"
#include "metrics/store.h"
#include "outbox/outbox.h"
#include "rules/dispatcher.h"
#include "services/logs/metric_filtering.h"
#include "services/logs/queries.h"
#include "services/monitoring/alarm_watch.h"
#include "state/store.h"

namespace cairn::app {

/// What the scrubber has looked at.
struct Scrubbed {
  std::atomic<uint64_t> contents{0}, bytes{0}, rounds{0};
};

/// Where the numbers stand.
struct Measured {
  const api::Metrics& calls;
  const journal::Journal& journal;
  const state::Store& store;
  const blob::Damage& damage;
  const Scrubbed& scrubbed;
  const delivery::Delivery& delivery;
  const delivery::Counters& delivered;
  const delivery::LogCounters& log_delivered;
  const delivery::AccessLogCounters& access_logs;
  const outbox::Outbox& outbox;
  const outbox::Counters& sent;
  const rules::Dispatcher& rules;
  const rules::Counters& ruled;
  const history::History& history;
  const journal::Feed& history_feed;
  const logs::Store& logs;
  const journal::Feed& logs_feed;
  const logs_service::Queries& log_queries;
  const logs_service::MetricFiltering& metric_filtering;
  const metrics::Store& measurements;
  const journal::Feed& measurements_feed;
  const cloudwatch::AlarmWatch& alarms;
  const api::WaitingRoom& waiting_room;
  uint64_t stacks_running;
  std::optional<http::Server::Counters> http;
};

/// GET /_cairn/metrics, in the text format of Prometheus. Any thread.
std::string metrics_page(const Measured& of);

}  // namespace cairn::app
