#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "history/coder.h"
#include "segment/block.h"

namespace cairn::history {

/// Puts records that are coded with one dictionary into a coder that has another, without spelling them out: words are looked up once
/// each, whatever number of records they are in. One thread.
class Recoder {
 public:
  /// `from` has `words` entries, none longer than a word may be.
  Recoder(Coder& to, Words& from, uint32_t words) : to_(to), from_(from), entries_(words) {}

  /// False, and nothing is added: it does not make sense, or there is no room for its form. Whoever spells it out will see.
  bool add(const CodedBlock::Coded& coded);

 private:
  struct Entry {
    enum State : uint8_t { kUnknown, kKnown, kSpelled } state = kUnknown;  // kSpelled: has none in the new dictionary
    uint16_t values = 0;                                                   // of a form
    uint32_t id = 0;                                                       // in the new dictionary
  };
  bool put(segment::Reader& in, std::string& out, size_t* noise, int depth);
  bool look_up(uint32_t id, Entry& entry);

  Coder& to_;
  Words& from_;
  std::vector<Entry> entries_;  // by number in the old dictionary
  std::string body_;
};

}  // namespace cairn::history
