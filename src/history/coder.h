#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

/// Records, taken apart: what repeats in many of them is said once, in a dictionary; a record is then some tens of numbers. What comes
/// back is the record byte by byte. docs/formats/history.md, "Coded records".
namespace cairn::history {

constexpr uint32_t kEventsPerBlock = 256;
constexpr size_t kBlockBytesMax = 128 << 10;  // coded; one more record may reach beyond
constexpr size_t kWordBytesMax = 16 << 10;    // a longer text is no word
constexpr size_t kWordsBytesMax = 16 << 20;   // of one dictionary; from there on nothing new gets into it
constexpr size_t kMetMax = 1 << 18;           // texts remembered for having been met once, at most

/// An entry of a dictionary.
struct Word {
  enum Kind : uint8_t {
    kText,    // as it is
    kForm,    // with a zero byte for each value that belongs there
    kPhrase,  // what it says is coded itself
    kNone,    // there is no such entry, or it cannot be read
  };
  Kind kind = kNone;
  std::string_view text;
};

/// What a number of a coded record says.
enum Token : uint32_t {
  kLiteral,    // length, bytes
  kUuid,       // 16 bytes of noise
  kTime,       // seconds since the row's, zigzag
  kHex,        // number of digits, half as many bytes of noise
  kFirstWord,  // from here on: an entry of the dictionary
};

/// Where a decoder finds the entries.
class Words {
 public:
  virtual ~Words() = default;
  virtual Word word(uint32_t id) = 0;
};

/// Says a coded value in full, behind what is in `out`. False: its bytes do not make sense.
bool expand(std::string_view body, std::string_view noise, uint32_t time, Words& words, std::string& out);

constexpr int kNestingMax = 3;  // of coded values: a record's form, a phrase, its form
constexpr uint32_t kHexDigitsMax = 128;

/// One block of coded records, its raw bytes.
class CodedBlock {
 public:
  /// Total: any bytes give a block or a failure. `raw` must outlive it.
  static Result<CodedBlock> open(std::string_view raw);
  uint32_t events() const { return static_cast<uint32_t>(places_.size()); }
  /// Puts record number `place` into `out`. `time`: the row's. False: the bytes do not make sense.
  bool record(uint32_t place, uint32_t time, Words& words, std::string& out) const;
  /// A record as it is coded. `place` is one of the events'.
  struct Coded {
    std::string_view body, noise;
  };
  /// All bodies, one behind another.
  std::string_view bodies() const {
    if (places_.empty()) return {};
    return raw_.substr(places_.front().body, places_.back().body + places_.back().body_bytes - places_.front().body);
  }
  Coded coded(uint32_t place) const {
    const Place& at = places_[place];
    return {raw_.substr(at.body, at.body_bytes), raw_.substr(at.noise, at.noise_bytes)};
  }

 private:
  struct Place {
    uint32_t body, body_bytes, noise, noise_bytes;
  };
  std::string_view raw_;
  std::vector<Place> places_;
};

/// Writes blocks and their dictionary. One thread adds; `word` may be asked by another meanwhile if a lock is held over both.
class Coder final : public Words {
 public:
  /// Appends a record to the open block. `time`: of its row, to which times are relative.
  void add(std::string_view record, uint32_t time);
  bool is_block_full() const { return events_.size() >= kEventsPerBlock || bodies_.size() + noise_.size() >= kBlockBytesMax; }
  uint32_t open_events() const { return static_cast<uint32_t>(events_.size()); }
  /// A record of the open block.
  bool open_record(uint32_t place, uint32_t time, std::string& out);
  struct Block {
    std::string text, noise;  // what compresses, and what does not
  };
  Block close();

  // --- for what is coded already: the Recoder's
  /// The entry for what is worth one. None: there is no more room, or another text has its hash.
  std::optional<uint32_t> entry(Word::Kind kind, std::string_view text);
  /// The same of a phrase, which stands for `expanded`; `code()` codes it, or gives nothing.
  std::optional<uint32_t> phrase(std::string_view expanded, const std::function<std::optional<std::string>()>& code);
  /// A value that is not worth an entry by itself: its token, if there is one by now, or the text.
  void put_text(std::string& out, std::string_view text);
  void add_coded(std::string_view body, std::string_view noise);

  uint32_t words() const { return static_cast<uint32_t>(entries_.size()); }
  Word word(uint32_t id) override;
  size_t bytes() const;  // of memory, near enough

 private:
  struct Value {  // of a member, or nested in one
    uint32_t begin, end;
    bool is_string = false, is_nested = false;
    uint32_t first_leaf = 0, leaves = 0;  // of what is nested
    uint64_t hash = 0;                    // 0: it looks as if it were not sought
  };
  struct Known {         // an entry, with what tells it from others: to look at it and at its text is enough
    uint32_t tag = 0;    // of its hash
    uint32_t id = 0;     // plus one; 0: free
    uint32_t begin = 0;  // of its text
    uint32_t bytes : 30 = 0, kind : 2 = 0;
  };
  struct Entry {
    uint32_t begin, bytes;
    Word::Kind kind;
  };
  bool scan(std::string_view record);
  void look_ahead(std::string_view record, Value* first, size_t count);
  void put_leaf(std::string& out, std::string_view text, const Value& value, bool may_be_noise);
  void put_nested(std::string_view record, const Value& value);
  std::string_view form_of(std::string_view record, uint32_t begin, uint32_t end, std::span<const Value> values);
  bool put_known(std::string& out, uint64_t hash, Word::Kind kind, std::string_view text);
  Known* known(uint32_t tag);
  bool was_met(uint64_t hash);
  uint32_t enter(uint64_t hash, Word::Kind kind, std::string_view text);
  bool is_phrase(uint32_t id, std::string_view text);

  std::vector<std::pair<uint32_t, uint32_t>> events_;  // where body and noise of each event of the open block end
  std::string bodies_, noise_;
  uint32_t time_ = 0;

  std::string texts_;  // of the entries, one after another
  std::vector<Entry> entries_;
  std::vector<Known> known_ = std::vector<Known>(1024);  // of the entries, by tag
  // Tags of what was met once, small enough for the caches; newer ones take older ones' places.
  std::vector<uint32_t> met_ = std::vector<uint32_t>(1024);
  size_t met_count_ = 0;

  std::vector<Value> values_;
  std::vector<Value> leaves_;
  std::string form_, phrase_, expanded_;
};

}  // namespace cairn::history
