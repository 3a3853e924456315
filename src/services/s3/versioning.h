#pragma once
#include <optional>
#include <string_view>

#include "api/call.h"

namespace cairn::s3 {

/// Whether a bucket keeps what is replaced or deleted.
struct Versioning {
  enum class Status { kNever, kEnabled, kSuspended } status = Status::kNever;
  std::optional<bool> mfa_delete;  // nullopt: never set

  bool asks_for_mfa() const { return mfa_delete.value_or(false); }
  bool is_versioned() const { return status != Status::kNever; }  // now or once: objects have version ids
};

constexpr std::string_view kVersioningKind = "versioning";  // of bucket setting: `status`, `mfaDelete`
Versioning versioning_of(api::Call& call, std::string_view bucket);

}  // namespace cairn::s3
