#include "services/s3/mfa.h"

#include <algorithm>

#include "api/mfa.h"
#include "identity/documents.h"
#include "services/s3/errors.h"
#include "services/s3/input.h"

namespace cairn::s3 {

void require_mfa(api::Call& call, const Bucket& bucket) {
  const std::string header = text_of(call.in, "MFA");
  if (header.empty()) throw Error(kAccessDenied, "Mfa Authentication must be used for this request");
  const size_t space = header.find(' ');
  if (space == std::string::npos || space == 0 || space + 1 == header.size()) {
    throw Error(kInvalidArgument, "Mfa header is invalid -- the header should be formatted as {{serialNumber}}(space){{tokenCode}}")
        .with("ArgumentName", "x-amz-mfa");  // its value may be a code
  }
  if (call.principal.kind != aws::Principal::Kind::kRoot || call.principal.account != bucket.account)
    throw Error(kAccessDenied, "This operation may only be performed by the bucket owner");
  const std::string serial = header.substr(0, space);
  const std::optional<identity::Account> account = identity::find_account(*call.state, bucket.account);
  const bool is_roots = account && std::ranges::find(account->mfa_devices, serial) != account->mfa_devices.end();
  std::optional<identity::MfaDevice> device = is_roots ? identity::find_mfa_device(*call.state, serial) : std::nullopt;
  const std::string_view code = std::string_view(header).substr(space + 1);
  if (!device || !api::use_mfa_code(call, *device, code))
    throw Error(kAccessDenied, "The MFA device's serial number or code is not valid.");
}

}  // namespace cairn::s3
