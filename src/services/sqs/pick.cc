#include "services/sqs/pick.h"

#include <set>

#include "api/ports.h"
#include "base/text.h"
#include "env/random.h"
#include "services/sqs/attributes.h"
#include "services/sqs/board.h"
#include "services/sqs/documents.h"

namespace cairn::sqs {
namespace {

constexpr size_t kPage = 32;            // keys read at once
constexpr size_t kLookedAtMax = 2'000;  // in one call, where most are expired or dead letters
constexpr size_t kChangedMax = 500;     // messages that one call moves or erases: their documents must fit an entry of the journal

class Picker {
 public:
  Picker(api::Call& call, const Queue& queue, size_t messages, std::chrono::seconds visibility)
      : call_(call), queue_(queue), messages_(messages), visibility_(visibility), now_(millis(call.now)) {
    if (const std::optional<Redrive> redrive = redrive_of(queue)) {
      receives_max_ = redrive->receives_max;
      dead_letters_ = find_queue(*call.state, redrive->target_arn);
    }
  }

  Picked standard() {
    each_due(documents::due_of(queue_.id), [this](std::string_view seq) {
      if (const std::optional<Place> place = find_place(*call_.state, queue_, seq)) consider(*place);
    });
    return std::move(picked_);
  }

  Picked fifo() {
    each_due(documents::turns_of(queue_.id), [this](std::string_view group) { consider_group(std::string(group)); });
    return std::move(picked_);
  }

 private:
  bool is_full() const { return picked_.places.size() >= messages_ || changed_ >= kChangedMax; }

  /// Calls `f` with the last part of each key PREFIX TIME…/PART whose time has come, until enough is picked.
  template <class F>
  void each_due(const std::string& prefix, F f) {
    std::string after;
    for (size_t looked_at = 0; looked_at < kLookedAtMax && !is_full();) {
      const state::Page page = call_.state->list(prefix, after, kPage);
      for (const state::Item& item : page.items) {
        const size_t slash = item.key.rfind('/');
        const int64_t time = text::to_int(std::string_view(item.key).substr(prefix.size(), 16)).value_or(0);
        if (time > now_) {
          picked_.next = Time(std::chrono::milliseconds(time));
          return;
        }
        f(std::string_view(item.key).substr(slash + 1));
        if (is_full()) return;
      }
      if (!page.more) return;
      looked_at += page.items.size();
      after = page.items.back().key;
    }
  }

  void consider_group(const std::string& group) {
    const std::string prefix = documents::members_of(queue_.id, group);
    const size_t wanted = messages_ - picked_.places.size();
    for (const state::Item& item : call_.state->list(prefix, "", wanted + kPage).items) {
      const std::optional<Place> place = find_place(*call_.state, queue_, std::string_view(item.key).substr(prefix.size()));
      if (!place) continue;
      if (place->visible > now_ || is_full()) break;  // the rest of the group waits for it
      consider(*place);
    }
    settle_group(*call_.state, queue_, group, now_);
  }

  void consider(const Place& place) {
    if (!seen_.insert(place.seq).second) return;  // one that is hidden for no time at all
    if (time_of_sequence(place.seq) + std::chrono::milliseconds(queue_.retention()).count() <= now_) {
      erase_message(*call_.state, queue_, place);
      ++changed_;
    } else if (dead_letters_ && place.receives >= receives_max_) {
      bury(place);
      ++changed_;
    } else {
      take(place);
    }
  }

  void take(Place place) {
    if (place.receives++ == 0) place.first_received = now_;
    place.last_received = now_;
    place.visible = now_ + std::chrono::milliseconds(visibility_).count();
    place.receipt = text::hex(call_.ports->random->bytes(8));
    put_place(*call_.state, queue_, place);
    picked_.places.push_back(std::move(place));
  }

  void bury(const Place& place) {
    take_out(*call_.state, queue_, place);
    Place dead = place;
    dead.visible = now_;
    dead.receipt.clear();
    dead.source = queue_.arn();
    put_place(*call_.state, *dead_letters_, dead);
    if (!dead.group.empty()) settle_group(*call_.state, *dead_letters_, dead.group, now_);
  }

  api::Call& call_;
  const Queue& queue_;
  const size_t messages_;
  const std::chrono::seconds visibility_;
  const int64_t now_;
  int64_t receives_max_ = 0;
  std::optional<Queue> dead_letters_;
  Picked picked_;
  size_t changed_ = 0;
  std::set<std::string, std::less<>> seen_;
};

}  // namespace

Picked pick(api::Call& call, const Queue& queue, size_t messages, std::chrono::seconds visibility) {
  Picker picker(call, queue, messages, visibility);
  return queue.is_fifo() ? picker.fifo() : picker.standard();
}

}  // namespace cairn::sqs
