#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "journal/entry.h"
#include "journal/position.h"

namespace cairn::state {

/// The checkpoint behind the store: a durable, ordered map with a position. Engines: sqlite.cc; twin: sim/engine.h. Reads that
/// fail (a damaged file, an I/O error) throw std::runtime_error: an absent key must never be mistaken for an unreadable one.
class Engine {
 public:
  struct Row {
    std::string key;
    std::string value;
    journal::Position version;  // the entry that wrote it
  };
  struct Write {
    std::string_view key;
    std::optional<std::string_view> value;  // nullopt: erase
    journal::Position version;
  };
  virtual ~Engine() = default;
  virtual journal::Position position() const = 0;
  /// All writes and the position, or nothing; durable on return. One caller at a time; readers go on. A failure (disk full)
  /// leaves the old state: try again later.
  virtual Result<void> apply(std::span<const Write> writes, journal::Position position) = 0;
  virtual std::optional<Row> get(std::string_view key) = 0;  // any thread
  /// Rows with `after` < key and key starting with `prefix`, in byte order, at most `limit`. Any thread.
  virtual std::vector<Row> scan(std::string_view prefix, std::string_view after, size_t limit) = 0;
};

/// Opens or makes the SQLite file (mode 0600, WAL, synchronous=FULL).
Result<std::unique_ptr<Engine>> open_sqlite(const std::string& path);

}  // namespace cairn::state
