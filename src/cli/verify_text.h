#pragma once
#include <string>

#include "archive/verify.h"

/// What becomes of a verifier's report: for people and for programs. Pure.
namespace cairn::cli {

/// Whether `cairn verify` ends with 0: digests were found, and nothing is wrong.
bool is_valid(const archive::VerifyReport& report);

/// Adds a finding if the newest digest that was found is much older than the last one that the server says it delivered.
void judge_newest(archive::VerifyReport& report, Time delivered);

std::string as_text(const archive::VerifyReport& report);
/// One document, indented.
std::string as_json(const archive::VerifyReport& report);

}  // namespace cairn::cli
