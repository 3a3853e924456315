#pragma once
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "archive/verify.h"
#include "env/files.h"

/// A bucket's objects as files: what `aws s3 sync` and `cairn verify --save` make. docs/verify.md.
namespace cairn::cli {

/// The name of the file beside a digest that holds its object's metadata, as JSON.
std::string companion_of(std::string_view file);
/// Whether a key can be a file's path below a directory: no empty part, no "." or "..".
bool is_path(std::string_view key);

/// A copy in a directory. Any thread. The bucket's name is not known to it, and is passed over.
class DirectoryObjects : public archive::Objects {
 public:
  /// `stripped`: what stands before a file's path in its key, since it was left out when the copy was made; "" or with a slash at the end.
  DirectoryObjects(env::Files& files, std::string directory, std::string stripped)
      : files_(files), directory_(std::move(directory)), stripped_(std::move(stripped)) {}

  Result<std::vector<std::string>> list(const std::string& bucket, const std::string& prefix, const std::string& after,
                                        size_t limit) override;
  Result<std::optional<archive::Metadata>, archive::ReadFailure> read(const std::string& bucket, const std::string& key,
                                                                      const Sink& sink) override;

 private:
  using Entries = std::vector<std::string>;  // names, those of directories with a slash at the end; sorted as keys sort
  Result<const Entries*> entries(const std::string& path);
  Result<void> walk(const std::string& path, const std::string& prefix, const std::string& after, size_t limit,
                    std::vector<std::string>& keys);

  env::Files& files_;
  const std::string directory_, stripped_;
  std::mutex mutex_;
  std::map<std::string, Entries> kept_;  // the directories on the way to where the listing is
};

/// Passes reads on and keeps what was read as files: a copy that can be verified without the server.
class SavingObjects : public archive::Objects {
 public:
  SavingObjects(archive::Objects& source, env::Files& files, std::string directory)
      : source_(source), files_(files), directory_(std::move(directory)) {}

  Result<std::vector<std::string>> list(const std::string& bucket, const std::string& prefix, const std::string& after,
                                        size_t limit) override {
    return source_.list(bucket, prefix, after, limit);
  }
  Result<std::optional<archive::Metadata>, archive::ReadFailure> read(const std::string& bucket, const std::string& key,
                                                                      const Sink& sink) override;

 private:
  archive::Objects& source_;
  env::Files& files_;
  const std::string directory_;
};

}  // namespace cairn::cli
