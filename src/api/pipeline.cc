#include "api/pipeline.h"

#include <algorithm>

#include "api/authorize.h"
#include "api/commit.h"
#include "api/finish.h"
#include "api/job.h"
#include "api/protocol.h"
#include "api/receive.h"
#include "api/registry.h"
#include "api/record.h"
#include "api/upload_form.h"
#include "archive/log_file.h"
#include "base/check.h"
#include "base/log.h"
#include "base/text.h"
#include "base/xml.h"
#include "event/classify.h"
#include "http/local_exchange.h"
#include "identity/policies.h"

namespace cairn::api {
namespace {

using Plan = http::Handler::Plan;

constexpr int kDecisionsMax = 64;  // a call that loses this many races is told to try again
constexpr std::string_view kOwnPrefix = "/_cairn/";
constexpr std::string_view kCertificatePrefix = "/SimpleNotificationService-";  // no bucket is called so
constexpr uint64_t kOwnBodyBytesMax = 64 << 10;
constexpr size_t kFormThreads = 8;  // forms whose fields are read at once

http::Response json_refusal(int status, std::string_view code, std::string_view message) {
  http::Response response;
  response.status = status;
  response.headers.emplace_back("Content-Type", "application/json");
  json::Writer(response.body).begin_object().key("__type").string(code).key("message").string(message).end_object();
  return response;
}

/// What the server serves for itself, but for its API, whose calls are calls like any. A bucket's own host may have keys of that name.
bool is_own_page(const http::Head& head) {
  if (head.path.starts_with(kCertificatePrefix) && head.path.ends_with(".pem")) return true;
  const bool is_call = head.path.starts_with("/_cairn/api/") && head.path != "/_cairn/api/openapi.json";
  return head.path.starts_with(kOwnPrefix) && !is_call && s3_address(head.header("host").value_or(""), head.path).bucket == "_cairn";
}

/// In the form that the client of a service nobody serves here will read: the query protocol's, or JSON.
http::Response no_such_service(const http::Head& head, std::string_view message) {
  if (!head.header("content-type").value_or("").starts_with("application/x-www-form-urlencoded"))
    return json_refusal(501, "NotImplemented", message);
  http::Response response;
  response.status = 501;
  response.headers.emplace_back("Content-Type", "text/xml");
  xml::Writer(response.body)
      .declaration()
      .open("ErrorResponse")
      .open("Error")
      .element("Type", "Receiver")
      .element("Code", "NotImplemented")
      .element("Message", message)
      .close("Error")
      .close("ErrorResponse");
  return response;
}

bool is_s3(const Call& call) { return call.service->model->key == "s3" || call.service->model->key == "s3control"; }

/// The head as S3's records show it.
void fill_http_facts(Job& job) {
  const http::Head& head = job.exchange->head();
  event::HttpFacts& http = job.call.http;
  http.method = std::string(head.method);
  http.host = job.call.host;
  http.path = text::percent_decode(head.path).value_or(std::string(head.path));
  if (!head.query.empty()) {
    for (std::string_view pair : text::split(head.query, '&')) {
      if (pair.empty()) continue;
      const size_t equals = pair.find('=');
      std::string value =
          equals == std::string_view::npos ? std::string() : text::percent_decode(pair.substr(equals + 1), text::Plus::kSpace).value_or("");
      http.query.emplace_back(text::percent_decode(pair.substr(0, equals)).value_or(""), std::move(value));
    }
  }
  for (const http::Header& header : head.headers) http.headers.emplace_back(text::lower(header.name), std::string(header.value));
  http.bucket = job.route.bucket;
  http.key = job.route.key;
  http.extended_request_id = job.call.host_id;
}

bool has_streaming_input(const Route& route) {
  if (route.model == nullptr || route.model->input == nullptr) return false;
  for (const aws::Member& member : route.model->input->members)
    if (member.payload && member.shape->streaming) return true;
  return false;
}

/// Where a checksum's value is a parameter, but no body streams in, it is that of an object whose bytes came before.
ChecksumOf checksum_of(const aws::OperationModel& model) {
  return model.input != nullptr && model.input->member("ChecksumSHA256") != nullptr ? ChecksumOf::kObject : ChecksumOf::kBody;
}

bool is_small(const http::Head& head) { return head.content_length && *head.content_length <= kInlineBytesMax; }

/// A body that cannot be used at all: nothing was decided, so nothing is recorded.
aws::Error body_error(http::BodyFailure failure, bool s3) {
  switch (failure) {
    case http::BodyFailure::kTooLarge:
      if (s3) return {{.code = "MaxMessageLengthExceeded", .status = 400}, "Your request was too big."};
      return {{.code = "RequestEntityTooLargeException", .status = 413}, "The request body is too large."};
    case http::BodyFailure::kTimeout:
      return {{.code = s3 ? "RequestTimeout" : "RequestTimeoutException", .status = s3 ? 400 : 408},
              "Your socket connection to the server was not read from or written to within the timeout period. Idle connections will be "
              "closed."};
    case http::BodyFailure::kMalformed:
      return {{.code = s3 ? "InvalidRequest" : "SerializationException", .status = 400}, "The chunked body is malformed."};
    case http::BodyFailure::kClosed:
      break;
  }
  return {{.code = "IncompleteBody", .status = 400}, "You did not provide the number of bytes specified by the Content-Length HTTP header"};
}

}  // namespace

struct Pipeline::Stages {
  Options options;
  Ports& ports;
  state::Store& store;
  journal::Journal& journal;
  Authenticator& authenticator;
  Metrics& metrics;
  OwnPages own_pages;
  SensitiveData sensitive;
  Pool calls;
  Pool receivers;
  Pool form_readers;  // a form's sender is known only after its fields: who is slow with them keeps no upload waiting

