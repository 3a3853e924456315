#include "services/kms/material.h"

#include <algorithm>

#include "base/aead.h"
#include "base/text.h"
#include "services/kms/documents.h"

namespace cairn::kms {
namespace {

constexpr size_t kIdBytes = 32;
constexpr size_t kMaterialsMax = 1000;  // 25 on demand, and one every 90 days: far more than a key's life

Json parse(const std::string& document) {
  Result<Json> parsed = json::parse(document);
  if (!parsed) throw std::runtime_error("a key material's document cannot be read: " + parsed.error().message);
  return std::move(*parsed);
}

}  // namespace

void add_material(state::Transaction& state, env::Random& random, const state::Sealer& sealer, Time now, std::string_view rotation,
                  Key& key) {
  key.material = text::hex(random.bytes(kIdBytes));
  const std::string place = documents::material(key.id, key.material);
  const Secret material(random.bytes(crypto::kAeadKeyBytes));
  Json document = {{"created", now.time_since_epoch().count()}, {"sealed", sealer.seal(material, place)}};
  if (!rotation.empty()) document["rotation"] = rotation;
  state.put(place, json::dump(document));
}

std::vector<Material> materials_of(state::Transaction& state, const Key& key) {
  const std::string prefix = documents::materials_of(key.id);
  std::vector<Material> materials;
  for (const state::Item& item : state.list(prefix, "", kMaterialsMax).items) {
    const Json document = parse(item.value);
    materials.push_back({.id = item.key.substr(prefix.size()),
                         .created = Time(std::chrono::milliseconds(document.at("created").get<int64_t>())),
                         .rotation = document.value("rotation", "")});
  }
  // The first has no rotation; of two of one millisecond the current one is the later.
  const auto order = [&](const Material& m) { return std::tuple(m.created, !m.rotation.empty(), m.id == key.material); };
  std::ranges::sort(materials, {}, order);
  return materials;
}

std::optional<Secret> open_material(state::Transaction& state, const state::Sealer& sealer, std::string_view key_id,
                                    std::string_view material_id) {
  const std::string place = documents::material(key_id, material_id);
  const std::optional<std::string> document = state.get(place);
  if (!document) return std::nullopt;
  std::optional<Secret> material = sealer.open(parse(*document).at("sealed").get<std::string>(), place);
  if (!material) throw std::runtime_error(place + " cannot be unsealed: the document is damaged");
  return material;
}

}  // namespace cairn::kms
