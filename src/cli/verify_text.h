#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "archive/verify.h"

/// What becomes of a verifier's report: for people and for programs. Pure.
namespace cairn::cli {

/// Whether `cairn verify` ends with 0: digests were found, and nothing is wrong.
bool is_valid(const archive::VerifyReport& report);

/// Adds a finding if the newest digest that was found is much older than the last one that the server says it delivered.
void judge_newest(archive::VerifyReport& report, Time delivered);

/// What is known of a trail's first digest while there is none.
struct FirstDigest {
  bool is_of_trail = false;  // else nothing of what follows is known
  bool validates = false, logs = false;
  std::optional<Time> began;        // to log
  std::optional<Time> due() const;  // at the latest
};
/// When a first digest is due, in one line; `report` has none.
std::string expectation(const FirstDigest& first, Time now);

std::string as_text(const archive::VerifyReport& report, std::string_view expected = "");
/// One document, indented.
std::string as_json(const archive::VerifyReport& report, std::optional<Time> first_digest_due = std::nullopt);

}  // namespace cairn::cli
