#include "api/within.h"

#include "api/authorize.h"
#include "api/operation.h"
#include "api/ports.h"
#include "api/protocol.h"
#include "api/record.h"
#include "api/registry.h"
#include "base/check.h"

namespace cairn::api {

namespace {

/// What S3's doors and records look at: the request as it would have come in.
void fill_http_facts(Call& call) {
  call.http.method = call.model->method;
  call.http.bucket = call.in.value("Bucket", "");
  call.http.key = call.in.value("Key", "");
  call.http.host = fmt::format("{}.s3.{}.amazonaws.com", call.http.bucket, call.region.str());
  call.http.path = "/" + call.http.key;
  call.host = call.http.host;
}

}  // namespace

Json call_within(Call& outer, Within within, Reply* reply) {
  Call call;
  call.service = service(within.service);
  CHECK(call.service != nullptr);
  call.model = call.service->model->operation(within.operation);
  CHECK(call.model != nullptr);
  call.operation = implementation(*call.service, *call.model);
  CHECK(call.operation != nullptr);
  call.ports = outer.ports;
  if (within.service_itself) {
    call.principal = std::move(*within.service_itself);
  } else {
    call.principal = outer.principal;
    call.policies = outer.policies;
  }
  call.account = call.principal.account;
  if (call.principal.kind == aws::Principal::Kind::kService) {
    call.account = within.account;
  } else {
    call.principal.invoked_by = within.invoked_by;
    call.source_ip = call.user_agent = within.invoked_by;
  }
  call.region = std::move(within.region);
  call.now = outer.now;
  call.request_id = outer.ports->random->uuid();
  call.in = std::move(within.in);
  call.out = Json::object();
  if (within.service == "s3") fill_http_facts(call);
  call.may_block = outer.may_block;
  call.state = outer.state;
  const auto keep_records = [&](const aws::Error* error) {
    for (std::string& record : call.records_within) outer.records_within.push_back(std::move(record));
    for (std::string& record : records(call, error, *outer.ports)) outer.records_within.push_back(std::move(record));
  };
  try {
    authorize(call);
    validate(*call.service->model, *call.model, call.in);
    call.operation->handle(call);
  } catch (const aws::Error& error) {
    keep_records(&error);
    throw;
  }
  CHECK(call.is_decided);
  keep_records(nullptr);
  if (reply != nullptr) *reply = std::move(call.reply);
  return std::move(call.out);
}

}  // namespace cairn::api