  Stages(const Options& o, Ports& p, state::Store& s, journal::Journal& j, Authenticator& a, Metrics& m, OwnPages pages)
      : options(o),
        ports(p),
        store(s),
        journal(j),
        authenticator(a),
        metrics(m),
        own_pages(std::move(pages)),
        sensitive(o.on_sensitive, m),
        calls("call", o.call_threads, o.waiting_max),
        receivers("receive", o.receive_threads, o.waiting_max),
        form_readers("form", std::min<size_t>(o.receive_threads, kFormThreads), o.waiting_max) {}

  // ------------------------------------------------------------------ the life of a call, in order

  /// route, authenticate: as much as the head tells. Refusals here make no record, as on AWS.
  Plan begin(const std::shared_ptr<http::Exchange>& exchange) {
    const http::Head& head = exchange->head();
    if (is_own_page(head)) return {Plan::kBuffered, kOwnBodyBytesMax};

    auto job = std::make_shared<Job>();
    job->exchange = exchange;
    Result<Route, NoRoute> route = route_head(head);
    if (!route) {
      exchange->respond(no_such_service(head, route.error().message));
      return {Plan::kAnswered};
    }
    job->route = std::move(*route);
    introduce(*job);

    Result<Authenticated, aws::Error> caller = tl::unexpected(aws::Error(aws::kInternalFailure, ""));
    try {
      caller = authenticator.read(head, job->route, ports.clock->now());
    } catch (const std::exception& problem) {
      refuse(*job, internal_error(*job, problem), metrics.unavailable);
      return {Plan::kAnswered};
    }
    if (!caller) return refuse_caller(*job, std::move(caller.error()));
    job->caller = std::move(*caller);

    const bool streamed = has_streaming_input(job->route);
    exchange->attachment = job;
    if (is_form(job->route)) return {Plan::kStreamed};
    // Who waits for a 100 Continue is refused before the body, however small that is.
    if (streamed && (!is_small(head) || head.expect_continue)) return {Plan::kStreamed};
    return {Plan::kBuffered, streamed ? kInlineBytesMax * 2 : options.body_bytes_max};
  }

