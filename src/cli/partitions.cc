#include "cli/partitions.h"

#include <algorithm>

#include "archive/log_file.h"
#include "archive/ndjson.h"
#include "aws/names.h"

namespace cairn::cli {

namespace {

constexpr std::string_view kName = "/events.ndjson.gz", kPart = ".part";

/// What a directory may be called; anything else in a record is no account and no region.
std::string part_of_path(std::string_view value, bool is_sound) { return is_sound ? std::string(value) : "unknown"; }

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
  return {};
}

std::string Partitions::part_of(const std::string& path) { return fmt::format("{}{}{}", path, kName, kPart); }

Result<void> Partitions::finish(const Seal& seal) {
  for (auto& [path, partition] : partitions_) {
    if (partition.buffered.empty()) continue;
    if (auto written = write(path, partition); !written) return written;
  }
  for (const auto& [path, partition] : partitions_)
    if (auto sealed = seal(path, part_of(path), partition.events); !sealed) return sealed;
  return {};
}

Result<void> Partitions::finish() {
  return finish([&](const std::string& directory, const std::string& part, uint64_t) {
    return make_durable(files_, part, directory + std::string(kName));
  });
}

bool is_unfinished_export(std::string_view name) {
  if (!name.ends_with(kPart)) return false;
  name.remove_suffix(kPart.size());
  return name == kName.substr(1) || name == Partitions::kParquetName;
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
