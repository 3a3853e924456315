#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "services/cloudformation/stack.h"

/// What is told to stacks from outside: a wait condition's handle is an address of this server, and whoever has it may send a signal there.
namespace cairn::cloudformation {

constexpr size_t kSignalBytesMax = 16 << 10;    // of a request
constexpr size_t kSignalTextBytesMax = 4096;    // of Data; and of Reason, UniqueId
constexpr size_t kSignalsMax = 100;             // of a handle
constexpr size_t kSignalsBytesMax = 128 << 10;  // of them all, as JSON: the answer that a stack gets of them is one document

struct Handle {
  aws::AccountId account;
  aws::Region region;
  std::string stack, resource;  // their ids
  std::string secret;
};
constexpr std::string_view kSignalPath = "/_cairn/signal/";
/// ENDPOINT/_cairn/signal/ACCOUNT/REGION/STACK/RESOURCE/SECRET
std::string url_of(std::string_view endpoint, const Handle& handle);
/// Of such an address, or its path. nullopt: it is none.
std::optional<Handle> handle_of(std::string_view url);

struct Signal {
  std::string id, reason, data;
  bool is_success = true;
};
/// {"Status": "SUCCESS", "Reason": ..., "UniqueId": ..., "Data": ...}. nullopt: it is something else, or too long.
std::optional<Signal> parse_signal(std::string_view text);

constexpr size_t kSecretLetters = 32;  // of a handle: 165 bits
std::vector<Signal> signals_of(state::Transaction& state, const state::Sealer& sealer, const Handle& handle);
enum class Taken { kKept, kKnown, kNoHandle, kTooMany };
/// kKnown: there was one of this UniqueId, which is the one that counts.
Taken put_signal(state::Transaction& state, const state::Sealer& sealer, const Handle& handle, const Signal& signal, Time now);

}  // namespace cairn::cloudformation