  /// authenticate the body.
  void handle(const std::shared_ptr<http::Exchange>& exchange) {
    auto job = std::static_pointer_cast<Job>(std::exchange(exchange->attachment, nullptr));
    if (job == nullptr) return own_page(exchange);

    const std::string_view sent = has_streaming_input(job->route) ? std::string_view() : exchange->body();
    const std::optional<std::string> unpacked = unpack(*job, sent);
    const std::string_view body = unpacked ? std::string_view(*unpacked) : sent;
    if (job->route.protocol == aws::Protocol::kQuery) route_action(job->route, exchange->head(), body);
    if (Result<void, aws::Error> genuine = authenticator.verify(job->caller, exchange->head(), job->route, sent); !genuine) {
      refuse_caller(*job, std::move(genuine.error()));
      return;
    }
    proceed(job, body);
  }

  /// What the SDKs compress: large bodies of PutMetricData. nullopt: it is not compressed, or not soundly, which decoding will find.
  std::optional<std::string> unpack(const Job& job, std::string_view body) const {
    if (job.route.service->model->key != "monitoring") return std::nullopt;
    if (!text::equals_ignoring_case(job.exchange->head().header("content-encoding").value_or(""), "gzip")) return std::nullopt;
    Result<std::string> plain = archive::gunzip(body, options.body_bytes_max);
    if (!plain) return std::nullopt;
    return std::move(*plain);
  }

  static bool is_sound(const Client::Request& request) {
    const auto is_line = [](std::string_view text) {
      return std::ranges::none_of(text, [](unsigned char c) { return (c < ' ' && c != '\t') || c == 0x7F; });
    };
    return is_line(request.method) && is_line(request.target) && is_line(request.host) &&
           std::ranges::all_of(request.headers, [&](const auto& header) { return is_line(header.first) && is_line(header.second); });
  }

  /// A call of one of our own parts: who calls is known, all else is as for anyone.
  void call(Client::Request request, Client::Done done) {
    // What makes no request (names in headers may be anybody's) is refused as one is from outside: it does not even get a record.
    if (!is_sound(request)) return done({.status = 400});
    std::string head = fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\nContent-Length: {}\r\n", request.method, request.target, request.host,
                                   request.body.size());
    for (const auto& [name, value] : request.headers) head += fmt::format("{}: {}\r\n", name, value);
    head += "\r\n";
    auto exchange =
        std::make_shared<http::LocalExchange>(std::move(head), std::move(request.body), std::move(request.peer), std::move(done));
    if (!exchange->sound()) return exchange->respond({.status = 400});
    auto job = std::make_shared<Job>();
    job->exchange = exchange;
    Result<Route, NoRoute> route = route_head(exchange->head());
    if (!route) return exchange->respond({.status = 400});
    job->route = std::move(*route);
    if (job->route.protocol == aws::Protocol::kQuery) route_action(job->route, exchange->head(), exchange->body());
    introduce(*job);
    if (!request.reached_at.empty()) job->call.host = std::move(request.reached_at);
    if (const std::string& by = request.principal.invoked_by; !by.empty()) job->call.source_ip = job->call.user_agent = by;
    job->caller.principal = std::move(request.principal);
    job->caller.region = std::move(request.region);
    job->along = std::move(request.along);
    const bool streamed = has_streaming_input(job->route);
    if (streamed && !is_small(exchange->head())) exchange->stream();
    proceed(job, streamed ? std::string_view() : std::string_view(exchange->body()));
  }

  /// decode, then decide: here if that touches memory only, else on a pool. `body`: of calls that are not streamed.
  void proceed(const std::shared_ptr<Job>& job, std::string_view body) {
    if (!journal.accepting() || !store.accepting()) return refuse(*job, unavailable(*job), metrics.unavailable);
    if (is_form(job->route)) {
      if (!form_readers.submit([this, job] { read_form(job); })) refuse(*job, throttled(*job), metrics.throttled);
      return;
    }

    admit(*job);
    decode_call(*job, body);
    const bool streamed = has_streaming_input(job->route);
    const bool is_whole = !streamed || !job->exchange->body().empty() || job->exchange->head().content_length == 0u;
    if (job->error) return decide(*job);
    if (streamed && !is_whole) {
      if (!receivers.submit([this, job] { receive_stream(*job); })) refuse(*job, throttled(*job), metrics.throttled);
    } else if (job->call.operation != nullptr && job->call.operation->runs == Runs::kPool) {
      if (!calls.submit([this, job] { receive_whole(*job); })) refuse(*job, throttled(*job), metrics.throttled);
    } else {
      job->call.may_block = false;
      try {
        receive_whole(*job);
      } catch (const MustNotBlock&) {
        job->call.may_block = true;
        if (!calls.submit([this, job] { decide(*job); })) refuse(*job, throttled(*job), metrics.throttled);
      }
    }
  }

