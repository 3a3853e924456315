#include "api/protocols/protocols.h"
#include "api/protocols/scalar.h"
#include "base/text.h"

/// Bindings to URI, query string, headers and body: rest-xml and rest-json differ in the body and in the words of errors only.
namespace cairn::api {
namespace {

using aws::Error;
using aws::Location;
using aws::Member;
using aws::Protocol;
using aws::Shape;
using aws::Type;

constexpr aws::ErrorKind kMissingRequestBody{.code = "MissingRequestBodyError"};
constexpr aws::ErrorKind kInvalidUri{.code = "InvalidURI"};

class Decoder {
 public:
  Decoder(Protocol protocol, const aws::OperationModel& operation, const WireRequest& request)
      : protocol_(protocol), operation_(operation), request_(request) {
    for (std::string_view pair : text::split(request.query, '&')) {
      if (pair.empty()) continue;
      const size_t equals = pair.find('=');
      auto name = text::percent_decode(pair.substr(0, equals), text::Plus::kSpace);
      auto value = text::percent_decode(equals == std::string_view::npos ? "" : pair.substr(equals + 1), text::Plus::kSpace);
      if (!name || !value) throw Error(kInvalidUri, "Couldn't parse the specified URI.");
      query_.emplace_back(std::move(*name), std::move(*value));
    }
  }

  Json decode() {
    const Shape& shape = *operation_.input;
    Json out = Json::object();
    std::optional<Json> body;
    for (const Member& member : shape.members) {
      switch (member.location) {
        case Location::kUri:
          read_label(out, member);
          break;
        case Location::kQuery:
          read_query(out, member);
          break;
        case Location::kHeader:
          read_header(out, member);
          break;
        case Location::kHeaders:
          read_headers(out, member);
          break;
        case Location::kStatusCode:
          break;
        case Location::kBody:
          if (member.payload) {
            read_payload(out, member);
          } else if (request_.method == "GET" && protocol_ == Protocol::kRestJson) {
            read_query(out, member);  // our own operations can be asked by a link, too: api/route.cc
          } else {
            if (!body) body = read_body(shape);
            if (auto it = body->find(member.name); it != body->end()) out[member.name] = std::move(*it);
          }
      }
    }
    return out;
  }

 private:
  /// A value in the URI or a header that is none of its type.
  [[noreturn]] void refuse(const Member& member, std::string_view text) const {
    if (protocol_ == Protocol::kRestJson)
      throw Error(aws::kSerialization, "STRING_VALUE can not be converted to {}", java_type_name(member.shape->type));
    const std::string& name = member.location_name;
    const bool number = member.shape->type == Type::kInteger || member.shape->type == Type::kLong;
    if (name == "partNumber")
      throw Error(kInvalidArgument, "Part number must be an integer between 1 and 10000, inclusive")
          .with("ArgumentName", name)
          .with("ArgumentValue", std::string(text));
    throw(number ? Error(kInvalidArgument, "Provided {} not an integer or within integer range", name)
                 : Error(kInvalidArgument, "Invalid {}", name))
        .with("ArgumentName", name)
        .with("ArgumentValue", std::string(text));
  }

  Json scalar(const Member& member, std::string_view text) const {
    auto value = scalar_from_text(member, text);
    if (!value) refuse(member, text);
    return std::move(*value);
  }

  void read_label(Json& out, const Member& member) const {
    for (const auto& [name, value] : request_.labels)
      if (name == member.location_name || name == member.name) out[member.name] = scalar(member, value);
  }

  void read_query(Json& out, const Member& member) const {
    const Shape& shape = *member.shape;
    if (shape.type == Type::kMap) {  // what no other member takes
      Json map = Json::object();
      for (const auto& [name, value] : query_) map[name] = value;
      if (!map.empty()) out[member.name] = std::move(map);
      return;
    }
    for (const auto& [name, value] : query_) {
      if (name != member.location_name) continue;
      if (shape.type == Type::kList) {
        out[member.name].push_back(scalar(shape.element, value));
      } else {
        out[member.name] = scalar(member, value);
        return;
      }
    }
  }

  void read_header(Json& out, const Member& member) const {
    const Shape& shape = *member.shape;
    for (const http::Header& header : *request_.headers) {
      if (!text::equals_ignoring_case(header.name, member.location_name)) continue;
      if (shape.type == Type::kList) {
        for (std::string_view one : text::split(header.value, ','))
          if (one = text::trim(one); !one.empty()) out[member.name].push_back(scalar(shape.element, one));
      } else if (auto value = scalar_from_text(member, header.value)) {
        out[member.name] = std::move(*value);
        return;
      } else if (shape.type != Type::kTimestamp || shape.timestamp == aws::TimestampFormat::kIso8601) {
        refuse(member, header.value);  // a conditional header with a broken date counts as not sent
      }
    }
  }

  void read_headers(Json& out, const Member& member) const {
    const std::string& prefix = member.location_name;
    for (const http::Header& header : *request_.headers) {
      if (header.name.size() <= prefix.size() || !text::equals_ignoring_case(header.name.substr(0, prefix.size()), prefix)) continue;
      Json& value = out[member.name][text::lower(header.name.substr(prefix.size()))];
      if (value.is_string()) value.get_ref<std::string&>().append(",").append(header.value);  // sent twice
      else value = std::string(header.value);
    }
  }

  Json read_body(const Shape& shape) const {
    if (text::trim(request_.body).empty()) return Json::object();
    if (protocol_ == Protocol::kRestJson) return json_document(shape, request_.body);
    auto element = xml::parse(request_.body);
    if (!element || !is_root(*element)) throw malformed_xml();
    return xml_document(shape, *element);
  }

