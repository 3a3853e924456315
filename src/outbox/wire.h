#pragma once
#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "api/client.h"
#include "env/clock.h"
#include "env/http_client.h"
#include "env/mailer.h"
#include "outbox/item.h"
#include "state/store.h"

namespace cairn::outbox {

/// How one try went.
struct Outcome {
  bool has_arrived = false;
  bool again = false;                                  // a later try may do better
  std::optional<std::chrono::milliseconds> wait = {};  // it was not tried
  std::string code, message;  // why it has not arrived: NO_CONNECTION, 503, AccessDeniedException ...; and for a person
};

/// Sends one thing once. Any thread.
class Wire {
 public:
  struct Means {
    const env::Clock& clock;
    state::Store& store;
    api::Client& client;
    env::HttpClient* http = nullptr;  // null: there is no network
    std::string ca_bundle = {};       // PEM file of what https endpoints' certificates are trusted by; "": the system's authorities
    env::Mailer* mailer = nullptr;    // null: no mail is sent
    std::string mail_from = {};
  };
  using Done = std::function<void(Outcome)>;
  explicit Wire(const Means& means) : means_(means) {}

  /// Returns soon. `done` is called once, on any thread, perhaps before the return.
  void send(const Item& item, Done done) const;

 private:
  void send(const Call& call, const Sender& sender, Done done) const;
  void send(const Http& http, Done done) const;
  void send(const Mail& mail, Done done) const;

  const Means means_;
};

/// The call that puts what did not arrive into its dead-letter queue.
Item dead_letter_of(const Item& item, const Tries& tries);

}  // namespace cairn::outbox
