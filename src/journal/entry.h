#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

/// What one entry of Cairn's journal says: what was done (a CloudTrail record) and what it changed, as one.
/// Bytes: docs/formats/journal.md, "Entries".
namespace cairn::journal {

/// One key gets a value, or goes away.
struct Change {
  std::string key;
  std::optional<std::string> value;  // nullopt: the key is erased
};
struct ChangeView {
  std::string_view key;
  std::optional<std::string_view> value;
};

/// What an entry tells followers, once, and what is no state: a change of this key. The value is read from the journal alone.
constexpr std::string_view kNotePrefix = "note/";
inline std::string note_key(std::string_view topic) { return std::string(kNotePrefix).append(topic); }
/// "": the key is no note's.
inline std::string_view topic_of(std::string_view key) { return key.starts_with(kNotePrefix) ? key.substr(kNotePrefix.size()) : ""; }

struct EntryView {
  std::vector<std::string_view> records;  // finished CloudTrail records (JSON), usually one; none for internal changes
  std::vector<ChangeView> changes;
};

std::string encode_entry(std::span<const std::string> records, std::span<const Change> changes);
/// Views into `bytes`. Total: any bytes give a view or a failure.
Result<EntryView> decode_entry(std::string_view bytes);

}  // namespace cairn::journal
