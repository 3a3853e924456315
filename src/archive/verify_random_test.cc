// The promise of the verifier, by chance: no single change of a chain goes unnoticed, and no clean chain is blamed.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "archive/chain_maker.h"
#include "archive/verify.h"

namespace cairn::archive {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

#ifdef CAIRN_SANITIZED
constexpr int kChanges = 1'500, kCleanChains = 100;
#else
constexpr int kChanges = 10'500, kCleanChains = 1'000;
#endif

constexpr int kPeriods = 5;
const aws::Region kVirginia{"us-east-1"};

Time at(std::string_view iso) { return *timestamps::parse_iso8601(iso); }

PublicKeys known_keys() {
  PublicKeys keys;
  keys.add(test_key(0).public_der());
  keys.add(test_key(1).public_der());
  return keys;
}

std::string words(const VerifyReport& report) {
  std::string out;
  for (const Finding& finding : report.findings) out += fmt::format("{}: {}: {}\n", name(finding.kind), finding.key, finding.message);
  return out;
}

class Dice {
 public:
  explicit Dice(uint64_t seed) : engine_(seed) {}
  size_t below(size_t n) { return std::uniform_int_distribution<size_t>(0, n - 1)(engine_); }
  bool one_in(size_t n) { return below(n) == 0; }
  template <class T>
  const T& of(const std::vector<T>& all) {
    return all[below(all.size())];
  }

 private:
  std::mt19937_64 engine_;
};

/// Two trails of one account: one in two regions with a backfill digest, one beside it in one directory.
struct World {
  MemoryBucket bucket;
  std::vector<std::vector<std::string>> chains;  // digests, oldest first
  std::vector<std::string> files, digests;

  explicit World(Dice& dice) {
    for (const auto& [name, region] : {std::pair{"main", "us-east-1"}, {"main", "eu-west-3"}, {"second", "eu-west-3"}}) {
      const Place place{.prefix = "p", .account = aws::AccountId("111122223333"), .trail_name = name, .home = kVirginia};
      ChainMaker trail(bucket, place, aws::Region(region), at("2024-02-28T20:17:05Z"));
      auto& chain = chains.emplace_back();
      for (int period = 0; period < kPeriods; ++period) {
        const size_t count = dice.below(4);
        for (size_t i = 0; i < count; ++i) {
          std::string records;
          for (size_t n = dice.below(12); n > 0; --n) records += fmt::format("{{\"eventID\":\"{:016x}\"}},", dice.below(SIZE_MAX));
          files.push_back(trail.file(trail.start() + minutes(15 * i + 1), records + "{}"));
        }
        chain.push_back(trail.digest(trail.start() + hours(1), test_key(period / 2 % 2)));
      }
      if (chains.size() == 1) {
        files.push_back(trail.file(at("2024-02-28T22:40:00Z"), "{\"late\":1}"));
        digests.push_back(trail.backfill(at("2024-02-28T22:17:05Z"), at("2024-02-28T23:17:05Z"), at("2024-02-29T09:00:00Z"), test_key(1)));
      }
      digests.insert(digests.end(), chain.begin(), chain.end());
    }
  }
};

/// Makes one change; says what it was, "" if it came to nothing that a digest could know of.
class Damage {
 public:
  Damage(World& world, Dice& dice) : world_(world), objects_(world.bucket.objects), dice_(dice) {}

  std::string make() {
    switch (dice_.below(12)) {
      case 0:
      case 1:
      case 2:
        return flip_a_bit();
      case 3:
        return truncate();
      case 4:
        return append();
      case 5:
        return swap();
      case 6:
        return remove();
      case 7:
        return edit_metadata();
      case 8:
        return replay();
      case 9:
        return sign_anew();
      case 10:
        return rewrite();
      default:
        return plant();
    }
  }

 private:
  const std::string& any() { return dice_.one_in(2) ? dice_.of(world_.files) : dice_.of(world_.digests); }
  bool is_digest(const std::string& key) const { return key.find("CloudTrail-Digest") != key.npos; }
  bool is_newest(const std::string& key) const {
    return std::ranges::any_of(world_.chains, [&](const auto& chain) { return chain.back() == key; });
  }
  /// Whether the same content comes out: a digest and its hashes are over that.
  static bool same_content(std::string_view a, std::string_view b) {
    const auto left = gunzip(a, 1 << 20), right = gunzip(b, 1 << 20);
    return left && right && *left == *right;
  }
  std::string set_bytes(const std::string& key, std::string bytes, std::string_view what) {
    const std::string before = std::exchange(objects_[key].bytes, std::move(bytes));
    return same_content(before, objects_[key].bytes) ? "" : fmt::format("{} in {}", what, key);
  }

