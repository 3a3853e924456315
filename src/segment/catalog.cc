#include "segment/catalog.h"

#include <algorithm>
#include <set>

#include "base/log.h"

namespace cairn::segment {

namespace {

constexpr std::string_view kSuffix = ".segment";

}  // namespace

std::string Catalog::file_name(uint64_t last_position) { return fmt::format("{:020}{}", last_position, kSuffix); }

Result<Manifest> Catalog::open() {
  if (auto made = files_.make_directory(directory_); !made) return failure("{}", made.error().message);
  auto manifest = read_manifest(files_, store_, directory_);
  if (!manifest) return tl::unexpected(manifest.error());
  const auto names = files_.list(directory_);
  if (!names) return failure("{}", names.error().message);

  std::set<std::string> named;
  if (*manifest)
    for (const Manifest::Entry& entry : (*manifest)->segments) named.insert(entry.file);
  const auto is_leftover = [&](const std::string& name) { return name.ends_with(kSuffix) && !named.contains(name); };
  if (!*manifest) {
    if (std::any_of(names->begin(), names->end(), is_leftover)) {
      return failure("{} has segments but no manifest: restore the file `manifest`, or move the directory away to begin with an empty {}",
                     directory_, store_);
    }
    if (auto written = write_manifest(files_, store_, directory_, {}); !written) return tl::unexpected(written.error());
    if (const auto there = files_.sync_directory(env::parent_directory(directory_)); !there) return failure("{}", there.error().message);
    return Manifest{};
  }
  for (const std::string& name : *names)
    if (is_leftover(name)) remove(name);
  return std::move(**manifest);
}

bool Catalog::settle() {
  const auto there = files_.sync_directory(directory_);
  if (!there) log::error("a file cannot be made durable", {{"store", store_}, {"error", there.error().message}});
  return there.has_value();
}

bool Catalog::write(const Manifest& manifest) {
  const auto written = write_manifest(files_, store_, directory_, manifest);
  if (!written) log::error("the manifest cannot be written", {{"store", store_}, {"error", written.error().message}});
  return written.has_value();
}

void Catalog::remove(const std::string& file) {
  const auto removed = files_.remove(path(file));
  if (!removed)
    log::warning("a segment that is no longer needed cannot be removed", {{"store", store_}, {"error", removed.error().message}});
}

}  // namespace cairn::segment
