#include "api/protocol.h"

#include <array>

#include "api/protocols/protocols.h"
#include "base/text.h"

namespace cairn::api {
namespace {

using aws::Protocol;

struct WireName {
  std::string_view code;
  int status;
};

/// What errors that no model lists are called on the wire: the code of the record, then each protocol's.
struct CommonError {
  std::string_view code;
  WireName json, rest_json, query, rest_xml;
};
constexpr auto kCommonErrors = std::to_array<CommonError>({
    {"AccessDenied", {"AccessDeniedException", 400}, {"AccessDeniedException", 403}, {"AccessDenied", 403}, {"AccessDenied", 403}},
    {"InvalidParameterValue",
     {"InvalidParameterValueException", 400},
     {"InvalidParameterValueException", 400},
     {"InvalidParameterValue", 400},
     {"InvalidParameterValue", 400}},
    {"InternalFailure", {"InternalFailure", 500}, {"InternalFailure", 500}, {"InternalFailure", 500}, {"InternalError", 500}},
    {"MissingParameter",
     {"MissingRequiredParameterException", 400},
     {"MissingRequiredParameterException", 400},
     {"MissingParameter", 400},
     {"MissingParameter", 400}},
    {"SerializationException",
     {"SerializationException", 400},
     {"SerializationException", 400},
     {"MalformedInput", 400},
     {"MalformedXML", 400}},
    {"ThrottlingException", {"ThrottlingException", 400}, {"ThrottlingException", 429}, {"Throttling", 400}, {"SlowDown", 503}},
    {"UnknownOperationException",
     {"UnknownOperationException", 400},
     {"UnknownOperationException", 404},
     {"InvalidAction", 400},
     {"MethodNotAllowed", 405}},
    {"ValidationException", {"ValidationException", 400}, {"ValidationException", 400}, {"ValidationError", 400}, {"InvalidRequest", 400}},
});

/// An error as a protocol sends it. `shape`: the model's exception, if it has it.
struct WireError {
  std::string code;
  std::string query_code;  // the query protocol's, which services that have both name beside the other
  int status = 400;
  const aws::Shape* shape = nullptr;
};

/// The model's exception of this name, or, of those that the operation may give, the one with this code on the wire.
const aws::Shape* find_exception(const aws::ServiceModel& service, const aws::OperationModel* operation, std::string_view code) {
  if (auto it = service.shapes.find(code); it != service.shapes.end() && it->second.exception) return &it->second;
  if (operation == nullptr) return nullptr;
  for (const aws::Shape* shape : operation->errors)
    if (shape->error_code == code) return shape;
  return nullptr;
}

WireError wire_error(Protocol protocol, const aws::ServiceModel& service, const aws::OperationModel* operation, const aws::Error& error) {
  WireError wire{.code = std::string(error.kind.code), .query_code = std::string(error.kind.code), .status = error.kind.status};
  const bool is_json = protocol != Protocol::kQuery && protocol != Protocol::kRestXml;
  if (const aws::Shape* shape = find_exception(service, operation, error.kind.code)) {
    wire.shape = shape;
    wire.query_code = shape->error_code;
    // A service that once spoke query alone keeps that protocol's codes there; its newer protocols name the shape.
    wire.code = is_json && service.query_compatible ? shape->name : shape->error_code;
    if (!is_json && !error.kind.wire_code.empty()) wire.code = std::string(error.kind.wire_code);
    // The framework's own code, whatever exceptions the service has of that name.
    else if (protocol == Protocol::kQuery && shape->name == aws::kValidation.code) wire.code = "ValidationError";
    if (wire.status == 400) wire.status = shape->error_status;
    return wire;
  }
  if (!error.kind.wire_code.empty()) {
    wire.code = std::string(error.kind.wire_code);
    return wire;
  }
  for (const CommonError& common : kCommonErrors) {
    if (common.code != error.kind.code) continue;
    const WireName& name = protocol == Protocol::kQuery      ? common.query
                           : protocol == Protocol::kRestXml  ? common.rest_xml
                           : protocol == Protocol::kRestJson ? common.rest_json
                                                             : common.json;
    wire.code = std::string(name.code);
    wire.query_code = std::string(common.query.code);
    wire.status = name.status;
  }
  if (service.key == "sns" && wire.code == "AccessDenied") wire.code = "AuthorizationError";
  return wire;
}

/// SQS says whose error it is: its own, or that of the framework in front of it.
std::string_view namespace_of(const aws::ServiceModel& service, const WireError& wire) {
  if (service.key != "sqs") return "";
  return wire.shape != nullptr ? "com.amazonaws.sqs#" : "com.amazon.coral.service#";
}

/// "message" or "Message": the model's exception says; CloudTrail's have no members but send Message, and so do the two common
/// errors that the framework in front of the service sends.
std::string_view message_name(const WireError& wire) {
  if (wire.shape == nullptr) return wire.code == "AccessDeniedException" || wire.code == "SerializationException" ? "Message" : "message";
  for (const aws::Member& member : wire.shape->members)
    if (text::equals_ignoring_case(member.location_name, "message")) return member.location_name;
  return "Message";
}

WireResponse json_error(Protocol protocol, const aws::ServiceModel& service, const WireError& wire, const aws::Error& error) {
  WireResponse response{.status = wire.status};
  const bool is_rest = protocol == Protocol::kRestJson;
  response.headers.emplace_back("Content-Type", is_rest                         ? "application/json"
                                                : protocol == Protocol::kJson10 ? "application/x-amz-json-1.0"
                                                : protocol == Protocol::kCbor   ? "application/cbor"
                                                                                : "application/x-amz-json-1.1");
  std::vector<std::pair<std::string_view, std::string_view>> members;
  const std::string type = std::string(namespace_of(service, wire)).append(wire.code);
  // Who calls our own service does so without an SDK that would look at headers.
  const bool is_ours = service.key == "cairn";
  if (is_rest) {
    response.headers.emplace_back("x-amzn-ErrorType", wire.code);
    if (is_ours) members.emplace_back("__type", wire.code);
    if (wire.shape != nullptr && wire.shape->member("Type") != nullptr)
      members.emplace_back("Type", wire.status < 500 ? "User" : "Service");
  } else {
    members.emplace_back("__type", type);
  }
  if (!error.message.empty()) members.emplace_back(is_ours ? "message" : message_name(wire), error.message);
  else if (is_ours) members.emplace_back("message", "The body is not JSON of the kind that this call takes.");
  for (const auto& [name, value] : error.details) members.emplace_back(name, value);

  if (service.query_compatible) {
    response.headers.emplace_back("x-amzn-query-error", fmt::format("{};{}", wire.query_code, wire.status < 500 ? "Sender" : "Receiver"));
  }
  if (protocol == Protocol::kCbor) {
    response.headers.emplace_back("smithy-protocol", "rpc-v2-cbor");
    response.body = cbor_texts(members);
    return response;
  }
  json::Writer writer(response.body);
  writer.begin_object();
  for (const auto& [name, value] : members) {
    writer.key(name);
    const aws::Member* member = wire.shape != nullptr ? wire.shape->member(name) : nullptr;
    if (member != nullptr && member->shape->type == aws::Type::kStructure) writer.raw(value);
    else writer.string(value);
  }
  writer.end_object();
  return response;
}

WireResponse query_error(const aws::ServiceModel& service, const WireError& wire, const aws::Error& error, std::string_view request_id) {
  WireResponse response{.status = wire.status};
  response.headers.emplace_back("Content-Type", "text/xml");
  xml::Writer writer(response.body);
  writer.open("ErrorResponse", fmt::format("xmlns=\"{}\"", service.xml_namespace));
  writer.open("Error");
  writer.element("Type", wire.status < 500 ? "Sender" : "Receiver");
  writer.element("Code", wire.code).element("Message", error.message);
  for (const auto& [name, value] : error.details) writer.element(name, value);
  if (service.key == "sqs") writer.element("Detail", "");
  writer.close("Error").element("RequestId", request_id).close("ErrorResponse");
  return response;
}

WireResponse rest_xml_error(const aws::ServiceModel& service, const WireError& wire, const aws::Error& error, std::string_view request_id,
                            std::string_view host_id, std::string_view resource) {
  WireResponse response{.status = wire.status};
  response.headers.emplace_back("Content-Type", "application/xml");
  xml::Writer writer(response.body);
  writer.declaration();
  const bool wrapped = service.key != "s3";  // S3's own errors are the only ones that stand alone
  if (wrapped) writer.open("ErrorResponse", fmt::format("xmlns=\"{}\"", service.xml_namespace));
  writer.open("Error").element("Code", wire.code).element("Message", error.message);
  for (const auto& [name, value] : error.details) writer.element(name, value);
  if (!resource.empty()) writer.element("Resource", resource);
  if (wrapped) writer.close("Error");
  writer.element("RequestId", request_id).element("HostId", host_id);
  writer.close(wrapped ? "ErrorResponse" : "Error");
  return response;
}

}  // namespace

Json decode(Protocol protocol, const aws::ServiceModel& service, const aws::OperationModel& operation, const WireRequest& request) {
  switch (protocol) {
    case Protocol::kJson10:
    case Protocol::kJson11:
      return decode_json(operation, request);
    case Protocol::kQuery:
      return decode_query(operation, request);
    case Protocol::kRestJson:
    case Protocol::kRestXml:
      return decode_rest(protocol, service, operation, request);
    case Protocol::kCbor:
      return decode_cbor(operation, request);
  }
  return Json::object();
}

WireResponse encode(Protocol protocol, const aws::ServiceModel& service, const aws::OperationModel& operation, const Json& out,
                    std::string_view request_id) {
  switch (protocol) {
    case Protocol::kJson10:
    case Protocol::kJson11:
      return encode_json(protocol, operation, out);
    case Protocol::kQuery:
      return encode_query(service, operation, out, request_id);
    case Protocol::kRestJson:
    case Protocol::kRestXml:
      return encode_rest(protocol, service, operation, out);
    case Protocol::kCbor:
      return encode_cbor(operation, out);
  }
  return {};
}

WireResponse encode_error(Protocol protocol, const aws::ServiceModel& service, const aws::OperationModel* operation,
                          const aws::Error& error, std::string_view request_id, std::string_view host_id, std::string_view resource) {
  const WireError wire = wire_error(protocol, service, operation, error);
  switch (protocol) {
    case Protocol::kQuery:
      return query_error(service, wire, error, request_id);
    case Protocol::kRestXml:
      return rest_xml_error(service, wire, error, request_id, host_id, resource);
    default:
      return json_error(protocol, service, wire, error);
  }
}

}  // namespace cairn::api
