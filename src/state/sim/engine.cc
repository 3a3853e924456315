#include "state/sim/engine.h"

namespace cairn::state {

class SimDatabase::SimEngine final : public Engine {
 public:
  explicit SimEngine(SimDatabase& database) : database_(database) {}

  journal::Position position() const override {
    const std::lock_guard lock(database_.mutex_);
    return database_.position_;
  }

  Result<void> apply(std::span<const Write> writes, journal::Position position) override {
    if (database_.before_apply) database_.before_apply();
    {
      const std::lock_guard lock(database_.mutex_);
      if (database_.failures_ > 0) {
        --database_.failures_;
        return failure("state: the disk is full (simulated)");
      }
      for (const Write& write : writes) {
        if (write.value) {
          database_.cells_.insert_or_assign(std::string(write.key), Cell{std::string(*write.value), write.version});
        } else if (const auto at = database_.cells_.find(write.key); at != database_.cells_.end()) {
          database_.cells_.erase(at);
        }
      }
      database_.position_ = position;
    }
    if (database_.after_apply) database_.after_apply();
    return {};
  }

  std::optional<Row> get(std::string_view key) override {
    if (database_.before_get) database_.before_get(key);
    const std::lock_guard lock(database_.mutex_);
    const auto at = database_.cells_.find(key);
    if (at == database_.cells_.end()) return std::nullopt;
    return Row{at->first, at->second.value, at->second.version};
  }

  std::vector<Row> scan(std::string_view prefix, std::string_view after, size_t limit) override {
    const std::lock_guard lock(database_.mutex_);
    std::vector<Row> rows;
    auto at = after < prefix ? database_.cells_.lower_bound(prefix) : database_.cells_.upper_bound(after);
    for (; at != database_.cells_.end() && at->first.starts_with(prefix) && rows.size() < limit; ++at) {
      rows.push_back({at->first, at->second.value, at->second.version});
    }
    return rows;
  }

 private:
  SimDatabase& database_;
};

std::unique_ptr<Engine> SimDatabase::open() { return std::make_unique<SimEngine>(*this); }

}  // namespace cairn::state
