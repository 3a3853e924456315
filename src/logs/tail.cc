#include "logs/tail.h"

namespace cairn::logs {

namespace {

constexpr size_t kGroupBytes = 512, kEventBytes = 64;  // beside the messages, near enough

std::shared_ptr<const Chunk> sorted(Chunk chunk) {
  chunk.sort();
  return std::make_shared<const Chunk>(std::move(chunk));
}

}  // namespace

void Tail::add(const std::string& group, const EventView& event) {
  const auto [it, is_new] = groups_.try_emplace(group);
  Group& at = it->second;
  at.open.add(event);
  bytes_ += event.message.size() + kEventBytes + (is_new ? kGroupBytes : 0);
  ++events_;
  if (at.open.bytes() < kChunkBytes) return;
  at.closed.push_back(sorted(std::move(at.open)));
  at.open = {};
}

Tail::Chunks Tail::chunks_of(const std::string& group) const {
  const auto it = groups_.find(group);
  if (it == groups_.end()) return {};
  Chunks chunks = it->second.closed;
  if (!it->second.open.empty()) chunks.push_back(sorted(it->second.open));
  return chunks;
}

std::vector<std::string> Tail::groups() const {
  std::vector<std::string> names;
  for (const auto& [name, group] : groups_) names.push_back(name);
  return names;
}

}  // namespace cairn::logs
