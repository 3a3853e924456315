#include "search/format.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "archive/gzip_stream.h"
#include "archive/ndjson.h"
#include "base/csv.h"
#include "base/json.h"
#include "base/time.h"

namespace cairn::search {
namespace {

/// A record a line.
class Ndjson : public Format {
 public:
  std::string begin() override { return {}; }
  std::string event(const history::Event& event) override { return archive::ndjson_line(event.record); }
  std::string end() override { return {}; }
};

class Csv : public Format {
 public:
  std::string begin() override {
    return "eventTime,eventName,eventSource,userName,recipientAccountId,awsRegion,sourceIPAddress,errorCode,readOnly,category,resources,"
           "accessKeyId,eventID\r\n";
  }
  std::string event(const history::Event& event) override {
    const event::Attributes& a = event.attributes;
    std::string user = a.username, address, resources;
    if (const auto record = document_.parse(event.record)) {
      address = (*record)["sourceIPAddress"].string_or("");
      if (user.empty()) user = (*record)["userIdentity"]["invokedBy"].string_or("");
    }
    for (const event::LookupResource& resource : a.resources) {
      if (!resources.empty()) resources += ' ';
      resources += resource.name;
    }
    const std::string cells[] = {timestamps::iso8601(a.time),
                                 a.event_name,
                                 a.event_source,
                                 user,
                                 a.account,
                                 a.region,
                                 address,
                                 a.error_code,
                                 a.read_only ? "true" : "false",
                                 a.management ? "MANAGEMENT" : "DATA",
                                 resources,
                                 a.access_key,
                                 a.event_id};
    std::string line;
    for (const std::string& cell : cells) {
      if (&cell != cells) line += ',';
      line += text::csv_cell(cell);
    }
    return line + "\r\n";
  }
  std::string end() override { return {}; }

 private:
  json::Document document_;
};

/// As CloudTrail delivers them: gzip of {"Records":[…]}.
class LogFile : public Format {
 public:
  std::string begin() override { return gzip_.feed(R"({"Records":[)"); }
  std::string event(const history::Event& event) override {
    std::string out = is_first_ ? std::string() : gzip_.feed(",");
    is_first_ = false;
    return out + gzip_.feed(event.record);
  }
  std::string end() override {
    std::string out = gzip_.feed("]}");
    return out += gzip_.finish();
  }

 private:
  archive::GzipStream gzip_;
  bool is_first_ = true;
};

template <class F>
std::unique_ptr<Format> make() {
  return std::make_unique<F>();
}
constexpr Format::Kind kKinds[] = {
    {"NDJSON", "application/x-ndjson", "events.ndjson", make<Ndjson>},
    {"CSV", "text/csv; charset=utf-8", "events.csv", make<Csv>},
    {"LOG_FILE", "application/gzip", "events.json.gz", make<LogFile>},
};

}  // namespace

const Format::Kind* Format::find(std::string_view name) {
  const auto found = std::ranges::find(kKinds, name, &Kind::name);
  return found == std::end(kKinds) ? nullptr : found;
}

}  // namespace cairn::search
