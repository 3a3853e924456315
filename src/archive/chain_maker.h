#pragma once
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "archive/digest_file.h"
#include "archive/log_file.h"
#include "archive/object_names.h"
#include "archive/verify.h"
#include "base/crypto.h"
#include "base/rsa.h"
#include "base/text.h"

/// For tests: a bucket in memory, and trails that deliver into it.
namespace cairn::archive {

struct Object {
  std::string bytes;
  Metadata metadata;
  bool operator==(const Object&) const = default;
};

class MemoryBucket : public Objects {
 public:
  std::map<std::string, Object> objects;
  bool keeps_metadata = true;

  Result<std::vector<std::string>> list(const std::string&, const std::string& prefix, const std::string& after, size_t limit) override {
    std::vector<std::string> keys;
    for (auto it = objects.upper_bound(std::max(after, prefix)); it != objects.end() && keys.size() < limit; ++it) {
      if (!it->first.starts_with(prefix)) break;
      keys.push_back(it->first);
    }
    return keys;
  }
  Result<std::optional<Metadata>, ReadFailure> read(const std::string&, const std::string& key, const Sink& sink) override {
    const auto found = objects.find(key);
    if (found == objects.end()) return tl::unexpected(ReadFailure{ReadFailure::kNotFound, "there is no " + key});
    sink(found->second.bytes);
    if (!keeps_metadata) return std::nullopt;
    return found->second.metadata;
  }
};

/// Key pairs, made once: making one takes a tenth of a second.
inline const crypto::RsaKey& test_key(size_t number) {
  static const std::vector<crypto::RsaKey> keys = {crypto::RsaKey::generate(), crypto::RsaKey::generate(), crypto::RsaKey::generate()};
  return keys.at(number);
}

/// One trail in one region.
class ChainMaker {
 public:
  ChainMaker(MemoryBucket& bucket, Place place, aws::Region region, Time start)
      : bucket_(bucket), place_(std::move(place)), region_(std::move(region)), start_(start) {}

  /// A log file named at `time`, to be named by the next digest.
  std::string file(Time time, std::string_view records) {
    LogFileWriter writer;
    writer.add(records);
    LogFile file = writer.finish();
    const std::string key = log_file_key(place_, region_, time, unique_part(++files_made(), "abcdEFGH"));
    bucket_.objects[key] = {std::move(file.gzip), {}};
    named_.push_back({"trails", key, file.sha256, time, time});
    return key;
  }
  std::string digest(Time end, const crypto::RsaKey& key) {
    const std::string name = digest_key(place_, region_, end);
    put(name, start_, end, key, std::exchange(named_, {}), previous_, {});
    start_ = end;
    return name;
  }
  std::string backfill(Time start, Time end, Time made, const crypto::RsaKey& key) {
    const std::string name = backfill_digest_key(place_, region_, end);
    put(name, start, end, key, std::exchange(named_, {}), previous_backfill_,
        {{std::string(kBackfillGenerated), timestamps::iso8601(made)}});
    return name;
  }
  /// As StopLogging and StartLogging do.
  void restart(Time start) {
    start_ = start;
    previous_.reset();
  }
  Time start() const { return start_; }

 private:
  static uint64_t& files_made() {
    static uint64_t made = 0;
    return made;
  }
  void put(const std::string& name, Time start, Time end, const crypto::RsaKey& key, std::vector<DigestedFile> files,
           std::optional<Digest::Previous>& previous, Metadata metadata) {
    Digest digest{.account = place_.account, .start = start, .end = end, .bucket = "trails", .key = name};
    digest.fingerprint = fingerprint(key.public_der());
    digest.previous = previous;
    digest.files = std::move(files);
    const std::string json = encode(digest);
    const std::string signature = text::hex(key.sign_sha256(text_to_sign(digest, json)));
    metadata[std::string(kSignature)] = signature;
    metadata[std::string(kSignatureAlgorithm)] = kSha256WithRsa;
    bucket_.objects[name] = {gzip(json), std::move(metadata)};
    previous = Digest::Previous{"trails", name, text::hex(crypto::sha256(json)), signature};
  }

  MemoryBucket& bucket_;
  const Place place_;
  const aws::Region region_;
  Time start_;
  std::vector<DigestedFile> named_;
  std::optional<Digest::Previous> previous_, previous_backfill_;
};

}  // namespace cairn::archive
