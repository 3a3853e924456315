#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

/// The records of log files, their bytes as they stand there. Pure; total: any bytes give records and problems.
namespace cairn::archive {

/// Goes through a text's records: {"Records":[…]} as AWS delivers it, a list, one record a line, or any number of such documents one after
/// another. Whether a record is a sound one is not looked at: only its brackets and strings are.
class LogRecords {
 public:
  /// `is_whole`: no more text follows. Else what is incomplete at its end is left, to be gone on with.
  explicit LogRecords(std::string_view text, bool is_whole = true);
  /// Goes on with a text that begins where `consumed()` was.
  void go_on(std::string_view text, bool is_whole);
  size_t consumed() const { return at_; }

  struct Item {
    std::string_view record;  // "": a problem
    std::string_view problem;
    size_t number = 0;  // of records and problems, from 1
    size_t offset = 0;
  };
  std::optional<Item> next();

  size_t line_of(size_t offset) const;  // from 1

 private:
  std::optional<Item> find();
  void skip_blanks();
  bool enter_list();
  bool leave_list();
  Item take_value();
  Item fail(size_t offset, std::string_view problem);
  Item run_out(size_t offset, std::string_view problem);

  std::string_view text_;
  size_t at_ = 0;
  size_t number_ = 0;
  bool is_in_list_ = false;
  bool is_first_ = false;  // in the list
  bool is_bare_ = false;   // a list without a document around it
  bool is_whole_ = true;
  bool ran_out_ = false;
};

/// The end of the object or array that begins at `begin`.
struct ValueEnd {
  enum { kFound, kCut, kBroken } kind;  // kCut: the text ends within; kBroken: a string has no end in its line
  size_t at;
};
ValueEnd end_of_value(std::string_view text, size_t begin);

}  // namespace cairn::archive
