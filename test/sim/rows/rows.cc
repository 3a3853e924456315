#include "rows.h"

#include <gtest/gtest.h>

#include "base/crypto.h"
#include "base/xml.h"
#include "event/classify.h"

namespace cairn::sim {
namespace {

using aws::Protocol;

constexpr size_t kInFlightMax = 50;
constexpr std::string_view kAccount = "000000000000";

std::string_view name_of(Protocol protocol) {
  switch (protocol) {
    case Protocol::kJson10:
      return "json-1.0";
    case Protocol::kJson11:
      return "json-1.1";
    case Protocol::kQuery:
      return "query";
    case Protocol::kRestJson:
      return "rest-json";
    case Protocol::kRestXml:
      return "rest-xml";
    case Protocol::kCbor:
      return "cbor";
  }
  return "";
}

/// S3's first lifecycle and notification operations have the URIs of their successors; directory buckets are another host's; browsers
/// sign a form within and what they ask beforehand not at all.
constexpr auto kUnreachable =
    std::to_array<std::string_view>({"GetBucketLifecycle", "GetBucketNotification", "ListDirectoryBuckets", "PostObject",
                                     "PreflightRequest", "PutBucketLifecycle", "PutBucketNotification"});

bool is_s3(const aws::ServiceModel& service) { return service.signing_name == "s3"; }

/// Where a service is called: one that has a single endpoint, and S3, whose buckets are there, in us-east-1.
aws::Region region_of(const aws::ServiceModel& service) {
  return service.global || is_s3(service) ? aws::kGlobalRegion : aws::Region("eu-west-1");
}

std::string header_of(const SentCall& call, std::string_view name) {
  for (const auto& [key, value] : call.headers)
    if (text::equals_ignoring_case(key, name)) return value;
  return "";
}

/// __type or message of a CBOR error, read through the decoder under a shape made for it.
Json cbor_error(const std::string& body) {
  aws::Shape text{.name = "String", .type = aws::Type::kString}, shape{.name = "Error"};
  for (const char* name : {"__type", "message", "Message"}) shape.members.push_back({.name = name, .location_name = name, .shape = &text});
  aws::OperationModel operation{.name = "Error", .input = &shape};
  const std::vector<http::Header> headers;
  return api::decode(Protocol::kCbor, *aws::service_model("monitoring"), operation, {.method = "POST", .headers = &headers, .body = body});
}

Answer answer_of(const Asked& asked, const SentCall& call) {
  Answer answer{.status = call.status, .request_id = call.request_id, .code = "", .message = ""};
  if (call.status < 300) return answer;
  const std::string type = header_of(call, "Content-Type");
  switch (asked.protocol) {
    case Protocol::kQuery:
    case Protocol::kRestXml: {
      const bool bare = asked.service->key == "s3";
      const auto root = xml::parse(call.body);
      EXPECT_TRUE(root && root->name == (bare ? "Error" : "ErrorResponse")) << asked.where() << ": " << call.body;
      if (!root) break;
      const xml::Element* error = bare ? &*root : root->child("Error");
      const xml::Element* id = root->child("RequestId");
      EXPECT_EQ(id != nullptr ? id->text : "", call.request_id) << asked.where();
      if (error != nullptr && error->child("Code") != nullptr) answer.code = error->child("Code")->text;
      if (error != nullptr && error->child("Message") != nullptr) answer.message = error->child("Message")->text;
      EXPECT_EQ(type, asked.protocol == Protocol::kQuery ? "text/xml" : "application/xml") << asked.where();
      break;
    }
    default: {
      const bool cbor = asked.protocol == Protocol::kCbor, rest = asked.protocol == Protocol::kRestJson;
      const Json body = cbor ? cbor_error(call.body) : json::parse(call.body).value_or(Json());
      EXPECT_TRUE(body.is_object()) << asked.where() << ": " << call.body;
      if (!body.is_object()) break;
      answer.code = rest ? header_of(call, "x-amzn-ErrorType") : body.value("__type", "");
      answer.code.erase(0, answer.code.find('#') + 1);  // SQS says in whose namespace; clients pass it over
      answer.message = body.value("message", body.value("Message", ""));
      EXPECT_EQ(type, rest                                  ? "application/json"
                      : cbor                                ? "application/cbor"
                      : asked.protocol == Protocol::kJson10 ? "application/x-amz-json-1.0"
                                                            : "application/x-amz-json-1.1")
          << asked.where();
    }
  }
  EXPECT_NE(answer.code, "") << asked.where() << ": " << call.body;
  return answer;
}

void expect_record(const Asked& asked, const Answer& answer, const Json& record) {
  const std::string& key = asked.service->key;
  const bool management = asked.operation == nullptr || event::is_management(key, asked.operation->name);
  const std::map<std::string, Json> wanted = {
      {"eventSource", (key == "s3control" ? "s3" : key) + ".amazonaws.com"},  // models/README.md: a table's key is its event source
      {"eventName", asked.event_name},
      {"readOnly", event::is_read_only(key, asked.operation != nullptr ? asked.operation->name : asked.event_name)},
      {"managementEvent", management},
      {"eventCategory", management ? "Management" : "Data"},
      {"eventType", "AwsApiCall"},
      {"awsRegion", region_of(*asked.service).str()},
      {"recipientAccountId", kAccount},
      {"requestID", answer.request_id},
  };
  for (const auto& [name, value] : wanted) EXPECT_EQ(record.value(name, Json()), value) << asked.where() << ' ' << name;
  EXPECT_EQ(record.contains("errorCode"), answer.status >= 300) << asked.where() << ": " << json::dump(record);
  EXPECT_TRUE(record.contains("requestParameters") && record.contains("responseElements")) << asked.where();
  if (answer.status >= 300) {
    EXPECT_TRUE(record["responseElements"].is_null()) << asked.where();
  }
}

}  // namespace

std::string Asked::where() const {
  return fmt::format("{}.{} over {}", service->key, operation != nullptr ? operation->name : event_name, name_of(protocol));
}

Rows::Rows() : world_(1) {
  world_.files.set_free_bytes(uint64_t{1} << 40);
  if (!world_.start()) throw std::runtime_error("the server refused to start: " + world_.complaint);
}

void Rows::ask(const aws::ServiceModel& service, const aws::OperationModel& operation, Protocol protocol, api::MadeRequest request) {
  send({.service = &service, .operation = &operation, .protocol = protocol, .event_name = event::event_name(service.key, operation.name)},
       std::move(request));
}

void Rows::ask_unknown(const aws::ServiceModel& service, Protocol protocol, api::MadeRequest request, std::string event_name) {
  send({.service = &service, .operation = nullptr, .protocol = protocol, .event_name = std::move(event_name)}, std::move(request));
}

void Rows::send(Asked asked, api::MadeRequest request) {
  const bool has_md5 = std::ranges::any_of(request.headers, [](const auto& header) { return header.first == "Content-MD5"; });
  if (asked.operation != nullptr && asked.operation->checksum_required && !has_md5)
    request.headers.emplace_back("Content-MD5", text::base64(crypto::md5(request.body)));
  asked.call = world_.send_raw({.method = std::move(request.method),
                                .target = std::move(request.target),
                                .headers = std::move(request.headers),
                                .body = std::move(request.body),
                                .service = asked.service->signing_name,
                                .region = region_of(*asked.service)});
  asked_.push_back(std::move(asked));
  if (world_.in_flight >= kInFlightMax) world_.settle();
}

std::map<std::string, std::vector<Json>> Rows::records() {
  std::map<std::string, std::vector<Json>> found;
  std::string token;
  do {
    Json query = {{"Region", ""}, {"Category", "ALL"}, {"MaxResults", 1000}};
    if (!token.empty()) query["NextToken"] = token;
    const SentCall answer = world_.ask({.operation = "SearchEvents", .value = json::dump(query)});
    if (answer.status != 200) throw std::runtime_error("SearchEvents answered " + answer.body);
    const Json page = *json::parse(answer.body);
    for (const Json& event : page["Events"]) {
      Json record = *json::parse(event["CloudTrailEvent"].get<std::string>());
      const std::string id = record.value("requestID", "");
      found[id].push_back(std::move(record));
    }
    token = page.value("NextToken", "");
  } while (!token.empty());
  return found;
}

void Rows::check(const std::function<void(const Asked&, const Answer&, const Json& record)>& f) {
  world_.settle();
  std::map<std::string, std::vector<Json>> found = records();
  for (const Asked& asked : asked_) {
    const SentCall& call = world_.calls[asked.call];
    ASSERT_TRUE(call.answered) << asked.where();
    const Answer answer = answer_of(asked, call);
    EXPECT_LT(call.status == 501 ? 0 : call.status, 500) << asked.where() << ": " << call.body;
    const auto record = found.find(answer.request_id);
    EXPECT_EQ(record == found.end() ? 0 : record->second.size(), 1u) << asked.where() << " answered " << call.status << ' ' << call.body;
    if (record == found.end()) continue;
    expect_record(asked, answer, record->second.front());
    f(asked, answer, record->second.front());
    found.erase(record);
  }
  for (const auto& [id, records] : found)  // of nothing but this test's own searches
    for (const Json& record : records) EXPECT_EQ(record["eventName"], "SearchEvents") << json::dump(record);
}

std::string Rows::journal() {
  std::string bytes;
  const auto names = world_.files.list("/data/journal");
  if (!names) throw std::runtime_error(names.error().message);
  for (const std::string& name : *names) bytes += env::read_file(world_.files, "/data/journal/" + name).value_or("");
  return bytes;
}

void each_row(const std::function<void(const aws::ServiceModel&, const aws::OperationModel&, Protocol)>& f) {
  api::each_operation([&](const aws::ServiceModel& service, const aws::OperationModel& operation) {
    if (service.key == "s3" && std::ranges::find(kUnreachable, operation.name) != kUnreachable.end()) return;
    for (Protocol protocol : service.protocols) f(service, operation, protocol);
  });
}

}  // namespace cairn::sim
