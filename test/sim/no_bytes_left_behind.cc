#include "api/payload.h"
#include "base/text.h"
#include "base/xml.h"
#include "world.h"

namespace cairn::sim {

/// The disk holds the bytes of every large version that exists, once, and of nothing else: not of deleted or overwritten ones, nor
/// of uploads that a crash cut short.
void no_bytes_left_behind(World& world, const std::vector<Recorded>& history) {
  std::set<std::string> buckets;
  for (const Recorded& event : history)
    if (event.name == "CreateBucket") buckets.insert(event.bucket);
  size_t large = 0;  // versions that exist, as the listings say; that those are right is records_fit_a_sequential_model's
  for (const std::string& bucket : buckets) {
    const auto root = xml::parse(world.ask({.operation = "ListObjectVersions", .bucket = bucket}).body);
    for (const xml::Element& child : root->children)
      if (child.name == "Version" && text::to_uint(child.child("Size")->text).value() > api::kInlineBytesMax) ++large;
  }
  for (int i = 0; i < 20; ++i) world.settle();  // the sweep after a start goes through what it found bit by bit
  size_t files = 0;
  const auto folders = world.files.list("/data/objects");
  for (const std::string& folder : folders ? *folders : std::vector<std::string>())
    if (const auto names = world.files.list("/data/objects/" + folder)) files += names->size();
  if (files != large) throw std::runtime_error(fmt::format("{} large versions exist, but {} files hold bytes", large, files));
}

}  // namespace cairn::sim
