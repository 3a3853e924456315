#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/aead.h"
#include "base/id.h"
#include "env/random.h"
#include "logs/event.h"

/// Log events as they lie in a group under a key of KMS: each message sealed under a data key of the group. docs/formats/logs.md, "Sealed
/// messages". No I/O.
namespace cairn::logs_service {

constexpr uint32_t kDataKeyNumberMax = UINT16_MAX;  // it stands in two bytes of each message

/// Seals every message of the batch under the group's data key of that number. They open in this batch's group and stream alone, at their
/// place in it and with their time.
void seal_messages(logs::Batch& batch, const Secret& data_key, uint32_t number, env::Random& random);

bool is_sealed(std::string_view message);

/// The other way round; passes on what is not sealed. One thread.
class MessageOpener {
 public:
  /// Finds a data key by its number; may throw.
  using KeyOf = std::function<Secret(uint32_t number)>;
  MessageOpener(std::string group, KeyOf key_of) : group_(std::move(group)), key_of_(std::move(key_of)) {}

  /// Stands until the next call, as long as `event` does. nullopt: sealed, and not as it was.
  std::optional<std::string_view> open(const logs::EventView& event);

 private:
  const std::string group_;
  const KeyOf key_of_;
  std::map<uint32_t, Secret> data_keys_;
  std::string batch_;                 // what names the batch of the last event
  std::optional<crypto::Aead> aead_;  // and its key
  std::string text_;
};

}  // namespace cairn::logs_service
