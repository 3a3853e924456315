#pragma once
#include <string>
#include <string_view>

#include "base/lru.h"
#include "delivery/gather.h"
#include "state/store.h"

namespace cairn::delivery {

/// Whether some trail wants an event, as trails are when it happens: for servers that record only the data events that are selected.
/// Any thread.
class SelectedEvents {
 public:
  static constexpr size_t kCacheBytesMax = 4 << 20;  // of the documents of trails that are kept compiled

  /// Reads the trails of the event's account through `state`, so that the event's commit notices when they change meanwhile.
  bool wants(state::Transaction& state, std::string_view record);

 private:
  Lru<std::string, const Wanted> compiled_{kCacheBytesMax};  // by document
};

}  // namespace cairn::delivery
