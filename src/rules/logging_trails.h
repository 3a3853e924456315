#pragma once
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "delivery/gather.h"
#include "event/selector.h"
#include "state/store.h"

namespace cairn::rules {

/// The trails that log: what CloudTrail records comes to rules only if a trail of the account wants it. One thread.
class LoggingTrails {
 public:
  /// What the state holds: for events before it, when a trail logged counts, too.
  void load(state::Transaction& state);
  /// A change of a trail's document, after what the entry itself recorded was asked for.
  void take_change(std::string_view key, std::optional<std::string_view> document);

  /// `position`: of the event's entry.
  bool want(const event::Selected& event, uint64_t position) const;

 private:
  struct Trail {
    delivery::Wanted wanted;  // as if it logged
    bool is_logging;
    std::optional<Time> started, stopped;
  };
  std::map<std::string, std::map<std::string, Trail, std::less<>>, std::less<>> trails_;  // by account and key
  uint64_t loaded_ = 0;                                                                   // what the state held was of up to here
};

}  // namespace cairn::rules
