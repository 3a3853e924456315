#include "delivery/access_log.h"

namespace cairn::delivery {

std::string encode(std::span<const AccessLogLines> lines) {
  Json note = Json::array();
  for (const AccessLogLines& one : lines) {
    note.push_back({{"source", one.source},
                    {"account", one.account.str()},
                    {"region", one.region.str()},
                    {"logging", one.logging},
                    {"time", one.time.time_since_epoch().count()},
                    {"text", one.text}});
  }
  return json::dump(note);
}

Result<std::vector<AccessLogLines>> decode_access_log(std::string_view note) {
  const Result<Json> document = json::parse(note);
  if (!document || !document->is_array()) return failure("a note of access log lines is no list");
  std::vector<AccessLogLines> lines;
  for (const Json& one : *document) {
    if (!one.is_object() || !one.contains("logging")) return failure("a note of access log lines is incomplete");
    lines.push_back({.source = one.value("source", ""),
                     .account = aws::AccountId(one.value("account", "")),
                     .region = aws::Region(one.value("region", "")),
                     .logging = one.at("logging"),
                     .time = Time(std::chrono::milliseconds(one.value("time", int64_t{0}))),
                     .text = one.value("text", "")});
  }
  return lines;
}

}  // namespace cairn::delivery
