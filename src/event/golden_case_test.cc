#include "event/golden_case.h"

#include <cstdio>
#include <fstream>

#include "base/check.h"
#include "base/text.h"
#include "base/xml.h"
#include "event/classify.h"

namespace cairn::event::testing {
namespace {

const Json* member(const Json& object, std::string_view name) {
  const auto it = object.find(name);
  return it == object.end() || it->is_null() ? nullptr : &*it;
}

std::string text_of(const Json& object, std::string_view name, std::string otherwise = "") {
  const Json* value = member(object, name);
  return value != nullptr && value->is_string() ? value->get<std::string>() : otherwise;
}

/// Dates in the fixture are Java's text; calls carry ISO 8601.
Json as_iso(const Json& value) {
  const auto* words = value.get_ptr<const std::string*>();
  const auto time = words != nullptr ? parse_java_medium(*words) : std::nullopt;
  return time ? Json(timestamps::iso8601(*time)) : value;
}

/// `recorded`, an answer as its record shows it, back under the model's names.
Json unrecord(const aws::Shape* shape, const Json& recorded) {
  if (shape == nullptr) return recorded;
  if (shape->type == aws::Type::kTimestamp) return as_iso(recorded);
  if (shape->type == aws::Type::kList && recorded.is_array()) {
    Json list = Json::array();
    for (const Json& element : recorded) list.push_back(unrecord(shape->element.shape, element));
    return list;
  }
  if (shape->type != aws::Type::kStructure || !recorded.is_object()) return recorded;
  Json object = Json::object();
  for (const aws::Member& one : shape->members) {
    if (const Json* value = member(recorded, text::lower_first(one.name))) object[one.name] = unrecord(one.shape, *value);
  }
  for (const auto& [name, value] : recorded.items()) {  // what the model does not know
    const bool known = std::any_of(shape->members.begin(), shape->members.end(),
                                   [&, &wanted = name](const aws::Member& one) { return text::lower_first(one.name) == wanted; });
    if (!known) object[name] = value;
  }
  return object;
}

Json dates_as_iso(const aws::Shape* shape, const Json& input) {
  if (shape == nullptr || shape->type != aws::Type::kStructure || !input.is_object()) return input;
  Json object = input;
  for (const aws::Member& one : shape->members) {
    if (one.shape->type == aws::Type::kTimestamp && object.contains(one.name)) object[one.name] = as_iso(object[one.name]);
  }
  return object;
}

/// Puts a secret into every sensitive or binary text of `value` that the case left out.
void add_secrets(const aws::Shape* shape, Json& value) {
  if (shape == nullptr || shape->type != aws::Type::kStructure || !value.is_object()) return;
  for (const aws::Member& one : shape->members) {
    const bool text = one.shape->type == aws::Type::kString || one.shape->type == aws::Type::kBlob;
    if (text && (one.shape->sensitive || one.shape->type == aws::Type::kBlob)) {
      if (!value.contains(one.name)) value[one.name] = kSecret;
    } else if (value.contains(one.name)) {
      add_secrets(one.shape, value[one.name]);
    }
  }
}

void write_xml(xml::Writer& writer, std::string_view name, const aws::Shape& shape, bool flattened, const Json& value,
               std::string_view attributes) {
  if (shape.type == aws::Type::kList) {
    const bool flat = flattened || shape.flattened;
    if (!flat) writer.open(name);
    const std::string& inner = shape.element.location_name.empty() ? "member" : shape.element.location_name;
    for (const Json& element : value) write_xml(writer, flat ? name : inner, *shape.element.shape, false, element, {});
    if (!flat) writer.close(name);
  } else if (shape.type == aws::Type::kStructure) {
    writer.open(name, attributes);
    for (const aws::Member& one : shape.members) {
      if (const Json* inner = member(value, one.name)) write_xml(writer, one.location_name, *one.shape, one.flattened, *inner, {});
    }
    writer.close(name);
  } else {
    writer.element(name, value.is_string() ? value.get<std::string>() : value.dump());
  }
}

std::string as_text(const Json& value) { return value.is_string() ? value.get<std::string>() : value.dump(); }

aws::Principal caller(const Json& record, const std::string& account) {
  using Kind = aws::Principal::Kind;
  aws::Principal principal{.kind = Kind::kUser,
                           .account = aws::AccountId(account),
                           .principal_id = "AIDAEXAMPLE000000001",
                           .arn = "arn:aws:iam::" + account + ":user/alice",
                           .access_key = aws::AccessKeyId("AKIAEXAMPLE000000001"),
                           .user_name = "alice"};
  const Json* identity = member(record, "userIdentity");
  if (identity == nullptr) return principal;
  const std::string type = text_of(*identity, "type");
  principal.kind = type == "Root"          ? Kind::kRoot
                   : type == "AssumedRole" ? Kind::kAssumedRole
                   : type == "AWSService"  ? Kind::kService
                   : type == "AWSAccount"  ? Kind::kAnonymous
                                           : Kind::kUser;
  principal.account = aws::AccountId(text_of(*identity, "accountId"));
  principal.principal_id = text_of(*identity, "principalId");
  principal.arn = text_of(*identity, "arn");
  principal.access_key = aws::AccessKeyId(text_of(*identity, "accessKeyId"));
  principal.user_name = text_of(*identity, principal.kind == Kind::kService ? "invokedBy" : "userName");
  if (const Json* context = member(*identity, "sessionContext")) principal.session_context = std::make_shared<const Json>(*context);
  return principal;
}

/// The code as the wire has it: the recorder must find the record's again.
std::string wire_code(const Facts& facts, const std::string& recorded) {
  if (recorded == "AccessDenied" && facts.service != nullptr) {
    if (facts.service->key == "sns") return "AuthorizationError";
    if (facts.service->protocols.front() != aws::Protocol::kQuery && facts.service->key != "s3") return "AccessDeniedException";
  }
  if (facts.operation != nullptr) {
    for (const aws::Shape* error : facts.operation->errors) {
      if (error->name == recorded && !error->error_code.empty()) return error->error_code;
    }
  }
  return recorded;
}

}  // namespace

std::optional<Time> parse_java_medium(std::string_view text) {
  constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  std::string plain(text);
  if (const size_t narrow = plain.find("\u202f"); narrow != std::string::npos) plain.replace(narrow, 3, " ");
  char name[4] = {}, half[3] = {};
  int day, year, hour, minute, second;
  if (std::sscanf(plain.c_str(), "%3s %d, %d%*[, ]%d:%d:%d %2s", name, &day, &year, &hour, &minute, &second, half) != 7) return {};
  const size_t month = kMonths.find(name);
  if (month == std::string_view::npos) return {};
  hour = hour % 12 + (half[0] == 'P' ? 12 : 0);
  return timestamps::parse_iso8601(fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", year, month / 3 + 1, day, hour, minute, second));
}

std::vector<GoldenCase> golden_cases() {
  std::ifstream file(CAIRN_SOURCE_DIR "/test/fixtures/record_golden.ndjson");
  std::vector<GoldenCase> cases;
  std::string line;
  while (std::getline(file, line)) {
    Json json = *json::parse(line);
    GoldenCase golden{.line = cases.size() + 1,
                      .service = json["service"],
                      .operation = json["operation"],
                      .tier = json["source"]["tier"],
                      .input = json["input"],
                      .record = json["record"]};
    if (const size_t colon = golden.operation.find(':'); colon != std::string::npos) {
      golden.service = golden.operation.substr(0, colon);
      golden.operation.erase(0, colon + 1);
    }
    if (golden.service == "s3" && golden.operation == "ListAccessPoints") golden.service = "s3control";
    cases.push_back(std::move(golden));
  }
  return cases;
}

GoldenCall::GoldenCall(const GoldenCase& golden) : input_(golden.input) {
  const Json& record = golden.record;
  std::string account = "111122223333";
  if (const Json* resources = member(record, "resources")) {
    for (const Json& one : *resources) account = text_of(one, "accountId", account);
  }
  facts_.time = *timestamps::parse_iso8601("2026-01-02T03:04:05Z");
  facts_.principal = caller(record, account);
  facts_.region = aws::Region("us-east-1");
  facts_.recipient = aws::AccountId(account);
  facts_.source_ip = "203.0.113.7";
  facts_.user_agent = "aws-cli/2.9.19 Python/3.11.2";
  facts_.service = aws::service_model(golden.service);
  if (facts_.service != nullptr) {
    facts_.operation = facts_.service->operation(golden.operation);
    facts_.event_source = event_source(*facts_.service);
    facts_.api_version = golden.service == "logs" ? "20140328" : golden.service == "events" ? facts_.service->api_version : "";
  } else {
    facts_.event_source = golden.service + ".amazonaws.com";
  }
  facts_.event_name = event_name(golden.service, golden.operation);
  facts_.read_only = is_read_only(golden.service, golden.operation);
  facts_.management = is_management(golden.service, golden.operation);
  facts_.error_code = wire_code(facts_, text_of(record, "errorCode"));
  facts_.error_message = text_of(record, "errorMessage");
  facts_.request_id = "0a1b2c3d-0000-4000-8000-000000000001";
  facts_.event_id = EventId("0a1b2c3d-0000-4000-8000-000000000002");
  facts_.event_type = text_of(record, "eventType", facts_.event_type);
  facts_.tls = Tls{"TLSv1.3", "TLS_AES_128_GCM_SHA256"};
  if (golden.service == "s3" || golden.service == "s3control") {
    as_http(golden);
  } else {
    as_modelled(golden);
  }
}

void GoldenCall::as_modelled(const GoldenCase& golden) {
  const Json& record = golden.record;
  const Json* response = member(record, "responseElements");
  if (facts_.operation != nullptr) {
    input_ = dates_as_iso(facts_.operation->input, input_);
    // Services that hide rather than omit would show that there was one.
    const bool hides = golden.service == "events" || golden.service == "sns";
    if (!hides) add_secrets(facts_.operation->input, input_);
    output_ = response != nullptr ? unrecord(facts_.operation->output, *response) : Json::object();
    // A handler answers reads too; their records must not show it.
    if (response == nullptr) {
      const aws::Shape* shape = facts_.operation->output;
      for (const aws::Member& one : shape != nullptr ? shape->members : std::vector<aws::Member>()) output_[one.name] = kSecret;
    }
    if (!hides) add_secrets(facts_.operation->output, output_);
    facts_.input = &input_;
  } else {
    output_ = response != nullptr ? *response : Json();
  }
  facts_.output = &output_;
  if (const Json* keys = member(record, "additionalEventDataKeys")) {
    const Json* values = member(record, "additionalEventData");
    facts_.additional = Json::object();
    for (const Json& key : *keys) {
      const Json* value = values != nullptr ? member(*values, key.get<std::string>()) : nullptr;
      (*facts_.additional)[key.get<std::string>()] = value != nullptr ? *value : Json("x");
    }
  }
  if (const Json* resources = member(record, "resources")) {
    for (const Json& one : *resources) {
      facts_.resources.push_back(
          {.type = text_of(one, "type"), .arn = text_of(one, "ARN"), .account = aws::AccountId(text_of(one, "accountId"))});
    }
  }
}

void GoldenCall::as_http(const GoldenCase& golden) {
  CHECK(facts_.operation != nullptr);
  const Json& record = golden.record;
  const Json& expected = record["requestParameters"];
  const aws::OperationModel& operation = *facts_.operation;
  http_.method = operation.method;
  http_.host = text_of(expected, "Host", "demo-public.s3.amazonaws.com");
  const std::string& uri = operation.uri;
  if (const size_t mark = uri.find('?'); mark != std::string::npos) {
    for (const std::string_view one : text::split(std::string_view(uri).substr(mark + 1), '&')) {
      const size_t equals = one.find('=');
      http_.query.emplace_back(one.substr(0, equals), equals == std::string_view::npos ? "" : one.substr(equals + 1));
    }
  }
  for (const auto& [name, value] : input_.items()) {
    const aws::Member* one = operation.input->member(name);
    CHECK(one != nullptr);
    const std::string words = as_text(value);
    if (one->location == aws::Location::kUri) {
      (name == "Bucket" ? http_.bucket : http_.key) = words;
    } else if (one->location == aws::Location::kQuery) {
      http_.query.emplace_back(one->location_name, words);
    } else if (one->location == aws::Location::kHeader) {
      http_.headers.emplace_back(text::lower(one->location_name), words);
    } else if (one->payload && one->shape->type == aws::Type::kStructure) {
      xml::Writer writer(http_.body);
      write_xml(writer, one->location_name, *one->shape, one->flattened, value, R"(xmlns="http://s3.amazonaws.com/doc/2006-03-01/")");
    } else if (one->payload) {
      http_.body = words;
    }
  }
  // What clients send beside, and records never show.
  for (const std::string_view name :
       {"authorization", "x-amz-date", "x-amz-content-sha256", "x-amz-security-token", "content-type", "content-md5", "x-amz-meta-owner",
        "x-amz-checksum-crc32", "x-amz-server-side-encryption-customer-key"}) {
    http_.headers.emplace_back(name, kSecret);
  }
  if (golden.operation == "DeleteObjects") http_.query.emplace_back("x-id", "DeleteObjects");  // this client was a newer SDK
  for (const auto& [name, value] : expected.items()) {
    if (!name.starts_with("X-Amz-")) continue;
    http_.authentication = HttpFacts::Authentication::kQueryString;
    http_.query.emplace_back(name, value.get<std::string>());
  }
  if (http_.authentication == HttpFacts::Authentication::kQueryString) {
    for (const std::string_view name : {"X-Amz-Credential", "X-Amz-Signature", "X-Amz-Security-Token"})
      http_.query.emplace_back(name, kSecret);
  }
  if (facts_.principal.kind == aws::Principal::Kind::kAnonymous) http_.authentication = HttpFacts::Authentication::kAnonymous;

  http_.response_headers = {{"etag", "\"0\""}, {"x-amz-request-id", "0123456789ABCDEF"}, {"x-amz-id-2", "aaaa"}};
  if (const Json* response = member(record, "responseElements")) {
    for (const auto& [name, value] : response->items()) http_.response_headers.emplace_back(name, value.get<std::string>());
  }
  http_.bytes_in = http_.body.size();
  http_.bytes_out = 243;
  http_.extended_request_id = "aaaa";
  facts_.request_id = "0123456789ABCDEF";
  facts_.http = &http_;
}

}  // namespace cairn::event::testing
