#include "segment/manifest.h"

#include "base/crypto.h"
#include "base/json.h"

namespace cairn::segment {

namespace {

constexpr int kVersion = 1;

std::string checksum(std::string_view body) { return fmt::format("{:08x}", crypto::crc32c(body)); }

}  // namespace

Result<std::optional<Manifest>> read_manifest(env::Files& files, std::string_view store, const std::string& directory) {
  const std::string path = directory + "/manifest";
  const auto text = env::read_file(files, path);
  if (!text) {
    if (text.error().kind == env::IoFailure::kNotFound) return std::optional<Manifest>();
    return failure("cannot read the manifest of the {}: {}", store, text.error().message);
  }
  auto damaged = [&](std::string_view what) { return failure("{} manifest {} is damaged: {}", store, path, what); };
  const std::string_view body = std::string_view(*text).substr(std::min<size_t>(text->size(), 9));
  if (text->size() < 9 || text->substr(0, 9) != checksum(body) + "\n") return damaged("its checksum is wrong");
  json::Document document;
  const auto root = document.parse(body);
  if (!root) return damaged(root.error().message);
  if ((*root)["version"].integer() != kVersion) return damaged("it has an unknown version");
  Manifest manifest;
  bool whole = true;
  auto number = [&whole](json::View v) {
    const auto n = v.integer();
    whole = whole && n && *n >= 0;
    return static_cast<uint64_t>(n.value_or(0));
  };
  manifest.position = number((*root)["position"]);
  (*root)["segments"].each([&](json::View v) {
    manifest.segments.push_back({std::string(v["file"].string_or("")), number(v["events"]), number(v["bytes"])});
    whole = whole && !manifest.segments.back().file.empty();
  });
  if (!whole) return damaged("a member is missing");
  return manifest;
}

Result<void> write_manifest(env::Files& files, std::string_view store, const std::string& directory, const Manifest& manifest) {
  std::string body;
  json::Writer writer(body);
  writer.begin_object().key("version").number(kVersion).key("position").number(static_cast<int64_t>(manifest.position));
  writer.key("segments").begin_array();
  for (const Manifest::Entry& entry : manifest.segments) {
    writer.begin_object().key("file").string(entry.file).key("events").number(static_cast<int64_t>(entry.events));
    writer.key("bytes").number(static_cast<int64_t>(entry.bytes)).end_object();
  }
  writer.end_array().end_object();
  const auto done = env::write_file_atomically(files, directory + "/manifest", checksum(body) + "\n" + body);
  if (!done) return failure("cannot write the manifest of the {}: {}", store, done.error().message);
  return {};
}

}  // namespace cairn::segment
