#include "archive/verify.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "archive/chain_maker.h"

namespace cairn::archive {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

const aws::Region kVirginia{"us-east-1"}, kParis{"eu-west-3"};

Time at(std::string_view iso) { return *timestamps::parse_iso8601(iso); }
Place place(std::string name = "main") {
  return {.prefix = "audit", .account = aws::AccountId("111122223333"), .trail_name = std::move(name), .home = kVirginia};
}

PublicKeys known_keys() {
  PublicKeys keys;
  keys.add(test_key(0).public_der());
  keys.add(test_key(1).public_der());
  return keys;  // test_key(2) is somebody else's
}

VerifyReport verified(MemoryBucket& bucket, VerifyRequest request = {}) {
  static const PublicKeys keys = known_keys();
  request.bucket = "trails";
  if (request.prefix.empty()) request.prefix = "audit";
  auto report = verify(request, bucket, [](const aws::Region&) { return keys; }, {});
  EXPECT_TRUE(report) << report.error().message;
  return std::move(*report);
}

/// Findings as "kind key's last part".
std::vector<std::string> kinds(const VerifyReport& report) {
  std::vector<std::string> out;
  for (const Finding& finding : report.findings) out.emplace_back(name(finding.kind));
  return out;
}
using Kinds = std::vector<std::string>;

/// Eight hours of a trail: two files an hour, the sixth hour idle. The key is rotated after the fourth.
class Verify : public testing::Test {
 protected:
  Verify() {
    ChainMaker trail(bucket, place(), kParis, at("2026-01-02T10:00:31Z"));
    for (int hour = 0; hour < 8; ++hour) {
      const Time end = trail.start() + hours(1);
      if (hour != 5) {
        for (int i = 0; i < 2; ++i)
          files.push_back(trail.file(trail.start() + minutes(20 * i + 5), fmt::format("{{\"hour\":{},\"i\":{}}}", hour, i)));
      }
      digests.push_back(trail.digest(end, test_key(hour < 4 ? 0 : 1)));
    }
  }
  void erase(const std::string& key) { ASSERT_EQ(bucket.objects.erase(key), 1u) << key; }
  void rewrite(const std::string& key, std::string_view from, std::string_view to) {
    std::string raw = *gunzip(bucket.objects.at(key).bytes, 1 << 20);
    ASSERT_NE(raw.find(from), raw.npos) << raw;
    bucket.objects.at(key).bytes = gzip(raw.replace(raw.find(from), from.size(), to));
  }
  /// Signs a digest as it is now, by some key.
  void sign(const std::string& key, const crypto::RsaKey& with) {
    Digest digest = *parse_digest(*gunzip(bucket.objects.at(key).bytes, 1 << 20));
    digest.fingerprint = fingerprint(with.public_der());
    const std::string json = encode(digest);
    bucket.objects.at(key).bytes = gzip(json);
    bucket.objects.at(key).metadata["signature"] = text::hex(with.sign_sha256(text_to_sign(digest, json)));
  }