  std::string flip_a_bit() {
    const std::string& key = any();
    std::string bytes = objects_[key].bytes;
    const size_t bit = dice_.below(bytes.size() * 8);
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << bit % 8));
    return set_bytes(key, std::move(bytes), fmt::format("bit {} flipped", bit));
  }
  std::string truncate() {
    const std::string& key = any();
    const std::string& bytes = objects_[key].bytes;
    return set_bytes(key, bytes.substr(0, dice_.below(bytes.size())), "truncated");
  }
  std::string append() {
    const std::string& key = any();
    const std::string more = dice_.one_in(2) ? std::string(1 + dice_.below(20), '\0') : objects_[any()].bytes;
    return set_bytes(key, objects_[key].bytes + more, "something appended");
  }
  std::string swap() {
    const std::string &a = any(), &b = any();
    if (objects_[a].bytes == objects_[b].bytes) return "";
    std::swap(objects_[a], objects_[b]);
    return fmt::format("swapped {} and {}", a, b);
  }
  std::string remove() {
    if (dice_.one_in(2)) {
      const std::string& file = dice_.of(world_.files);
      objects_.erase(file);
      return "deleted " + file;
    }
    // Any run of digests but the newest, whose end leaves no trace.
    const auto& chain = dice_.of(world_.chains);
    const size_t first = dice_.below(chain.size() - 1), count = 1 + dice_.below(chain.size() - 1 - first);
    for (size_t i = first; i < first + count; ++i) objects_.erase(chain[i]);
    return fmt::format("deleted {} digests from {}", count, chain[first]);
  }
  std::string edit_metadata() {
    const std::string& key = dice_.of(world_.digests);
    Metadata& metadata = objects_[key].metadata;
    std::string& signature = metadata["signature"];
    switch (dice_.below(6)) {
      case 0:
        metadata.erase("signature");
        break;
      case 1:
        metadata.erase("signature-algorithm");
        break;
      case 2:
        metadata["signature-algorithm"] = "SHA1withRSA";
        break;
      case 3:
        signature.resize(dice_.below(signature.size()));
        break;
      case 4:
        signature = objects_[dice_.of(world_.digests)].metadata["signature"];
        break;
      default: {
        char& digit = signature[dice_.below(signature.size())];
        digit = digit == '0' ? '1' : '0';
      }
    }
    return metadata == whole_of(key).metadata ? "" : "metadata edited of " + key;
  }
  std::string replay() {
    const auto& chain = dice_.of(world_.chains);
    const size_t old = dice_.below(chain.size()), over = dice_.below(chain.size());
    if (old == over) return "";
    objects_[chain[over]] = objects_[chain[old]];
    return fmt::format("{} replayed over {}", chain[old], chain[over]);
  }
  std::string sign_anew() {
    const std::string& key = dice_.of(world_.digests);
    const size_t by = dice_.below(3);
    // Who holds a private key that is trusted can make a newest digest, or one that stands alone: that is what a signature is.
    const bool alone = is_newest(key) || key.find("_backfill") != key.npos;
    if (by != 2 && alone) return "";
    Digest digest = *parse_digest(*gunzip(objects_[key].bytes, 1 << 20));
    const auto& with = test_key(by);
    digest.fingerprint = dice_.one_in(2) ? digest.fingerprint : fingerprint(with.public_der());
    if (!digest.files.empty() && dice_.one_in(2)) digest.files.pop_back();
    const std::string json = encode(digest);
    objects_[key] = {gzip(json), objects_[key].metadata};
    objects_[key].metadata["signature"] = text::hex(with.sign_sha256(text_to_sign(digest, json)));
    return objects_[key] == whole_of(key) ? "" : fmt::format("{} signed with key {}", key, by);
  }
  std::string rewrite() {
    const std::string& key = any();
    std::string raw = *gunzip(objects_[key].bytes, 1 << 20);
    const size_t where = dice_.below(raw.size());
    if (dice_.one_in(2)) raw.insert(where, 1, ' ');
    else raw[where] = raw[where] == '1' ? '2' : '1';
    return set_bytes(key, gzip(raw), "rewritten");
  }
  std::string plant() {
    // Within the time that digests cover, but for the last quarter of an hour, which may be of files under way.
    const Place place{.prefix = "p", .account = aws::AccountId("111122223333"), .trail_name = "main", .home = kVirginia};
    const Time time = at("2024-02-28T20:18:00Z") + minutes(dice_.below(kPeriods * 60 - 20));
    const std::string key = log_file_key(place, aws::Region(dice_.one_in(2) ? "us-east-1" : "eu-west-3"), time, "plantedABCDEFGHI");
    if (dice_.one_in(2)) {
      const std::string& file = dice_.of(world_.files);
      objects_[key] = objects_[file];
      objects_.erase(file);
      return "renamed to " + key;
    }
    objects_[key] = objects_[dice_.of(world_.files)];
    return "planted " + key;
  }
  const Object& whole_of(const std::string& key) const { return whole_.at(key); }

  World& world_;
  std::map<std::string, Object>& objects_;
  const std::map<std::string, Object> whole_ = world_.bucket.objects;
  Dice& dice_;
};

