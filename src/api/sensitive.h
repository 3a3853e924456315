#pragma once
#include <string>
#include <vector>

#include "api/job.h"
#include "api/metrics.h"
#include "base/log_limit.h"
#include "event/sensitive.h"

/// What becomes of a call whose record would show what looks like a secret: docs/sensitive-data.md.
namespace cairn::api {

enum class OnSensitive {
  kFlag,    // it is counted and logged; the record is AWS's
  kMask,    // the record hides the value
  kRefuse,  // the call fails, and its record hides the value
};

/// Any thread.
class SensitiveData {
 public:
  SensitiveData(OnSensitive on, Metrics& metrics) : on_(on), metrics_(metrics) {}

  /// Counts a call in whose `record` something was `found`, and logs what, never the value.
  void note(const Job& job, std::string_view record, const std::vector<event::Sensitive>& found);
  /// Whether the call must fail. What services of this server do is never refused: nobody could be told.
  bool refuses(const Job& job) const;
  bool hides() const { return on_ != OnSensitive::kFlag; }
  static aws::Error refusal(const std::vector<event::Sensitive>& found);

 private:
  const OnSensitive on_;
  Metrics& metrics_;
  log::Limit limit_;
};

}  // namespace cairn::api
