#pragma once
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "env/completions.h"
#include "services/cloudformation/engine/run.h"

namespace cairn::cloudformation {

/// Publishes what stacks tell their topics (notice.h), each stack's one after the other. A topic that refuses it does not get it; one that
/// cannot take it now is tried again for a while. Everything but `put` on the engine's task.
class Notices {
 public:
  static constexpr size_t kStacksMax = 16;  // whose notices are published at once

  explicit Notices(const Means& means) : means_(means) {}
  void begin(env::Task* task);  // reads which there are
  void stop() { outcomes_->wake_by(nullptr); }

  void put(const std::string& stack);  // there is one more. Any thread
  env::Next step();

 private:
  struct Outcome {
    std::string stack;
    bool is_done = false;
    bool is_refused = false;  // for good
  };
  struct Sending {
    std::string key;
    int tries = 0;
    bool is_under_way = false;
    Time again;
  };
  void publish(const std::string& stack, Sending& sending);
  bool next(const std::string& stack, Sending& sending);
  bool drop(const std::string& key);

  const Means& means_;
  const std::shared_ptr<env::Completions<Outcome>> outcomes_ = std::make_shared<env::Completions<Outcome>>();
  std::mutex mutex_;
  std::set<std::string> stacks_;  // guarded by it: that have notices
  std::map<std::string, Sending> sending_;
};

}  // namespace cairn::cloudformation
