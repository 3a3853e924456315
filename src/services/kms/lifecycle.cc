#include "services/kms/lifecycle.h"

#include "services/kms/documents.h"
#include "services/kms/grant.h"
#include "services/kms/material.h"

namespace cairn::kms {
namespace {

constexpr size_t kGrantsPerEntry = 500;  // erased in one entry of the journal: some 400 KB at worst

void erase_all(state::Transaction& state, const std::string& prefix) {
  for (state::Item& item : state.list(prefix, "", state::Transaction::kListMax).items) state.erase(std::move(item.key));
}

}  // namespace

std::optional<Due> first_due(state::Transaction& state) {
  const state::Page page = state.list(documents::kDue, "", 1);
  if (page.items.empty()) return std::nullopt;
  const std::string_view rest = std::string_view(page.items.front().key).substr(documents::kDue.size());
  const size_t slash = rest.find('/');
  return Due{Time(std::chrono::milliseconds(std::stoll(std::string(rest.substr(0, slash))))), std::string(rest.substr(slash + 1))};
}

void rotate(state::Transaction& state, env::Random& random, const state::Sealer& sealer, Time now, Key& key) {
  const Key before = key;
  add_material(state, random, sealer, now, "AUTOMATIC", key);
  key.next_rotation = now + std::chrono::days(key.rotation_days);
  save(state, key, &before);
}

Destroyed destroy(state::Transaction& state, const Key& key) {
  erase_all(state, documents::materials_of(key.id));
  const std::string grants = documents::grants_of(key.id);
  const state::Page page = state.list(grants, "", kGrantsPerEntry);
  for (const state::Item& item : page.items) erase_grant(state, key, decode_grant(item.key.substr(grants.size()), item.value));
  if (page.more) return Destroyed::kInPart;

  const std::string aliases = documents::aliases_of(key.id);
  for (const state::Item& item : state.list(aliases, "", state::Transaction::kListMax).items)
    state.erase(documents::alias(key.account, key.region, item.key.substr(aliases.size())));
  erase_all(state, aliases);
  state.erase(documents::grant_count(key.id));
  state.erase(documents::tags(key.id));
  state.erase(documents::policy(key.id));
  state.erase(documents::owned(key.account, key.region, key.id));
  state.erase(documents::key(key.id));
  if (key.due()) state.erase(documents::due(*key.due(), key.id));
  return Destroyed::kWhole;
}

}  // namespace cairn::kms
