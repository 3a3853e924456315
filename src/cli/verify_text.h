#pragma once
#include <string>

#include "archive/verify.h"

/// A verifier's report for people and for programs. Pure.
namespace cairn::cli {

/// Whether `cairn verify` ends with 0: digests were found, and nothing is wrong.
bool is_valid(const archive::VerifyReport& report);

std::string as_text(const archive::VerifyReport& report);
/// One document, indented.
std::string as_json(const archive::VerifyReport& report);

}  // namespace cairn::cli
