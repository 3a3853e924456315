#include "api/payload.h"
#include "world.h"

namespace cairn::sim {

/// The disk holds the bytes of every large object that exists, once, and of nothing else: not of deleted or overwritten ones, nor
/// of uploads that a crash cut short.
void no_bytes_left_behind(World& world, const std::vector<Recorded>& history) {
  std::map<std::string, size_t> large;  // bucket/key -> size, as the records say
  for (const Recorded& event : history) {
    if (!event.error_code.empty()) continue;
    const std::string path = event.bucket + "/" + event.key;
    if (event.name == "DeleteObject") large.erase(path);
    if (event.name != "PutObject") continue;
    large.erase(path);
    const std::string& value = world.calls.at(event.call).value;
    if (value.size() > api::kInlineBytesMax) large[path] = value.size();
  }
  for (int i = 0; i < 20; ++i) world.settle();  // the sweep after a start goes through what it found bit by bit
  size_t files = 0;
  const auto folders = world.files.list("/data/objects");
  for (const std::string& folder : folders ? *folders : std::vector<std::string>())
    if (const auto names = world.files.list("/data/objects/" + folder)) files += names->size();
  if (files != large.size()) throw std::runtime_error(fmt::format("{} large objects exist, but {} files hold bytes", large.size(), files));
}

}  // namespace cairn::sim