TEST(VerifyRandom, EverySingleChangeIsReported) {
  Dice dice(20'260'102);
  World world(dice);
  const auto whole = world.bucket.objects;
  const auto keys = [known = known_keys()](const aws::Region&) { return known; };
  const auto clean = verify({.bucket = "trails", .prefix = "p"}, world.bucket, keys, {});
  ASSERT_TRUE(clean && clean->findings.empty() && clean->chains.size() == 3) << words(*clean);
  Damage damage(world, dice);
  const VerifyRequest request{.bucket = "trails", .prefix = "p"};
  int changed = 0, nothing = 0;
  while (changed < kChanges) {
    const std::string what = damage.make();
    const auto report = verify(request, world.bucket, keys, {});
    ASSERT_TRUE(report) << report.error().message;
    if (what.empty()) {
      // The same content, spelt otherwise: that is not called damage.
      ++nothing;
      if (report->faults() > 0) {
        for (const Finding& finding : report->findings) ASSERT_EQ(finding.kind, Kind::kDigestSignature) << words(*report);
      }
    } else {
      ++changed;
      ASSERT_GT(report->faults(), 0u) << what;
    }
    world.bucket.objects = whole;
  }
  EXPECT_LT(nothing, changed / 5);
}

TEST(VerifyRandom, CleanChainsAreFoundClean) {
  const auto keys = [known = known_keys()](const aws::Region&) { return known; };
  const std::vector<std::string> moments = {"2023-12-31T22:59:59Z", "2024-02-28T23:30:00Z", "2024-02-29T00:00:00Z", "2024-12-31T23:00:01Z",
                                            "2025-02-28T21:00:00Z", "2026-01-01T00:00:00Z", "2026-06-30T23:59:58Z", "2100-02-28T23:00:00Z"};
  const std::vector<seconds> periods = {seconds(1), seconds(10), seconds(60), seconds(900), seconds(3600)};
  for (int round = 0; round < kCleanChains; ++round) {
    Dice dice(static_cast<uint64_t>(round));
    const Place place{.prefix = dice.one_in(2) ? "" : "a/b",
                      .organization = dice.one_in(4) ? "o-exampleorgid" : "",
                      .account = aws::AccountId("111122223333"),
                      .trail_name = dice.of(std::vector<std::string>{"main", "a_b.c-d", "us-east-1_us-east-1"}),
                      .home = kVirginia};
    const seconds period = dice.of(periods);
    MemoryBucket bucket;
    bucket.keeps_metadata = !dice.one_in(3);
    ChainMaker trail(bucket, place, aws::Region("eu-west-3"), at(dice.of(moments)) + seconds(dice.below(3)));
    size_t key = 0, files = 0, restarts = 0, unproven = 0;  // unproven: named by an unsigned word only
    // Of a chain without metadata the last digest stands unsigned; one that has no other, or follows on such a one, proves nothing.
    const bool is_signed = bucket.keeps_metadata;
    const size_t count = (is_signed ? 1 : 2) + dice.below(8);
    size_t of_chain = 0;
    for (size_t i = 0; i < count; ++i) {
      // A long period now and then: the server was off.
      const Time end = trail.start() + (dice.one_in(10) ? 30 * period : period);
      const size_t before = files;
      for (size_t n = dice.below(3); n > 0; --n, ++files) {
        // Named at any time of the period, or before it: its delivery took a while.
        const auto length = std::chrono::floor<seconds>(end - trail.start()).count();
        trail.file(trail.start() + seconds(dice.below(static_cast<size_t>(length))) - seconds(dice.one_in(5) ? dice.below(600) : 0), "{}");
      }
      if (dice.one_in(2)) key = 1 - key;  // as awkward as can be
      trail.digest(end, test_key(key));
      ++of_chain;
      const bool restarts_now = dice.one_in(8) && (is_signed ? i + 1 < count : i + 2 < count && of_chain >= 2);
      if (!is_signed && (restarts_now || i + 1 == count)) unproven += files - before;
      if (restarts_now) {
        of_chain = 0;
        trail.restart(end + seconds(dice.below(200'000)));
        ++restarts;
      }
    }
    const auto report = verify({.bucket = "trails", .prefix = place.prefix, .threads = 1 + dice.below(2)}, bucket, keys, {});
    ASSERT_TRUE(report) << report.error().message;
    ASSERT_EQ(report->faults(), 0u) << round << "\n" << words(*report);
    ASSERT_EQ(report->chains.size(), 1u);
    EXPECT_EQ(report->chains[0].files, files) << round;
    EXPECT_EQ(report->chains[0].files_valid, files - unproven) << round;
    EXPECT_EQ(report->pending, 0u) << round;
    EXPECT_EQ(report->uncovered, 0u) << round;
    EXPECT_EQ(report->counts[static_cast<size_t>(Kind::kChainRestarted)], restarts) << round;
  }
}

}  // namespace
}  // namespace cairn::archive
