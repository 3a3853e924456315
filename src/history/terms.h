#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

#include "event/attributes.h"
#include "history/store.h"

/// What an event is indexed under, and whether an event answers a query. docs/formats/history.md, "Term".
namespace cairn::history {

enum class TermKind : uint8_t {
  kEventId,
  kEventName,
  kReadOnly,
  kUsername,
  kResourceType,
  kResourceName,
  kEventSource,
  kAccessKeyId,  // as Attribute
  kCategory,
  kErrorCode,
  kSourceAddress,
  kAccount,  // as recipientAccountId
  kRegion,
  kPrincipalArn,
  kResourceArn,  // of the record's `resources`
};

/// On disk: 40 bits, so that sorted ones lie close together. Two values of one hash share a term.
constexpr int kTermHashBits = 40;
uint64_t term_hash(TermKind kind, std::string_view value);

/// The hashes of everything the event can be found by, each once.
void collect_terms(const event::Attributes& attributes, std::vector<uint64_t>& out);

/// Exactly, on the event itself.
bool holds(const event::Attributes& attributes, const Filter& filter);

}  // namespace cairn::history
