#include "env/http_client.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>

#include <deque>
#include <future>
#include <map>
#include <mutex>
#include <thread>

#include "base/check.h"
#include "base/text.h"

namespace cairn::env {
namespace {

constexpr int kPollMax = 60'000;  // ms; curl shortens it to its own next deadline, and curl_multi_wakeup ends it

struct FreeEasy {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

/// One request under way: what curl points into while it works.
struct Call {
  HttpRequest request;
  std::string server;  // scheme, host and port
  HttpClient::Done done;
  HttpAnswer answer;
  const std::function<std::string(std::string_view address)>* refuse = nullptr;
  std::string refusal;  // why an address was not connected to
  size_t header_bytes = 0;
  bool too_long = false;
  std::array<char, CURL_ERROR_SIZE> why{};
  std::unique_ptr<curl_slist, FreeList> headers;
  std::unique_ptr<CURL, FreeEasy> easy;  // first to go: it uses the rest

  void add_header(const std::string& line) {
    curl_slist* longer = curl_slist_append(headers.get(), line.c_str());
    CHECK(longer != nullptr);
    (void)headers.release();
    headers.reset(longer);
  }
};

size_t take_body(char* data, size_t size, size_t count, void* out) {
  Call& call = *static_cast<Call*>(out);
  const size_t bytes = size * count;
  if (call.request.sink) {
    long status = 0;
    curl_easy_getinfo(call.easy.get(), CURLINFO_RESPONSE_CODE, &status);
    if (status == 200) return call.request.sink({data, bytes}) ? bytes : CURL_WRITEFUNC_ERROR;
  }
  if (bytes > call.request.answer_bytes_max - call.answer.body.size()) {
    call.too_long = true;
    return 0;
  }
  call.answer.body.append(data, bytes);
  return bytes;
}

size_t take_header(char* data, size_t size, size_t count, void* out) {
  Call& call = *static_cast<Call*>(out);
  const std::string_view line = text::trim({data, size * count});
  call.header_bytes += size * count;
  if (call.header_bytes > HttpClient::kHeaderBytesMax) {
    call.too_long = true;
    return 0;
  }
  const size_t colon = line.find(':');
  if (line.starts_with("HTTP/")) {
    call.answer.headers.clear();  // those before were of an interim answer
  } else if (colon != std::string_view::npos) {
    call.answer.headers.emplace_back(text::lower(text::trim(line.substr(0, colon))), text::trim(line.substr(colon + 1)));
  }
  return size * count;
}

/// Whatever a name may resolve to, from one moment to the next: it is the address that is connected to that is asked about.
curl_socket_t open_socket(void* under_way, curlsocktype, curl_sockaddr* to) {
  Call& call = *static_cast<Call*>(under_way);
  std::array<char, INET6_ADDRSTRLEN> text{};
  const void* bytes = to->family == AF_INET ? static_cast<const void*>(&reinterpret_cast<const sockaddr_in*>(&to->addr)->sin_addr)
                                            : &reinterpret_cast<const sockaddr_in6*>(&to->addr)->sin6_addr;
  const bool is_known =
      (to->family == AF_INET || to->family == AF_INET6) && inet_ntop(to->family, bytes, text.data(), text.size()) != nullptr;
  call.refusal = is_known ? (*call.refuse)(text.data()) : "an address of an unknown kind";
  if (!call.refusal.empty()) return CURL_SOCKET_BAD;
  return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

std::vector<std::string> certificates_of(CURL* easy) {
  constexpr std::string_view kName = "Cert:";
  std::vector<std::string> certificates;
  curl_certinfo* chain = nullptr;
  if (curl_easy_getinfo(easy, CURLINFO_CERTINFO, &chain) != CURLE_OK || chain == nullptr) return certificates;
  for (int i = 0; i < chain->num_of_certs; ++i)
    for (const curl_slist* line = chain->certinfo[i]; line != nullptr; line = line->next)
      if (const std::string_view text = line->data; text.starts_with(kName)) certificates.emplace_back(text.substr(kName.size()));
  return certificates;
}

HttpFailure failure_of(const Call& call, CURLcode code) {
  std::string message = call.why[0] != '\0' ? call.why.data() : curl_easy_strerror(code);
  if (call.too_long) return {HttpFailure::kTooLong, "the answer is too long"};
  if (!call.refusal.empty()) return {HttpFailure::kUnreachable, call.refusal};
  curl_off_t connected = 0;
  curl_easy_getinfo(call.easy.get(), CURLINFO_PRETRANSFER_TIME_T, &connected);
  if (code == CURLE_OPERATION_TIMEDOUT && connected > 0) return {HttpFailure::kTimeout, std::move(message)};
  return {connected > 0 ? HttpFailure::kBroken : HttpFailure::kUnreachable, std::move(message)};
}

class CurlClient final : public HttpClient {
 public:
  explicit CurlClient(HttpClientOptions options) : options_(options) {
    static const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
    CHECK(initialised == CURLE_OK);
    multi_ = curl_multi_init();
    CHECK(multi_ != nullptr);
    curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, static_cast<long>(options_.calls_max));
    thread_ = std::thread([this] { run(); });
  }

  ~CurlClient() override {
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    curl_multi_wakeup(multi_);
    thread_.join();
    curl_multi_cleanup(multi_);
  }

  void send(HttpRequest request, Done done) override {
    {
      std::lock_guard lock(mutex_);
      if (waiting_.size() < options_.waiting_max && !stopping_) {
        waiting_.push_back(std::make_unique<Call>());
        waiting_.back()->server = request.url.substr(0, request.url.find('/', request.url.find("://") + 3));
        waiting_.back()->request = std::move(request);
        waiting_.back()->done = std::move(done);
        done = nullptr;
      }
    }
    if (done) return done(tl::unexpected(HttpFailure{HttpFailure::kBusy, "too many calls wait already"}));
    curl_multi_wakeup(multi_);
  }

 private:
  void run() noexcept {
    pthread_setname_np(pthread_self(), "http-client");
    sigset_t pipe;  // TLS may write to a socket that the other side has closed
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
    while (begin_waiting()) {
      int running = 0;
      CHECK(curl_multi_perform(multi_, &running) == CURLM_OK);
      if (finish_ended()) continue;
      CHECK(curl_multi_poll(multi_, nullptr, 0, kPollMax, nullptr) == CURLM_OK);
    }
    std::deque<std::unique_ptr<Call>> left;
    {
      std::lock_guard lock(mutex_);
      left.swap(waiting_);
    }
    for (auto& [easy, call] : calls_) {
      curl_multi_remove_handle(multi_, easy);
      left.push_back(std::move(call));
    }
    calls_.clear();
    for (const auto& call : left) call->done(tl::unexpected(HttpFailure{HttpFailure::kBroken, "the client is closing"}));
  }

  /// Puts what waits on the wire, as far as there is room. False: it is time to stop.
  bool begin_waiting() {
    std::lock_guard lock(mutex_);
    for (auto it = waiting_.begin(); it != waiting_.end() && calls_.size() < options_.calls_max;) {
      if (per_server_[(*it)->server] >= options_.calls_per_server_max) {
        ++it;
        continue;
      }
      std::unique_ptr<Call> call = std::move(*it);
      it = waiting_.erase(it);
      ++per_server_[call->server];
      prepare(*call);
      CHECK(curl_multi_add_handle(multi_, call->easy.get()) == CURLM_OK);
      CURL* const easy = call->easy.get();
      calls_.emplace(easy, std::move(call));
    }
    return !stopping_;
  }

  void prepare(Call& call) {
    call.easy.reset(curl_easy_init());
    CURL* const easy = call.easy.get();
    CHECK(easy != nullptr);
    const HttpRequest& request = call.request;
    bool has_type = false;
    for (const auto& [name, value] : request.headers) {
      call.add_header(value.empty() ? name + ";" : name + ": " + value);  // "name:" would tell curl to send none
      has_type = has_type || text::equals_ignoring_case(name, "Content-Type");
    }
    if (!has_type) call.add_header("Content-Type:");
    call.add_header("Expect:");
    curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, call.headers.get());
    if (request.method == "HEAD") {
      curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    } else if (request.body || request.method == "POST" || request.method == "PUT") {
      const std::string_view body = request.body ? std::string_view(*request.body) : std::string_view();
      curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body.empty() ? "" : body.data());
      curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
      curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
    } else {
      curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
    }
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &take_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &call);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &take_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, &call);
    curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, call.why.data());
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options_.connect_timeout.count()));
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout.count()));
    if (options_.refuse) {
      call.refuse = &options_.refuse;
      curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &open_socket);
      curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, &call);
      curl_easy_setopt(easy, CURLOPT_PROXY, "");
    }
    if (!request.ca_bundle.empty()) {
      curl_easy_setopt(easy, CURLOPT_CAINFO, request.ca_bundle.c_str());
      curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);
    }
    if (request.trust == HttpRequest::Trust::kAuthority) {
      curl_blob authority{const_cast<char*>(request.authority.data()), request.authority.size(), CURL_BLOB_NOCOPY};
      curl_easy_setopt(easy, CURLOPT_CAINFO, nullptr);
      curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);
      curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, &authority);
    } else if (request.trust == HttpRequest::Trust::kNobody) {
      curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
      curl_easy_setopt(easy, CURLOPT_CERTINFO, 1L);
      curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);  // a connection of before shows no certificates
      curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
    }
  }

  /// Hands out what has ended; whether there was any.
  bool finish_ended() {
    bool any = false;
    int left = 0;
    while (CURLMsg* message = curl_multi_info_read(multi_, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      const CURLcode code = message->data.result;
      const auto it = calls_.find(message->easy_handle);
      CHECK(it != calls_.end());
      const std::unique_ptr<Call> call = std::move(it->second);
      calls_.erase(it);
      if (--per_server_[call->server] == 0) per_server_.erase(call->server);
      curl_multi_remove_handle(multi_, call->easy.get());  // its connection stays with multi_
      any = true;
      if (code != CURLE_OK) {
        call->done(tl::unexpected(failure_of(*call, code)));
        continue;
      }
      long status = 0;
      curl_easy_getinfo(call->easy.get(), CURLINFO_RESPONSE_CODE, &status);
      call->answer.status = static_cast<int>(status);
      if (call->request.trust == HttpRequest::Trust::kNobody) call->answer.certificates = certificates_of(call->easy.get());
      call->done(std::move(call->answer));
    }
    return any;
  }

  const HttpClientOptions options_;
  CURLM* multi_ = nullptr;
  std::map<CURL*, std::unique_ptr<Call>> calls_;  // the thread's own, as the next
  std::map<std::string, size_t> per_server_;      // how many of calls_
  std::mutex mutex_;
  std::deque<std::unique_ptr<Call>> waiting_;  // under mutex_
  bool stopping_ = false;                      // under mutex_
  std::thread thread_;
};

}  // namespace

std::string_view HttpAnswer::header(std::string_view name) const {
  for (const auto& [known, value] : headers)
    if (known == name) return value;
  return "";
}

std::unique_ptr<HttpClient> system_http_client(HttpClientOptions options) { return std::make_unique<CurlClient>(options); }

Result<HttpAnswer, HttpFailure> ask(HttpClient& client, HttpRequest request) {
  const auto answered =
      std::make_shared<std::promise<Result<HttpAnswer, HttpFailure>>>();  // outlives the waiter: set_value may still be in it
  client.send(std::move(request), [answered](Result<HttpAnswer, HttpFailure> answer) { answered->set_value(std::move(answer)); });
  return answered->get_future().get();
}

}  // namespace cairn::env
