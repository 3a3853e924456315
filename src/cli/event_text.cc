#include "cli/event_text.h"

#include <algorithm>

#include "archive/ndjson.h"
#include "base/text.h"
#include "base/time.h"

namespace cairn::cli {

namespace {

std::string field(const Json& event, const char* name) {
  const auto it = event.find(name);
  if (it == event.end() || it->is_null()) return "";
  return it->is_string() ? it->get<std::string>() : json::dump(*it);
}

/// EventTime is a number of seconds on the wire.
std::string time_of(const Json& event) {
  const auto it = event.find("EventTime");
  if (it == event.end() || !it->is_number()) return "";
  return timestamps::iso8601(Time(std::chrono::milliseconds(static_cast<int64_t>(it->get<double>() * 1000))));
}

/// Who: of a service's own calls the service, as AWS's console shows it.
std::string user_of(const Json& event) {
  std::string user = field(event, "Username");
  return user.empty() ? field(event, "InvokedBy") : user;
}

std::vector<std::string> resources_of(const Json& event) {
  std::vector<std::string> out;
  const auto list = event.find("Resources");
  if (list == event.end() || !list->is_array()) return out;
  for (const Json& resource : *list) {
    std::string name = resource.value("ResourceName", "");
    if (!name.empty()) out.push_back(std::move(name));
  }
  return out;
}

/// What looks like a secret in it: "access key, card number".
std::string sensitive_of(const Json& event) {
  const auto list = event.find("SensitiveData");
  if (list == event.end() || !list->is_array()) return "";
  return fmt::format("{}", fmt::join(list->get<std::vector<std::string>>(), ", "));
}

std::string joined(const std::vector<std::string>& names) { return fmt::format("{}", fmt::join(names, " ")); }

/// For a narrow column: an object as `bucket/key`, which says its bucket, too.
std::vector<std::string> in_short(std::vector<std::string> names) {
  constexpr std::string_view kS3 = "arn:aws:s3:::";
  for (std::string& name : names) {
    if (name.starts_with(kS3)) name.erase(0, kS3.size());
  }
  std::vector<std::string> out;
  for (const std::string& name : names) {
    const auto lies_in_it = [&](const std::string& other) { return other.starts_with(name + "/"); };
    if (std::none_of(names.begin(), names.end(), lies_in_it)) out.push_back(name);
  }
  return out;
}

/// `s` in `width` columns, cut if longer. One column a code point: names in events are nearly always ASCII.
std::string column(std::string_view s, size_t width) {
  std::string out = printable(s);
  size_t columns = text::code_points(out);
  if (columns > width) {
    size_t end = 0;
    for (size_t kept = 0; kept + 1 < width; ++kept) {
      ++end;
      while (end < out.size() && (static_cast<unsigned char>(out[end]) & 0xc0) == 0x80) ++end;
    }
    out.resize(end);
    out += "…";
    columns = width;
  }
  return out + std::string(width - columns + 2, ' ');
}

struct Column {
  const char* title;
  size_t width;
};
constexpr Column kTime{"TIME", 20}, kName{"EVENT", 26}, kUser{"USER", 18}, kSource{"SOURCE", 12}, kRegion{"REGION", 14},
    kResource{"RESOURCE", 36};

}  // namespace

std::string printable_lines(std::string_view text) {
  std::string out;
  for (const std::string_view line : text::split(text, '\n')) out += (out.empty() ? "" : "\n") + printable(line);
  return out;
}

std::string counted(uint64_t n, std::string_view noun) { return fmt::format("{} {}{}", n, noun, n == 1 ? "" : "s"); }

std::string EventWriter::head() const {
  switch (output_) {
    case Output::kJson:
      return json_ == JsonForm::kDocument ? "{\"Events\": [" : "";
    case Output::kCsv:
      return "eventTime,eventName,eventSource,userName,awsRegion,sourceIPAddress,errorCode,readOnly,category,resources,accessKeyId,"
             "eventID,sensitiveData\r\n";
    case Output::kNdjson:
      return "";
    case Output::kTable:
      break;
  }
  std::string out;
  for (const Column& c : {kTime, kName, kUser, kSource}) out += column(c.title, c.width);
  if (with_region_) out += column(kRegion.title, kRegion.width);
  return out + column(kResource.title, kResource.width) + "ERROR\n";
}

std::string EventWriter::event(const Json& event) {
  const bool first = written_++ == 0;
  if (output_ == Output::kNdjson) return archive::ndjson_line(field(event, "CloudTrailEvent"));
  if (output_ == Output::kJson) {
    Json shown = event;
    if (shown.contains("EventTime")) shown["EventTime"] = time_of(event);
    if (json_ == JsonForm::kLines) return json::dump(shown) + "\n";
    return (first ? "\n" : ",\n") + json::dump(shown);
  }
  std::string source = field(event, "EventSource");
  if (output_ == Output::kCsv) {
    std::string out;
    for (const std::string& cell :
         {time_of(event), field(event, "EventName"), source, user_of(event), field(event, "Region"), field(event, "SourceIPAddress"),
          field(event, "ErrorCode"), field(event, "ReadOnly"), field(event, "Category"), joined(resources_of(event)),
          field(event, "AccessKeyId"), field(event, "EventId"), sensitive_of(event)}) {
      if (!out.empty()) out += ',';
      out += csv_cell(cell);
    }
    return out + "\r\n";
  }
  if (source.ends_with(".amazonaws.com")) source.resize(source.size() - std::string_view(".amazonaws.com").size());
  std::string out = column(time_of(event), kTime.width) + column(field(event, "EventName"), kName.width) +
                    column(user_of(event), kUser.width) + column(source, kSource.width);
  if (with_region_) out += column(field(event, "Region"), kRegion.width);
  out += column(joined(in_short(resources_of(event))), kResource.width) + printable(field(event, "ErrorCode"));
  if (const std::string found = sensitive_of(event); !found.empty())
    out += fmt::format("{}! {}", out.ends_with(' ') ? "" : "  ", printable(found));
  while (out.ends_with(' ')) out.pop_back();
  return out + "\n";
}

std::string EventWriter::foot() const {
  if (output_ != Output::kJson || json_ != JsonForm::kDocument) return "";
  return written_ == 0 ? "]}\n" : "\n]}\n";
}

}  // namespace cairn::cli
