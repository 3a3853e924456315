#include "services/cairn/openapi.h"

#include <algorithm>

#include "aws/model.h"
#include "base/json.h"
#include "event/classify.h"

namespace cairn::services {
namespace {

using aws::Location;
using aws::Member;
using aws::Shape;
using aws::Type;

struct Words {
  std::string_view operation, summary;
  std::string_view content_types = "application/json";  // of the answer, separated by blanks
};
constexpr Words kWords[] = {
    {"CreateAccount", "Make an account of this server."},
    {"CreateLaunchLink", "Make a link that opens a template's launch page."},
    {"CreateRootCredentials", "Make an access key of an account's root user; for the owner of the data directory."},
    {"DownloadEvents", "Events of the history as a file.", "application/x-ndjson text/csv application/gzip"},
    {"ImportEvents", "Bring log files into the history. The body is one file, or several whose sizes stand in X-Cairn-Part-Sizes."},
    {"ListAccounts", "The accounts of this server."},
    {"SearchEvents", "Events of the history, page by page. A page may end early, even without an event: NextToken goes on."},
    {"SummarizeEvents", "How many events there are: over time, and with which values of fields."},
    {"TailEvents", "Events as they come, as server-sent events: `id` is the event's Cursor, `data` an Event.", "text/event-stream"},
};

const Words& words_of(const aws::OperationModel& operation) {
  const auto found = std::ranges::find(kWords, operation.name, &Words::operation);
  static constexpr Words kNone{"", ""};
  return found == std::end(kWords) ? kNone : *found;
}

Json reference(const Shape& shape) { return {{"$ref", "#/components/schemas/" + shape.name}}; }

void limit(Json& schema, const Shape& shape, const char* min, const char* max) {
  if (shape.min) schema[min] = *shape.min;
  if (shape.max) schema[max] = *shape.max;
}

Json schema_of(const Shape& shape) {
  Json schema;
  switch (shape.type) {
    case Type::kStructure:
      schema = {{"type", "object"}, {"properties", Json::object()}};
      for (const Member& member : shape.members) {
        if (member.location != Location::kBody) continue;
        schema["properties"][member.location_name] = reference(*member.shape);
        if (member.required) schema["required"].push_back(member.location_name);
      }
      break;
    case Type::kList:
      schema = {{"type", "array"}, {"items", reference(*shape.element.shape)}};
      limit(schema, shape, "minItems", "maxItems");
      break;
    case Type::kMap:
      schema = {{"type", "object"}, {"additionalProperties", reference(*shape.element.shape)}};
      break;
    case Type::kInteger:
    case Type::kLong:
      schema = {{"type", "integer"}, {"format", shape.type == Type::kLong ? "int64" : "int32"}};
      limit(schema, shape, "minimum", "maximum");
      break;
    case Type::kFloat:
    case Type::kDouble:
      schema = {{"type", "number"}};
      break;
    case Type::kTimestamp:
      schema = {{"type", "number"}, {"description", "Seconds since 1970; in a query string, ISO 8601 as well."}};
      break;
    case Type::kBoolean:
      schema = {{"type", "boolean"}};
      break;
    case Type::kBlob:
      schema = {{"type", "string"}, {"format", "binary"}};
      break;
    case Type::kString:
      schema = {{"type", "string"}};
      limit(schema, shape, "minLength", "maxLength");
      if (!shape.pattern.empty()) schema["pattern"] = shape.pattern;
      for (const std::string& value : shape.values) schema["enum"].push_back(value);
      break;
  }
  return schema;
}

bool is_scalar(const Shape& shape) { return shape.type != Type::kStructure && shape.type != Type::kMap && shape.type != Type::kList; }

Json parameters_of(const aws::OperationModel& operation, bool by_query) {
  Json parameters = Json::array();
  if (operation.input == nullptr) return parameters;
  for (const Member& member : operation.input->members) {
    const bool is_header = member.location == Location::kHeader;
    const bool fits = is_scalar(*member.shape) || (member.shape->type == Type::kList && is_scalar(*member.shape->element.shape));
    if (!is_header && (!by_query || !fits)) continue;
    Json parameter = {{"name", member.location_name}, {"in", is_header ? "header" : "query"}, {"schema", reference(*member.shape)}};
    if (member.required) parameter["required"] = true;
    if (member.shape->type == Type::kTimestamp) parameter["schema"] = {{"type", "string"}};
    parameters.push_back(std::move(parameter));
  }
  return parameters;
}

Json answers_of(const aws::OperationModel& operation) {
  Json answer = {{"description", "The answer."}};
  const std::string_view types = words_of(operation).content_types;
  if (operation.output != nullptr) {
    for (size_t begin = 0; begin <= types.size();) {
      const size_t end = std::min(types.find(' ', begin), types.size());
      const std::string type(types.substr(begin, end - begin));
      const bool is_json = type == "application/json";
      answer["content"][type]["schema"] = is_json ? reference(*operation.output) : Json{{"type", "string"}, {"format", "binary"}};
      begin = end + 1;
    }
  }
  std::string codes;
  for (const Shape* error : operation.errors) codes += (codes.empty() ? "" : ", ") + error->error_code;
  return {{std::to_string(operation.status), std::move(answer)},
          {"default",
           {{"description", "The header x-amzn-ErrorType names the error" + (codes.empty() ? "." : ": " + codes + ", or a common one.")},
            {"content", {{"application/json", {{"schema", {{"$ref", "#/components/schemas/Error"}}}}}}}}}};
}

Json described(const aws::OperationModel& operation, const std::string& method) {
  const bool is_alias = method != operation.method;
  Json made = {{"operationId", is_alias ? operation.name + "ByQuery" : operation.name}, {"summary", words_of(operation).summary}};
  const bool by_query = method == "GET";
  if (Json parameters = parameters_of(operation, by_query); !parameters.empty()) made["parameters"] = std::move(parameters);
  if (!by_query && operation.input != nullptr) {
    const bool is_json = std::ranges::any_of(operation.input->members, [](const Member& m) { return m.location == Location::kBody; });
    Json& content = made["requestBody"]["content"];
    if (is_json) content["application/json"]["schema"] = reference(*operation.input);
    else content["application/octet-stream"]["schema"] = {{"type", "string"}, {"format", "binary"}};
  }
  made["responses"] = answers_of(operation);
  return made;
}

std::string lower(std::string method) {
  std::ranges::transform(method, method.begin(), [](char c) { return static_cast<char>(c | 0x20); });
  return method;
}

}  // namespace

std::string openapi_document() {
  const aws::ServiceModel& model = *aws::service_model("cairn");
  Json document = {
      {"openapi", "3.0.3"},
      {"info",
       {{"title", "Cairn"},
        {"version", model.api_version},
        {"description",
         "Calls are signed as AWS's are (Signature Version 4), for the service `cairn`, by headers or as a presigned URL."}}},
      {"servers", Json::array({{{"url", "/"}}})},
      {"security", Json::array({{{"sigv4", Json::array()}}})},
      {"paths", Json::object()},
      {"components",
       {{"securitySchemes",
         {{"sigv4", {{"type", "apiKey"}, {"in", "header"}, {"name", "Authorization"}, {"x-amazon-apigateway-authtype", "awsSigv4"}}}}},
        {"schemas",
         {{"Error", {{"type", "object"}, {"properties", {{"__type", {{"type", "string"}}}, {"message", {{"type", "string"}}}}}}}}}}}};
  for (const aws::OperationModel& operation : model.operations)
    document["paths"][operation.uri][lower(operation.method)] = described(operation, operation.method);
  for (const aws::OperationModel& operation : model.operations) {
    Json& path = document["paths"][operation.uri];
    const bool reads = event::is_read_only(model.key, operation.name);
    if (operation.method == "POST" && reads && !path.contains("get")) path["get"] = described(operation, "GET");
  }
  for (const auto& [name, shape] : model.shapes)
    if (!shape.exception) document["components"]["schemas"][name] = schema_of(shape);
  return document.dump(1);
}

}  // namespace cairn::services
