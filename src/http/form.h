#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace cairn::http {

/// Reads multipart/form-data (RFC 7578) as it arrives, in pieces of any size. Total on any bytes; keeps no more than a part's head.
class FormReader {
 public:
  static constexpr size_t kBoundaryBytesMax = 70;       // RFC 2046
  static constexpr size_t kPartHeadBytesMax = 4 << 10;  // the header lines of one part

  /// The boundary that a Content-Type names; nullopt: it is no form's, or has none that is allowed.
  static std::optional<std::string> boundary(std::string_view content_type);

  explicit FormReader(std::string_view boundary);

  enum class Step {
    kNeedsMore,  // all that was fed is used up
    kPart,       // a field or a file begins: name(), filename()
    kData,       // bytes of it: data(), until the next step
    kPartEnd,
    kEnd,  // the form is complete; what follows is of no meaning
    kMalformed,
  };
  void feed(std::string_view bytes);  // after kNeedsMore
  Step next();

  const std::string& name() const { return name_; }
  const std::optional<std::string>& filename() const { return filename_; }  // nullopt: a field
  std::string_view data() const { return data_; }

 private:
  enum class At { kPreamble, kAfterDelimiter, kHead, kBody, kEnd, kMalformed };
  Step after_delimiter();
  Step head();
  Step body();
  bool read_head(std::string_view lines);
  std::string_view rest() const { return std::string_view(held_).substr(used_); }

  const std::string delimiter_;  // with the line's end before it
  At at_ = At::kPreamble;
  std::string held_ = "\r\n";  // a form may begin with its first boundary
  size_t used_ = 0;            // of held_
  std::string name_;
  std::optional<std::string> filename_;
  std::string_view data_;
};

}  // namespace cairn::http
