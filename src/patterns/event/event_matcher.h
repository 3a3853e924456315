#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "patterns/event/event_pattern.h"

namespace cairn::patterns {

/// All rules of a bus as one: an event is walked once, each of its values is looked up once for all rules, and only those rules are
/// looked at of which the rarest condition holds. Immutable; any thread.
class EventMatcher {
 public:
  static constexpr size_t kStepsMax = 1 << 20;  // spent on one event to find elements of arrays that fit together

  struct Compiled;
  /// What matching remembers of an event. Reuse one per thread: buffers are kept.
  class Work {
   public:
    Work();
    ~Work();
    Work(Work&&) noexcept;
    Work& operator=(Work&&) noexcept;
    struct State;
    State& state() { return *state_; }

   private:
    std::unique_ptr<State> state_;
  };

  /// A rule is called by its place in `patterns`, which need not outlive this.
  explicit EventMatcher(std::span<const EventPattern* const> patterns);
  explicit EventMatcher(const EventPattern& pattern);
  EventMatcher(EventMatcher&&) noexcept;
  EventMatcher& operator=(EventMatcher&&) noexcept;
  ~EventMatcher();

  /// `rules`: those that `event` matches, ascending. False: it is no JSON object, which none matches.
  bool match(std::string_view event, Work& work, std::vector<uint32_t>& rules) const;
  /// Whether any rule matches.
  bool matches(std::string_view event) const;

 private:
  std::unique_ptr<const Compiled> compiled_;
};

}  // namespace cairn::patterns
