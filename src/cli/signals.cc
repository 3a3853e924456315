#include "cli/signals.h"

#include <pthread.h>

namespace cairn::cli {

Signals::Signals() {
  sigemptyset(&awaited_);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction usual {};
    if (::sigaction(number, nullptr, &usual) == 0 && usual.sa_handler != SIG_IGN) sigaddset(&awaited_, number);
  }
  pthread_sigmask(SIG_BLOCK, &awaited_, &before_);
}

Signals::~Signals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

bool Signals::await(std::chrono::milliseconds time) const {
  const timespec step{time.count() / 1000, time.count() % 1000 * 1'000'000};
  return sigtimedwait(&awaited_, nullptr, &step) > 0;
}

}  // namespace cairn::cli
