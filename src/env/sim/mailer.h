#pragma once
#include <mutex>
#include <optional>
#include <vector>

#include "env/mailer.h"

namespace cairn::env {

/// An SMTP server that takes what it is sent, or fails as it is told. Any thread.
class SimMailer final : public Mailer {
 public:
  void send(Mail mail, Done done) override {
    std::unique_lock lock(mutex_);
    std::optional<MailFailure> failure = failure_;
    if (!failure) taken_.push_back(std::move(mail));
    lock.unlock();
    if (failure) done(tl::unexpected(std::move(*failure)));
    else done({});
  }
  void fail(std::optional<MailFailure> failure) {
    std::lock_guard lock(mutex_);
    failure_ = std::move(failure);
  }
  std::vector<Mail> taken() const {
    std::lock_guard lock(mutex_);
    return taken_;
  }

 private:
  mutable std::mutex mutex_;
  std::optional<MailFailure> failure_;  // under mutex_, as the next
  std::vector<Mail> taken_;
};

}  // namespace cairn::env
