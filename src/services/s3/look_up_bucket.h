#pragma once
#include <optional>
#include <string_view>

#include "services/s3/bucket.h"
#include "services/s3/keys.h"

namespace cairn::s3 {

/// The bucket of that name, whoever asks; nullopt: there is none. Callers come in by open_bucket.
inline std::optional<Bucket> look_up_bucket(state::Transaction& state, std::string_view name) {
  const std::optional<std::string> document = state.get(keys::bucket(name));
  if (!document) return std::nullopt;
  return decode_bucket(name, *document);
}

}  // namespace cairn::s3
