#pragma once
#include "api/finish.h"

namespace cairn::s3 {

/// What all of S3's answers have in common: the headers by which a browser lets a page see them, and a line in the access log.
void finish(api::Call& call, const api::Leaving& leaving);

}  // namespace cairn::s3
