#pragma once
#include <array>
#include <unordered_map>
#include <vector>

#include "history/segment.h"
#include "history/tallying.h"

namespace cairn::history {

/// The columns of a segment. One thread.
class Segment::ColumnReading final : public ColumnSource {
 public:
  using Way = Reading::Way;
  explicit ColumnReading(const Segment& segment, Way way = Way::kKeeping) : segment_(segment), way_(way), reading_(segment, way) {}

  Result<void> each(const Selection& selection, const Between& between, const Take& f) override;
  Result<std::span<const uint32_t>> numbers(Column column, uint32_t first) override;
  uint32_t values(Column column) const override { return segment_.column_table_.values[static_cast<size_t>(column)]; }
  Result<void> texts(std::span<const Column> columns, std::span<const uint32_t> numbers, std::vector<std::string_view>& out) override;
  Result<Times> times(uint32_t row) override;
  Result<uint32_t> time(uint32_t row) override;
  std::optional<std::pair<Cursor, std::string>> read(uint32_t row) override;

 private:
  static constexpr size_t kPagesMax = 256;
  struct Open {
    uint32_t first = UINT32_MAX;
    std::vector<uint32_t> numbers;
  };
  Result<Bytes> fetch(uint64_t key) const;

  const Segment& segment_;
  const Way way_;
  Reading reading_;
  std::array<Open, kColumns> open_;
  std::unordered_map<uint64_t, Bytes> pages_;  // of texts, by key
};

}  // namespace cairn::history
