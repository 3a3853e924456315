#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/documents_test.h"
#include "api/protocol.h"
#include "api/protocols/scalar.h"

/// The tables read as a client reads them: documents into requests of each protocol, for tests that run over every row.
namespace cairn::api {

struct MadeRequest {
  std::string method = "POST";
  std::string target = "/";  // path and query string
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

inline void form_of(const aws::Member& member, const Json& value, const std::string& name, std::string& form) {
  using aws::Type;
  const aws::Shape& shape = *member.shape;
  int index = 0;
  if (shape.type == Type::kStructure) {
    for (const aws::Member& part : shape.members)
      if (value.contains(part.name)) form_of(part, value[part.name], name + "." + part.form_name, form);
  } else if (shape.type == Type::kList) {
    for (const Json& one : value)
      form_of(shape.element, one, fmt::format("{}{}.{}", name, is_flattened(member) ? "" : "." + shape.element.location_name, ++index),
              form);
  } else if (shape.type == Type::kMap) {
    for (const auto& [key, one] : value.items()) {
      const std::string entry = fmt::format("{}{}.{}.", name, is_flattened(member) ? "" : ".entry", ++index);
      form_of(shape.key, key, entry + shape.key.location_name, form);
      form_of(shape.element, one, entry + shape.element.location_name, form);
    }
  } else {
    form += fmt::format("&{}={}", name, text::percent_encode(scalar_to_text(member, value, aws::TimestampFormat::kIso8601)));
  }
}

/// The query protocol's body.
inline std::string form_body(const aws::ServiceModel& service, const aws::OperationModel& operation, const Json& in) {
  std::string form = fmt::format("Action={}&Version={}", operation.name, service.api_version);
  if (operation.input == nullptr) return form;
  for (const aws::Member& member : operation.input->members)
    if (in.contains(member.name)) form_of(member, in[member.name], member.form_name, form);
  return form;
}

/// Path and query string of a rest operation: labels filled in, query members appended.
inline std::string rest_target(const aws::OperationModel& operation, const Json& in) {
  using aws::Location;
  const auto text_of = [](const aws::Member& member, const Json& value) {
    return scalar_to_text(member, value, aws::TimestampFormat::kIso8601);
  };
  std::string target = operation.uri, query;
  if (operation.input == nullptr) return target;
  for (const aws::Member& member : operation.input->members) {
    if (member.location == Location::kUri) {
      for (const bool greedy : {false, true}) {
        const std::string label = fmt::format("{{{}{}}}", member.location_name, greedy ? "+" : "");
        const size_t at = target.find(label);
        if (at == std::string::npos) continue;
        const std::string value = in.contains(member.name) ? text_of(member, in[member.name]) : "";
        target.replace(at, label.size(), text::percent_encode(value));
      }
    } else if (member.location == Location::kQuery && in.contains(member.name)) {
      const Json& value = in[member.name];
      const auto add = [&](std::string_view name, std::string_view text) {
        query += fmt::format("&{}={}", text::percent_encode(name), text::percent_encode(text));
      };
      if (member.shape->type == aws::Type::kList) {
        for (const Json& one : value) add(member.location_name, text_of(member.shape->element, one));
      } else if (member.shape->type == aws::Type::kMap) {
        for (const auto& [name, one] : value.items()) add(name, one.is_string() ? one.get<std::string>() : "");
      } else {
        add(member.location_name, text_of(member, value));
      }
    }
  }
  if (query.empty()) return target;
  return target + (target.find('?') == std::string::npos ? "?" + query.substr(1) : query);
}

/// What a client sends for these parameters. A request's shape is written as an answer's is: the encoders serve both.
inline MadeRequest request_for(aws::Protocol protocol, const aws::ServiceModel& service, const aws::OperationModel& operation,
                               const Json& in) {
  using aws::Protocol;
  MadeRequest request;
  aws::OperationModel mirror = operation;
  aws::Shape input;
  if (operation.input != nullptr) {
    input = *operation.input;
    if (!operation.input_root.empty()) input.location_name = operation.input_root;
  }
  mirror.output = &input;
  if (protocol == Protocol::kQuery) {
    request.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
    request.body = form_body(service, operation, in);
    return request;
  }
  WireResponse written = encode(protocol, service, mirror, in, "");
  request.headers = std::move(written.headers);
  request.body = std::move(written.body);
  if (protocol == Protocol::kRestJson || protocol == Protocol::kRestXml) {
    request.method = operation.method;
    request.target = rest_target(operation, in);
  } else if (protocol == Protocol::kCbor) {
    request.target =
        fmt::format("/service/{}/operation/{}", service.target_prefix.empty() ? service.service_id : service.target_prefix, operation.name);
  } else {
    request.headers.emplace_back("X-Amz-Target", service.target_prefix + "." + operation.name);
  }
  return request;
}

}  // namespace cairn::api
