#include "api/protocols/scalar.h"

#include <charconv>
#include <cmath>
#include <limits>

#include "base/text.h"

namespace cairn::api {

using aws::TimestampFormat;
using aws::Type;

namespace {

std::optional<Time> parse_time(std::string_view text) {
  if (auto time = timestamps::parse_iso8601(text)) return time;
  if (auto time = timestamps::parse_epoch(text)) return time;
  return timestamps::parse_http_date(text);
}

std::optional<double> parse_double(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

}  // namespace

std::optional<Json> scalar_from_text(const aws::Member& member, std::string_view text) {
  switch (member.shape->type) {
    case Type::kString:
      return Json(text);
    case Type::kBlob:
      return text::from_base64(text::trim(text)) ? std::optional<Json>(text::trim(text)) : std::nullopt;
    case Type::kBoolean:
      text = text::trim(text);
      if (text::equals_ignoring_case(text, "true")) return Json(true);
      if (text::equals_ignoring_case(text, "false")) return Json(false);
      return std::nullopt;
    case Type::kInteger:
    case Type::kLong: {
      const std::optional<int64_t> value = text::to_int(text::trim(text));
      if (!value) return std::nullopt;
      using Limits = std::numeric_limits<int32_t>;
      if (member.shape->type == Type::kInteger && (*value < Limits::min() || *value > Limits::max())) return std::nullopt;
      return Json(*value);
    }
    case Type::kFloat:
    case Type::kDouble:
      if (auto value = parse_double(text::trim(text))) return Json(*value);
      return std::nullopt;
    case Type::kTimestamp:
      if (auto time = parse_time(text::trim(text))) return time_to_json(*time);
      return std::nullopt;
    case Type::kStructure:
    case Type::kList:
    case Type::kMap:
      return std::nullopt;
  }
  return std::nullopt;
}

TimestampFormat timestamp_format(const aws::Member& member, TimestampFormat otherwise) {
  if (member.timestamp != TimestampFormat::kDefault) return member.timestamp;
  if (member.shape->timestamp != TimestampFormat::kDefault) return member.shape->timestamp;
  return otherwise;
}

std::optional<Time> time_of(const Json& value) {
  if (value.is_string()) return parse_time(value.get_ref<const std::string&>());
  if (!value.is_number()) return std::nullopt;
  const double seconds = value.get<double>();
  if (!(std::abs(seconds) < 1e12)) return std::nullopt;
  return Time(std::chrono::milliseconds(std::llround(seconds * 1000)));
}

Json time_to_json(Time time) { return timestamps::iso8601_millis(time); }

std::string epoch_text(Time time) {
  const int64_t millis = time.time_since_epoch().count();
  const uint64_t magnitude = millis < 0 ? 0 - static_cast<uint64_t>(millis) : static_cast<uint64_t>(millis);
  std::string text = fmt::format("{}{}", millis < 0 ? "-" : "", magnitude / 1000);
  if (magnitude % 1000 != 0) text += fmt::format(".{:03}", magnitude % 1000);
  return text;
}

std::string scalar_to_text(const aws::Member& member, const Json& value, TimestampFormat otherwise) {
  if (member.shape->type == Type::kTimestamp) {
    const std::optional<Time> time = time_of(value);
    if (!time) return {};
    switch (timestamp_format(member, otherwise)) {
      case TimestampFormat::kUnix:
        return epoch_text(*time);
      case TimestampFormat::kRfc822:
        return timestamps::http_date(*time);
      case TimestampFormat::kDefault:
      case TimestampFormat::kIso8601:
        return timestamps::iso8601_millis(*time);
    }
  }
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean()) return value.get<bool>() ? "true" : "false";
  if (value.is_number()) return json::dump(value);
  return {};
}

std::string_view java_type_name(Type type) {
  switch (type) {
    case Type::kInteger:
      return "an Integer";
    case Type::kLong:
      return "a Long";
    case Type::kFloat:
      return "a Float";
    case Type::kDouble:
      return "a Double";
    case Type::kBoolean:
      return "a Boolean";
    case Type::kTimestamp:
      return "a Date";
    case Type::kBlob:
      return "a Blob";
    default:
      return "a String";
  }
}

bool is_flattened(const aws::Member& member) { return member.flattened || member.shape->flattened; }

std::string_view flat_element_name(const aws::Member& list) {
  const aws::Member& element = list.shape->element;
  return element.location_name == element.name ? list.location_name : element.location_name;
}

}  // namespace cairn::api
