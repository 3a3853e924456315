// Every row of every operation table, over each protocol, through the whole server: who wrote it answers as AWS would, who did not
// says NotImplemented, what cannot be read or is out of bounds is refused in AWS's words, and each call makes exactly one record.
#include <gtest/gtest.h>

#include <set>

#include "api/protocols/protocols.h"
#include "api/registry.h"
#include "rows.h"

namespace cairn::sim {
namespace {

using api::MadeRequest;
using aws::Location;
using aws::Member;
using aws::OperationModel;
using aws::Protocol;
using aws::ServiceModel;
using aws::Shape;
using aws::Type;

bool is_implemented(const Asked& asked) {
  const api::Service& service = *api::service(asked.service->key);
  return service.operations[static_cast<size_t>(asked.operation - asked.service->operations.data())] != nullptr;
}

/// A made-up text is no place of a queue: CreateQueue's is there, and DeleteQueue finds none.
Json document_of(const OperationModel& operation, const api::Wanted& wanted) {
  Json in = operation.input == nullptr ? Json::object() : api::document_for(*operation.input, wanted);
  if (in.contains("QueueUrl")) in["QueueUrl"] = operation.name == "DeleteQueue" ? "/000000000000/none" : "/000000000000/value";
  return in;
}

Json minimal(const OperationModel& operation) { return document_of(operation, {.required_only = true}); }

/// Codes that an operation of S3 may answer without its model listing them ("Error responses" of its API reference).
const std::set<std::string, std::less<>> kCommonOfS3 = {"AccessDenied",
                                                        "BucketAlreadyOwnedByYou",
                                                        "BucketNotEmpty",
                                                        "EntityTooSmall",
                                                        "IllegalVersioningConfigurationException",
                                                        "InvalidArgument",
                                                        "InvalidBucketName",
                                                        "InvalidBucketState",
                                                        "InvalidPart",
                                                        "InvalidRange",
                                                        "InvalidRequest",
                                                        "MalformedPolicy",
                                                        "MalformedXML",
                                                        "MethodNotAllowed",
                                                        "NoSuchBucket",
                                                        "NoSuchBucketPolicy",
                                                        "NoSuchCORSConfiguration",
                                                        "NoSuchKey",
                                                        "NoSuchLifecycleConfiguration",
                                                        "NoSuchPublicAccessBlockConfiguration",
                                                        "NoSuchObjectLockConfiguration",
                                                        "NoSuchTagSet",
                                                        "NoSuchUpload",
                                                        "NoSuchWebsiteConfiguration",
                                                        "NotImplemented",
                                                        "ObjectLockConfigurationNotFoundError",
                                                        "OwnershipControlsNotFoundError",
                                                        "ReplicationConfigurationNotFoundError",
                                                        "ServerSideEncryptionConfigurationNotFoundError"};
const std::set<std::string, std::less<>> kCommon = {"ValidationException", "ValidationError", "AccessDenied", "AccessDeniedException",
                                                    "NotImplemented"};  // of a part of the operation
/// "Common errors" of SQS's API reference, in both protocols.
const std::set<std::string, std::less<>> kCommonOfSqs = {"AccessDenied", "AccessDeniedException", "InvalidParameterValue",
                                                         "InvalidParameterValueException"};

bool is_documented(const Asked& asked, const std::string& code) {
  const auto& common = asked.service->signing_name == "s3" ? kCommonOfS3 : asked.service->key == "sqs" ? kCommonOfSqs : kCommon;
  if (common.contains(code)) return true;
  return std::ranges::any_of(asked.operation->errors, [&](const Shape* error) { return error->name == code || error->error_code == code; });
}

void expect_outcome(const Asked& asked, const Answer& answer, const Json& record) {
  if (is_implemented(asked)) {
    if (answer.status < 300) return;
    EXPECT_TRUE(is_documented(asked, answer.code))
        << asked.where() << " answered " << answer.status << ' ' << answer.code << ' ' << answer.message;
    return;
  }
  EXPECT_EQ(answer.status, 501) << asked.where() << ' ' << answer.message;
  EXPECT_EQ(answer.code, "NotImplemented") << asked.where() << ' ' << answer.message;
  EXPECT_EQ(record.value("errorCode", ""), "NotImplemented") << asked.where();
}

/// What failed before the operation itself had a look shows no parameters; S3's records show the HTTP request all the same.
void expect_refusal(const Asked& asked, const Answer& answer, const Json& record, std::string_view wire_code, std::string_view recorded) {
  EXPECT_EQ(answer.status, 400) << asked.where();
  EXPECT_EQ(answer.code, wire_code) << asked.where() << ' ' << answer.message;
  EXPECT_EQ(record.value("errorCode", ""), recorded) << asked.where();
  EXPECT_EQ(record["requestParameters"].is_null(), asked.service->signing_name != "s3") << asked.where() << json::dump(record);
}

void expect_invalid(const Asked& one, const Answer& answer, const Json& record) {
  const std::string code = api::validation_code(*one.service, *one.operation);
  expect_refusal(one, answer, record, one.protocol == Protocol::kQuery ? "ValidationError" : code, code);
}

/// Most services name the constraint, SQS the parameter.
void expect_missing(const Asked& one, const Answer& answer, const Json& record) {
  if (one.service->key == "sqs") {
    const std::string_view code = one.protocol == Protocol::kQuery ? "MissingParameter" : "MissingRequiredParameterException";
    expect_refusal(one, answer, record, code, "MissingParameter");
    EXPECT_EQ(answer.message.find("The request must contain the parameter "), 0u) << one.where() << ' ' << answer.message;
    return;
  }
  expect_invalid(one, answer, record);
  EXPECT_NE(answer.message.find("failed to satisfy constraint: Member must not be null"), std::string::npos) << one.where();
}

TEST(EveryRow, AnswersAValidCallAndRecordsItOnce) {
  Rows rows;
  size_t asked = 0;
  each_row([&](const ServiceModel& service, const OperationModel& operation, Protocol protocol) {
    rows.ask(service, operation, protocol, api::request_for(protocol, service, operation, minimal(operation)));
    ++asked;
  });
  EXPECT_GT(asked, 1000u);
  rows.check(expect_outcome);
}

TEST(EveryRow, RefusesACallWithoutARequiredParameter) {
  Rows rows;
  size_t asked = 0;
  each_row([&](const ServiceModel& service, const OperationModel& operation, Protocol protocol) {
    if (operation.input == nullptr || protocol == Protocol::kRestXml) return;  // S3's parameters choose the operation
    Json in = minimal(operation);
    for (const Member& member : operation.input->members) {
      if (!member.required || member.shape->streaming || member.location == Location::kUri) continue;
      in.erase(member.name);
      rows.ask(service, operation, protocol, api::request_for(protocol, service, operation, in));
      ++asked;
      return;
    }
  });
  EXPECT_GT(asked, 600u);
  rows.check([](const Asked& one, const Answer& answer, const Json& record) {
    expect_missing(one, answer, record);
    EXPECT_EQ(record.value("errorMessage", "").substr(0, 1000), answer.message.substr(0, 1000)) << one.where();
  });
}

/// A body in which this member is of a type that it is not; "" if the protocol cannot tell.
std::string wrong_body(Protocol protocol, const Member& member) {
  const Type type = member.shape->type;
  const bool text = type == Type::kString || type == Type::kBlob || type == Type::kTimestamp;
  if (protocol == Protocol::kCbor) return text ? "" : api::cbor_texts({{member.location_name, "text"}});
  return fmt::format("{{\"{}\":{}}}", member.location_name, text ? "{}" : "\"text\"");
}

TEST(EveryRow, RefusesAParameterOfTheWrongType) {
  Rows rows;
  size_t asked = 0;
  each_row([&](const ServiceModel& service, const OperationModel& operation, Protocol protocol) {
    if (operation.input == nullptr) return;
    Json in = minimal(operation);
    MadeRequest request = api::request_for(protocol, service, operation, in);
    for (const Member& member : operation.input->members) {
      if (member.location != Location::kBody || (member.payload && (member.shape->streaming || member.shape->type != Type::kStructure)))
        continue;
      if (protocol == Protocol::kQuery) {
        const Type type = member.shape->type;
        if (type != Type::kInteger && type != Type::kBoolean && type != Type::kLong) continue;
        in.erase(member.name);
        request.body = api::form_body(service, operation, in) + "&" + member.form_name + "=text";
      } else if (protocol == Protocol::kRestXml) {
        request.body = "<" + operation.name + ">text";
      } else if (member.payload) {
        request.body = "[]";
      } else {
        const std::string body = wrong_body(protocol, member);
        if (body.empty()) continue;
        request.body = body;
      }
      rows.ask(service, operation, protocol, std::move(request));
      ++asked;
      return;
    }
  });
  EXPECT_GT(asked, 600u);
  rows.check([](const Asked& one, const Answer& answer, const Json& record) {
    if (one.protocol == Protocol::kQuery) {
      expect_refusal(one, answer, record, "MalformedInput", "SerializationException");
    } else if (one.protocol == Protocol::kRestXml) {
      const std::string_view code = one.event_name.ends_with("Acl") ? "MalformedACLError" : "MalformedXML";
      expect_refusal(one, answer, record, code, code);
    } else {
      expect_refusal(one, answer, record, "SerializationException", "SerializationException");
    }
  });
}

/// A value that one of the member's limits forbids; null if it has none that a request can break.
Json beyond(const Shape& shape) {
  if (!shape.values.empty()) return "No-Such-Value";
  if (shape.type == Type::kString && shape.max && *shape.max < 10'000) return std::string(static_cast<size_t>(*shape.max) + 1, 'a');
  if ((shape.type == Type::kInteger || shape.type == Type::kLong) && shape.max && *shape.max < INT32_MAX) return *shape.max + 1;
  return nullptr;
}

TEST(EveryRow, RefusesAValueBeyondItsLimit) {
  Rows rows;
  size_t asked = 0;
  each_row([&](const ServiceModel& service, const OperationModel& operation, Protocol protocol) {
    if (operation.input == nullptr || protocol == Protocol::kRestXml) return;  // S3's limits are its operations' own
    Json in = minimal(operation);
    for (const Member& member : operation.input->members) {
      const Json value = beyond(*member.shape);
      if (value.is_null() || member.location == Location::kUri) continue;
      in[member.name] = value;
      rows.ask(service, operation, protocol, api::request_for(protocol, service, operation, in));
      ++asked;
      return;
    }
  });
  EXPECT_GT(asked, 500u);
  rows.check([](const Asked& one, const Answer& answer, const Json& record) {
    constexpr std::string_view kOwn = "InvalidEventCategoryException";  // LookupEvents has an error for each of its parameters
    if (one.event_name == "LookupEvents") expect_refusal(one, answer, record, kOwn, kOwn);
    else expect_invalid(one, answer, record);
    EXPECT_NE(answer.message.find("failed to satisfy constraint: Member must "), std::string::npos) << one.where();
  });
}

/// Parameters that are secret without the model saying so; where that depends on it with the structure they are of.
const std::set<std::string, std::less<>> kSecretNames = {
    "TemplateBody", "StackPolicyBody", "StackPolicyDuringUpdateBody",       "ParameterValue", "Detail",
    "Message",      "MessageBody",     "MessageAttributeValue.StringValue", "Subject",        "TokenCode"};

void plant_secrets(const Shape& shape, Json& value) {
  if (shape.type == Type::kStructure && value.is_object()) {
    for (const Member& member : shape.members) {
      const auto it = value.find(member.name);
      if (it == value.end()) continue;
      const bool is_secret = kSecretNames.contains(member.name) || kSecretNames.contains(shape.name + "." + member.name);
      if (it->is_string() && member.shape->values.empty() && is_secret) *it = kSecret;
      else plant_secrets(*member.shape, *it);
    }
  } else if (shape.type == Type::kList || shape.type == Type::kMap) {
    for (Json& one : value) plant_secrets(*shape.element.shape, one);
  }
}

TEST(EveryRow, KeepsSecretParametersOutOfRecords) {
  Rows rows;
  each_row([&](const ServiceModel& service, const OperationModel& operation, Protocol protocol) {
    if (operation.input == nullptr) return;
    Json in = document_of(operation, {.secret = kSecret});
    plant_secrets(*operation.input, in);
    rows.ask(service, operation, protocol, api::request_for(protocol, service, operation, in));
  });
  const std::string encoded = text::base64(kSecret);
  size_t with_parameters = 0;
  rows.check([&](const Asked& one, const Answer&, const Json& record) {
    const std::string bytes = json::dump(record);
    for (std::string_view secret : {kSecret, std::string_view(encoded)})
      EXPECT_EQ(bytes.find(secret), std::string::npos) << one.where() << ' ' << bytes;
    if (!record["requestParameters"].is_null()) ++with_parameters;
  });
  EXPECT_GT(with_parameters, 800u);
  const std::string journal = rows.journal();
  EXPECT_EQ(journal.find(kSecret), std::string::npos);
  EXPECT_EQ(journal.find(encoded), std::string::npos);
}

template <class F>
void each_protocol(F&& f) {
  for (std::string_view key : aws::service_model_keys())
    for (Protocol protocol : aws::service_model(key)->protocols) f(*aws::service_model(key), protocol);
}

TEST(EveryService, SaysOfAnOperationThatItDoesNotKnowIt) {
  Rows rows;
  each_protocol([&](const ServiceModel& service, Protocol protocol) {
    OperationModel unknown{.name = "MakeCoffee", .method = "POST", .uri = "/make/coffee"};
    std::string name = unknown.name;
    if (protocol == Protocol::kRestJson) name = "POST /make/coffee";
    if (service.key == "s3") unknown.method = "DELETE", unknown.uri = "/", name = "DELETE";
    if (service.key == "s3control") unknown.uri = "/v20180820/make/coffee", name = "POST " + unknown.uri;
    rows.ask_unknown(service, protocol, api::request_for(protocol, service, unknown, Json::object()), name);
  });
  rows.check([](const Asked& one, const Answer& answer, const Json& record) {
    const bool rest_xml = one.protocol == Protocol::kRestXml, query = one.protocol == Protocol::kQuery;
    EXPECT_EQ(answer.status, rest_xml ? 405 : one.protocol == Protocol::kRestJson ? 404 : 400) << one.where();
    EXPECT_EQ(answer.code, rest_xml ? "MethodNotAllowed" : query ? "InvalidAction" : "UnknownOperationException") << one.where();
    EXPECT_EQ(record["requestParameters"].is_null(), one.service->signing_name != "s3") << one.where();
  });
}

TEST(EveryService, TakesNoJsonUnderAnotherContentType) {
  Rows rows;
  each_row([&](const ServiceModel& service, const OperationModel& operation, Protocol protocol) {
    if (protocol == Protocol::kRestJson || protocol == Protocol::kRestXml) return;  // told by method and path alone
    MadeRequest request = api::request_for(protocol, service, operation, minimal(operation));
    for (auto& [name, value] : request.headers)
      if (name == "Content-Type") value = "text/plain";
    rows.ask(service, operation, protocol, std::move(request));
  });
  rows.check([](const Asked& one, const Answer& answer, const Json& record) {
    if (one.protocol != Protocol::kJson10 && one.protocol != Protocol::kJson11) return;
    expect_refusal(one, answer, record, "UnknownOperationException", "UnknownOperationException");
  });
}

}  // namespace
}  // namespace cairn::sim
