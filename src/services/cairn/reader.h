#pragma once
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <tuple>

#include "api/call.h"
#include "aws/policy/context.h"
#include "aws/policy/decide.h"
#include "identity/policies.h"

namespace cairn::services {

/// Which events the caller of a call may read: cairn:SearchEvents, decided for each account, region and category by the condition keys
/// cairn:Account, cairn:Region and cairn:EventCategory. It may outlive the call, whose permissions it keeps. Any thread.
class Reader {
 public:
  explicit Reader(api::Call& call);

  bool may_read(const std::string& account, const std::string& region, bool management);
  /// Throws AccessDenied in the words of the call.
  void require(const api::Call& call, const std::string& account, const std::string& region, bool management) const;

 private:
  aws::policy::Decision decide(const std::string& account, const std::string& region, bool management) const;

  static constexpr size_t kKnownMax = 10'000;  // decisions that are remembered

  const std::shared_ptr<const identity::PolicySet> policies_;
  const aws::policy::Caller caller_;
  aws::policy::Context context_;
  std::mutex mutex_;
  std::map<std::tuple<std::string, std::string, bool>, bool> known_;
};

}  // namespace cairn::services
