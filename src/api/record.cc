#include "api/record.h"

#include "api/operation.h"
#include "api/ports.h"
#include "api/protocol.h"
#include "base/text.h"
#include "event/build.h"
#include "event/classify.h"

namespace cairn::api {
namespace {

/// S3's records show what a client was sent, headers and sizes included.
void fill_http(event::HttpFacts& http, const http::Response& response) {
  http.response_headers.clear();
  for (const auto& [name, value] : response.headers) http.response_headers.emplace_back(text::lower(name), value);
  http.bytes_out = response.head_only ? 0 : (response.source != nullptr ? response.source_bytes : response.body.size());
}

/// Whose history shows the call: the caller's account; of callers without one (anonymous, our own services) the owner's of what was
/// called, or theirs on whose behalf it was.
aws::AccountId recipient(const Call& call, const Ports& ports) {
  for (const aws::AccountId& account : {call.principal.account, call.owner, call.principal.source_account})
    if (!account.empty()) return account;
  return ports.default_account;
}

/// What was done to another account's resource is told to both, under one sharedEventID.
bool concerns_owner(const Call& call, const aws::Error* error) {
  return error == nullptr && !call.owner.empty() && !call.principal.account.empty() && call.owner != call.principal.account;
}

/// All but how it came in. Points into `call`.
event::Facts facts_of(const Call& call, const std::string& operation, const aws::Error* error, const Ports& ports) {
  const aws::ServiceModel& service = *call.service->model;
  event::Facts facts;
  facts.time = call.now;
  facts.principal = call.principal;
  facts.event_source = event::event_source(service);
  facts.event_name = event::event_name(service.key, operation);
  facts.region = service.global ? aws::kGlobalRegion : call.region;
  facts.recipient = recipient(call, ports);
  facts.owner = call.owner;
  facts.source_ip = call.source_ip;
  facts.user_agent = call.user_agent;
  facts.service = &service;
  facts.operation = call.model;
  facts.request_id = call.request_id;
  facts.event_id = event::EventId(ports.random->uuid());
  facts.read_only = event::is_read_only(service.key, operation);
  facts.management = event::is_management(service.key, operation);
  facts.resources = call.resources;
  facts.additional = call.additional;
  if (concerns_owner(call, error) || call.principal.kind == aws::Principal::Kind::kService)
    facts.shared_event_id = event::EventId(ports.random->uuid());
  facts.api_version = service.key == "logs" ? "20140328" : service.key == "events" ? service.api_version : "";
  if (call.model != nullptr) facts.input = call.recorded_in ? &*call.recorded_in : &call.in;
  if (error != nullptr) {
    facts.error_code = std::string(error->kind.code);
    facts.error_message = error->message;
  } else {
    facts.output = call.recorded_out ? &*call.recorded_out : &call.out;
  }
  return facts;
}

/// The caller's, and the owner's copy.
std::vector<std::string> build(event::Facts facts, const Call& call, const aws::Error* error, const Ports& ports) {
  std::vector<std::string> made = {event::build(facts)};
  if (concerns_owner(call, error)) {
    facts.recipient = call.owner;
    facts.event_id = event::EventId(ports.random->uuid());
    facts.is_owners_copy = true;
    made.push_back(event::build(facts));
  }
  return made;
}

}  // namespace

std::vector<std::string> records(const Job& job, const Ports& ports) {
  const Call& call = job.call;
  const aws::Error* error = job.error ? &*job.error : nullptr;
  event::Facts facts = facts_of(call, call.model != nullptr ? call.model->name : job.route.asked_operation.substr(0, 128), error, ports);
  if (const auto& tls = job.exchange->peer().tls) {
    facts.tls = event::Tls{tls->version, tls->cipher_suite};
    facts.tls_host = call.host;
  }
  event::HttpFacts http;
  const std::string& key = call.service->model->key;
  if (key == "s3" || key == "s3control") {
    http = call.http;
    fill_http(http, job.response);
    facts.http = &http;
  }
  return build(std::move(facts), call, error, ports);
}

std::vector<std::string> records(const Call& call, const aws::Error* error, const Ports& ports) {
  event::Facts facts = facts_of(call, call.model->name, error, ports);
  if (call.service->model->key == "s3") facts.http = &call.http;
  return build(std::move(facts), call, error, ports);
}

http::Response answer(Job& job) {
  Call& call = job.call;
  const aws::ServiceModel& service = *call.service->model;
  http::Response response;
  if (job.error) {
    WireResponse wire =
        encode_error(job.route.protocol, service, call.model, *job.error, call.request_id, call.host_id, job.exchange->head().path);
    response.status = wire.status;
    response.headers = std::move(wire.headers);
    response.body = std::move(wire.body);
    for (auto& header : call.reply.headers) response.headers.push_back(std::move(header));  // x-amz-bucket-region and the like
  } else {
    WireResponse wire = encode(job.route.protocol, service, *call.model, call.out, call.request_id);
    response.status = call.reply.status != 0 ? call.reply.status : wire.status;
    response.headers = std::move(wire.headers);
    response.body = call.reply.body ? std::move(*call.reply.body) : std::move(wire.body);
    for (auto& header : call.reply.headers) response.headers.push_back(std::move(header));
    response.source = std::move(call.reply.source);
    response.source_bytes = call.reply.source_bytes;
  }
  response.head_only = job.exchange->head().method == "HEAD";
  if (response.head_only && !job.error) {
    for (auto it = response.headers.begin(); it != response.headers.end(); ++it) {
      if (!text::equals_ignoring_case(it->first, "content-length")) continue;
      response.content_length = text::to_uint(it->second);
      response.headers.erase(it);
      break;
    }
  }
  if (service.key == "s3" || service.key == "s3control") {
    response.headers.emplace_back("x-amz-request-id", call.request_id);
    response.headers.emplace_back("x-amz-id-2", call.host_id);
    response.headers.emplace_back("Server", "AmazonS3");
  } else {
    response.headers.emplace_back("x-amzn-RequestId", call.request_id);
  }
  return response;
}

}  // namespace cairn::api
