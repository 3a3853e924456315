#include "aws/policy/context.h"

#include "base/text.h"

namespace cairn::aws::policy {

void Context::add(std::string_view key, std::string value) {
  std::string lower = text::lower(key);
  for (Entry& entry : entries_) {
    if (entry.key != lower) continue;
    entry.values.push_back(std::move(value));
    return;
  }
  entries_.push_back({std::move(lower), {}});
  entries_.back().values.push_back(std::move(value));
}

const std::vector<std::string>* Context::find(std::string_view lower_key) const {
  for (const Entry& entry : entries_)
    if (entry.key == lower_key) return &entry.values;
  return nullptr;
}

}  // namespace cairn::aws::policy
