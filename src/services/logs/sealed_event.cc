#include "services/logs/sealed_event.h"

#include <fmt/format.h>

namespace cairn::logs_service {
namespace {

constexpr char kSealed = '\xFF';  // begins no text: messages are UTF-8
constexpr size_t kNumberBytes = 2, kSaltBytes = 10;
constexpr size_t kHeadBytes = 1 + kNumberBytes + kSaltBytes;
constexpr std::string_view kLabel = "logs/batch";

void append_number(std::string& out, uint64_t value, size_t bytes) {
  for (size_t i = bytes; i-- > 0;) out += static_cast<char>((value >> (8 * i)) & 0xFF);
}

/// Unique under a batch's key, and binds time and place in.
std::string nonce_of(int64_t timestamp, uint32_t index) {
  std::string nonce;
  append_number(nonce, static_cast<uint64_t>(timestamp), sizeof timestamp);
  append_number(nonce, index, sizeof index);
  return nonce;
}

std::string context_of(std::string_view salt, std::string_view group, std::string_view stream) {
  return fmt::format("{}{}\n{}", salt, group, stream);
}

}  // namespace

void seal_messages(logs::Batch& batch, const Secret& data_key, uint32_t number, env::Random& random) {
  std::string head(1, kSealed);
  append_number(head, number, kNumberBytes);
  const std::string salt = random.bytes(kSaltBytes);
  head += salt;
  const Secret key = crypto::derive_key(data_key, kLabel, context_of(salt, batch.group, batch.stream));
  const crypto::Aead aead(key, crypto::Aead::Does::kSeal);
  uint32_t index = 0;
  for (logs::Batch::Item& item : batch.items) {
    std::string sealed = head;
    sealed.resize(kHeadBytes + item.message.size() + crypto::kAeadTagBytes);
    aead.seal(nonce_of(item.timestamp, index++), item.message, sealed.data() + kHeadBytes);
    item.message = std::move(sealed);
  }
}

bool is_sealed(std::string_view message) { return !message.empty() && message.front() == kSealed; }

std::optional<std::string_view> MessageOpener::open(const logs::EventView& event) {
  const std::string_view message = event.message;
  if (!is_sealed(message)) return message;
  if (message.size() < kHeadBytes + crypto::kAeadTagBytes) return std::nullopt;
  const std::string_view head = message.substr(0, kHeadBytes), salt = head.substr(1 + kNumberBytes);
  if (std::string name = fmt::format("{}{}", head, event.stream); !aead_ || name != batch_) {
    const auto byte = [&](size_t at) { return static_cast<uint32_t>(static_cast<unsigned char>(head[at])); };
    const uint32_t number = byte(1) << 8 | byte(2);
    auto data_key = data_keys_.find(number);
    if (data_key == data_keys_.end()) data_key = data_keys_.emplace(number, key_of_(number)).first;
    const Secret key = crypto::derive_key(data_key->second, kLabel, context_of(salt, group_, event.stream));
    aead_.emplace(key, crypto::Aead::Does::kOpen);
    batch_ = std::move(name);
  }
  const std::string_view sealed = message.substr(kHeadBytes);
  text_.resize(sealed.size() - crypto::kAeadTagBytes);
  if (!aead_->open(nonce_of(event.place.timestamp, event.place.index), sealed, text_.data())) return std::nullopt;
  return text_;
}

}  // namespace cairn::logs_service
