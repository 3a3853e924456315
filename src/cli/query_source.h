#pragma once
#include <memory>
#include <string>

#include "base/result.h"
#include "cli/target.h"
#include "cli/trouble.h"
#include "env/clock.h"
#include "env/files.h"
#include "sql/selection.h"
#include "sql/source.h"

namespace cairn::cli {

/// A log file, or all log files in a directory and those below it: by their names' ends (.json, .ndjson, .jsonl, and .gz of them). Hidden
/// ones and digests are passed over. Or Parquet of `cairn export`: one file, or a directory without log files.
Result<std::unique_ptr<sql::Source>, Trouble> files_below(const std::string& path, env::Files& files);

/// The log files of s3://BUCKET[/PREFIX], by the same rule.
Result<std::unique_ptr<sql::Source>, Trouble> objects_of(const std::string& url, const Target& target, const env::Clock& clock);

/// The server's event history: the caller's account, every region, data events too. Pages come one after another, so there is one file.
std::unique_ptr<sql::Source> history_of(const Target& target, const env::Clock& clock, const sql::Selection& selection);

}  // namespace cairn::cli
