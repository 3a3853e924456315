#include "cli/event_text.h"

#include <algorithm>

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

std::string printable(std::string_view s) {
  std::string clean = text::is_utf8(s) ? std::string(s) : text::replace_invalid_utf8(s);
  std::string out;
  for (size_t i = 0; i < clean.size(); ++i) {
    const auto c = static_cast<unsigned char>(clean[i]);
    const bool is_c1 = c == 0xc2 && i + 1 < clean.size() && static_cast<unsigned char>(clean[i + 1]) < 0xa0;
    // Marks that turn the direction of text around, and line separators: U+2028..202E, U+2066..2069.
    bool is_turn = false;
    if (c == 0xe2 && i + 2 < clean.size()) {
      const auto b = static_cast<unsigned char>(clean[i + 1]), d = static_cast<unsigned char>(clean[i + 2]);
      is_turn = (b == 0x80 && d >= 0xa8 && d <= 0xae) || (b == 0x81 && d >= 0xa6 && d <= 0xa9);
    }
    if (c < 0x20 || c == 0x7f || is_c1 || is_turn) {
      out += "\xef\xbf\xbd";
      i += is_c1 ? 1 : is_turn ? 2 : 0;
    } else {
      out += clean[i];
    }
  }
  return out;
}

std::string csv_cell(std::string_view s) {
  std::string text = printable(s);
  if (!text.empty() && std::string_view("=+-@").find(text[0]) != std::string_view::npos) text.insert(0, "'");
  if (text.find_first_of(",;\"") == std::string::npos) return text;  // some spreadsheets split at semicolons
  std::string out = "\"";
  for (char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + "\"";
}

std::string EventWriter::head() const {
  switch (output_) {
    case Output::kJson:
      return json_ == JsonForm::kDocument ? "{\"Events\": [" : "";
    case Output::kCsv:
      return "eventTime,eventName,eventSource,userName,awsRegion,sourceIPAddress,errorCode,readOnly,category,resources,accessKeyId,"
             "eventID,sensitiveData\r\n";
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
         {time_of(event), field(event, "EventName"), source, field(event, "Username"), field(event, "Region"),
          field(event, "SourceIPAddress"), field(event, "ErrorCode"), field(event, "ReadOnly"), field(event, "Category"),
          joined(resources_of(event)), field(event, "AccessKeyId"), field(event, "EventId"), sensitive_of(event)}) {
      if (!out.empty()) out += ',';
      out += csv_cell(cell);
    }
    return out + "\r\n";
  }
  if (source.ends_with(".amazonaws.com")) source.resize(source.size() - std::string_view(".amazonaws.com").size());
  std::string out = column(time_of(event), kTime.width) + column(field(event, "EventName"), kName.width) +
                    column(field(event, "Username"), kUser.width) + column(source, kSource.width);
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
