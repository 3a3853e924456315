#pragma once
// Test only: queries over a few events.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "logquery/query.h"

namespace cairn::logquery {

constexpr int64_t kMinute = 60'000, kNoon = 1'767'268'800'000;  // 2026-01-01 12:00:00

/// Events a minute apart from noon on, the last of `messages` the newest; given to the query the newest first.
inline Result<Table> run(std::string_view text, const std::vector<std::string>& messages, Run::Options options = {}) {
  Result<Query, Refusal> query = Query::compile(text);
  if (!query) return failure("{}", query.error().message);
  options.started_seconds = 1'767'272'400.5;
  if (!options.pointer) options.pointer = [](const Event& event) { return "at " + std::to_string(event.position); };
  Run run(*query, options);
  for (size_t i = messages.size(); i-- > 0;) {
    const Event event{.timestamp = kNoon + static_cast<int64_t>(i) * kMinute,
                      .ingested = kNoon,
                      .log = "111122223333:group",
                      .stream = "stream",
                      .message = messages[i],
                      .account = "111122223333",
                      .region = "us-east-1",
                      .position = i};
    if (!run.add(event)) break;
  }
  return run.finish();
}

/// A row as "name=value name=value", without @ptr.
inline std::vector<std::string> rows(std::string_view text, const std::vector<std::string>& messages) {
  const Result<Table> table = run(text, messages);
  if (!table) return {"! " + table.error().message};
  std::vector<std::string> all;
  for (const auto& row : table->rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      if (!row[i] || table->columns[i] == "@ptr") continue;
      if (!line.empty()) line += ' ';
      line += table->columns[i] + "=" + *row[i];
    }
    all.push_back(line);
  }
  return all;
}

/// The value of an expression for one event; "-" for none.
inline std::string value(const std::string& expression, const std::string& message = "{}") {
  const Result<Table> table = run("fields " + expression + " as x", {message});
  if (!table) return "! " + table.error().message;
  return table->rows.at(0).at(0).value_or("-");
}

using Lines = std::vector<std::string>;

}  // namespace cairn::logquery