  MemoryBucket bucket;
  std::vector<std::string> digests, files;
};

TEST_F(Verify, CleanChain) {
  const VerifyReport report = verified(bucket);
  EXPECT_EQ(kinds(report), Kinds{});
  EXPECT_EQ(report.faults(), 0u);
  ASSERT_EQ(report.chains.size(), 1u);
  const VerifiedChain& chain = report.chains[0];
  EXPECT_EQ(chain.trail_name, "main");
  EXPECT_EQ(chain.region, kParis);
  EXPECT_EQ(chain.home, kVirginia);
  EXPECT_EQ(chain.digests, 8u);
  EXPECT_EQ(chain.digests_valid, 8u);
  EXPECT_EQ(chain.files, 14u);
  EXPECT_EQ(chain.files_valid, 14u);
  EXPECT_EQ(chain.proven_from, at("2026-01-02T10:00:31Z"));
  EXPECT_EQ(chain.proven_until, at("2026-01-02T18:00:31Z"));
  EXPECT_GT(report.raw_bytes, 300u);
}

TEST_F(Verify, ManyThreadsFindTheSame) {
  erase(files[3]);
  EXPECT_EQ(kinds(verified(bucket, {.threads = 4})), Kinds{"log-deleted"});
}

TEST_F(Verify, DeletedDigests) {
  const auto whole = bucket.objects;
  erase(digests[3]);
  VerifyReport report = verified(bucket);
  EXPECT_EQ(kinds(report), Kinds{"digest-deleted"});
  EXPECT_EQ(report.findings[0].key, digests[3]);
  EXPECT_EQ(report.findings[0].message,
            "the digest has been deleted: the one after it names it; nothing covers 2026-01-02T13:00:31Z to 2026-01-02T14:00:31Z");
  EXPECT_EQ(report.uncovered, 2u);
  EXPECT_EQ(report.chains[0].digests_valid, 7u);

  // Two in a row, which validate-logs (aws-cli issue 7054) takes for one, and more.
  erase(digests[2]);
  report = verified(bucket);
  EXPECT_EQ(kinds(report), Kinds{"digest-deleted"});
  EXPECT_TRUE(report.findings[0].message.ends_with(
      "nothing covers 2026-01-02T12:00:31Z to 2026-01-02T14:00:31Z (about 2 digests of 1h are missing)"))
      << report.findings[0].message;
  for (int i : {1, 0}) erase(digests[i]);
  report = verified(bucket);
  EXPECT_EQ(kinds(report), Kinds{"digest-deleted"});
  EXPECT_EQ(report.findings[0].message,
            "the digest has been deleted: the one after it names it; nothing covers the time before 2026-01-02T14:00:31Z");
  EXPECT_EQ(report.uncovered, 8u);

  // The newest leaves no trace, which is why the proof's end is said.
  bucket.objects = whole;
  erase(digests[7]);
  report = verified(bucket);
  EXPECT_EQ(kinds(report), Kinds{});
  EXPECT_EQ(report.pending, 2u);
  EXPECT_EQ(report.chains[0].proven_until, at("2026-01-02T17:00:31Z"));
  EXPECT_EQ(kinds(verified(bucket, {.end = at("2026-01-02T18:00:00Z"), .reach = VerifyRequest::Reach::kEnd})), Kinds{"not-reached"});
  EXPECT_EQ(kinds(verified(bucket, {.end = at("2026-01-02T17:00:00Z"), .reach = VerifyRequest::Reach::kEnd})), Kinds{});
}

TEST_F(Verify, AllDigestsOfARegionDeleted) {
  for (const std::string& digest : digests) erase(digest);
  ChainMaker(bucket, place(), kVirginia, at("2026-01-02T10:00:31Z")).digest(at("2026-01-02T11:00:31Z"), test_key(0));
  EXPECT_EQ(kinds(verified(bucket)), Kinds{"no-digests"});
}

TEST_F(Verify, ChangedDigest) {
  rewrite(digests[3], "2026-01-02T13:00:31Z", "2026-01-02T13:00:32Z");
  VerifyReport report = verified(bucket);
  EXPECT_EQ(kinds(report), Kinds{"digest-changed"});
  EXPECT_EQ(report.findings[0].key, digests[3]);
  // The newest has only its signature.
  rewrite(digests[7], "2026-01-02T17:00:31Z", "2026-01-02T17:00:32Z");
  report = verified(bucket);
  EXPECT_EQ(kinds(report), (Kinds{"digest-changed", "digest-signature"}));
}

/// A digest that was only moved still has a signature that fits: what it says of its own place is no proof that it was.
TEST_F(Verify, ADigestWhoseOwnNameWasChangedIsChangedNotMoved) {
  rewrite(digests[3], "_main_", "_mine_");
  EXPECT_EQ(kinds(verified(bucket)), Kinds{"digest-changed"});
}

TEST_F(Verify, DamagedDigest) {
  bucket.objects[digests[2]].bytes.resize(100);
  bucket.objects[digests[4]].bytes = gzip("{}");
  EXPECT_EQ(kinds(verified(bucket)), (Kinds{"digest-damaged", "digest-damaged"}));
}

TEST_F(Verify, Signatures) {
  const auto whole = bucket.objects;
  bucket.objects[digests[2]].metadata["signature"] = bucket.objects[digests[1]].metadata["signature"];
  bucket.objects[digests[4]].metadata.erase("signature");
  bucket.objects[digests[6]].metadata["signature-algorithm"] = "none";
  VerifyReport report = verified(bucket);
  EXPECT_EQ(kinds(report), (Kinds{"digest-signature", "digest-signature", "digest-signature"}));
  EXPECT_TRUE(report.findings[0].message.ends_with("its content is as the next digest says")) << report.findings[0].message;
  EXPECT_EQ(report.chains[0].files_valid, 14u);  // the content of all is proven

  bucket.objects = whole;
  sign(digests[2], test_key(2));
  report = verified(bucket);
  EXPECT_EQ(kinds(report), Kinds{"digest-key"});

  // Somebody with a key that is known: only the next digest tells.
  bucket.objects = whole;
  sign(digests[2], test_key(1));
  EXPECT_EQ(kinds(verified(bucket)), Kinds{"digest-resigned"});

  // A fingerprint that lies.
  bucket.objects = whole;
  rewrite(digests[7], fingerprint(test_key(1).public_der()), fingerprint(test_key(0).public_der()));
  EXPECT_EQ(kinds(verified(bucket)), Kinds{"digest-signature"});
}

TEST_F(Verify, MovedAndReplayed) {
  const auto whole = bucket.objects;
  bucket.objects[digests[5]] = bucket.objects[digests[4]];
  VerifyReport report = verified(bucket);
  EXPECT_EQ(kinds(report), Kinds{"digest-replayed"});
  EXPECT_EQ(report.findings[0].key, digests[5]);

  bucket.objects = whole;
  bucket.objects["audit/" + bucket.objects.begin()->first] = {};  // in no region
  std::string elsewhere = digests[5];
  elsewhere.replace(elsewhere.find("_main_"), 6, "_mine_");
  bucket.objects[elsewhere] = bucket.objects[digests[5]];
  report = verified(bucket);
  EXPECT_EQ(kinds(report), Kinds{"digest-moved"});
  EXPECT_EQ(report.findings[0].key, elsewhere);
}

TEST_F(Verify, LogFiles) {
  erase(files[0]);
  rewrite(files[1], "1", "2");
  bucket.objects[files[2]].bytes = R"({"Records":[]})";
  bucket.objects[files[3]].bytes += bucket.objects[files[3]].bytes;
  bucket.objects[files[4]].bytes.pop_back();
  VerifyReport report = verified(bucket);
  EXPECT_EQ(kinds(report), (Kinds{"log-deleted", "log-changed", "log-damaged", "log-damaged", "log-damaged"}));
  EXPECT_EQ(report.chains[0].files_valid, 9u);
  EXPECT_EQ(report.findings[3].message, "the log file is no valid gzip file: bytes follow the end of the compressed data");
}

TEST_F(Verify, CompressedAnewIsUnchanged) {
  const std::string raw = *gunzip(bucket.objects[files[1]].bytes, 1 << 20);
  std::string stored("\x1f\x8b\x08\0\0\0\0\0\0\xff\x01", 11);  // one stored block
  stored += {static_cast<char>(raw.size()), 0, static_cast<char>(~raw.size()), '\xff'};
  const std::string crc = crypto::digest(crypto::Algorithm::kCrc32, raw);
  stored += raw + std::string(crc.rbegin(), crc.rend()) + std::string{static_cast<char>(raw.size()), 0, 0, 0};
  ASSERT_EQ(*gunzip(stored, 1000), raw);
  bucket.objects[files[1]].bytes = stored;
  EXPECT_EQ(kinds(verified(bucket)), Kinds{});
}

TEST_F(Verify, FilesThatNoDigestNames) {
  const std::string planted = log_file_key(place(), kParis, at("2026-01-02T13:10:00Z"), "ZZZZZZZZZZZZZZZZ");
  bucket.objects[planted] = {gzip(R"({"Records":[]})"), {}};
  VerifyReport report = verified(bucket);
  EXPECT_EQ(kinds(report), Kinds{"log-unreferenced"});
  EXPECT_EQ(report.findings[0].key, planted);
  erase(planted);

  // Newer than the last digest, and older than the first.
  bucket.objects[log_file_key(place(), kParis, at("2026-01-02T18:00:00Z"), "ZZZZZZZZZZZZZZZZ")] = {};
  bucket.objects[log_file_key(place(), kParis, at("2026-01-04T13:10:00Z"), "ZZZZZZZZZZZZZZZZ")] = {};
  bucket.objects[log_file_key(place(), kParis, at("2026-01-02T09:59:00Z"), "ZZZZZZZZZZZZZZZZ")] = {};
  report = verified(bucket);
  EXPECT_EQ(kinds(report), Kinds{});
  EXPECT_EQ(report.pending, 2u);
  EXPECT_EQ(report.uncovered, 1u);
  // No delivery is of a time that is still to come.
  report = verified(bucket, {.now = at("2026-01-02T18:00:00Z")});
  EXPECT_EQ(kinds(report), Kinds{"log-unreferenced"});
  EXPECT_EQ(report.pending, 1u);
  bucket.objects.erase(log_file_key(place(), kParis, at("2026-01-04T13:10:00Z"), "ZZZZZZZZZZZZZZZZ"));

  bucket.objects[log_file_prefix(place(), kParis) + "notes.txt"] = {};
  bucket.objects[digest_prefix(place(), kParis) + "2026/01/02/notes.txt"] = {};
  bucket.objects[log_file_prefix(place(), kParis)] = {};  // as consoles make
  EXPECT_EQ(kinds(verified(bucket)), (Kinds{"log-unreferenced", "log-unreferenced"}));
}

// Whoever writes into the bucket chooses bytes and names.
TEST_F(Verify, HostileObjects) {
  bucket.objects[digests[1]].bytes = gzip(std::string(100 << 20, '{'));  // a bomb, 1/1000
  bucket.objects[digests[3]].bytes = gzip(std::string(10'000, '['));
  bucket.objects[digests[5]].bytes = "";
  std::string far = digests[7];
  far.replace(far.find("2026/01/02"), 10, "9999/12/31").replace(far.find("20260102"), 8, "99991231");
  bucket.objects[far] = bucket.objects[digests[7]];
  bucket.objects["audit/AWSLogs/\xff/\x01"] = {};
  bucket.objects["audit/AWSLogs/111122223333/CloudTrail-Digest/mars/x"] = {};
  EXPECT_EQ(kinds(verified(bucket)), (Kinds{"digest-damaged", "digest-damaged", "digest-damaged", "digest-replayed"}));
}

TEST_F(Verify, ASourceThatTurnsInCirclesIsLeft) {
  class Circle : public MemoryBucket {
   public:
    Result<std::vector<std::string>> list(const std::string& b, const std::string& prefix, const std::string&, size_t limit) override {
      return MemoryBucket::list(b, prefix, "", limit);
    }
  } circle;
  circle.objects = bucket.objects;
  EXPECT_FALSE(verify({.bucket = "trails", .prefix = "audit"}, circle, [](const aws::Region&) { return known_keys(); }, {}));
}

TEST_F(Verify, WithoutKeysThereIsNoReport) {
  const auto report = verify({.bucket = "trails", .prefix = "audit"}, bucket,
                             [](const aws::Region&) -> Result<PublicKeys> { return failure("no answer"); }, {});
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().message, "no answer");
}

TEST_F(Verify, TimeRange) {
  erase(files[0]);   // of the first hour
  erase(files[13]);  // of the last
  VerifyReport report = verified(bucket, {.start = at("2026-01-02T11:00:31Z"), .end = at("2026-01-02T16:30:00Z")});
  EXPECT_EQ(kinds(report), Kinds{});
  EXPECT_EQ(report.chains[0].digests, 6u);
  EXPECT_EQ(report.chains[0].proven_until, at("2026-01-02T17:00:31Z"));
  EXPECT_EQ(kinds(verified(bucket, {.start = at("2026-01-02T11:00:30Z")})), (Kinds{"log-deleted", "log-deleted"}));
  erase(digests[1]);
  EXPECT_EQ(kinds(verified(bucket, {.start = at("2026-01-02T11:30:00Z"), .end = at("2026-01-02T16:30:00Z")})), Kinds{"digest-deleted"});
  EXPECT_EQ(kinds(verified(bucket, {.start = at("2026-01-02T12:30:00Z"), .end = at("2026-01-02T16:30:00Z")})), Kinds{});
  report = verified(bucket, {.start = at("2026-01-09T00:00:00Z")});
  EXPECT_EQ(kinds(report), Kinds{});
  EXPECT_TRUE(report.chains.empty());
}

TEST_F(Verify, TheDigestBehindTheRangeSpeaksOfTheLastInIt) {
  sign(digests[4], test_key(0));
  EXPECT_EQ(kinds(verified(bucket, {.end = at("2026-01-02T15:00:00Z")})), Kinds{"digest-resigned"});
}

// `aws s3 sync` loses metadata: each digest's signature then stands in the next one.
TEST_F(Verify, CopyWithoutMetadata) {
  bucket.keeps_metadata = false;
  VerifyReport report = verified(bucket);
  EXPECT_EQ(kinds(report), Kinds{"end-unsigned"});
  EXPECT_EQ(report.faults(), 0u);
  EXPECT_EQ(report.chains[0].digests_valid, 7u);
  EXPECT_EQ(report.chains[0].proven_until, at("2026-01-02T17:00:31Z"));
  EXPECT_EQ(report.chains[0].files, 14u);
  EXPECT_EQ(report.chains[0].files_valid, 12u) << "two are named by an unsigned word only";
  rewrite(digests[6], "2026-01-02T16:00:31Z", "2026-01-02T16:00:32Z");
  EXPECT_EQ(kinds(verified(bucket)), (Kinds{"digest-changed", "end-unsigned"}));
}

/// Anybody can write digests without signatures, and files to go with them: they are no proof, whatever they say of each other.
TEST_F(Verify, ForgedCopyWithoutSignatures) {
  bucket.keeps_metadata = false;
  for (const std::string& key : digests) {
    Digest digest = *parse_digest(*gunzip(bucket.objects.at(key).bytes, 1 << 20));
    digest.previous.reset();
    bucket.objects.at(key).bytes = gzip(encode(digest));
  }
  const VerifyReport report = verified(bucket);
  EXPECT_GE(report.faults(), digests.size() - 1);
  ASSERT_EQ(report.chains.size(), 1u);
  EXPECT_EQ(report.chains[0].digests_valid, 0u);
  EXPECT_FALSE(report.chains[0].proven_until);
}

TEST_F(Verify, OneDigestWithoutSignatureProvesNothing) {
  bucket.keeps_metadata = false;
  for (size_t i = 1; i < digests.size(); ++i) bucket.objects.erase(digests[i]);
  EXPECT_GT(verified(bucket).faults(), 0u);
}

/// A forged file under the key of one that lies in another bucket is not named by that one's digest.
TEST_F(Verify, AFileOfAnotherBucketNamesNoneOfThisOne) {
  Digest digest = *parse_digest(*gunzip(bucket.objects.at(digests.back()).bytes, 1 << 20));
  const std::string twin = digest.files.at(0).key;
  digest.files.at(0).bucket = "elsewhere";
  bucket.objects.at(digests.back()).bytes = gzip(encode(digest));
  sign(digests.back(), test_key(1));
  const VerifyReport report = verified(bucket);
  EXPECT_TRUE(std::ranges::any_of(report.findings,
                                  [&](const Finding& finding) { return finding.kind == Kind::kLogUnreferenced && finding.key == twin; }));
}

TEST_F(Verify, TwoTrailsInOneDirectory) {
  ChainMaker other(bucket, place("other"), kParis, at("2026-01-02T12:10:00Z"));
  const std::string file = other.file(at("2026-01-02T12:30:00Z"), "{}");
  other.digest(at("2026-01-02T13:10:00Z"), test_key(0));
  VerifyReport report = verified(bucket);
  EXPECT_EQ(kinds(report), Kinds{});
  EXPECT_EQ(report.chains.size(), 2u);
  report = verified(bucket, {.trail_name = "main"});
  EXPECT_EQ(kinds(report), Kinds{});
  EXPECT_EQ(report.chains.size(), 1u);
  erase(file);
  EXPECT_EQ(kinds(verified(bucket, {.trail_name = "main"})), Kinds{});
  EXPECT_EQ(kinds(verified(bucket, {.trail_name = "other"})), Kinds{"log-deleted"});
}

TEST(VerifyTimes, RestartsGapsAndStepsBack) {
  MemoryBucket bucket;
  ChainMaker trail(bucket, place(), kParis, at("2026-01-02T10:00:00Z"));
  trail.digest(at("2026-01-02T11:00:00Z"), test_key(0));
  trail.restart(at("2026-01-02T15:00:00Z"));
  trail.digest(at("2026-01-02T16:00:00Z"), test_key(0));
  VerifyReport report = verified(bucket);
  EXPECT_EQ(kinds(report), Kinds{"chain-restarted"});
  EXPECT_EQ(report.faults(), 0u);
  EXPECT_EQ(report.findings[0].message,
            "the chain begins anew, as when logging or validation was off for a while; nothing covers 2026-01-02T11:00:00Z to "
            "2026-01-02T15:00:00Z");

  MemoryBucket at_once;
  ChainMaker quick(at_once, place(), kParis, at("2026-01-02T10:00:00Z"));
  quick.digest(at("2026-01-02T11:00:00Z"), test_key(0));
  quick.restart(at("2026-01-02T11:00:00Z"));
  quick.digest(at("2026-01-02T12:00:00Z"), test_key(0));
  report = verified(at_once);
  EXPECT_EQ(kinds(report), Kinds{"chain-restarted"});
  EXPECT_EQ(report.findings[0].message, "the chain begins anew, as when logging or validation was off for a while");

  // A writer that leaves out an hour, and one whose clock went back.
  MemoryBucket gap;
  ChainMaker lazy(gap, place(), kParis, at("2026-01-02T10:00:00Z"));
  lazy.digest(at("2026-01-02T11:00:00Z"), test_key(0));
  gap.objects.erase(lazy.digest(at("2026-01-02T12:00:00Z"), test_key(0)));
  EXPECT_EQ(kinds(verified(gap)), Kinds{});
  lazy.digest(at("2026-01-02T13:00:00Z"), test_key(0));
  EXPECT_EQ(kinds(verified(gap)), Kinds{"digest-deleted"});
}

TEST(VerifyTimes, BackfillDigests) {
  MemoryBucket bucket;
  ChainMaker trail(bucket, place(), kParis, at("2026-01-02T10:00:00Z"));
  for (int hour = 11; hour < 15; ++hour) trail.digest(at(fmt::format("2026-01-02T{}:00:00Z", hour)), test_key(0));
  const std::string late = trail.file(at("2026-01-02T10:40:00Z"), "{}");
  const std::string first = trail.backfill(at("2026-01-02T10:00:00Z"), at("2026-01-02T11:00:00Z"), at("2026-01-02T13:30:00Z"), test_key(1));
  const std::string later = trail.file(at("2026-01-02T11:40:00Z"), "{}");
  trail.backfill(at("2026-01-02T11:00:00Z"), at("2026-01-02T12:00:00Z"), at("2026-01-02T13:30:00Z"), test_key(1));
  VerifyReport report = verified(bucket);
  EXPECT_EQ(kinds(report), Kinds{});
  EXPECT_EQ(report.chains[0].files_valid, 2u);
  EXPECT_EQ(report.chains[0].digests, 6u);

  bucket.objects[late].bytes += '\0';
  EXPECT_EQ(kinds(verified(bucket)), Kinds{"log-damaged"});
  bucket.objects.erase(first);
  EXPECT_EQ(kinds(verified(bucket)), (Kinds{"digest-deleted", "log-unreferenced"}));
}

}  // namespace
}  // namespace cairn::archive
