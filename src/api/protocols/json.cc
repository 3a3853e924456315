#include <limits>

#include "api/protocols/protocols.h"
#include "api/protocols/scalar.h"
#include "base/text.h"

namespace cairn::api {
namespace {

using aws::Error;
using aws::kSerialization;
using aws::Member;
using aws::Shape;
using aws::Type;
using json::View;

constexpr std::string_view kUnexpectedList = "Start of list found where not expected";
constexpr std::string_view kUnexpectedMap = "Start of structure or map found where not expected.";
constexpr size_t kKeptParserBytesMax = 1 << 20;  // larger bodies do not leave their buffers behind

[[noreturn]] void refuse(std::string_view message) { throw Error(kSerialization, "{}", message); }

/// What AWS calls the kind of a scalar that stands where another was expected.
std::string_view token_name(View value) {
  if (value.is_string()) return "STRING_VALUE";
  if (auto boolean = value.boolean()) return *boolean ? "TRUE_VALUE" : "FALSE_VALUE";
  return "NUMBER_VALUE";
}

[[noreturn]] void refuse_type(View value, Type wanted) {
  if (value.is_array()) refuse(kUnexpectedList);
  if (value.is_object()) refuse(kUnexpectedMap);
  if (wanted == Type::kList) refuse("Expected list or null");
  if (wanted == Type::kMap) refuse("Expected map or null");
  if (wanted == Type::kStructure) refuse("Expected null");
  refuse(fmt::format("{} can not be converted to {}", token_name(value), java_type_name(wanted)));
}

Json read_value(const Member& member, View value);

/// `body_only`: the shape is an operation's input, whose other members travel elsewhere.
Json read_structure(const Shape& shape, View value, bool body_only) {
  if (!value.is_object()) refuse_type(value, Type::kStructure);
  // In the model's order; of duplicate members the last wins, as AWS's parser has it.
  std::vector<View> found(shape.members.size());
  value.each_member([&](std::string_view name, View one) {
    for (size_t i = 0; i < shape.members.size(); ++i)
      if (shape.members[i].location_name == name) found[i] = one;
  });
  Json out = Json::object();
  for (size_t i = 0; i < found.size(); ++i) {
    const Member& member = shape.members[i];
    if (!found[i].exists() || found[i].is_null() || (body_only && member.location != aws::Location::kBody)) continue;
    out[member.name] = read_value(member, found[i]);
  }
  return out;
}

Json read_integer(const Shape& shape, View value) {
  if (auto whole = value.integer()) {
    using Limits = std::numeric_limits<int32_t>;
    if (shape.type == Type::kInteger && (*whole < Limits::min() || *whole > Limits::max())) refuse("");
    return *whole;
  }
  const std::optional<double> number = value.number();
  if (!number) refuse_type(value, shape.type);
  const double limit = shape.type == Type::kInteger ? 2147483647.0 : 9.2e18;
  if (!(*number >= -limit && *number <= limit)) refuse("");
  return static_cast<int64_t>(*number);  // fractions are cut off
}

Json read_value(const Member& member, View value) {
  const Shape& shape = *member.shape;
  switch (shape.type) {
    case Type::kStructure:
      return read_structure(shape, value, false);
    case Type::kList: {
      if (!value.is_array()) refuse_type(value, shape.type);
      Json out = Json::array();
      value.each([&](View one) {
        if (!one.is_null()) out.push_back(read_value(shape.element, one));
      });
      return out;
    }
    case Type::kMap: {
      if (!value.is_object()) refuse_type(value, shape.type);
      Json out = Json::object();
      value.each_member([&](std::string_view key, View one) {
        if (!one.is_null()) out[std::string(key)] = read_value(shape.element, one);
      });
      return out;
    }
    case Type::kString:
      if (auto text = value.string()) return *text;
      break;
    case Type::kBlob:
      if (auto text = value.string()) {
        if (!text::from_base64(*text)) refuse("");
        return *text;
      }
      break;
    case Type::kInteger:
    case Type::kLong:
      return read_integer(shape, value);
    case Type::kFloat:
    case Type::kDouble:
      if (auto number = value.number()) return *number;
      break;
    case Type::kBoolean:
      if (auto boolean = value.boolean()) return *boolean;
      break;
    case Type::kTimestamp:
      if (auto text = value.string()) {
        if (auto json = scalar_from_text(member, *text)) return std::move(*json);
        refuse("");
      }
      if (auto number = value.number()) {
        if (auto time = time_of(*number)) return time_to_json(*time);
        refuse("");
      }
      break;
  }
  refuse_type(value, shape.type);
}

void write_value(json::Writer& writer, const Member& member, const Json& value);

void write_structure(json::Writer& writer, const Shape& shape, const Json& value, bool body_only) {
  writer.begin_object();
  for (const Member& member : shape.members) {
    if (body_only && (member.location != aws::Location::kBody || member.payload)) continue;
    auto it = value.find(member.name);
    if (it == value.end() || it->is_null()) continue;
    writer.key(member.location_name);
    write_value(writer, member, *it);
  }
  writer.end_object();
}

void write_value(json::Writer& writer, const Member& member, const Json& value) {
  const Shape& shape = *member.shape;
  if (shape.type == Type::kStructure && value.is_object()) {
    write_structure(writer, shape, value, false);
  } else if (shape.type == Type::kList && value.is_array()) {
    writer.begin_array();
    for (const Json& one : value) write_value(writer, shape.element, one);
    writer.end_array();
  } else if (shape.type == Type::kMap && value.is_object()) {
    writer.begin_object();
    for (const auto& [key, one] : value.items()) {
      writer.key(key);
      write_value(writer, shape.element, one);
    }
    writer.end_object();
  } else if (shape.type == Type::kTimestamp) {
    const std::string text = scalar_to_text(member, value, aws::TimestampFormat::kUnix);
    if (timestamp_format(member, aws::TimestampFormat::kUnix) == aws::TimestampFormat::kUnix && !text.empty()) writer.raw(text);
    else writer.string(text);
  } else if (value.is_string()) {
    writer.string(value.get_ref<const std::string&>());
  } else {
    writer.value(value);
  }
}

}  // namespace

Json json_document(const Shape& shape, std::string_view body) {
  thread_local json::Document kept;
  std::optional<json::Document> own;
  if (body.size() > kKeptParserBytesMax) own.emplace();
  auto root = (own ? *own : kept).parse(body);
  if (!root) refuse("");
  if (root->is_array()) refuse(kUnexpectedList);
  if (!root->is_object()) refuse("");
  return read_structure(shape, *root, true);
}

std::string json_text(const Shape& shape, const Json& value) {
  std::string text;
  json::Writer writer(text);
  write_structure(writer, shape, value, true);
  return text;
}

Json decode_json(const aws::OperationModel& operation, const WireRequest& request) {
  static const Shape kEmpty;
  return json_document(operation.input == nullptr ? kEmpty : *operation.input, request.body);
}

WireResponse encode_json(aws::Protocol protocol, const aws::OperationModel& operation, const Json& out) {
  WireResponse response{.status = operation.status};
  const auto has = [&](auto&& f) { return operation.output != nullptr && std::ranges::any_of(operation.output->members, f); };
  const bool is_stream = has([](const aws::Member& member) { return member.shape->eventstream; });
  const bool is_file = has([](const aws::Member& member) { return member.payload && member.shape->streaming; });  // it says of what kind
  if (!is_file)
    response.headers.emplace_back("Content-Type", is_stream                            ? "application/vnd.amazon.eventstream"
                                                  : protocol == aws::Protocol::kJson10 ? "application/x-amz-json-1.0"
                                                                                       : "application/x-amz-json-1.1");
  if (operation.output != nullptr) response.body = json_text(*operation.output, out);
  else if (operation.empty_document) response.body = "{}";
  return response;
}

}  // namespace cairn::api
