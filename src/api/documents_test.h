#pragma once
#include <algorithm>
#include <string>
#include <string_view>

#include "api/pattern.h"
#include "aws/model.h"
#include "base/json.h"
#include "base/text.h"

/// Documents made up from the tables' shapes, for tests that run over every row.
namespace cairn::api {

constexpr int kDepthMax = 7;  // of made-up documents: some shapes contain themselves

template <class F>
void each_operation(F&& f) {
  for (std::string_view key : aws::service_model_keys())
    for (const aws::OperationModel& operation : aws::service_model(key)->operations) f(*aws::service_model(key), operation);
}

struct Wanted {
  bool required_only = false;    // else every member
  std::string_view secret = {};  // part of each sensitive text that its shape lets hold it; "": nothing special
};

/// A text that the shape allows, as far as one of a few samples does.
inline std::string text_for(const aws::Shape& shape, const Wanted& wanted = {}) {
  if (!shape.values.empty()) return shape.values.front();
  const auto long_enough = [&](std::string text) {
    while (shape.min && static_cast<int64_t>(text.size()) < *shape.min) text += text.back();
    return shape.max && static_cast<int64_t>(text.size()) > *shape.max ? text.substr(0, static_cast<size_t>(*shape.max)) : text;
  };
  const auto fits = [&](std::string_view text) { return shape.pattern.empty() || matches_pattern(shape.pattern, text); };
  // Models call S3's key ids and encryption contexts sensitive, too; S3's records show them ("Logging S3 API calls").
  if (shape.sensitive && !wanted.secret.empty() && !shape.name.starts_with("SSEKMS")) {
    if (std::string text = long_enough(std::string(wanted.secret)); fits(text)) return text;
  }
  for (std::string_view sample : {"value",
                                  "Value1",
                                  "111122223333",
                                  "us-east-1",
                                  "/",
                                  "/path/",
                                  "a.b",
                                  "arn:aws:iam::111122223333:role/r",
                                  "arn:aws:lambda:us-east-1:111122223333:function:f",
                                  "arn:aws:cloudtrail:us-east-1:111122223333:channel/a",
                                  "arn:aws:lambda:us-east-1:111122223333:code-signing-config:csc-00000000000000000",
                                  "12345678-1234-1234-1234-123456789012",
                                  "https://a.example/",
                                  "a/b",
                                  "1",
                                  "A",
                                  "0123456789abcdef",
                                  "lambda:InvokeFunction",
                                  "lambda:GetLayerVersion",
                                  "true",
                                  "v1",
                                  "sg-0a",
                                  "subnet-0a",
                                  "Aa::Bb::Cc",
                                  "cloudtrail.amazonaws.com",
                                  "aws.partner/a.b/c",
                                  "o-0123456789/r-0123/",
                                  "default",
                                  "arn:aws:kms:us-east-1:111122223333:key/0a",
                                  "arn:aws:events:us-east-1:111122223333:event-bus/default",
                                  "arn:aws:events:us-east-1:111122223333:connection/a/b",
                                  "arn:aws:route53:::healthcheck/a",
                                  "arn:aws:lambda:us-east-1:111122223333:layer:l:1",
                                  "arn:aws:cloudformation:us-east-1:111122223333:type/a",
                                  "arn:aws:lambda:us-east-1:111122223333:function:f:1/durable-execution/a/b"}) {
    std::string text = long_enough(std::string(sample));
    if (fits(text)) return text;
  }
  return long_enough("value");
}

inline Json value_for(const aws::Member& member, const Wanted& wanted = {}, int depth = 0);

inline Json document_for(const aws::Shape& shape, const Wanted& wanted = {}, int depth = 0) {
  Json out = Json::object();
  for (const aws::Member& member : shape.members) {
    if (member.shape->streaming || member.shape->eventstream) continue;
    if (!member.required && (wanted.required_only || depth > kDepthMax)) continue;
    out[member.name] = value_for(member, wanted, depth + 1);
  }
  // The query protocol has no word for an empty structure.
  if (out.empty() && depth > 0 && depth <= kDepthMax && !shape.members.empty())
    out[shape.members.front().name] = value_for(shape.members.front(), wanted, depth + 1);
  return out;
}

inline Json value_for(const aws::Member& member, const Wanted& wanted, int depth) {
  using aws::Type;
  const aws::Shape& shape = *member.shape;
  switch (shape.type) {
    case Type::kStructure:
      return document_for(shape, wanted, depth);
    case Type::kList: {
      Json out = Json::array();
      const int64_t count = std::min<int64_t>(std::max<int64_t>(shape.min.value_or(1), 1), 20);
      for (int64_t i = 0; i < count && depth <= kDepthMax + 2; ++i) out.push_back(value_for(shape.element, wanted, depth + 1));
      return out;
    }
    case Type::kMap: {
      Json out = Json::object();
      out[text_for(*shape.key.shape, wanted)] = value_for(shape.element, wanted, depth + 1);
      return out;
    }
    case Type::kString:
      return text_for(shape, wanted);
    case Type::kBlob: {
      const auto size = static_cast<size_t>(std::max<int64_t>(shape.min.value_or(3), 1));
      if (shape.sensitive && !wanted.secret.empty() && shape.max.value_or(1024) >= static_cast<int64_t>(wanted.secret.size()))
        return text::base64(std::string(wanted.secret));
      return text::base64(std::string(size, '\xfe'));
    }
    case Type::kBoolean:
      return true;
    case Type::kInteger:
    case Type::kLong:
      return std::max<int64_t>(shape.min.value_or(1), std::min<int64_t>(1, shape.max.value_or(1)));
    case Type::kFloat:
    case Type::kDouble:
      return 0.5;
    case Type::kTimestamp:
      return "2026-01-02T03:04:05.000Z";
  }
  return nullptr;
}

/// The errorCode for a parameter that is missing or wrong: CloudWatch Logs had one of its own before there was a common one, as AWS's
/// recorded answers show.
inline std::string validation_code(const aws::ServiceModel& service, const aws::OperationModel& operation) {
  const bool has_common =
      std::ranges::any_of(operation.errors, [](const aws::Shape* error) { return error->name == "ValidationException"; });
  return service.key == "logs" && !has_common ? "InvalidParameterException" : "ValidationException";
}

}  // namespace cairn::api
