#include "services/s3/errors.h"

namespace cairn::s3 {

Error access_denied() { return Error(kAccessDenied, "Access Denied"); }

Error no_such_key(std::string_view key) { return Error(kNoSuchKey, "The specified key does not exist.").with("Key", std::string(key)); }

Error no_such_version(std::string_view key, std::string_view id) {
  return Error(kNoSuchVersion, "The specified version does not exist.").with("Key", std::string(key)).with("VersionId", std::string(id));
}

Error malformed_xml() {
  return Error(kMalformedXml, "The XML you provided was not well-formed or did not validate against our published schema");
}

Error internal_error() { return Error(kInternalError, "We encountered an internal error. Please try again."); }

Error invalid_argument(std::string_view message, std::string_view name, std::string_view value) {
  return Error(kInvalidArgument, "{}", message).with("ArgumentName", std::string(name)).with("ArgumentValue", std::string(value));
}

Error header_not_implemented(std::string_view header) {
  return Error(kNotImplemented, "A header you provided implies functionality that is not implemented").with("Header", std::string(header));
}

Error precondition_failed(std::string_view condition) {
  return Error(kPreconditionFailed, "At least one of the pre-conditions you specified did not hold")
      .with("Condition", std::string(condition));
}

}  // namespace cairn::s3
