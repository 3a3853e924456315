#pragma once
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "api/metrics.h"
#include "app/settings.h"
#include "aws/names.h"
#include "base/id.h"
#include "base/result.h"
#include "base/rsa.h"
#include "delivery/destinations/remote_s3.h"
#include "env/clock.h"
#include "env/files.h"
#include "env/http_client.h"
#include "env/mailer.h"
#include "env/random.h"
#include "env/tasks.h"
#include "http/server.h"
#include "journal/journal.h"
#include "state/engine.h"

namespace cairn::app {

/// Everything outside, so that a simulation can put its own in place.
struct Outside {
  env::Files& files;
  env::Tasks& tasks;
  const env::Clock& clock;
  env::Random& random;
  std::function<Result<std::unique_ptr<state::Engine>>(const std::string& path)> open_state;
  std::function<void(const std::string&)> on_fatal;  // a disk that failed to sync; null: log and exit
  std::function<crypto::RsaKey()> make_key = crypto::RsaKey::generate;
  Secret new_master_passphrase = {};  // not empty: it takes the other's place at this start
  Secret master_passphrase = {};      // the key that seals secrets is derived from it; empty: it is a file of the data directory
  bool threads = true;                // false: every call runs to its commit on the caller's thread

  std::map<std::string, delivery::RemoteBucket> remote_buckets = {};  // those elsewhere, by name
  env::HttpClient* http = nullptr;                                    // null: there is no network, and no bucket elsewhere
  env::HttpClient* webhooks = nullptr;                                // for endpoints that callers name
  env::Mailer* mailer = nullptr;                                      // null: there is no mail server
};

/// The whole server but its sockets: journal, state, objects, history and the pipeline, wired together.
class Core {
 public:
  /// Opens the data directory, made at the first start with one account and its administrator. Failures say what to do.
  static Result<std::unique_ptr<Core>> open(const Settings& settings, const Outside& outside);
  virtual ~Core() = default;  // answers what was accepted, then closes in order

  virtual http::Handler& handler() = 0;
  /// Calls that wait for something are answered now: before the server stops. Later ones don't wait.
  virtual void stop_waiting() = 0;
  virtual bool healthy() const = 0;  // recovered, and history has caught up with what recovery found
  virtual bool first_start() const = 0;
  virtual const aws::AccountId& default_account() const = 0;
  virtual const journal::Recovery& recovery() const = 0;
  /// The server's own metrics, to be shown beside the core's.
  /// Where it is reached, once it listens; "" until then.
  virtual void set_endpoint(std::string endpoint) = 0;
  virtual void show_http_counters(std::function<http::Server::Counters()> counters) = 0;
};

}  // namespace cairn::app
