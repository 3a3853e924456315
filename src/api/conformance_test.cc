// Over every row of every table: what holds for one operation holds for all.
#include <gtest/gtest.h>

#include "api/protocols/protocols.h"
#include "api/protocols/scalar.h"
#include "api/protocols/wire_test.h"
#include "api/requests_test.h"
#include "base/text.h"

namespace cairn::api {
namespace {

using aws::Location;
using aws::Member;
using aws::OperationModel;
using aws::Protocol;
using aws::ServiceModel;
using aws::Shape;
using aws::Type;

/// Empty structures, lists and maps do not survive protocols that have no word for them.
Json without_empty(const Json& value) {
  if (!value.is_structured()) return value;
  Json out = value.is_object() ? Json::object() : Json::array();
  for (const auto& [key, one] : value.items()) {
    Json kept = without_empty(one);
    if (kept.is_structured() && kept.empty()) continue;
    if (value.is_object()) out[key] = std::move(kept);
    else out.push_back(std::move(kept));
  }
  return out;
}

std::string verdict(const ServiceModel& service, const OperationModel& operation, const Json& in) {
  return error_of([&] { validate(service, operation, in); });
}

TEST(EveryOperation, RefusesEachMissingRequiredMemberInAwsWords) {
  size_t checked = 0;
  each_operation([&](const ServiceModel& service, const OperationModel& operation) {
    if (operation.input == nullptr || service.protocols.front() == Protocol::kRestXml) return;
    const Json good = document_for(*operation.input, {.required_only = true});
    const std::string before = verdict(service, operation, good);
    for (const Member& member : operation.input->members) {
      if (!member.required || member.shape->streaming) continue;
      Json in = good;
      in.erase(member.name);
      const std::string message = verdict(service, operation, in);
      if (service.key == "sqs") {
        EXPECT_EQ(message, fmt::format("MissingParameter: The request must contain the parameter {}.", member.name)) << operation.name;
        ++checked;
        continue;
      }
      const std::string words =
          fmt::format("Value null at '{}' failed to satisfy constraint: Member must not be null", text::lower_first(member.name));
      EXPECT_NE(message.find(words), std::string::npos) << service.key << '.' << operation.name << ": " << message;
      if (before.empty()) {
        EXPECT_EQ(message, validation_code(service, operation) + ": 1 validation error detected: " + words);
      }
      ++checked;
    }
  });
  EXPECT_GT(checked, 900u);
}

TEST(EveryOperation, RefusesValuesOutsideTheirLimitsInAwsWords) {
  size_t checked = 0;
  each_operation([&](const ServiceModel& service, const OperationModel& operation) {
    if (operation.input == nullptr || service.protocols.front() == Protocol::kRestXml) return;
    for (const Member& member : operation.input->members) {
      const Shape& shape = *member.shape;
      const auto expect = [&](const Json& value, std::string_view words) {
        const std::string message = verdict(service, operation, Json::object({{member.name, value}}));
        EXPECT_NE(message.find(words), std::string::npos) << service.key << '.' << operation.name << '.' << member.name << ": " << message;
        ++checked;
      };
      const std::string at = fmt::format("at '{}' failed to satisfy constraint: Member must ", text::lower_first(member.name));
      if (!shape.values.empty() && shape.type == Type::kString) expect("No-Such-Value", at + "satisfy enum value set: [");
      if (shape.type == Type::kInteger || shape.type == Type::kLong) {
        if (shape.max && *shape.max < INT32_MAX)
          expect(*shape.max + 1, at + fmt::format("have value less than or equal to {}", *shape.max));
        if (shape.min && *shape.min > INT32_MIN)
          expect(*shape.min - 1, at + fmt::format("have value greater than or equal to {}", *shape.min));
      } else if (shape.type == Type::kString) {
        if (shape.max && *shape.max < 10'000)
          expect(std::string(static_cast<size_t>(*shape.max) + 1, 'a'),
                 at + fmt::format("have length less than or equal to {}", *shape.max));
        if (shape.min && *shape.min > 0) expect("", at + fmt::format("have length greater than or equal to {}", *shape.min));
      } else if (shape.type == Type::kList && shape.max && *shape.max < 1000) {
        Json list = Json::array();
        for (int64_t i = 0; i <= *shape.max; ++i) list.push_back(value_for(shape.element, {}, kDepthMax));
        expect(list, at + fmt::format("have length less than or equal to {}", *shape.max));
      }
    }
  });
  EXPECT_GT(checked, 1500u);
}

TEST(EveryOperation, RefusesWrongTypesOfJsonInAwsWords) {
  each_operation([&](const ServiceModel& service, const OperationModel& operation) {
    const bool is_json = !service.json_version.empty() && service.protocols.front() != Protocol::kRestJson;
    if (!is_json || operation.input == nullptr) return;
    for (const Member& member : operation.input->members) {
      if (member.location != Location::kBody) continue;  // of the other protocol that a service of our own speaks
      const auto message = [&](std::string_view value) {
        const std::string body = fmt::format("{{\"{}\":{}}}", member.location_name, value);
        return error_of([&] { decode_test(Protocol::kJson11, service.key, operation.name, {.body = body}); });
      };
      const std::string where = fmt::format("{}.{}.{}", service.key, operation.name, member.name);
      const Type type = member.shape->type;
      const auto refused = [&](std::string_view value, std::string_view words) {
        EXPECT_TRUE(message(value).starts_with(fmt::format("SerializationException: {}", words))) << where << ": " << message(value);
      };
      if (type != Type::kList) refused("[]", "Start of list found where not expected");
      if (type != Type::kStructure && type != Type::kMap) refused("{}", "Start of structure or map found where not expected.");
      if (type == Type::kList) refused("true", "Expected list or null");
      if (type == Type::kStructure) refused("true", "Expected null");
      if (type == Type::kString) refused("true", "TRUE_VALUE can not be converted to a String");
      if (type == Type::kInteger) refused("\"x\"", "STRING_VALUE can not be converted to an Integer");
      if (type == Type::kLong) refused("\"x\"", "STRING_VALUE can not be converted to a Long");
      if (type == Type::kBoolean) refused("\"x\"", "STRING_VALUE can not be converted to a Boolean");
      EXPECT_EQ(message("null"), "") << where;
    }
  });
}

// --- round trips: what a client writes is what a handler gets, and what a handler gives is what a client reads

/// Turns an answer's shape into a request's, so that what was written can be read.
Json written_and_read(Protocol protocol, const ServiceModel& service, const OperationModel& operation, const Shape& shape,
                      const Json& value) {
  OperationModel mirror = operation;
  mirror.output = mirror.input = &shape;
  mirror.input_root.clear();
  mirror.result_wrapper = "Result";
  const WireResponse response = encode(protocol, service, mirror, value, "r");
  std::vector<http::Header> headers;
  for (const auto& [name, text] : response.headers) headers.push_back({name, text});
  if (protocol == Protocol::kQuery) {
    const auto root = xml::parse(response.body);
    CHECK(root.has_value());
    const xml::Element* result = root->child(mirror.result_wrapper);
    CHECK(result != nullptr);
    return xml_document(shape, *result);
  }
  return decode(protocol, service, mirror, {.method = "POST", .headers = &headers, .body = response.body});
}

/// Of a document, the members that travel both ways. Headers are a rest protocol's.
Json travelling(Protocol protocol, const Shape& shape, Json value) {
  const bool is_rest = protocol == Protocol::kRestXml || protocol == Protocol::kRestJson;
  for (const Member& member : shape.members) {
    if (!is_rest && member.location == Location::kHeader) value.erase(member.name);
    if (!is_rest) continue;
    const bool length = text::equals_ignoring_case(member.location_name, "content-length");
    if (length || member.location == Location::kUri || member.location == Location::kQuery || member.location == Location::kStatusCode)
      value.erase(member.name);
  }
  return value;
}

TEST(EveryOperation, WhatIsWrittenIsReadAgainInEachProtocol) {
  size_t checked = 0;
  each_operation([&](const ServiceModel& service, const OperationModel& operation) {
    for (Protocol protocol : service.protocols) {
      for (const Shape* shape : {operation.input, operation.output}) {
        if (shape == nullptr) continue;
        // Two members of S3's first notification API share an element, and a location is its own answer.
        if (shape->name.starts_with("NotificationConfigurationDeprecated") || operation.name == "PutBucketNotification") continue;
        if (operation.name == "GetBucketLocation" && shape == operation.output) continue;
        const Json value = without_empty(travelling(protocol, *shape, document_for(*shape)));
        const Json read = without_empty(written_and_read(protocol, service, operation, *shape, value));
        EXPECT_EQ(read, value) << service.key << '.' << operation.name << ' ' << shape->name << " protocol " << static_cast<int>(protocol);
        ++checked;
      }
      if (protocol == Protocol::kQuery && operation.input != nullptr) {
        const Json value = without_empty(document_for(*operation.input));
        const std::string form = form_body(service, operation, value);
        EXPECT_EQ(without_empty(decode_test(protocol, service.key, operation.name, {.body = form})), value)
            << service.key << '.' << operation.name;
      }
    }
  });
  EXPECT_GT(checked, 1700u);
}

TEST(EveryOperation, AnswersEachOfItsErrorsWithTheModelsCodeAndStatus) {
  each_operation([&](const ServiceModel& service, const OperationModel& operation) {
    for (Protocol protocol : service.protocols) {
      for (const Shape* shape : operation.errors) {
        if (protocol == Protocol::kQuery && shape->name == "ValidationException") continue;  // SNS: recorded as ValidationError
        const WireResponse response = encode_error(protocol, service, &operation, aws::Error({.code = shape->name}, "m"), "r", "h", "");
        EXPECT_EQ(response.status, shape->error_status) << service.key << '.' << shape->name;
        const bool named = service.query_compatible && protocol != Protocol::kQuery;
        const std::string_view code = named ? shape->name : shape->error_code;
        const bool in_header = protocol == Protocol::kRestJson;
        EXPECT_NE((in_header ? header_of(response, "x-amzn-ErrorType") : response.body).find(code), std::string::npos) << shape->name;
      }
    }
  });
}

}  // namespace
}  // namespace cairn::api
