#include "world.h"

#include "aws/sigv4.h"
#include "base/crypto.h"
#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "base/xml.h"
#include "http/local_exchange.h"

namespace cairn::sim {

World::World(uint64_t seed) : random(seed), seed_(seed) {}
World::~World() = default;

bool World::start() {
  tasks_ = std::make_unique<env::SimTasks>(clock, random);
  ++life_;
  app::Settings settings = app::default_settings();
  settings.data = "/data";
  settings.journal_segment_bytes = 4 << 20;
  settings.journal_reserve_bytes = 1 << 20;
  settings.history_tail_bytes = 64 << 10;  // many segments, so that crashes meet their making
  settings.checkpoint_interval = std::chrono::milliseconds(10);
  settings.delivery_interval = std::chrono::seconds(1);
  settings.digest_interval = std::chrono::seconds(3);
  static const crypto::RsaKey kKey = crypto::RsaKey::generate();
  app::Outside outside{.files = files,
                       .tasks = *tasks_,
                       .clock = clock,
                       .random = random,
                       .open_state = [this](const std::string&) -> Result<std::unique_ptr<state::Engine>> { return database_.open(); },
                       .on_fatal =
                           [this](const std::string&) {
                             if (!crashing_ && std::uncaught_exceptions() == 0) throw env::SimCrash{0};
                           },
                       .make_key = [] { return kKey; },
                       .threads = false};
  auto core = app::Core::open(settings, outside);
  if (!core) {
    complaint = core.error().message;
    return false;
  }
  core_ = std::move(*core);
  settle();
  const auto credentials = env::read_file(files, "/data/credentials");
  if (!credentials) {
    complaint = credentials.error().message;
    return false;
  }
  for (std::string_view line : text::split(*credentials, '\n')) {
    if (line == "[owner]") break;  // the administrator's come first
    const size_t equals = line.find(" = ");
    if (line.starts_with("aws_access_key_id")) access_key_ = line.substr(equals + 3);
    if (line.starts_with("aws_secret_access_key")) secret_ = line.substr(equals + 3);
  }
  return true;
}

void World::crash(env::SimFiles::Unsynced unsynced) {
  ++life_;  // answers of the old life reach nobody
  in_flight = 0;
  files.crash_at(files.operations() + 1);  // nothing of the dead process touches the disk any more
  database_.fail_next(SIZE_MAX);
  crashing_ = true;
  core_.reset();
  tasks_.reset();
  crashing_ = false;
  database_.fail_next(0);
  files.crash(random, unsynced);
}

std::string World::head_of(const SentCall& call, const Request& request) {
  std::vector<std::pair<std::string, std::string>> headers = request.headers;
  headers.emplace_back("Host", "127.0.0.1:4566");
  headers.emplace_back("User-Agent", "call-" + std::to_string(call.id));
  const std::string_view target = request.target;
  const size_t question = target.find('?');
  aws::sigv4::Request to_sign{.method = request.method,
                              .path = target.substr(0, question),
                              .query = question == std::string::npos ? std::string_view() : target.substr(question + 1),
                              .headers = {}};
  for (const auto& [name, value] : headers) to_sign.headers.emplace_back(name, value);
  const aws::sigv4::Signer signer{.access_key = aws::AccessKeyId(access_key_),
                                  .secret = Secret(secret_),
                                  .session_token = "",
                                  .region = request.region,
                                  .service = request.service};
  for (auto& header : aws::sigv4::sign(signer, to_sign, request.body, clock.now())) headers.push_back(std::move(header));
  std::string head = request.method + " " + request.target + " HTTP/1.1\r\n";
  for (const auto& [name, value] : headers) head += name + ": " + value + "\r\n";
  return head + "Content-Length: " + std::to_string(request.body.size()) + "\r\n\r\n";
}

void World::send(SentCall call) {
  Request request{.method = "GET", .target = "/" + call.bucket + (call.key.empty() ? "" : "/" + call.key)};
  if (call.operation == "PutObject") {
    request.method = "PUT";
    request.body = call.value;
  } else if (call.operation == "CreateBucket") {
    request.method = "PUT";
    if (call.bucket == kLocked) request.headers.emplace_back("x-amz-bucket-object-lock-enabled", "true");
  } else if (call.operation == "PutObjectLockLegalHold") {
    request.method = "PUT";
    request.target += "?legal-hold";
    request.body = "<LegalHold><Status>" + call.value + "</Status></LegalHold>";
    request.headers.emplace_back("Content-MD5", text::base64(crypto::md5(request.body)));
  } else if (call.operation == "DeleteObject" || call.operation == "DeleteBucket") {
    request.method = "DELETE";
  } else if (call.operation == "ListObjects") {
    request.target += "?list-type=2";
  } else if (call.operation == "ListObjectVersions") {
    request.target += "?versions";
  } else if (call.operation == "PutBucketVersioning") {
    request.method = "PUT";
    request.target += "?versioning";
    request.body = "<VersioningConfiguration><Status>" + call.value + "</Status></VersioningConfiguration>";
    request.headers.emplace_back("Content-MD5", text::base64(crypto::md5(request.body)));
  } else if (call.operation == "GetCallerIdentity") {
    request.method = "POST";
    request.target = "/";
    request.service = "sts";
    request.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
    request.body = "Action=GetCallerIdentity&Version=2011-06-15";
  } else if (call.operation == "SearchEvents") {
    request.method = "POST";
    request.target = "/_cairn/api/";
    request.service = "cairn";
    request.headers.emplace_back("Content-Type", "application/x-amz-json-1.1");
    request.headers.emplace_back("X-Amz-Target", "Cairn.SearchEvents");
    request.body = call.value;
  }
  if (!call.version.empty())
    request.target += (request.target.find('?') == std::string::npos ? "?versionId=" : "&versionId=") + call.version;
  send_raw(std::move(request), std::move(call));
}

uint64_t World::send_raw(Request request, SentCall call) {
  call.id = next_call_++;
  const uint64_t id = call.id, life = life_;
  const std::string head = head_of(call, request);
  calls[id] = std::move(call);
  ++in_flight;
  http::Peer peer{.address = "127.0.0.1", .port = 1, .tls = std::nullopt};
  auto answered = [this, id, life](http::Response response) {
    if (life != life_ || std::uncaught_exceptions() > 0) return;  // the client's connection died with the machine
    --in_flight;
    SentCall& sent = calls[id];
    sent.answered = true;
    sent.answer_order = ++answers_;
    sent.status = response.status;
    for (const auto& [name, value] : response.headers)
      if (text::equals_ignoring_case(name, "x-amz-request-id") || text::equals_ignoring_case(name, "x-amzn-requestid"))
        sent.request_id = value;
    sent.body = std::move(response.body);
    sent.headers = std::move(response.headers);
    if (response.source != nullptr) {
      std::array<char, 8192> buffer{};
      for (;;) {
        const auto n = response.source->read(buffer);
        if (!n || *n == 0) break;
        sent.body.append(buffer.data(), *n);
      }
    }
    if (sent.status >= 300) {
      const auto root = xml::parse(sent.body);
      const xml::Element* code = root ? root->child("Code") : nullptr;
      sent.error_code = code != nullptr ? code->text : "?";
    }
  };
  auto exchange = std::make_shared<http::LocalExchange>(head, std::move(request.body), std::move(peer), std::move(answered));
  const http::Handler::Plan plan = core_->handler().begin(exchange);
  if (plan.kind == http::Handler::Plan::kAnswered) return id;
  if (plan.kind == http::Handler::Plan::kStreamed) exchange->stream();
  core_->handler().handle(exchange);
  return id;
}

void World::settle() {
  tasks_->run_until_idle();
  tasks_->run_for(std::chrono::milliseconds(50));
}

SentCall World::ask(SentCall call) {
  const uint64_t id = next_call_;
  send(std::move(call));
  for (int i = 0; i < 100 && !calls[id].answered; ++i) settle();
  return calls[id];
}

void World::make_trail() {
  const auto done = [&](Request request, const std::string& operation) {
    const uint64_t id = send_raw(std::move(request), {.operation = operation, .bucket = kLogs});
    for (int i = 0; i < 100 && !calls[id].answered; ++i) settle();
    if (calls[id].status >= 300) throw std::runtime_error(operation + " answered " + calls[id].body);
  };
  const auto cloudtrail = [&](const std::string& operation, const Json& in) {
    done({.headers = {{"Content-Type", "application/x-amz-json-1.1"}, {"X-Amz-Target", "CloudTrail_20131101." + operation}},
          .body = json::dump(in),
          .service = "cloudtrail"},
         operation);
  };
  done({.method = "PUT", .target = std::string("/") + kLogs}, "CreateBucket");
  const std::string arn = std::string("arn:aws:s3:::") + kLogs;
  const Json service = {{"Service", "cloudtrail.amazonaws.com"}};
  const Json policy = {{"Version", "2012-10-17"},
                       {"Statement",
                        {{{"Effect", "Allow"}, {"Principal", service}, {"Action", "s3:GetBucketAcl"}, {"Resource", arn}},
                         {{"Effect", "Allow"}, {"Principal", service}, {"Action", "s3:PutObject"}, {"Resource", arn + "/AWSLogs/*"}}}}};
  done({.method = "PUT", .target = std::string("/") + kLogs + "?policy", .body = json::dump(policy)}, "PutBucketPolicy");
  cloudtrail("CreateTrail",
             {{"Name", "everything"}, {"S3BucketName", kLogs}, {"IsMultiRegionTrail", true}, {"EnableLogFileValidation", true}});
  cloudtrail("StartLogging", {{"Name", "everything"}});
}

std::vector<Recorded> World::history() {
  std::vector<Recorded> all = whole_history();
  std::erase_if(all, [](const Recorded& event) { return event.by_service; });
  return all;
}

std::vector<Recorded> World::whole_history() {
  std::vector<Recorded> all;
  std::string token;
  do {
    Json query = {{"Region", ""}, {"Category", "ALL"}, {"MaxResults", 1000}};
    if (!token.empty()) query["NextToken"] = token;
    const SentCall answer = ask({.operation = "SearchEvents", .value = json::dump(query)});
    if (answer.status != 200) throw std::runtime_error("SearchEvents answered " + std::to_string(answer.status) + " " + answer.body);
    const Json page = *json::parse(answer.body);
    for (const Json& event : page["Events"]) {
      Recorded recorded;
      recorded.text = event["CloudTrailEvent"].get<std::string>();
      const Json record = *json::parse(recorded.text);
      recorded.by_service = record["userIdentity"].value("type", "") == "AWSService";
      recorded.management = record.value("managementEvent", true);
      std::string agent = record.value("userAgent", "");
      std::erase_if(agent, [](char c) { return c == '[' || c == ']'; });
      recorded.call = text::to_uint(std::string_view(agent).substr(agent.find('-') + 1)).value_or(0);
      recorded.event_id = record.value("eventID", "");
      recorded.request_id = record.value("requestID", "");
      recorded.name = record.value("eventName", "");
      recorded.error_code = record.value("errorCode", "");
      if (record["requestParameters"].is_object()) {
        recorded.bucket = record["requestParameters"].value("bucketName", "");
        recorded.key = record["requestParameters"].value("key", "");
        recorded.version = record["requestParameters"].value("versionId", "");
      }
      if (record["responseElements"].is_object()) recorded.new_version = record["responseElements"].value("x-amz-version-id", "");
      if (recorded.name != "SearchEvents") all.push_back(std::move(recorded));
    }
    token = page.value("NextToken", "");
  } while (!token.empty());
  std::ranges::reverse(all);
  return all;
}

}  // namespace cairn::sim
