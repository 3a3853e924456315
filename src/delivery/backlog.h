#pragma once
#include <cstdint>
#include <string_view>

#include "base/time.h"
#include "delivery/cursor.h"
#include "journal/journal.h"

namespace cairn::delivery {

/// What is given up of a trail's backlog.
struct GivenUp {
  Cursor cursor;         // moved over it
  uint64_t events = 0;   // in it that the trail wanted
  bool is_gone = false;  // the trail was deleted within its backlog: nothing of it is left to deliver
};

/// The oldest events that wait for a trail's bucket: from `cursor` on until `bytes` of the journal are passed and none is older than
/// `oldest_kept`. Only reads.
GivenUp give_up_oldest(journal::Journal& journal, std::string_view trail_id, const Cursor& cursor, uint64_t bytes, Time oldest_kept);

}  // namespace cairn::delivery
