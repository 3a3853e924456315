#pragma once
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "archive/digest_file.h"
#include "archive/log_file.h"
#include "archive/object_names.h"
#include "base/crypto.h"
#include "base/text.h"
#include "delivery/delivery.h"
#include "delivery/public_key.h"
#include "state/sim/machine.h"

namespace cairn::delivery {

inline const aws::AccountId kAccount{"111122223333"};

/// No service answers here: trails of this world have no log groups.
class NoServices final : public api::Client {
 public:
  void call(Request, Done done) override { done(http::Response{.status = 501}); }
};

/// Buckets that outlive the machine, and fail as they are told.
class SimBuckets final : public Destination {
 public:
  struct Object {
    std::string bytes;
    std::map<std::string, std::string> metadata;
    int puts = 0;
  };
  using Bucket = std::map<std::string, Object>;

  explicit SimBuckets(env::SimRandom& random) : random_(random) {}

  void check(const std::string&, const aws::AccountId&, const std::string& bucket, Done done) override {
    ++checks;
    answer(bucket, std::move(done));
  }
  void put(Put put, Done done) override {
    if (!put.key.starts_with(only_below)) return done(tl::unexpected(PutFailure{"AccessDenied", "not there"}));
    const bool arrives = refusal.empty() && buckets.contains(put.bucket);
    if (arrives) {
      Object& object = buckets[put.bucket][put.key];
      const std::map<std::string, std::string> metadata(put.metadata.begin(), put.metadata.end());
      const bool is_identical = object.puts == 0 || (object.bytes == *put.bytes && object.metadata == metadata);
      EXPECT_TRUE(is_identical) << put.key;
      object.bytes = *put.bytes;
      object.metadata = metadata;
      ++object.puts;
      order.push_back(put.key);
      // It is there, but nobody hears of it.
      if (lost_answers > 0 && random_.one_in(lost_answers)) return done(tl::unexpected(PutFailure{"ConnectionFailure", "no answer"}));
    }
    answer(put.bucket, std::move(done));
  }
  void answer(const std::string& bucket, Done done) {
    Result<void, PutFailure> result;
    if (!refusal.empty()) result = tl::unexpected(PutFailure{refusal, "refused"});
    else if (!buckets.contains(bucket)) result = tl::unexpected(PutFailure{"NoSuchBucket", "The specified bucket does not exist"});
    if (held) waiting.emplace_back(std::move(done), std::move(result));
    else done(std::move(result));
  }
  void let_go() {
    held = false;
    for (auto& [done, result] : std::exchange(waiting, {})) done(std::move(result));
  }

  std::map<std::string, Bucket> buckets{{"logs", {}}};
  std::vector<std::string> order;  // keys as they were put
  std::string refusal;             // S3's code; "": it works
  std::string only_below;          // keys that the policy allows
  uint64_t lost_answers = 0;       // one in so many
  bool held = false;               // answers wait
  int checks = 0;

 private:
  env::SimRandom& random_;
  std::vector<std::pair<Done, Result<void, PutFailure>>> waiting;
};

/// A simulated machine with a journal, deliveries, and buckets elsewhere.
class World : public state::SimMachine {
 public:
  explicit World(uint64_t seed = 1) : state::SimMachine(seed, 64 << 10), buckets(random) {
    options.interval = std::chrono::seconds(60);
    options.skipped_bytes = 32 << 10;
    start();
  }
  ~World() { halt(); }

  void start() {
    boot();
    blobs = blob::open_directory(files, random, "/data/objects").value();
    static const crypto::RsaKey kKeys[] = {crypto::RsaKey::generate(), crypto::RsaKey::generate(), crypto::RsaKey::generate()};
    signing_keys = std::make_unique<SigningKeys>(files, *store, *journal, "/data/keys", [this] { return kKeys[keys_made++ % 3]; });
    means =
        std::make_unique<Means>(Means{files, clock, random, *store, *journal, *blobs, buckets, *signing_keys, counters, "/data", options});
    const LogGroupDelivery::Means log_means{
        .clock = clock, .store = *store, .journal = *journal, .client = no_services, .counters = log_counters};
    delivery = std::make_unique<Delivery>(*means, log_means, *tasks, journal->durable());
    feed = std::make_unique<journal::Feed>(*journal, *tasks, *delivery);
    tasks->run_until_idle();
  }

