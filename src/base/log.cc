#include "base/log.h"

#include <unistd.h>

#include <atomic>
#include <ctime>

#include "base/json.h"
#include "base/time.h"

namespace cairn::log {
namespace {

std::atomic<Level> threshold{Level::kInfo};

std::string_view name_of(Level level) {
  switch (level) {
    case Level::kInfo:
      return "info";
    case Level::kWarning:
      return "warning";
    case Level::kError:
      return "error";
  }
  return "error";
}

// The one moment that does not come from env::Clock: base cannot see env, and a log line tells an operator when the
// process said it, also in a simulation. Nothing else may depend on it.
Time wall_time() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return Time(std::chrono::milliseconds(now.tv_sec * 1000 + now.tv_nsec / 1'000'000));
}

}  // namespace

void write(Level level, std::string_view message, std::initializer_list<Field> fields) {
  if (level < threshold.load(std::memory_order_relaxed)) return;
  std::string line;
  json::Writer out(line);
  out.begin_object().key("time").string(timestamps::iso8601_millis(wall_time()));
  out.key("level").string(name_of(level)).key("message").string(message);
  for (const Field& field : fields) out.key(field.name).string(field.value);
  out.end_object();
  line += '\n';
  // One write per line, so that lines of several threads do not mix. Where stderr is gone there is nobody to tell.
  [[maybe_unused]] ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
}

void set_threshold(Level level) { threshold.store(level, std::memory_order_relaxed); }

}  // namespace cairn::log
