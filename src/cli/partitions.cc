#include "cli/partitions.h"

#include <algorithm>
#include <set>

#include "archive/log_file.h"
#include "archive/ndjson.h"
#include "aws/names.h"
#include "base/text.h"

namespace cairn::cli {

namespace {

constexpr std::string_view kName = "/events.ndjson.gz", kPart = ".part";

/// What a directory may be called; anything else in a record is no account and no region.
constexpr std::string_view kUnknown = "unknown";
std::string part_of_path(std::string_view value, bool is_sound) { return std::string(is_sound ? value : kUnknown); }

/// Whether `add` makes such a path, below the directory.
bool is_path_of_partition(std::string_view path) {
  const auto parts = text::split(path, '/');
  if (parts.size() != 3) return false;
  const auto value = [&](size_t part, std::string_view name) -> std::string_view {
    return parts[part].starts_with(name) ? parts[part].substr(name.size()) : std::string_view();
  };
  const std::string_view account = value(0, "account="), region = value(1, "region="), date = value(2, "date=");
  const auto day = timestamps::parse_iso8601(fmt::format("{}T00:00:00Z", date));
  return (account == kUnknown || aws::is_account_id(account)) && (region == kUnknown || aws::is_region(region)) && day &&
         timestamps::iso8601(*day).substr(0, 10) == date;
}

}  // namespace

Result<void> Partitions::add(std::string_view account, std::string_view region, Time time, std::string_view record) {
  const std::string path = fmt::format("{}/account={}/region={}/date={}", directory_, part_of_path(account, aws::is_account_id(account)),
                                       part_of_path(region, aws::is_region(region)), timestamps::iso8601(time).substr(0, 10));
  Partition& partition = partitions_[path];
  partition.buffered += archive::ndjson_line(std::string(record));
  buffered_ += record.size() + 1;
  ++partition.events;
  if (partition.buffered.size() >= kFileBufferedBytesMax) return write(path, partition);
  if (buffered_ < kBufferedBytesMax) return {};
  const auto largest = std::ranges::max_element(partitions_, {}, [](const auto& one) { return one.second.buffered.size(); });
  return write(largest->first, largest->second);
}

Result<void> Partitions::write(const std::string& path, Partition& partition) {
  const std::string member = archive::gzip(partition.buffered);
  buffered_ -= partition.buffered.size();
  partition.buffered.clear();
  partition.buffered.shrink_to_fit();
  if (partition.written == 0)
    if (const auto made = files_.make_directory(path); !made) return failure("{}", made.error().message);
  auto file = files_.open(part_of(path), env::Files::Open::kCreateOrOpen);
  if (!file) return failure("{}", file.error().message);
  if (const auto written = (*file)->pwrite(partition.written, member); !written) return failure("{}", written.error().message);
  partition.written += member.size();
  partition.is_kept = false;
  return {};
}

Result<void> Partitions::write_all() {
  for (auto& [path, partition] : partitions_) {
    if (partition.buffered.empty()) continue;
    if (auto written = write(path, partition); !written) return written;
  }
  return {};
}

Result<std::vector<Partitions::Kept>> Partitions::keep() {
  if (auto written = write_all(); !written) return tl::unexpected(written.error());
  std::vector<Kept> all;
  std::set<std::string> names;  // directories in which something is new
  const auto done = [&]() -> env::Done {
    for (auto& [path, partition] : partitions_) {
      all.push_back({path.substr(directory_.size() + 1), partition.written, partition.events});
      if (partition.is_kept) continue;
      const auto file = files_.open(part_of(path), env::Files::Open::kReadWrite);
      if (!file) return tl::unexpected(file.error());
      if (auto synced = (*file)->sync(); !synced) return synced;
      for (std::string at = path; !partition.is_named && at.size() >= directory_.size(); at = env::parent_directory(at))
        if (!names.insert(at).second) break;
    }
    for (const std::string& directory : names)
      if (auto synced = files_.sync_directory(directory); !synced) return synced;
    return {};
  }();
  if (!done) return failure("{}", done.error().message);
  for (auto& [path, partition] : partitions_) partition.is_named = partition.is_kept = true;
  return all;
}

Result<void> Partitions::take_up(const std::vector<Kept>& kept, bool is_all) {
  std::set<std::string_view> paths;
  for (const Kept& each : kept)
    if (!is_path_of_partition(each.path) || !paths.insert(each.path).second)
      return failure("'{}' is no path of account, region and day, or is there twice", each.path);
  for (const Kept& each : kept) {
    const std::string path = fmt::format("{}/{}", directory_, each.path), part = part_of(path);
    Partition& partition = partitions_[path];
    partition.written = each.bytes;
    partition.events = each.events;
    partition.is_named = partition.is_kept = true;
    const auto file = files_.open(part, env::Files::Open::kReadWrite);
    if (!file && file.error().kind == env::IoFailure::kNotFound && is_all) {
      const auto is_there = [&](std::string_view name) {
        return files_.open(fmt::format("{}/{}", path, name), env::Files::Open::kRead).has_value();
      };
      if (!is_there(kName.substr(1)) && !is_there(kParquetName)) return failure("{} is gone", part);
      partition.is_sealed = true;
      continue;
    }
    if (!file) return failure("{}", file.error().message);
    const auto size = (*file)->size();
    if (!size) return failure("{}", size.error().message);
    if (*size < each.bytes) return failure("{} has {} bytes, and had {}", part, *size, each.bytes);
    if (*size == each.bytes) continue;
    if (const auto cut = (*file)->truncate(each.bytes); !cut) return failure("{}", cut.error().message);
    if (const auto synced = (*file)->sync(); !synced) return failure("{}", synced.error().message);
  }
  return remove_others();
}

/// Files that were begun after the last `keep`.
Result<void> Partitions::remove_others() {
  std::vector<std::string> directories{directory_};
  for (const std::string_view level : {"account=", "region=", "date="}) {
    std::vector<std::string> below;
    for (const std::string& directory : directories) {
      const auto names = files_.list(directory);
      if (!names) return failure("{}", names.error().message);
      for (const std::string& name : *names)
        if (name.starts_with(level)) below.push_back(fmt::format("{}/{}", directory, name));
    }
    directories = std::move(below);
  }
  for (const std::string& path : directories) {
    if (partitions_.contains(path)) continue;
    const auto removed = files_.remove(part_of(path));
    if (!removed && removed.error().kind != env::IoFailure::kNotFound) return failure("{}", removed.error().message);
  }
  return {};
}

std::string Partitions::part_of(const std::string& path) { return fmt::format("{}{}{}", path, kName, kPart); }

Result<void> Partitions::finish(const Seal& seal) {
  if (auto written = write_all(); !written) return written;
  for (auto& [path, partition] : partitions_) {
    if (partition.is_sealed) continue;
    if (auto sealed = seal(path, part_of(path), partition.events); !sealed) return sealed;
    partition.is_sealed = true;
  }
  return {};
}

Result<void> Partitions::finish() {
  return finish([&](const std::string& directory, const std::string& part, uint64_t) {
    return make_durable(files_, part, directory + std::string(kName));
  });
}

bool Partitions::is_unfinished(std::string_view name) {
  if (!name.ends_with(kPart)) return false;
  name.remove_suffix(kPart.size());
  return name == kName.substr(1) || name == kParquetName;
}

Result<void> make_durable(env::Files& files, const std::string& part, const std::string& name) {
  const auto done = [&]() -> env::Done {
    const auto file = files.open(part, env::Files::Open::kReadWrite);
    if (!file) return tl::unexpected(file.error());
    if (auto synced = (*file)->sync(); !synced) return synced;
    if (auto renamed = files.rename(part, name); !renamed) return renamed;
    return files.sync_directory(env::parent_directory(name));
  }();
  if (!done) return failure("{}", done.error().message);
  return {};
}

}  // namespace cairn::cli
