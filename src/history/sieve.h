#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "history/coder.h"
#include "history/store.h"

namespace cairn::history {

/// Tells of coded records which cannot contain any of some texts, without decoding them: each word of a segment is looked at once, however
/// many records it is in.
class Sieve {
 public:
  /// False: one of the texts may lie across words, so that nothing can be told.
  static bool can_tell(const Texts& texts);

  explicit Sieve(const Texts& texts);

  /// The segment's words, in order. False: it cannot be read.
  bool look_at(Words& words, uint32_t count);
  /// False: surely not. `body`: a coded record's. Any thread.
  bool may_contain(std::string_view body) const;
  /// The same of several bodies, one behind another, at the speed of comparing bytes: it takes any for the beginning of a token.
  bool may_any_contain(std::string_view bodies) const;

 private:
  bool contains(std::string_view text) const;
  bool holds(std::string_view body, uint32_t words) const;

  static constexpr size_t kTokensMax = 16;  // more are not looked for one after the other

  std::vector<std::string> texts_;
  const bool any_case_;
  bool may_be_noise_ = false;  // a text that could be part of an identifier or a time
  std::vector<char> hits_;     // by word
  // Of the words that are hits, as they are written in bodies; too many: these say nothing.
  std::vector<std::string> tokens_;
};

}  // namespace cairn::history
