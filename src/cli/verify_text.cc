#include "cli/verify_text.h"

#include "base/json.h"
#include "cli/event_text.h"

namespace cairn::cli {

namespace {

using archive::Finding;
using archive::VerifiedChain;
using archive::VerifyReport;

std::string place_of(const Finding& finding) {
  return finding.key.empty() ? "" : fmt::format("s3://{}/{}", printable(finding.bucket), printable(finding.key));
}

std::string proof(const VerifiedChain& chain) {
  if (!chain.proven_until) return "nothing is proven";
  return fmt::format("proven from {} until {}", timestamps::iso8601(*chain.proven_from), timestamps::iso8601(*chain.proven_until));
}

}  // namespace

bool is_valid(const VerifyReport& report) { return !report.chains.empty() && report.faults() == 0; }

void judge_newest(VerifyReport& report, Time delivered) {
  const VerifiedChain* newest = nullptr;
  for (const VerifiedChain& chain : report.chains) {
    if (chain.proven_until && (!newest || *chain.proven_until > *newest->proven_until)) newest = &chain;
  }
  if (report.chains.empty()) {
    report.add({archive::Kind::kNotReached, "", "",
                fmt::format("the server says that it delivered a digest at {}, and none is there", timestamps::iso8601(delivered))});
    return;
  }
  // One is delivered soon after its period, or, where the bucket failed, followed soon by one of all the time since.
  if (!newest || delivered <= *newest->proven_until + 2 * newest->period + std::chrono::minutes(1)) return;
  report.add({archive::Kind::kNotReached, "", "",
              fmt::format("the server says that it delivered a digest at {}, and the newest that is there ends at {}: newer ones are gone",
                          timestamps::iso8601(delivered), timestamps::iso8601(*newest->proven_until))});
}

std::optional<Time> FirstDigest::due() const {
  // CloudTrail's hour; digest.interval may be shorter, and nobody tells.
  constexpr std::chrono::hours kPeriod{1};
  if (!is_of_trail || !validates || !logs || !began) return std::nullopt;
  return *began + kPeriod;
}

std::string expectation(const FirstDigest& first, Time now) {
  if (!first.is_of_trail) return "A trail's first digest comes within an hour after it began to log with validation.";
  if (!first.validates) return "The trail does not validate its log files (LogFileValidationEnabled): none will come.";
  if (!first.logs) return "The trail does not log: none will come until it does.";
  const auto due = first.due();
  if (!due) return "";
  const std::string began = timestamps::iso8601(*first.began), by = timestamps::iso8601(*due);
  if (now < *due) return fmt::format("The trail began to log at {}: its first digest is due by {}.", began, by);
  return fmt::format("The trail began to log at {}: its first digest was due by {}, or an hour after validation was switched on.", began,
                     by);
}

std::string as_text(const VerifyReport& report, std::string_view expected) {
  std::string out;
  for (const VerifiedChain& chain : report.chains) {
    out += fmt::format("{}  {}/{}: {} of {}, {} of {} valid; {}\n", chain.region.str(), chain.account.str(), printable(chain.trail_name),
                       chain.digests_valid, counted(chain.digests, "digest"), chain.files_valid, counted(chain.files, "log file"),
                       proof(chain));
  }
  if (!report.findings.empty()) out += '\n';
  for (const Finding& finding : report.findings) {
    const std::string place = place_of(finding);
    out +=
        fmt::format("{}{}  {}\n    {}\n", is_notice(finding.kind) ? "notice: " : "", name(finding.kind), place, printable(finding.message));
  }
  uint64_t all = 0;
  for (uint64_t n : report.counts) all += n;
  if (all > report.findings.size()) out += fmt::format("... and {} more\n", all - report.findings.size());
  if (!out.empty()) out += '\n';
  if (report.pending > 0)
    out += fmt::format("{} newer than the last digest: the next one should name them.\n", counted(report.pending, "log file"));
  if (report.uncovered > 0)
    out += fmt::format("{} of times that no digest covers: nothing proves them.\n", counted(report.uncovered, "log file"));
  if (report.chains.empty()) out += fmt::format("No digests found: nothing is proven.\n{}{}", expected, expected.empty() ? "" : "\n");
  else if (report.faults() == 0) out += "Valid.\n";
  else out += fmt::format("NOT VALID: {}.\n", counted(report.faults(), "finding"));
  return out;
}

std::string as_json(const VerifyReport& report, std::optional<Time> first_digest_due) {
  const auto time = [](const std::optional<Time>& t) { return t ? Json(timestamps::iso8601(*t)) : Json(nullptr); };
  Json out{{"Valid", is_valid(report)}, {"Chains", Json::array()}, {"Findings", Json::array()}, {"Counts", Json::object()}};
  for (const VerifiedChain& chain : report.chains) {
    out["Chains"].push_back({{"AccountId", chain.account.str()},
                             {"Region", chain.region.str()},
                             {"TrailName", chain.trail_name},
                             {"HomeRegion", chain.home.str()},
                             {"Digests", chain.digests},
                             {"ValidDigests", chain.digests_valid},
                             {"LogFiles", chain.files},
                             {"ValidLogFiles", chain.files_valid},
                             {"ProvenFrom", time(chain.proven_from)},
                             {"ProvenUntil", time(chain.proven_until)}});
  }
  for (const Finding& finding : report.findings) {
    out["Findings"].push_back({{"Kind", name(finding.kind)},
                               {"Notice", is_notice(finding.kind)},
                               {"Bucket", finding.bucket},
                               {"Key", finding.key},
                               {"Message", finding.message}});
  }
  for (size_t kind = 0; kind < archive::kKinds; ++kind) {
    if (report.counts[kind] > 0) out["Counts"][std::string(name(static_cast<archive::Kind>(kind)))] = report.counts[kind];
  }
  if (report.chains.empty()) out["FirstDigestDue"] = time(first_digest_due);
  out["PendingLogFiles"] = report.pending;
  out["UncoveredLogFiles"] = report.uncovered;
  out["LogBytes"] = report.raw_bytes;
  return out.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace cairn::cli
