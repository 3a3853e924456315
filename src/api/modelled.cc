#include "api/modelled.h"

#include <algorithm>

#include "api/protocols/protocols.h"
#include "api/protocols/scalar.h"
#include "base/check.h"
#include "base/crypto.h"
#include "base/text.h"
#include "base/xml.h"

namespace cairn::api {
namespace {

using aws::Location;
using aws::Member;
using aws::Protocol;
using aws::Shape;
using aws::Type;

// --- the query protocol's form

class FormWriter {
 public:
  void add(std::string_view name, std::string_view value) {
    if (!text_.empty()) text_ += '&';
    text_ += text::percent_encode(name) + "=" + text::percent_encode(value);
  }
  void members(const Shape& shape, const Json& value, const std::string& prefix) {
    for (const Member& member : shape.members)
      if (const auto it = value.find(member.name); it != value.end() && !it->is_null()) one(member, *it, prefix + member.form_name);
  }
  std::string take() { return std::move(text_); }

 private:
  void one(const Member& member, const Json& value, const std::string& name) {
    const Shape& shape = *member.shape;
    switch (shape.type) {
      case Type::kStructure:
        return members(shape, value, name + ".");
      case Type::kList: {
        if (value.empty()) return add(name, "");
        const std::string prefix = is_flattened(member) ? name + "." : name + "." + shape.element.location_name + ".";
        for (size_t i = 0; i < value.size(); ++i) one(shape.element, value[i], prefix + std::to_string(i + 1));
        return;
      }
      case Type::kMap: {
        const std::string prefix = is_flattened(member) ? name + "." : name + ".entry.";
        int number = 0;
        for (const auto& [key, each] : value.items()) {
          const std::string entry = prefix + std::to_string(++number) + ".";
          add(entry + shape.key.location_name, key);
          one(shape.element, each, entry + shape.element.location_name);
        }
        return;
      }
      default:
        add(name, scalar_to_text(member, value, aws::TimestampFormat::kIso8601));
    }
  }

  std::string text_;
};

// --- rest-xml

std::string payload_text(const aws::ServiceModel& service, const aws::OperationModel& operation, const Member& member, const Json& value) {
  if (member.shape->type == Type::kString) return value.get<std::string>();
  std::string body;
  xml::Writer writer(body);
  const std::string& root = operation.input_root.empty() ? member.location_name : operation.input_root;
  const std::string& names = operation.input_namespace.empty() ? service.xml_namespace : operation.input_namespace;
  writer.open(root, xml_attributes(*member.shape, value, names));
  write_xml_members(writer, *member.shape, value);
  writer.close(root);
  return body;
}

std::string header_text(const Member& member, const Json& value) {
  if (member.shape->type != Type::kList) return scalar_to_text(member, value, aws::TimestampFormat::kRfc822);
  std::string text;
  for (const Json& each : value) {
    if (!text.empty()) text += ",";
    text += scalar_to_text(member.shape->element, each, aws::TimestampFormat::kRfc822);
  }
  return text;
}

void replace_label(std::string& target, const Member& member, const Json& value) {
  for (const std::string& label : {"{" + member.location_name + "}", "{" + member.location_name + "+}"}) {
    const size_t at = target.find(label);
    if (at == std::string::npos) continue;
    const bool is_path = label.ends_with("+}");
    target.replace(at, label.size(),
                   text::percent_encode(scalar_to_text(member, value, aws::TimestampFormat::kIso8601),
                                        is_path ? text::Slash::kKeep : text::Slash::kEncode));
  }
}

void write_rest(const aws::ServiceModel& service, const aws::OperationModel& operation, const Json& in, Client::Request& request) {
  request.target = operation.uri;
  if (operation.input == nullptr) return;
  std::string query;
  for (const Member& member : operation.input->members) {
    const auto it = in.find(member.name);
    if (it == in.end() || it->is_null()) continue;
    switch (member.location) {
      case Location::kUri:
        replace_label(request.target, member, *it);
        break;
      case Location::kQuery:
        query += "&" + member.location_name + "=" + text::percent_encode(scalar_to_text(member, *it, aws::TimestampFormat::kIso8601));
        break;
      case Location::kHeader:
        request.headers.emplace_back(member.location_name, header_text(member, *it));
        break;
      case Location::kHeaders:
        for (const auto& [name, value] : it->items()) request.headers.emplace_back(member.location_name + name, value.get<std::string>());
        break;
      case Location::kBody:
        CHECK(member.payload);  // of the services with this protocol each has one
        request.body = payload_text(service, operation, member, *it);
        break;
      case Location::kStatusCode:
        break;
    }
  }
  if (!query.empty()) {
    if (request.target.find('?') == std::string::npos) query.front() = '?';
    request.target += query;
  }
  if (!request.body.empty()) request.headers.emplace_back("Content-MD5", text::base64(crypto::md5(request.body)));
}

Protocol protocol_of(const aws::ServiceModel& service) {
  for (const Protocol wanted : {Protocol::kJson11, Protocol::kJson10, Protocol::kQuery, Protocol::kRestXml})
    if (std::ranges::find(service.protocols, wanted) != service.protocols.end()) return wanted;
  CHECK(false);
}

}  // namespace

Client::Request request_of(const aws::ServiceModel& service, const aws::OperationModel& operation, const aws::Region& region,
                           const Json& in) {
  static const Shape kEmpty;
  Client::Request request;
  request.service = service.signing_name;
  request.region = service.global ? aws::kGlobalRegion : region;
  request.host = service.global ? fmt::format("{}.amazonaws.com", service.endpoint_prefix)
                                : fmt::format("{}.{}.amazonaws.com", service.endpoint_prefix, region.str());
  request.method = operation.method;
  request.target = "/";
  const Shape& shape = operation.input == nullptr ? kEmpty : *operation.input;
  switch (const Protocol protocol = protocol_of(service)) {
    case Protocol::kQuery: {
      FormWriter form;
      form.add("Action", operation.name);
      form.add("Version", service.api_version);
      form.members(shape, in, "");
      request.headers = {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}};
      request.body = form.take();
      break;
    }
    case Protocol::kRestXml:
      write_rest(service, operation, in, request);
      break;
    default:
      request.headers = {{"Content-Type", protocol == Protocol::kJson10 ? "application/x-amz-json-1.0" : "application/x-amz-json-1.1"},
                         {"X-Amz-Target", service.target_prefix + "." + operation.name}};
      request.body = json_text(shape, in);
  }
  return request;
}

Refusal refusal_of(const http::Response& response) {
  Refusal refusal{.status = response.status, .code = std::to_string(response.status), .message = {}, .request_id = {}};
  for (const auto& [name, value] : response.headers)
    if (text::equals_ignoring_case(name, "x-amzn-requestid") || text::equals_ignoring_case(name, "x-amz-request-id"))
      refusal.request_id = value;
  if (const Result<Json> body = json::parse(response.body); body && body->is_object()) {
    const std::string type = body->value("__type", "");
    if (!type.empty()) refusal.code = type.substr(type.rfind('#') + 1);
    refusal.message = body->value("message", body->value("Message", ""));
  } else if (const auto root = xml::parse(response.body)) {
    const xml::Element* error = root->child("Error") != nullptr ? root->child("Error") : &*root;
    if (const xml::Element* code = error->child("Code")) refusal.code = code->text;
    if (const xml::Element* message = error->child("Message")) refusal.message = message->text;
  }
  return refusal;
}

}  // namespace cairn::api
