#pragma once
#include <functional>
#include <memory>
#include <string>

#include "base/id.h"
#include "base/result.h"

/// Mail to others, by one SMTP server. The simulated twin is env/sim/mailer.h.
namespace cairn::env {

struct Mail {
  std::string from, to;  // of the envelope
  std::string message;   // with its header; lines end in CRLF
};

/// Why the server has not taken it.
struct MailFailure {
  bool again = true;  // a later try may do better: no connection, or a refusal for now (4xx)
  std::string message;
};

/// Any thread.
class Mailer {
 public:
  using Done = std::function<void(Result<void, MailFailure>)>;
  virtual ~Mailer() = default;
  /// Returns at once. `done` is called exactly once, on any thread.
  virtual void send(Mail mail, Done done) = 0;
};

struct MailerOptions {
  std::string server;     // smtp://mail.example.com:587, smtps://...; TLS is used wherever the server offers it
  std::string user = {};  // "": without signing in, and then without TLS being needed
  Secret password = {};
  std::string ca_bundle = {};  // PEM file of what is trusted instead of the system's authorities
  size_t waiting_max = 256;    // beyond it mails fail, to be sent again
};
/// One thread, one connection.
std::unique_ptr<Mailer> smtp_mailer(MailerOptions options);

}  // namespace cairn::env
