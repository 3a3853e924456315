#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "logs/event.h"

/// Batches of several groups in one entry: for groups that are no log groups, such as the archives of event buses.
namespace cairn::logs {

constexpr std::string_view kManyNote = "logs-many";
/// Of the documents that say how long the events of such a group are wanted: its id follows; days, in text; 0: for ever.
constexpr std::string_view kKeptPrefix = "logs/kept/";

/// One batch behind the others, each with its length. No group twice.
void append_to_note(std::string& note, const Batch& batch);
Result<std::vector<Batch>> decode_note(std::string_view note);  // total: any bytes give batches or a failure

}  // namespace cairn::logs
