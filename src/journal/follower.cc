#include "journal/follower.h"

#include <atomic>

#include "base/check.h"
#include "base/log.h"

namespace cairn::journal {

namespace {
constexpr size_t kFeedBytes = 1 << 20;          // given to a follower in one step
constexpr std::chrono::seconds kRetryAfter{1};  // the journal could not be read
}  // namespace

struct Feed::Impl {
  Journal& journal;
  Follower& follower;
  std::atomic<uint64_t> consumed;
  bool failing = false;
  bool told = false;  // caught_up was called since the last entry
  std::unique_ptr<env::Task> task;

  Impl(Journal& journal_given, Follower& follower_given)
      : journal(journal_given), follower(follower_given), consumed(follower_given.position().seq) {}

  env::Next step() {
    const auto given = journal.read({consumed}, kFeedBytes, [this](Position position, std::string_view bytes) {
      const auto entry = decode_entry(bytes);
      CHECK(entry);  // its checksum was right: whoever appended it was wrong
      follower.consume(position, *entry);
      consumed.store(position.seq, std::memory_order_release);
      told = false;
    });
    if (!given) {
      if (!std::exchange(failing, true)) {
        log::error("A follower cannot read the journal and waits.",
                   {{"follower", std::string(follower.name())}, {"error", given.error().message}});
      }
      return env::Next::after(kRetryAfter);
    }
    failing = false;
    if (Position{consumed} < journal.durable()) return env::Next::now();
    if (!std::exchange(told, true)) follower.caught_up({consumed});
    return env::Next::when_woken();
  }
};

Feed::Feed(Journal& journal, env::Tasks& tasks, Follower& follower) : impl_(std::make_unique<Impl>(journal, follower)) {
  impl_->task = tasks.start(std::string(follower.name()).substr(0, 15), [impl = impl_.get()] { return impl->step(); });
  journal.watch(impl_->task.get());
  impl_->task->wake();  // what became durable before the watch
}

Feed::~Feed() { impl_->journal.unwatch(impl_->task.get()); }

Position Feed::consumed() const { return {impl_->consumed.load(std::memory_order_acquire)}; }

}  // namespace cairn::journal
