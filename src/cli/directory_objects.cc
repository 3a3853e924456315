#include "cli/directory_objects.h"

#include <algorithm>
#include <array>
#include <filesystem>

#include "archive/object_names.h"
#include "base/json.h"
#include "base/text.h"

namespace cairn::cli {

namespace {

using archive::Metadata;
using archive::ReadFailure;

constexpr std::string_view kCompanion = ".metadata";
constexpr size_t kPieceBytes = 128 << 10;
constexpr size_t kCompanionBytesMax = 64 << 10;
constexpr size_t kKeptMax = 16;

ReadFailure read_failure(const env::IoFailure& failure) {
  return {failure.kind == env::IoFailure::kNotFound ? ReadFailure::kNotFound : ReadFailure::kOther, failure.message};
}

bool has_metadata_of_interest(std::string_view key) {
  const auto name = archive::parse_key(key);
  return name && name->kind != archive::ParsedKey::Kind::kLogFile;
}

}  // namespace

std::string companion_of(std::string_view file) { return std::string(file).append(kCompanion); }

bool is_path(std::string_view key) {
  for (std::string_view part : text::split(key, '/')) {
    if (part.empty() || part == "." || part == ".." || part.find('\0') != part.npos) return false;
  }
  return true;
}

Result<const DirectoryObjects::Entries*> DirectoryObjects::entries(const std::string& path) {
  if (const auto found = kept_.find(path); found != kept_.end()) return &found->second;
  Entries names;
  std::error_code error;
  for (std::filesystem::directory_iterator it(directory_ + "/" + path, error), end; !error && it != end; it.increment(error)) {
    std::string name = it->path().filename().string();
    if (name.ends_with(kCompanion)) continue;
    std::error_code ignored;
    if (it->is_directory(ignored)) name += '/';
    else if (!it->is_regular_file(ignored)) continue;  // a pipe would be waited for
    names.push_back(std::move(name));
  }
  if (error) return failure("Cannot list {}/{}: {}", directory_, path, error.message());
  std::ranges::sort(names);
  // The listing goes forward, so what was passed is not needed again.
  if (kept_.size() >= kKeptMax) kept_.clear();
  return &kept_.emplace(path, std::move(names)).first->second;
}

Result<void> DirectoryObjects::walk(const std::string& path, const std::string& prefix, const std::string& after, size_t limit,
                                    std::vector<std::string>& keys) {
  const auto names = entries(path);
  if (!names) return tl::unexpected(names.error());
  const Entries copy = **names;  // the pointer lives until the next call
  for (const std::string& name : copy) {
    if (keys.size() == limit) return {};
    const std::string key = path + name;
    const bool on_the_way = key.starts_with(prefix) || (name.ends_with('/') && prefix.starts_with(key));
    if (!on_the_way) continue;
    if (!name.ends_with('/')) {
      if (key > after) keys.push_back(key);
    } else if (key > after || after.starts_with(key)) {
      if (const auto walked = walk(key, prefix, after, limit, keys); !walked) return walked;
    }
  }
  return {};
}

Result<std::vector<std::string>> DirectoryObjects::list(const std::string&, const std::string& prefix, const std::string& after,
                                                        size_t limit) {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> keys;
  if (!prefix.starts_with(stripped_)) return keys;
  const std::string behind = after.starts_with(stripped_) ? after.substr(stripped_.size()) : "";
  if (const auto walked = walk("", prefix.substr(stripped_.size()), behind, limit, keys); !walked) return tl::unexpected(walked.error());
  for (std::string& key : keys) key.insert(0, stripped_);
  return keys;
}

Result<std::optional<Metadata>, ReadFailure> DirectoryObjects::read(const std::string&, const std::string& key, const Sink& sink) {
  const std::string_view relative = std::string_view(key).substr(key.starts_with(stripped_) ? stripped_.size() : 0);
  if (!key.starts_with(stripped_) || !is_path(relative))
    return tl::unexpected(ReadFailure{ReadFailure::kNotFound, "there is no file for it in this copy"});
  const std::string path = fmt::format("{}/{}", directory_, relative);
  std::error_code ignored;
  if (std::filesystem::exists(path, ignored) && !std::filesystem::is_regular_file(path, ignored))
    return tl::unexpected(ReadFailure{ReadFailure::kOther, "it is no file"});
  auto file = files_.open(path, env::Files::Open::kRead);
  if (!file) return tl::unexpected(read_failure(file.error()));
  thread_local std::array<char, kPieceBytes> piece;
  for (uint64_t at = 0;;) {
    const auto size = (*file)->pread(at, piece);
    if (!size) return tl::unexpected(read_failure(size.error()));
    if (*size > 0 && !sink({piece.data(), *size})) break;
    at += *size;
    if (*size < piece.size()) break;
  }
  if (!has_metadata_of_interest(key)) return std::nullopt;
  const auto text = env::read_file(files_, companion_of(path), kCompanionBytesMax);
  if (!text && text.error().kind == env::IoFailure::kNotFound) return std::nullopt;
  if (!text) return tl::unexpected(read_failure(text.error()));
  const auto json = json::parse(*text);
  if (!json || !json->is_object()) return tl::unexpected(ReadFailure{ReadFailure::kOther, companion_of(path) + " is no JSON object"});
  Metadata metadata;
  for (const auto& [name, value] : json->items()) {
    if (value.is_string()) metadata[name] = value.get<std::string>();
  }
  return metadata;
}

Result<std::optional<Metadata>, ReadFailure> SavingObjects::read(const std::string& bucket, const std::string& key, const Sink& sink) {
  const auto failed = [](const env::IoFailure& failure) { return tl::unexpected(ReadFailure{ReadFailure::kOther, failure.message}); };
  if (!is_path(key)) return tl::unexpected(ReadFailure{ReadFailure::kOther, "its key cannot be a file's name"});
  const std::string path = directory_ + "/" + key;
  if (const auto made = files_.make_directory(env::parent_directory(path)); !made) return failed(made.error());
  std::unique_ptr<env::File> file;
  std::optional<env::IoFailure> failure;
  uint64_t at = 0;
  bool wanted = true;
  auto metadata = source_.read(bucket, key, [&](std::string_view piece) {
    if (!file) {
      auto opened = files_.open(path, env::Files::Open::kCreateOrOpen);
      if (opened) file = std::move(*opened);
      else failure = opened.error();
    }
    if (file && !failure) {
      if (const auto written = file->pwrite(at, piece); !written) failure = written.error();
      at += piece.size();
    }
    wanted = wanted && sink(piece);  // what proves to be damaged is kept whole all the same
    return !failure;
  });
  if (failure) return failed(*failure);
  if (!metadata) return metadata;
  if (file) {
    if (const auto cut = file->truncate(at); !cut) return failed(cut.error());
  }
  if (*metadata && has_metadata_of_interest(key)) {
    Json json = Json::object();
    for (const auto& [name, value] : **metadata) json[name] = value;
    if (const auto written = env::write_file_atomically(files_, companion_of(path), json::dump(json) + "\n"); !written)
      return failed(written.error());
  }
  return metadata;
}

}  // namespace cairn::cli
