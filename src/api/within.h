#pragma once
#include <optional>
#include <string_view>

#include "api/call.h"

/// Calls that a service makes of another while it decides one of its own: S3's of KMS, for an object's key. They are authorised, decided
/// and recorded like anyone's, but in the transaction of the call around them, and their records are part of the same journal entry; so
/// what they change is undone, and decided again, with it. Memory only.
namespace cairn::api {

struct Within {
  std::string_view service, operation;  // kms, GenerateDataKey
  Json in;
  aws::Region region;
  /// Who calls: whoever made the call around it, by the hand of this service, as the record names it: fas.s3.amazonaws.com. Services
  /// call for themselves.
  std::string_view invoked_by;
  std::optional<aws::Principal> service_itself = {};  // it calls for itself, whoever called it
  aws::AccountId account = {};                        // whose names are meant where the caller is a service, which has none
};

/// The answer, by model names. A refusal is thrown; it is recorded all the same. `reply`: what is beyond the modelled output, if that is
/// wanted.
Json call_within(Call& outer, Within within, Reply* reply = nullptr);

}  // namespace cairn::api