  void halt() {
    feed.reset();
    if (delivery) delivery->stop();
    drain();
    delivery.reset();
    take_down();
  }
  void restart() {
    halt();
    start();
  }
  /// The power goes.
  void crash() {
    cut_power();
    feed.reset();
    delivery.reset();
    take_down();
    restore_power();
    start();
  }

  // ------------------------------------------------------------------ what calls would do

  /// An event with its change, if any; its id. Recorded for good when it returns.
  std::string record(const std::string& name, const std::string& region = "us-east-1", const std::string& invoked_by = "",
                     std::optional<journal::Change> change = std::nullopt, const std::string& account = kAccount.str()) {
    const std::string id = random.uuid();
    Json event = {
        {"eventVersion", "1.11"},
        {"userIdentity", invoked_by.empty() ? Json{{"type", "IAMUser"}} : Json{{"type", "AWSService"}, {"invokedBy", invoked_by}}},
        {"eventTime", timestamps::iso8601(clock.now())},
        {"eventSource", name.starts_with("User") ? "iam.amazonaws.com" : "s3.amazonaws.com"},
        {"eventName", name},
        {"awsRegion", region},
        {"eventID", id},
        {"readOnly", false},
        {"eventType", "AwsApiCall"},
        {"managementEvent", true},
        {"recipientAccountId", account},
        {"eventCategory", "Management"}};
    const std::string records[] = {json::dump(event)};
    state::Transaction state(*store);
    if (change) {
      if (change->value) state.put(change->key, *change->value);
      else state.erase(change->key);
    }
    const auto append = [&](std::span<const journal::Change> changes) {
      return journal->append(journal::encode_entry(records, changes), nullptr);
    };
    if (change) EXPECT_TRUE(store->commit(state, append).has_value());
    else append({});
    return id;
  }

  void create(Trail& trail) {
    trail.account = kAccount;
    trail.id = random.letters(16, "abcdefghijklmnopqrstuvwxyz");
    if (trail.home.empty()) trail.home = aws::Region("us-east-1");
    if (trail.name.empty()) trail.name = "first";
    if (trail.bucket.empty()) trail.bucket = "logs";
    commit([&](state::Transaction& state) { put_new(state, trail); });
    settle();
  }
  std::string change(const Trail& trail, const std::string& name) {
    return record(name, trail.home.str(), "", journal::Change{keys::trail(trail.account, trail.home, trail.name), encode(trail)});
  }
  std::string start_logging(Trail& trail) {
    trail.logging = true;
    trail.started = clock.now();
    return change(trail, "StartLogging");
  }
  std::string stop_logging(Trail& trail) {
    trail.logging = false;
    trail.stopped = clock.now();
    return change(trail, "StopLogging");
  }
  std::string remove(const Trail& trail) {
    return record("DeleteTrail", trail.home.str(), "", journal::Change{keys::trail(trail.account, trail.home, trail.name), std::nullopt});
  }

  // ------------------------------------------------------------------ what is in the buckets