  /// The names of things: request ids, who, where, when.
  void introduce(Job& job) {
    const http::Head& head = job.exchange->head();
    Call& call = job.call;
    call.service = job.route.service;
    call.ports = &ports;
    job.arrived = call.now = ports.clock->now();
    call.host = std::string(head.header("host").value_or(""));
    if (is_s3(call)) {
      call.request_id = ports.random->letters(16, "0123456789ABCDEFGHJKMNPQRSTVWXYZ");
      call.host_id = text::base64(ports.random->bytes(57));
      fill_http_facts(job);
    } else {
      call.request_id = ports.random->uuid();
    }
    call.user_agent = std::string(head.header("user-agent").value_or("").substr(0, 1024));
    call.source_ip = job.exchange->peer().address;
    if (const std::optional<http::TlsInfo>& tls = job.exchange->peer().tls) {
      call.tls = true;
      call.tls_version = tls->version;
    }
  }

  /// From here on the caller is known, and whatever happens makes a record.
  void admit(Job& job) {
    Call& call = job.call;
    call.model = job.route.model;
    call.principal = job.caller.principal;
    call.account = call.principal.account;
    call.region = job.caller.region;
    call.arrived = call.now = ports.clock->now();
    if (call.model != nullptr) call.operation = implementation(*call.service, *call.model);
    if (is_s3(call)) {
      using Authentication = event::HttpFacts::Authentication;
      call.http.authentication = call.principal.kind == aws::Principal::Kind::kAnonymous ? Authentication::kAnonymous
                                 : job.caller.presigned                                  ? Authentication::kQueryString
                                                                                         : Authentication::kHeader;
    }
  }

  void decode_call(Job& job, std::string_view body) {
    Call& call = job.call;
    attempt(job, [&] {
      if (call.model == nullptr) throw unknown_operation(job.route);
      const http::Head& head = job.exchange->head();
      WireRequest wire{.method = head.method,
                       .path = job.route.wire_path.empty() ? head.path : std::string_view(job.route.wire_path),
                       .query = head.query,
                       .headers = &head.headers,
                       .body = body,
                       .labels = job.route.labels};
      call.http.bytes_in = body.size();
      if (is_s3(call)) {
        call.http.body = std::string(body);
        if (!body.empty()) check_body(body, head, checksum_of(*call.model));
      }
      call.policies = ports.directory->policies_of(call.principal);
      call.in = decode(job.route.protocol, *call.service->model, *call.model, wire);
      authorize(call);
      validate(*call.service->model, *call.model, call.in);
      call.body = std::string(body);
    });
    if (job.error) call.in = Json::object();  // what is refused at the door is recorded without its parameters, as on AWS
  }

  /// A first look, so that nobody sends 5 GB in vain.
  void look_at(Job& job) {
    if (job.call.operation == nullptr || job.call.operation->admit == nullptr) return;
    state::Transaction transaction(store);
    job.call.state = &transaction;
    job.call.operation->admit(job.call);
    job.call.state = nullptr;
  }

  /// A body that streams in. On a receiving thread.
  void receive_stream(Job& job) {
    attempt(job, [&] {
      look_at(job);
      if (job.call.operation == nullptr) return;
      job.call.payload = receive(job.exchange->reader(), job.exchange->head(), job.caller, *ports.blobs, *ports.random);
      job.received = true;
    });
    job.call.http.bytes_in = job.received ? job.call.payload.size : job.exchange->body_bytes();
    decide(job);
  }

