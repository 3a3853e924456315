#include "api/record.h"

#include "api/operation.h"
#include "api/ports.h"
#include "api/protocol.h"
#include "base/text.h"
#include "event/build.h"
#include "event/classify.h"

namespace cairn::api {
namespace {

std::string error_code_of(const aws::Error& error) { return std::string(error.kind.code); }

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
bool concerns_owner(const Job& job) {
  const Call& call = job.call;
  return !job.error && !call.owner.empty() && !call.principal.account.empty() && call.owner != call.principal.account;
}

}  // namespace

std::vector<std::string> records(const Job& job, const Ports& ports) {
  const Call& call = job.call;
  const aws::ServiceModel& service = *call.service->model;
  const std::string operation = call.model != nullptr ? call.model->name : job.route.asked_operation.substr(0, 128);
  event::HttpFacts http;
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
  const bool is_shared = concerns_owner(job);
  if (is_shared || call.principal.kind == aws::Principal::Kind::kService) facts.shared_event_id = event::EventId(ports.random->uuid());
  facts.api_version = service.key == "logs" ? "20140328" : service.key == "events" ? service.api_version : "";
  if (const auto& tls = job.exchange->peer().tls) {
    facts.tls = event::Tls{tls->version, tls->cipher_suite};
    facts.tls_host = call.host;
  }
  if (call.model != nullptr) facts.input = call.recorded_in ? &*call.recorded_in : &call.in;
  if (job.error) {
    facts.error_code = error_code_of(*job.error);
    facts.error_message = job.error->message;
  } else {
    facts.output = call.recorded_out ? &*call.recorded_out : &call.out;
  }
  if (service.key == "s3" || service.key == "s3control") {
    http = call.http;
    fill_http(http, job.response);
    facts.http = &http;
  }
  std::vector<std::string> made = {event::build(facts)};
  if (is_shared) {
    facts.recipient = call.owner;
    facts.event_id = event::EventId(ports.random->uuid());
    facts.is_owners_copy = true;
    made.push_back(event::build(facts));
  }
  return made;
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
