#include "delivery/digests.h"

#include "base/crypto.h"
#include "base/text.h"

namespace cairn::delivery {

using namespace std::chrono_literals;

archive::Place place_of(const Trail& trail) {
  return {.prefix = trail.prefix, .organization = "", .account = trail.account, .trail_name = trail.name, .home = trail.home};
}

std::optional<Time> period_end(Time start, Time now, std::chrono::milliseconds interval, std::chrono::nanoseconds rested) {
  if (now >= start + interval) return start + interval * ((now - start) / interval);
  if (now < start && rested >= interval) return start + 1s;
  return std::nullopt;
}

MadeDigest make_digest(const Trail& trail, const Chain& chain, Time end, const std::vector<CutFile>& files, const SigningKey& key) {
  MadeDigest made;
  archive::Digest& digest = made.digest;
  digest.account = trail.account;
  digest.start = chain.start;
  digest.end = end;
  digest.bucket = trail.bucket;
  digest.key = archive::digest_key(place_of(trail), chain.region, end);
  digest.fingerprint = key.fingerprint;
  digest.previous = chain.previous;
  for (const CutFile& file : files) digest.files.push_back({file.bucket, file.key, file.sha256, file.oldest, file.newest});
  made.json = archive::encode(digest);
  made.signature = text::hex(key.key.sign_sha256(archive::text_to_sign(digest, made.json)));
  return made;
}

Chain next_chain(const Chain& chain, const MadeDigest& made) {
  return {chain.region, made.digest.end,
          archive::Digest::Previous{made.digest.bucket, made.digest.key, text::hex(crypto::sha256(made.json)), made.signature}};
}

}  // namespace cairn::delivery
