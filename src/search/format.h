#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "history/store.h"

namespace cairn::search {

/// What events are downloaded as.
class Format {
 public:
  virtual ~Format() = default;
  virtual std::string begin() = 0;
  virtual std::string event(const history::Event& event) = 0;
  virtual std::string end() = 0;

  struct Kind {
    std::string_view name;          // NDJSON, CSV, LOG_FILE
    std::string_view content_type;  // of the answer
    std::string_view file;          // name that a browser saves it under
    std::unique_ptr<Format> (*make)();
  };
  static const Kind* find(std::string_view name);
};

}  // namespace cairn::search
