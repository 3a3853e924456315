// Digests and object keys: any bytes may stand in a bucket. What is read must be written and read again alike; a verification of a
// bucket that holds the bytes as a digest and as a log file ends, whatever they are.
#include "archive/digest_file.h"

#include "archive/log_file.h"
#include "archive/object_names.h"
#include "archive/verify.h"
#include "base/check.h"

namespace cairn::archive {
namespace {

/// A digest and a log file of one region.
class TwoObjects : public Objects {
 public:
  explicit TwoObjects(std::string_view bytes) {
    const std::string_view json = bytes.substr(bytes.size() / 2);
    objects_[kDigest] = gzip(json);
    objects_[kOther] = bytes;
    objects_[kLog] = bytes;
  }
  Result<std::vector<std::string>> list(const std::string&, const std::string& prefix, const std::string& after, size_t limit) override {
    std::vector<std::string> keys;
    for (const auto& [key, bytes] : objects_) {
      if (key > after && key.starts_with(prefix) && keys.size() < limit) keys.push_back(key);
    }
    return keys;
  }
  Result<std::optional<Metadata>, ReadFailure> read(const std::string&, const std::string& key, const Sink& sink) override {
    const auto found = objects_.find(key);
    if (found == objects_.end()) return tl::unexpected(ReadFailure{ReadFailure::kNotFound, "gone"});
    sink(found->second);
    if (found->second.size() % 2 == 0) return std::nullopt;
    return Metadata{{"signature", "00"}, {"signature-algorithm", "SHA256withRSA"}};
  }

 private:
  static constexpr const char* kDigest =
      "AWSLogs/111122223333/CloudTrail-Digest/us-east-1/2026/01/02/"
      "111122223333_CloudTrail-Digest_us-east-1_main_us-east-1_20260102T030405Z.json.gz";
  static constexpr const char* kOther =
      "AWSLogs/111122223333/CloudTrail-Digest/us-east-1/2026/01/02/"
      "111122223333_CloudTrail-Digest_us-east-1_main_us-east-1_20260102T040405Z.json.gz";
  static constexpr const char* kLog =
      "AWSLogs/111122223333/CloudTrail/us-east-1/2026/01/02/111122223333_CloudTrail_us-east-1_20260102T0330Z_0123456789abcdEF.json.gz";
  std::map<std::string, std::string> objects_;
};

void key_fits_itself(std::string_view text) {
  const auto key = parse_key(text);
  if (!key) return;
  using Kind = ParsedKey::Kind;
  const std::string again = key->kind == Kind::kDigest ? digest_key(key->place, key->region, key->time)
                            : key->kind == Kind::kBackfillDigest
                                ? backfill_digest_key(key->place, key->region, key->time)
                                : log_file_key(key->place, key->region, key->time, text.substr(text.size() - 24, 16));
  CHECK(again == text);
}

}  // namespace
}  // namespace cairn::archive

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace cairn;
  using namespace cairn::archive;
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  if (const auto digest = parse_digest(text)) {
    const auto again = parse_digest(encode(*digest));
    CHECK(again && encode(*again) == encode(*digest));
  }
  key_fits_itself(text);
  TwoObjects objects(text);
  const auto report = verify({.bucket = "b"}, objects, [](const aws::Region&) { return PublicKeys(); }, {});
  CHECK(report);
  for (const VerifiedChain& chain : report->chains) CHECK(!chain.proven_until);  // where no key is trusted
  return 0;
}
