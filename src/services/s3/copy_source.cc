#include "services/s3/copy_source.h"

#include "base/text.h"
#include "services/s3/access.h"
#include "services/s3/errors.h"
#include "services/s3/input.h"
#include "services/s3/keys.h"
#include "services/s3/versions.h"

namespace cairn::s3 {

CopySource open_copy_source(api::Call& call) {
  const std::string header = text_of(call.in, "CopySource");
  std::string_view path = header;
  std::string version;
  if (const size_t question = path.find("?versionId="); question != std::string_view::npos) {
    version = text::percent_decode(path.substr(question + 11)).value_or("");
    path = path.substr(0, question);
  }
  const std::string decoded = text::percent_decode(path).value_or("");
  std::string_view name = decoded;
  if (name.starts_with('/')) name.remove_prefix(1);
  const size_t slash = name.find('/');
  if (slash == std::string_view::npos || slash == 0 || slash + 1 == name.size())
    throw invalid_argument("Invalid copy source object key", "x-amz-copy-source", "x-amz-copy-source");

  CopySource source;
  source.key = std::string(name.substr(slash + 1));
  source.bucket = open_source_bucket(call, name.substr(0, slash), source.key, version).name;
  check_key(source.key);
  std::optional<Version> found = find_version(call, source.bucket, source.key, version);
  if (!found) throw version.empty() ? absent_key(call, source.bucket, source.key) : no_such_version(source.key, version);
  if (found->object.is_delete_marker)
    throw Error(kInvalidRequest, "The source of a copy request may not specifically refer to a delete marker by version id.");
  source.is_current = found->document == keys::object(source.bucket, source.key);
  source.object = std::move(found->object);
  check_customer_key(call, source.object.encryption, KeyOf::kCopySource);
  check_source_conditions(call, source.object.validators());
  return source;
}

void check_copy_size(uint64_t bytes) {
  if (bytes > kPutBytesMax)
    throw Error(kInvalidRequest, "The specified copy source is larger than the maximum allowable size for a copy source: {}", kPutBytesMax);
}

}  // namespace cairn::s3
