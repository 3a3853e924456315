#include "delivery/gather.h"

#include <algorithm>
#include <array>

#include "base/log.h"

namespace cairn::delivery {
namespace {

constexpr std::string_view kCloudTrail = "cloudtrail.amazonaws.com";

/// Services without regions: AWS records what is asked of them in us-east-1.
bool is_global_service(std::string_view source) {
  constexpr std::array<std::string_view, 6> kGlobal = {"account.amazonaws.com",       "cloudfront.amazonaws.com", "iam.amazonaws.com",
                                                       "organizations.amazonaws.com", "route53.amazonaws.com",    "support.amazonaws.com"};
  return std::ranges::find(kGlobal, source) != kGlobal.end();
}

}  // namespace

bool is_own_delivery(const event::Selected& event) { return event.invoked_by == kCloudTrail; }

Wanted::Wanted(Trail trail) : trail_(std::move(trail)) {
  if (!trail_.logging) return;
  Result<event::Selector> selector = event::Selector::compile(trail_.event_selectors, trail_.advanced_event_selectors);
  if (!selector) {
    log::error("The event selectors of a trail cannot be used; management events are delivered.",
               {{"trail", trail_.arn()}, {"error", selector.error().message}});
    selector = event::Selector::compile(Json::array(), Json::array());
  }
  if (selector) selector_ = std::move(*selector);
}

std::optional<aws::Region> Wanted::file_of(const event::Selected& event) const {
  if (!selector_ || event.recipient != trail_.account.str()) return std::nullopt;
  if (!trail_.recursive && is_own_delivery(event)) return std::nullopt;
  std::optional<aws::Region> region;
  if (trail_.multi_region) {
    region = aws::Region(std::string(event.region));
  } else if (is_global_service(event.source)) {
    // A global event is in the files of each single-region trail that wants them, wherever that is.
    if (trail_.global_events) region = trail_.home;
  } else if (event.region == trail_.home.str()) {
    region = trail_.home;
  }
  return region && selector_->wants(event) ? region : std::nullopt;
}

void Gatherer::follow(const std::optional<Trail>& trail) {
  wanted_.reset();
  if (trail) wanted_.emplace(*trail);
}

std::optional<aws::Region> Gatherer::file_of(std::string_view record) {
  if (!wanted_ || !event::read_selected(record, document_, event_)) return std::nullopt;
  return wanted_->file_of(event_);
}

bool Gatherer::add(std::string_view record) {
  std::optional<aws::Region> region = file_of(record);
  if (!region) return false;
  // Anything of a region's form is a region: a caller who makes up thousands makes no thousands of files and chains of digests.
  if (!regions_.contains(*region) && regions_.size() >= kRegionsMax) region = wanted_->trail().home;
  regions_.insert(*region);
  Batch& batch = batches_[*region];
  const bool first = batch.writer.records() == 0;
  batch.oldest = first ? event_.time : std::min(batch.oldest, event_.time);
  batch.newest = first ? event_.time : std::max(batch.newest, event_.time);
  const size_t before = batch.writer.raw_bytes();
  batch.writer.add(record);
  raw_bytes_ += batch.writer.raw_bytes() - before;

  // An event that comes late, as its journal was read late, has waited already.
  const std::chrono::milliseconds wait =
      is_own_delivery(event_) ? std::max(std::chrono::milliseconds(kOwnCallsWait), interval_) : interval_;
  const auto age = std::clamp(clock_.now() - event_.time, std::chrono::milliseconds(0), wait);
  const std::chrono::nanoseconds due = clock_.steady() + wait - age;
  due_ = due_ ? std::min(*due_, due) : due;
  return true;
}

Gatherer::Batches Gatherer::take() {
  raw_bytes_ = 0;
  due_.reset();
  return std::exchange(batches_, {});
}

}  // namespace cairn::delivery
