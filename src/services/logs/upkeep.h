#pragma once
#include "env/clock.h"
#include "env/tasks.h"
#include "journal/journal.h"
#include "logs/store.h"
#include "state/store.h"

namespace cairn::logs_service {

/// What CloudWatch Logs does by itself: erases the streams and data keys of deleted groups, and lets events go that are past their group's
/// retention. A task's step; its thread alone.
class Upkeep {
 public:
  Upkeep(const env::Clock& clock, state::Store& store, journal::Journal& journal, logs::Store& events)
      : clock_(clock), store_(store), journal_(journal), events_(events) {}

  env::Next step();

 private:
  bool erase_abandoned();  // false: there is more to do
  std::optional<int64_t> oldest_wanted(const std::string& group_id);

  const env::Clock& clock_;
  state::Store& store_;
  journal::Journal& journal_;
  logs::Store& events_;
};

}  // namespace cairn::logs_service
