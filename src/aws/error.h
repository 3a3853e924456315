#pragma once
#include <fmt/format.h>

#include <exception>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::aws {

/// One error that AWS knows. Rows stand beside their service; shared ones below.
struct ErrorKind {
  std::string_view code;  // as the model's exception shape; also the record's errorCode
  int status = 400;
  std::string_view wire_code = {};  // where the wire's code differs (IAM: NoSuchEntity)
};

/// The call ends here, with this answer and this errorCode in its record. Thrown by handlers; caught in api/invoke.cc.
class Error : public std::exception {
 public:
  template <class... Args>
  Error(const ErrorKind& error_kind, fmt::format_string<Args...> format, Args&&... args)
      : kind(error_kind), message(fmt::format(format, std::forward<Args>(args)...)) {}
  const char* what() const noexcept override { return message.c_str(); }
  /// Adds a member that the error's body carries beside Code and Message (S3: BucketName, Key, Region...).
  Error&& with(std::string name, std::string value) && {
    details.emplace_back(std::move(name), std::move(value));
    return std::move(*this);
  }

  ErrorKind kind;
  std::string message;
  std::vector<std::pair<std::string, std::string>> details;
};

inline constexpr ErrorKind kAccessDenied{.code = "AccessDenied", .status = 403};
inline constexpr ErrorKind kInternalFailure{.code = "InternalFailure", .status = 500};
inline constexpr ErrorKind kServiceUnavailable{.code = "ServiceUnavailable", .status = 503};
inline constexpr ErrorKind kThrottling{.code = "ThrottlingException", .status = 400};
inline constexpr ErrorKind kValidation{.code = "ValidationException", .status = 400};
inline constexpr ErrorKind kNotImplemented{.code = "NotImplemented", .status = 501};
inline constexpr ErrorKind kSerialization{.code = "SerializationException", .status = 400};
inline constexpr ErrorKind kUnknownOperation{.code = "UnknownOperationException", .status = 400};

}  // namespace cairn::aws