  /// A browser's form: its fields tell who calls and what for, and are PutObject's headers from there on; its file streams in.
  void read_form(const std::shared_ptr<Job>& shared) {
    Job& job = *shared;
    std::shared_ptr<UploadForm> form;
    try {
      form = std::make_shared<UploadForm>(job.exchange->reader(), job.exchange->head());
    } catch (aws::Error& error) {
      return refuse(job, std::move(error), metrics.incomplete);
    }
    Result<Authenticated, aws::Error> caller = tl::unexpected(aws::Error(aws::kInternalFailure, ""));
    try {
      caller = authenticator.read_form(form->fields(), job.exchange->head(), job.route, ports.clock->now());
    } catch (const std::exception& problem) {
      return refuse(job, internal_error(job, problem), metrics.unavailable);
    }
    if (!caller) {
      refuse_caller(job, std::move(caller.error()));
      return;
    }
    job.caller = std::move(*caller);
    admit(job);
    UploadForm::Upload upload;
    attempt(job, [&] {
      upload = form->upload(job.route.bucket, job.call.now);
      const http::Head head = head_of(upload);
      const WireRequest wire{.method = "PUT",
                             .path = {},
                             .query = {},
                             .headers = &head.headers,
                             .body = {},
                             .labels = {{"Bucket", job.route.bucket}, {"Key", upload.key}}};
      job.call.in = decode(job.route.protocol, *job.call.service->model, *job.call.model, wire);
      for (const char* member : kFormAnswers)
        if (std::string value = form->field(member); !value.empty()) job.call.in[member] = std::move(value);
      job.call.http.key = upload.key;
      auto& shown = job.call.http.headers;
      std::erase_if(shown, [](const auto& header) { return UploadForm::is_header(header.first); });
      shown.insert(shown.end(), upload.headers.begin(), upload.headers.end());
      job.call.policies = ports.directory->policies_of(job.call.principal);
      authorize(job.call);
      validate(*job.call.service->model, *job.call.model, job.call.in);
      look_at(job);
    });
    job.call.http.bytes_in = job.exchange->body_bytes();
    if (job.error) return decide(job);
    if (!receivers.submit([this, shared, form, upload = std::move(upload)] { receive_form(*shared, *form, upload); }))
      refuse(job, throttled(job), metrics.throttled);
  }

  static http::Head head_of(const UploadForm::Upload& upload) {
    http::Head head;
    for (const auto& [name, value] : upload.headers) head.headers.push_back({name, value});
    return head;
  }

  void receive_form(Job& job, UploadForm& form, const UploadForm::Upload& upload) {
    attempt(job, [&] {
      job.call.payload = receive_file(form, head_of(upload), upload.size, *ports.blobs, *ports.random);
      job.received = true;
    });
    job.call.http.bytes_in = job.exchange->body_bytes();
    decide(job);
  }

  void receive_whole(Job& job) {
    if (has_streaming_input(job.route)) {
      attempt(job, [&] {
        job.call.payload = receive(job.exchange->body(), job.exchange->head(), job.caller);
        job.received = true;
      });
      job.call.http.bytes_in = job.received ? job.call.payload.size : job.exchange->body().size();
    }
    decide(job);
  }

