#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "cli/trouble.h"
#include "cli/partitions.h"

namespace cairn::cli {

/// The directory of an export, which may end at any moment and be gone on with: what was there at the last `keep` stays. Until all of it is
/// whole a file in it says how far it has come.
class ExportDirectory {
 public:
  static constexpr std::string_view kStateName = "export-state.part", kLockName = "export-lock.part";

  /// How far it has come.
  struct Reached {
    Json input;               // of SearchEvents, but for the page
    std::string next_token;   // "": the first page
    bool is_fetched = false;  // no page is left
    uint64_t events = 0;
  };

  ExportDirectory(env::Files& files, std::string path) : files_(files), path_(std::move(path)), partitions_(files_, path_) {}

  /// In the arguments: the access key as which it is made. Another one may see other events, of which the rest would consist.
  static constexpr std::string_view kCaller = "AccessKeyId";

  /// Looks at what is there; nullopt: nothing, so that `begin` comes next. `arguments`: all that says which export it is, by option, and
  /// kCaller. Nothing is changed unless all of it is as this class writes it; of what lies there beside its state, see `holds_files_alone`.
  Result<std::optional<Reached>, Trouble> take_up(const Json& arguments);
  /// Makes the directory.
  Result<void, Trouble> begin(const Json& arguments, const Reached& reached);
  Partitions& partitions() { return partitions_; }
  /// All that was added so far is there for good, as is that it has come so far.
  Result<void> keep(const Reached& reached);
  /// All files are whole: what says that they are not goes.
  Result<void> end();

 private:
  Result<void, Trouble> lock();
  std::string name(std::string_view file) const { return fmt::format("{}/{}", path_, file); }

  env::Files& files_;
  const std::string path_;
  Partitions partitions_;
  Json arguments_;
  std::shared_ptr<void> lock_;
};

/// Where an export has begun: fails if something below its directory is neither that nor a file, as names that lead elsewhere would be
/// written through. Of a directory without a state or lock nothing is said.
Result<void> holds_files_alone(const std::string& path);

/// Whether a file of this name is of an export that did not end.
bool is_unfinished_export(std::string_view name);

}  // namespace cairn::cli