  bool is_root(const xml::Element& element) const { return operation_.input_root.empty() || element.name == operation_.input_root; }

  void read_payload(Json& out, const Member& member) const {
    const Shape& shape = *member.shape;
    if (shape.streaming || shape.eventstream) return;
    if (shape.type == Type::kString) {
      if (!request_.body.empty()) out[member.name] = std::string(request_.body);
    } else if (shape.type == Type::kBlob) {
      if (!request_.body.empty()) out[member.name] = text::base64(request_.body);
    } else if (text::trim(request_.body).empty()) {
      if (member.required && protocol_ == Protocol::kRestXml) throw Error(kMissingRequestBody, "Request Body is empty");
    } else if (protocol_ == Protocol::kRestJson) {
      out[member.name] = json_document(shape, request_.body);
    } else {
      auto element = xml::parse(request_.body);
      if (!element || !is_root(*element)) throw malformed_xml(member);
      out[member.name] = xml_document(shape, *element);
    }
  }

  Protocol protocol_;
  const aws::OperationModel& operation_;
  const WireRequest& request_;
  std::vector<std::pair<std::string, std::string>> query_;
};

void write_header(WireResponse& response, const Member& member, const Json& value) {
  std::string text;
  if (member.shape->type == Type::kList) {
    for (const Json& one : value) {
      if (!text.empty()) text += ",";
      text += scalar_to_text(member.shape->element, one, aws::TimestampFormat::kRfc822);
    }
  } else {
    text = scalar_to_text(member, value, aws::TimestampFormat::kRfc822);
  }
  if (!text.empty()) response.headers.emplace_back(member.location_name, std::move(text));
}

std::string xml_body(const Shape& shape, std::string_view root, const Json& value, std::string_view xml_namespace) {
  std::string body;
  xml::Writer writer(body);
  writer.declaration();
  writer.open(root, xml_attributes(shape, value, xml_namespace));
  write_xml_members(writer, shape, value);
  writer.close(root);
  return body;
}

/// GetBucketLocation's answer is its one member.
std::string location_body(const aws::ServiceModel& service, const Json& out) {
  std::string body;
  xml::Writer writer(body);
  writer.declaration();
  writer.open("LocationConstraint", fmt::format("xmlns=\"{}\"", service.xml_namespace));
  if (auto it = out.find("LocationConstraint"); it != out.end() && it->is_string())
    xml::append_escaped(body, it->get_ref<const std::string&>());
  writer.close("LocationConstraint");
  return body;
}

void write_payload(Protocol protocol, const aws::ServiceModel& service, const Member& member, const Json& value, WireResponse& response) {
  const Shape& shape = *member.shape;
  if (shape.streaming || shape.eventstream) return;
  if (shape.type == Type::kBlob) {
    response.body = text::from_base64(value.get<std::string>()).value_or("");
  } else if (shape.type == Type::kString) {
    response.body = value.get<std::string>();
  } else if (protocol == Protocol::kRestJson) {
    response.body = json_text(shape, value);
  } else {
    response.body = xml_body(shape, member.location_name, value, service.xml_namespace);
  }
}

}  // namespace

Json decode_rest(Protocol protocol, const aws::ServiceModel&, const aws::OperationModel& operation, const WireRequest& request) {
  if (operation.input == nullptr) return Json::object();
  return Decoder(protocol, operation, request).decode();
}

WireResponse encode_rest(Protocol protocol, const aws::ServiceModel& service, const aws::OperationModel& operation, const Json& out) {
  WireResponse response{.status = operation.status};
  const bool is_xml = protocol == Protocol::kRestXml;
  bool has_payload = false, has_body = false, has_streaming = false;
  if (operation.output != nullptr) {
    for (const Member& member : operation.output->members) {
      has_streaming = has_streaming || (member.payload && (member.shape->streaming || member.shape->eventstream));
      has_payload = has_payload || member.payload;
      has_body = has_body || (member.location == Location::kBody && !member.payload);
      auto it = out.find(member.name);
      if (it == out.end() || it->is_null()) continue;
      switch (member.location) {
        case Location::kHeader:
          // The server adds the length of what it sends; only HEAD's is told here.
          if (operation.method == "HEAD" || !text::equals_ignoring_case(member.location_name, "content-length"))
            write_header(response, member, *it);
          break;
        case Location::kHeaders:
          for (const auto& [name, value] : it->items())
            response.headers.emplace_back(member.location_name + name, value.is_string() ? value.get<std::string>() : "");
          break;
        case Location::kStatusCode:
          response.status = static_cast<int>(it->get<int64_t>());
          break;
        case Location::kBody:
          if (member.payload) write_payload(protocol, service, member, *it, response);
          break;
        case Location::kUri:
        case Location::kQuery:
          break;
      }
    }
    const Shape& shape = *operation.output;
    if (!has_payload && has_body && is_xml) {
      const std::string& root = shape.location_name.empty() ? shape.name : shape.location_name;
      response.body = service.key == "s3" && operation.name == "GetBucketLocation" ? location_body(service, out)
                                                                                   : xml_body(shape, root, out, service.xml_namespace);
    } else if (!has_payload && has_body) {
      response.body = json_text(shape, out);
    }
  }
  if (!response.body.empty() && !has_streaming)
    response.headers.emplace_back("Content-Type", is_xml && response.body.starts_with("<?xml") ? "application/xml" : "application/json");
  return response;
}

}  // namespace cairn::api