  /// invoke, record, commit; again if what the decision rested on has changed meanwhile. The answer leaves from Job::durable.
  void decide(Job& job) {
    state::Transaction transaction(store);
    const std::optional<aws::Error> refused_before = job.error;  // stands, however often it is decided
    bool is_noted = false;
    for (int round = 0;; ++round) {
      if (round > 0) {
        metrics.conflicts.fetch_add(1, std::memory_order_relaxed);
        transaction.reset();
        if (round == kDecisionsMax)
          job.error = aws::Error({.code = "OperationAborted", .status = 409},
                                 "A conflicting conditional operation is currently in progress against this resource. Please try again.");
      }
      begin_decision(job, transaction);
      try {
        if (!job.error && !invoke(job)) continue;
      } catch (const NotYet& later) {
        if (put_aside(job, later)) return;
        continue;
      }
      if (job.error) transaction.reset();  // a refused call changes nothing
      else if (job.along) job.along(transaction, job.call.out);
      job.response = answer(job);
      finish(job);
      std::vector<std::string> made = records_of(job, transaction);
      // Copies for other accounts say no more than the first.
      if (const auto found = event::find_sensitive(made.empty() ? std::string_view() : made.front()); !found.empty()) {
        if (!std::exchange(is_noted, true)) sensitive.note(job, made.front(), found);
        if (sensitive.refuses(job)) made = hidden(refuse_after_all(job, transaction, SensitiveData::refusal(found)));
        else if (sensitive.hides()) made = hidden(std::move(made));
      }
      Committed committed = commit(job, transaction, made, {store, journal, metrics});
      if (committed == Committed::kTooLarge) {
        job.call.records_within.clear();  // nothing came of what was done within
        made = refuse_after_all(job, transaction, body_error(http::BodyFailure::kTooLarge, is_s3(job.call)));
        if (sensitive.hides()) made = hidden(std::move(made));
        committed = commit(job, transaction, made, {store, journal, metrics});
        CHECK(committed != Committed::kTooLarge);
      }
      if (committed == Committed::kYes) break;
      job.error = refused_before;
    }
  }

  // ------------------------------------------------------------------ helpers of the stages

  static std::vector<std::string> hidden(std::vector<std::string> made) {
    for (std::string& record : made) record = event::hide(record, event::find_sensitive(record));
    return made;
  }

  /// The call ends with an error after all; returns its records.
  std::vector<std::string> refuse_after_all(Job& job, state::Transaction& transaction, aws::Error error) {
    job.error = std::move(error);
    transaction.reset();
    job.call.reply = {};
    job.response = answer(job);
    finish(job);
    return records_of(job, transaction);
  }

  /// The service's own last look at the answer, which leaves as it is if that fails.
  void finish(Job& job) {
    const Finish last = finish_of(job.call.service->model->key);
    if (last == nullptr) return;
    try {
      last(job.call,
           {.exchange = *job.exchange, .arrived = job.arrived, .response = job.response, .error = job.error ? &*job.error : nullptr});
    } catch (const std::exception& problem) {
      (void)internal_error(job, problem);
    }
  }

  /// One, or one for each account that the call concerns, or none.
  std::vector<std::string> records_of(const Job& job, state::Transaction& transaction) const {
    // A request that names no operation at all is no call: an event would have no name.
    if (job.call.model == nullptr && job.route.asked_operation.empty()) return {};
    // What nobody in particular asks of no bucket here belongs into no account's history; the doors of buckets set the owner.
    if (job.call.principal.kind == aws::Principal::Kind::kAnonymous && job.call.owner.empty()) return {};
    const bool always = options.data_events == Options::DataEvents::kAll || job.call.model == nullptr ||
                        event::is_management(job.call.service->model->key, job.call.model->name);
    if (!always && options.data_events == Options::DataEvents::kNone) return {};
    std::vector<std::string> made = records(job, ports);
    if (!always) std::erase_if(made, [&](const std::string& record) { return !options.is_selected(transaction, record); });
    return made;
  }

  void begin_decision(Job& job, state::Transaction& transaction) {
    Call& call = job.call;
    call.state = &transaction;
    call.now = ports.clock->now();
    call.out = Json::object();
    call.reply = {};
    call.resources.clear();
    call.additional.reset();
    call.recorded_in.reset();
    call.recorded_out.reset();
    call.records_within.clear();
  }

  /// False: the world changed under the handler; it must decide again.
  bool invoke(Job& job) {
    try {
      attempt(job, [&] {
        if (job.call.operation == nullptr) {
          throw aws::Error(aws::kNotImplemented, "{} does not implement {} yet; see docs/conformance.md for what it does.",
                           job.call.service->model->service_id, job.call.model->name);
        }
        job.call.operation->handle(job.call);
        if (!job.call.is_decided) throw std::logic_error("no policy was asked");
      });
    } catch (const Outdated&) {
      return false;
    }
    return true;
  }

