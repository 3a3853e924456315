#pragma once
#include <atomic>
#include <functional>
#include <memory>
#include <optional>

#include "api/authenticate.h"
#include "api/client.h"
#include "api/metrics.h"
#include "api/pool.h"
#include "api/ports.h"
#include "api/sensitive.h"
#include "http/server.h"
#include "journal/journal.h"
#include "state/store.h"

/// One call from head to answer. The stages stand in pipeline.cc in the order they run; each has a file of its name.
namespace cairn::api {

struct Options {
  bool dev = false;                   // unknown access keys are administrators
  size_t call_threads = 8;            // calls that touch disks
  size_t receive_threads = 32;        // bodies that stream in; each occupies a thread while its client sends
  size_t waiting_max = 1024;          // calls waiting for one of these threads; beyond it: throttled
  uint64_t body_bytes_max = 8 << 20;  // of calls that are not streamed
  OnSensitive on_sensitive = OnSensitive::kFlag;
  enum class DataEvents { kAll, kSelected, kNone } data_events = DataEvents::kAll;  // which are recorded
  /// kSelected: whether anybody wants this record of a data event. Any thread.
  std::function<bool(state::Transaction& state, std::string_view record)> is_selected;
};

/// Pages that the server serves for itself below /_cairn/. False: it has no such path; else it responds, now or later. Must not block.
using OwnPages = std::function<bool(const std::shared_ptr<http::Exchange>& exchange)>;

class Pipeline : public http::Handler, public Client {
 public:
  Pipeline(const Options& options, Ports& ports, state::Store& store, journal::Journal& journal, Authenticator& authenticator,
           Metrics& metrics, OwnPages own_pages);
  ~Pipeline() override;

  Plan begin(const std::shared_ptr<http::Exchange>& exchange) override;
  void handle(const std::shared_ptr<http::Exchange>& exchange) override;
  void body_failed(const std::shared_ptr<http::Exchange>& exchange, http::BodyFailure failure) override;

  void call(Request request, Done done) override;

 private:
  struct Stages;
  std::unique_ptr<Stages> stages_;
};

}  // namespace cairn::api