  std::string text_of(const std::string& bucket, const std::string& key) {
    Result<std::string> text = archive::gunzip(buckets.buckets.at(bucket).at(key).bytes, 1 << 30);
    EXPECT_TRUE(text) << key;
    return text.value_or("{}");
  }
  std::vector<std::string> log_files(const std::string& bucket = "logs") {
    std::vector<std::string> found;
    for (const auto& [key, object] : buckets.buckets.at(bucket))
      if (key.find("/CloudTrail/") != std::string::npos) found.push_back(key);
    return found;
  }
  std::vector<std::string> events_of(const std::string& bucket, const std::string& key) {
    std::vector<std::string> ids;
    const Result<Json> file = json::parse(text_of(bucket, key));
    EXPECT_TRUE(file) << key;
    for (const Json& record : (*file)["Records"]) ids.push_back(record["eventID"].get<std::string>());
    EXPECT_FALSE(ids.empty()) << key;  // no file is empty
    return ids;
  }
  /// Ids of all events in all log files; each must be there once.
  std::set<std::string> delivered(const std::string& bucket = "logs") {
    std::set<std::string> all;
    for (const std::string& key : log_files(bucket))
      for (const std::string& id : events_of(bucket, key))
        EXPECT_TRUE(all.insert(id).second) << id << " is in two files, the second is " << key;
    return all;
  }
  std::vector<archive::Digest> digests(const std::string& region = "us-east-1", const std::string& bucket = "logs") {
    std::vector<archive::Digest> found;
    for (const auto& [key, object] : buckets.buckets.at(bucket)) {
      const auto name = archive::parse_key(key);
      if (!name || name->kind != archive::ParsedKey::Kind::kDigest || name->region.str() != region) continue;
      const Result<archive::Digest> digest = archive::parse_digest(text_of(bucket, key));
      EXPECT_TRUE(digest) << key;
      if (digest) found.push_back(*digest);
    }
    std::ranges::sort(found, {}, &archive::Digest::end);
    return found;
  }
  /// Signatures, pointers and periods hold from the first to the last; each log file of the region is in one digest, with its hash.
  /// `begins`: digests that have no previous one.
  void expect_chain(const std::string& region = "us-east-1", size_t begins = 1) {
    std::set<std::string> named;
    std::optional<archive::Digest> last;
    size_t begun = 0;
    for (const archive::Digest& digest : digests(region)) {
      const SimBuckets::Object& object = buckets.buckets.at(digest.bucket).at(digest.key);
      const std::string text = text_of(digest.bucket, digest.key);
      state::Transaction state(*store);
      const auto document = state.get(keys::public_key(aws::Region(region), digest.fingerprint));
      ASSERT_TRUE(document) << "no public key for " << digest.key;
      const PublicKey key = decode_public_key(digest.fingerprint, *document);
      EXPECT_TRUE(crypto::verify_rsa_sha256(key.der, archive::text_to_sign(digest, text),
                                            text::from_hex(object.metadata.at("signature")).value_or("")));
      EXPECT_EQ(object.metadata.at("signature-algorithm"), "SHA256withRSA");
      EXPECT_TRUE(key.start <= digest.end && digest.end <= key.end);
      EXPECT_LT(digest.start, digest.end);
      if (digest.previous) {
        ASSERT_TRUE(last) << digest.key;
        EXPECT_EQ(digest.previous->key, last->key);
        EXPECT_EQ(digest.start, last->end);
        EXPECT_EQ(digest.previous->sha256, text::hex(crypto::sha256(text_of(last->bucket, last->key))));
        EXPECT_EQ(digest.previous->signature, buckets.buckets.at(last->bucket).at(last->key).metadata.at("signature"));
      } else {
        ++begun;
      }
      for (const archive::DigestedFile& file : digest.files) {
        EXPECT_TRUE(named.insert(file.key).second) << file.key << " is in two digests";
        EXPECT_EQ(file.sha256, text::hex(crypto::sha256(text_of(file.bucket, file.key))));
      }
      last = digest;
    }
    EXPECT_EQ(begun, begins);
    for (const std::string& key : log_files())
      EXPECT_TRUE(archive::parse_key(key)->region.str() != region || named.contains(key)) << key << " is in no digest";
  }
  Status status(const Trail& trail) {
    state::Transaction state(*store);
    return read_status(state, trail.id);
  }
  size_t documents(const std::string& prefix) {
    state::Transaction state(*store);
    return state.list(prefix, "", 1000).items.size();
  }

  Options options;
  Counters counters;
  SimBuckets buckets;
  std::unique_ptr<blob::Store> blobs;
  std::unique_ptr<SigningKeys> signing_keys;
  std::unique_ptr<Means> means;
  NoServices no_services;
  LogCounters log_counters;
  std::unique_ptr<Delivery> delivery;
  std::unique_ptr<journal::Feed> feed;

 private:
  int keys_made = 0;
};

}  // namespace cairn::delivery
