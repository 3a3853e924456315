#include "delivery/signing_keys.h"

#include "archive/digest_file.h"
#include "base/log.h"
#include "delivery/public_key.h"
#include "state/internal_commit.h"

namespace cairn::delivery {
namespace {

constexpr uint64_t kPemBytesMax = 64 << 10;

bool signs_at(Time start, Time end, Time time) { return start <= time && time < end - kKeyOverlap; }

std::string file_of(const std::string& directory, const aws::Region& region, std::string_view fingerprint) {
  return fmt::format("{}/{}-{}.pem", directory, region.str(), fingerprint);
}

}  // namespace

SigningKeys::SigningKeys(env::Files& files, state::Store& store, journal::Journal& journal, std::string directory, Make make)
    : files_(files), store_(store), journal_(journal), directory_(std::move(directory)), make_(std::move(make)) {}

Result<SigningKey> SigningKeys::key(const aws::Region& region, Time time) {
  std::lock_guard lock(mutex_);
  if (const auto at = current_.find(region); at != current_.end() && signs_at(at->second.start, at->second.end, time)) return at->second;
  Result<SigningKey> found = load(region, time);
  if (!found) found = make(region, time);
  if (found) current_.insert_or_assign(region, *found);
  return found;
}

/// The newest key that the state lists for that time and whose private half is still there.
Result<SigningKey> SigningKeys::load(const aws::Region& region, Time time) {
  state::Transaction state(store_);
  std::optional<PublicKey> newest;
  for (PublicKey& key : public_keys(state, region, time, time))
    if (signs_at(key.start, key.end, time) && (!newest || key.start > newest->start)) newest = std::move(key);
  if (!newest) return failure("there is no key for {} yet", region.str());
  const std::string path = file_of(directory_, region, newest->fingerprint);
  const env::Io<std::string> pem = env::read_file(files_, path, kPemBytesMax);
  const Result<crypto::RsaKey> key = pem ? crypto::RsaKey::from_pem(Secret(*pem)) : failure("{}", pem.error().message);
  if (!key || archive::fingerprint(key->public_der()) != newest->fingerprint) {
    log::error("A signing key cannot be read; digests are signed with a new one.",
               {{"file", path}, {"error", key ? "it is another key" : key.error().message}});
    return failure("{} cannot be used", path);
  }
  return SigningKey{*key, newest->fingerprint, newest->start, newest->end};
}

/// The private half first: a crash between the two leaves a file that nobody looks at.
Result<SigningKey> SigningKeys::make(const aws::Region& region, Time time) {
  const crypto::RsaKey key = make_();
  const std::string der = key.public_der();
  const PublicKey listed{archive::fingerprint(der), der, time - kKeyHeadStart, time + kKeyValidity};
  if (const env::Done made = files_.make_directory(directory_); !made) return failure("{}", made.error().message);
  if (const env::Done synced = files_.sync_directory(env::parent_directory(directory_)); !synced)
    return failure("{}", synced.error().message);
  const std::string path = file_of(directory_, region, listed.fingerprint);
  if (const env::Done written = env::write_file_atomically(files_, path, key.pem().reveal()); !written)
    return failure("{}", written.error().message);
  state::Transaction state(store_);
  state.put(keys::public_key(region, listed.fingerprint), encode(listed));
  // The digest that it signs is a later entry of the same journal, so it need not be waited for.
  if (!state::commit_internal(store_, journal_, state)) return failure("{}: the journal takes no entries; is the disk full?", directory_);
  log::info("made a key to sign digests with", {{"region", region.str()}, {"fingerprint", listed.fingerprint}});
  return SigningKey{key, listed.fingerprint, listed.start, listed.end};
}

}  // namespace cairn::delivery
