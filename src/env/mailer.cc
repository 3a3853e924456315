#include "env/mailer.h"

#include <curl/curl.h>
#include <pthread.h>
#include <signal.h>

#include <array>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <mutex>
#include <thread>

#include "base/check.h"

namespace cairn::env {
namespace {

constexpr long kConnectSeconds = 10, kMailSeconds = 60;

struct Unsent {
  std::string_view text;
};

size_t give_text(char* out, size_t size, size_t count, void* from) {
  Unsent& unsent = *static_cast<Unsent*>(from);
  const size_t bytes = std::min(size * count, unsent.text.size());
  std::memcpy(out, unsent.text.data(), bytes);
  unsent.text.remove_prefix(bytes);
  return bytes;
}

size_t drop(char*, size_t size, size_t count, void*) { return size * count; }

class SmtpMailer final : public Mailer {
 public:
  explicit SmtpMailer(MailerOptions options) : options_(std::move(options)) {
    static const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
    CHECK(initialised == CURLE_OK);
    easy_ = curl_easy_init();
    CHECK(easy_ != nullptr);
    thread_ = std::thread([this] { run(); });
  }

  ~SmtpMailer() override {
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
    curl_easy_cleanup(easy_);
  }

  void send(Mail mail, Done done) override {
    {
      std::lock_guard lock(mutex_);
      if (waiting_.size() < options_.waiting_max && !stopping_) {
        waiting_.emplace_back(std::move(mail), std::move(done));
        done = nullptr;
      }
    }
    if (done) return done(tl::unexpected(MailFailure{true, "too many mails wait already"}));
    changed_.notify_all();
  }

 private:
  void run() noexcept {
    pthread_setname_np(pthread_self(), "mailer");
    sigset_t pipe;  // TLS may write to a socket that the other side has closed
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
    for (;;) {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      auto [mail, done] = std::move(waiting_.front());
      waiting_.pop_front();
      const bool stopping = stopping_;
      lock.unlock();
      if (stopping) done(tl::unexpected(MailFailure{true, "the mailer is closing"}));
      else done(deliver(mail));
    }
  }

  Result<void, MailFailure> deliver(const Mail& mail) {
    std::array<char, CURL_ERROR_SIZE> why{};
    Unsent unsent{mail.message};
    curl_easy_reset(easy_);  // keeps the connection
    curl_slist* const to = curl_slist_append(nullptr, ("<" + mail.to + ">").c_str());
    CHECK(to != nullptr);
    curl_easy_setopt(easy_, CURLOPT_URL, options_.server.c_str());
    curl_easy_setopt(easy_, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(easy_, CURLOPT_USE_SSL, static_cast<long>(options_.user.empty() ? CURLUSESSL_TRY : CURLUSESSL_ALL));
    if (!options_.user.empty()) {
      curl_easy_setopt(easy_, CURLOPT_USERNAME, options_.user.c_str());
      curl_easy_setopt(easy_, CURLOPT_PASSWORD, options_.password.reveal().c_str());
    }
    if (!options_.ca_bundle.empty()) curl_easy_setopt(easy_, CURLOPT_CAINFO, options_.ca_bundle.c_str());
    curl_easy_setopt(easy_, CURLOPT_MAIL_FROM, ("<" + mail.from + ">").c_str());
    curl_easy_setopt(easy_, CURLOPT_MAIL_RCPT, to);
    curl_easy_setopt(easy_, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(easy_, CURLOPT_READFUNCTION, &give_text);
    curl_easy_setopt(easy_, CURLOPT_READDATA, &unsent);
    curl_easy_setopt(easy_, CURLOPT_WRITEFUNCTION, &drop);
    curl_easy_setopt(easy_, CURLOPT_ERRORBUFFER, why.data());
    curl_easy_setopt(easy_, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy_, CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
    curl_easy_setopt(easy_, CURLOPT_TIMEOUT, kMailSeconds);
    const CURLcode code = curl_easy_perform(easy_);
    curl_slist_free_all(to);
    if (code == CURLE_OK) return {};
    long answer = 0;
    curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &answer);
    const bool is_refused = (code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR || code == CURLE_WEIRD_SERVER_REPLY) && answer >= 500;
    return tl::unexpected(MailFailure{!is_refused, why[0] != '\0' ? why.data() : curl_easy_strerror(code)});
  }

  const MailerOptions options_;
  CURL* easy_ = nullptr;  // the thread's own
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::pair<Mail, Done>> waiting_;  // under mutex_
  bool stopping_ = false;                      // under mutex_
  std::thread thread_;
};

}  // namespace

std::unique_ptr<Mailer> smtp_mailer(MailerOptions options) { return std::make_unique<SmtpMailer>(std::move(options)); }

}  // namespace cairn::env