  /// The call has nothing to answer yet: it waits without a thread, and is then decided again.
  bool put_aside(Job& job, const NotYet& later) {
    job.call.state = nullptr;
    return later.park([this, self = job.shared_from_this()] {
      self->call.may_block = true;
      if (!calls.submit([this, self] { decide(*self); })) refuse(*self, throttled(*self), metrics.throttled);
    });
  }

  /// The one place where a call's error becomes its outcome.
  template <class F>
  void attempt(Job& job, F&& f) {
    try {
      f();
    } catch (aws::Error& error) {
      job.error = std::move(error);
    } catch (const std::exception& problem) {  // a disk that cannot be read: this call fails, the server goes on
      job.error = internal_error(job, problem);
    }
  }

  Plan refuse_caller(Job& job, aws::Error error) {
    authenticator.count_refusal(job.call.source_ip, error);
    refuse(job, std::move(error), metrics.authentication_failures);
    return {Plan::kAnswered};
  }

  /// An answer without a record: nothing was decided.
  void refuse(Job& job, aws::Error error, std::atomic<uint64_t>& counter) {
    counter.fetch_add(1, std::memory_order_relaxed);
    job.call.model = job.route.model;
    job.error = std::move(error);
    job.response = answer(job);
    state::Transaction transaction(store);
    job.call.state = &transaction;
    finish(job);
    job.call.state = nullptr;
    job.exchange->respond(std::move(job.response));
  }

  aws::Error internal_error(const Job& job, const std::exception& problem) {
    log::error("a call failed within", {{"operation", job.call.model != nullptr ? job.call.model->name : ""}, {"error", problem.what()}});
    if (is_s3(job.call)) return {{.code = "InternalError", .status = 500}, "We encountered an internal error. Please try again."};
    return {aws::kInternalFailure, "The request processing has failed because of an unknown error, exception or failure."};
  }
  aws::Error unavailable(const Job& job) {
    return aws::Error(
        {.code = is_s3(job.call) ? "ServiceUnavailable" : "ServiceUnavailableException", .status = 503},
        "The audit journal takes no entries at the moment (its disk is full, or too much waits). Nothing was done. Please try again.");
  }
  aws::Error throttled(const Job& job) {
    if (is_s3(job.call)) return aws::Error({.code = "SlowDown", .status = 503}, "Please reduce your request rate.");
    return aws::Error({.code = "ThrottlingException", .status = 400}, "Rate exceeded");
  }

  void own_page(const std::shared_ptr<http::Exchange>& exchange) {
    if (!own_pages(exchange)) exchange->respond(json_refusal(404, "NotFound", "There is no such page below /_cairn/."));
  }

  void body_failed(const std::shared_ptr<http::Exchange>& exchange, http::BodyFailure failure) {
    auto job = std::static_pointer_cast<Job>(std::exchange(exchange->attachment, nullptr));
    if (job == nullptr) return exchange->respond(json_refusal(413, "RequestEntityTooLarge", "The request body is too large."));
    refuse(*job, body_error(failure, is_s3(job->call)), metrics.incomplete);
  }
};

Pipeline::Pipeline(const Options& options, Ports& ports, state::Store& store, journal::Journal& journal, Authenticator& authenticator,
                   Metrics& metrics, OwnPages own_pages)
    : stages_(std::make_unique<Stages>(options, ports, store, journal, authenticator, metrics, std::move(own_pages))) {}
Pipeline::~Pipeline() = default;

Plan Pipeline::begin(const std::shared_ptr<http::Exchange>& exchange) { return stages_->begin(exchange); }
void Pipeline::handle(const std::shared_ptr<http::Exchange>& exchange) { stages_->handle(exchange); }
void Pipeline::call(Request request, Done done) { stages_->call(std::move(request), std::move(done)); }
void Pipeline::body_failed(const std::shared_ptr<http::Exchange>& exchange, http::BodyFailure failure) {
  stages_->body_failed(exchange, failure);
}

}  // namespace cairn::api
