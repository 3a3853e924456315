#pragma once
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

/// What an operator can act on: one JSON line on stderr, a fixed message and fields. Not the audit trail: no secrets, no bodies.
namespace cairn::log {

struct Field {
  std::string_view name;
  std::string value;
};
enum class Level { kInfo, kWarning, kError };

void write(Level level, std::string_view message, std::initializer_list<Field> fields = {});
inline void info(std::string_view message, std::initializer_list<Field> fields = {}) { write(Level::kInfo, message, fields); }
inline void warning(std::string_view message, std::initializer_list<Field> fields = {}) { write(Level::kWarning, message, fields); }
inline void error(std::string_view message, std::initializer_list<Field> fields = {}) { write(Level::kError, message, fields); }

/// Lines below this level are dropped; default kInfo. Tests raise it.
void set_threshold(Level level);

}  // namespace cairn::log
