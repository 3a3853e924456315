#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace cairn::json {

/// Walks over JSON text once, front to back, without building anything: for who looks at a few members of many documents, and for
/// numbers that must stay as they were written. Strict as `parse`, kDepthMax included, but UTF-8 is taken for granted.
/// Every step says whether the text is still JSON; after a false one nothing is left to ask but `error()` and `offset()`.
/// Views point into the text.
class Cursor {
 public:
  enum class Kind { kObject, kArray, kString, kNumber, kTrue, kFalse, kNull, kNone };
  enum class Error { kNone, kNoValue, kNoName, kNoColon, kNoComma, kUnknownWord, kEnd, kBadString, kBadNumber, kTooDeep };

  /// What a string looks like in the text, without its quotes; `escaped` when it has backslashes.
  struct Text {
    std::string_view raw;
    bool escaped = false;
    std::string decoded() const;
    void append_to(std::string& out) const;  // decoded; half a surrogate pair becomes U+FFFD
  };

  explicit Cursor(std::string_view text) : begin_(text.data()), at_(text.data()), end_(text.data() + text.size()) {}

  /// The kind of the value that begins here, by its first byte; kNone where none does.
  Kind peek();
  bool take_string(Text& out);
  bool take_number(std::string_view& out);
  bool take_word();  // true, false, null
  /// Steps over a whole value of any kind.
  bool skip();

  /// An object: enter, then next_member before each member (false at its end, or for what is no JSON: `failed()` tells), then its value.
  bool enter_object() { return enter('{'); }
  bool next_member(Text& name);
  /// An array: enter, then next_element before each element.
  bool enter_array() { return enter('['); }
  bool next_element();

  /// Only blanks are left.
  bool at_end();
  bool failed() const { return error_ != Error::kNone; }
  Error error() const { return error_; }
  size_t offset() const { return static_cast<size_t>(at_ - begin_); }  // of the next byte, or of the bad one

 private:
  void blanks() {
    while (at_ != end_ && static_cast<unsigned char>(*at_) <= ' ' && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
  }
  bool fail(Error error) {
    error_ = at_ == end_ ? Error::kEnd : error;
    return false;
  }
  bool enter(char bracket);
  bool leave();
  bool take_scalar();
  bool take_name(Text& name);

  const char *begin_, *at_, *end_;
  int depth_ = 0;
  bool fresh_ = false;  // nothing was taken yet since the last bracket opened
  Error error_ = Error::kNone;
};

}  // namespace cairn::json
