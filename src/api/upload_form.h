#pragma once
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "aws/post_policy.h"
#include "http/form.h"
#include "http/server.h"

namespace cairn::api {

/// Fields that say how a form is to be answered: the handler finds them in call.in.
inline constexpr const char* kFormAnswers[] = {"redirect", "success_action_redirect", "success_action_status"};

/// A browser's form for S3 (PostObject): its fields, which are read at once, and its file, a stream. Blocks on the client: pool threads
/// only.
class UploadForm final : public http::BodyReader {
 public:
  static constexpr size_t kFieldsBytesMax = 20 << 10;  // names and values before the file, as on AWS; what is filled in counts, too

  /// Reads up to the file's first byte. Throws S3's errors for what is no such form, or was not received.
  UploadForm(http::BodyReader& body, const http::Head& head);

  const aws::FormFields& fields() const { return fields_; }
  std::string field(std::string_view name) const;  // "" if there is none

  /// A PutObject's parts.
  struct Upload {
    std::string key;
    std::vector<std::pair<std::string, std::string>> headers;
    aws::PostPolicy::SizeRange size;  // what the file may have
  };
  /// Whether a form's field of that name (in lower case) is a header of the upload; as headers of the form itself these mean nothing.
  static bool is_header(std::string_view name);
  /// What the form asks for, as its policy lets it. Throws InvalidArgument, AccessDenied and the like.
  Upload upload(std::string_view bucket, Time now) const;

  /// The file's bytes; 0: it is complete, and so is the form.
  Result<size_t, http::BodyFailure> read(std::span<char> out) override;

 private:
  void read_fields();
  std::vector<std::pair<std::string, std::string>> headers() const;
  Result<size_t, http::BodyFailure> refill();

  http::BodyReader& body_;
  std::optional<http::FormReader> reader_;
  const std::unique_ptr<char[]> buffer_;
  aws::FormFields fields_;
  std::string_view unread_;  // of the file, in reader_
  bool in_file_ = true, ended_ = false;
};

}  // namespace cairn::api
