#include "services/s3/copy_source.h"

#include "base/text.h"
#include "services/s3/access.h"
#include "services/s3/errors.h"
#include "services/s3/input.h"

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
  check_version(version);
  std::optional<Object> object = find_object(call, source.bucket, source.key);
  if (!object) throw absent_key(call, source.bucket, source.key);
  source.object = std::move(*object);
  check_source_conditions(call, source.object.validators());
  return source;
}

void check_copy_size(uint64_t bytes) {
  if (bytes > kPutBytesMax)
    throw Error(kInvalidRequest, "The specified copy source is larger than the maximum allowable size for a copy source: {}", kPutBytesMax);
}

}  // namespace cairn::s3
