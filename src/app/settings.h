#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace cairn::app {

/// A bucket of a trail that is elsewhere: `buckets.NAME`.
struct BucketSettings {
  std::string endpoint, region, profile, ca_bundle;
  std::vector<std::string> accounts;  // whose trails may use it; empty: all
  bool path_style = false;
};

/// Everything that can be set. Each field is declared once more, with its name, default and meaning, in settings.cc's table; the
/// config file, --set and docs/configuration.md come from that.
struct Settings {
  std::string data;
  std::string listen;
  std::string tls_certificate, tls_key;
  bool insecure = false;
  bool dev = false;
  std::string account;
  std::chrono::milliseconds history_retention{};
  uint64_t history_tail_bytes = 0, history_memory = 0;
  uint64_t logs_tail_bytes = 0;
  uint64_t metrics_tail_bytes = 0;
  std::string data_events;
  std::string sensitive_data;
  std::chrono::milliseconds delivery_interval{}, digest_interval{}, delivery_backlog_age{};
  uint64_t delivery_backlog_bytes = 0;
  uint64_t journal_segment_bytes = 0;
  uint64_t journal_reserve_bytes = 0;
  std::chrono::milliseconds checkpoint_interval{};
  uint64_t state_overlay_bytes = 0;
  uint64_t state_cache_bytes = 0;
  uint64_t http_connections = 0;
  std::chrono::milliseconds http_head_timeout{}, http_idle_timeout{}, http_body_timeout{};
  uint64_t http_body_bytes = 0;
  uint64_t call_threads = 0, receive_threads = 0, calls_waiting = 0;
  uint64_t scrub_bytes_per_second = 0;  // 0: contents are not looked after
  std::string public_url;               // "": as it listens
  bool webhooks_private = false;
  std::string webhooks_ca_bundle;
  std::string mail_server, mail_from, mail_user, mail_ca_bundle;
  std::map<std::string, BucketSettings> buckets;  // by name

  std::string address() const;  // of `listen`: 127.0.0.1
  bool is_on_loopback() const;
  uint16_t port() const;
};

struct Setting {
  std::string_view name;       // as in the config file, sections joined by dots: history.retention
  std::string_view otherwise;  // the default, as one would write it
  std::string_view meaning;    // one sentence, with the unit
  /// Parses and stores; the failure says what was expected.
  Result<void> (*set)(Settings&, std::string_view value);
};
const std::vector<Setting>& all_settings();

/// The same for what stands under `buckets.NAME`.
struct BucketSetting {
  std::string_view name, otherwise, meaning;
  Result<void> (*set)(BucketSettings&, std::string_view value);
};

Settings default_settings();
/// `name` unknown: the failure names the nearest known one.
Result<void> set(Settings& settings, std::string_view name, std::string_view value);
/// Reads a YAML file of sections and values over `settings`; failures say file and line.
Result<void> read_config(Settings& settings, const std::string& path);
/// What no single value shows: listening beyond loopback without TLS, a certificate without a key ...
Result<void> check(const Settings& settings);
/// docs/configuration.md.
std::string describe_settings();

}  // namespace cairn::app
