// Delivered files on one core: compressing them, and proving a chain of them: many small files and few large ones, in memory and in a
// directory. Prints one line of JSON: the medians over the rounds.
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <random>

#include "archive/chain_maker.h"
#include "base/check.h"
#include "base/json.h"
#include "cli/directory_objects.h"
#include "env/files.h"

namespace {

using namespace cairn;

constexpr int kRounds = 5;
constexpr size_t kSmallFiles = 10'000, kSmallRecords = 5, kLargeFiles = 4, kLargeRecords = 32'000;
constexpr size_t kHours = 24;

/// A record of some 1.2 KB: what repeats in a server's records repeats, and what is drawn anew in each is.
class Records {
 public:
  std::string next() {
    const size_t user = random_() % 12;
    return fmt::format(
        R"({{"eventVersion":"1.11","userIdentity":{{"type":"IAMUser","principalId":"AIDA{0:016X}","arn":"arn:aws:iam::111122223333:user/u{0}",)"
        R"("accountId":"111122223333","accessKeyId":"AKIA{0:016X}","userName":"u{0}"}},"eventTime":"2026-01-02T{1:02}:{2:02}:{3:02}Z",)"
        R"("eventSource":"s3.amazonaws.com","eventName":"{4}","awsRegion":"eu-west-3","sourceIPAddress":"10.{5}.{6}.{7}",)"
        R"("userAgent":"[aws-cli/2.9.19 Python/3.11.2 Linux/6.1.0-18-amd64 source/x86_64.debian.12 prompt/off command/s3api.put-object]",)"
        R"("requestParameters":{{"bucketName":"bucket-{5}","Host":"bucket-{5}.s3.eu-west-3.amazonaws.com","key":"{8:x}/{9:x}"}},)"
        R"("responseElements":{{"x-amz-server-side-encryption":"AES256"}},"additionalEventData":{{"SignatureVersion":"SigV4",)"
        R"("CipherSuite":"TLS_AES_128_GCM_SHA256","bytesTransferredIn":{6},"AuthenticationMethod":"AuthHeader",)"
        R"("x-amz-id-2":"{10}","bytesTransferredOut":{7}}},"requestID":"{11:016X}","eventID":"{12:08x}-{5:04x}-4{6:03x}-{7:04x}-{13:012x}",)"
        R"("readOnly":false,"resources":[{{"type":"AWS::S3::Object","ARN":"arn:aws:s3:::bucket-{5}/{8:x}/{9:x}"}},)"
        R"({{"accountId":"111122223333","type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::bucket-{5}"}}],"eventType":"AwsApiCall",)"
        R"("managementEvent":false,"recipientAccountId":"111122223333","eventCategory":"Data"}})",
        user, random_() % 24, random_() % 60, random_() % 60, random_() % 2 ? "PutObject" : "GetObject", random_() % 250, random_() % 250,
        random_() % 250, random_() % 4096, random_(), text::base64(id()), random_(), random_() % 0xFFFFFFFF, random_() % 0xFFFFFFFFFFFF);
  }
  std::string several(size_t count) {
    std::string all;
    for (size_t i = 0; i < count; ++i) all += (i == 0 ? "" : ",") + next();
    return all;
  }

 private:
  std::string id() {
    std::string bytes;
    for (int i = 0; i < 7; ++i) {
      const uint64_t drawn = random_();
      bytes.append(reinterpret_cast<const char*>(&drawn), sizeof drawn);
    }
    return bytes;
  }
  std::mt19937_64 random_{1};
};

archive::MemoryBucket make_chain(size_t files, size_t records) {
  archive::MemoryBucket bucket;
  Records source;
  archive::ChainMaker trail(bucket, {.account = aws::AccountId("111122223333"), .trail_name = "main", .home = aws::Region("us-east-1")},
                            aws::Region("eu-west-3"), *timestamps::parse_iso8601("2026-01-01T00:00:00Z"));
  for (size_t hour = 0; hour < kHours; ++hour) {
    for (size_t i = files * hour / kHours; i < files * (hour + 1) / kHours; ++i)
      trail.file(trail.start() + std::chrono::seconds(i % 3600), source.several(records));
    trail.digest(trail.start() + std::chrono::hours(1), archive::test_key(0));
  }
  return bucket;
}

/// Of this process on its core, so that neighbours do not count; nothing here waits for a disk.
template <class F>
double median_seconds(const F& once) {
  std::vector<double> seconds;
  for (int round = 0; round < kRounds; ++round) {
    const std::clock_t began = std::clock();
    once();
    seconds.push_back(static_cast<double>(std::clock() - began) / CLOCKS_PER_SEC);
  }
  std::ranges::sort(seconds);
  return seconds[kRounds / 2];
}

struct Verified {
  double files_per_second, mb_per_second;
};
Verified verify(archive::Objects& objects, size_t files) {
  archive::PublicKeys keys;
  keys.add(archive::test_key(0).public_der());
  uint64_t raw_bytes = 0;
  const double seconds = median_seconds([&] {
    const auto report = archive::verify({.bucket = "trails"}, objects, [&](const aws::Region&) { return keys; }, {});
    CHECK(report && report->faults() == 0 && report->chains.at(0).files_valid == files);
    raw_bytes = report->raw_bytes;
  });
  return {static_cast<double>(files) / seconds, static_cast<double>(raw_bytes) / seconds / 1e6};
}

/// The bucket as files.
class Copy {
 public:
  explicit Copy(const archive::MemoryBucket& bucket) {
    env::Files& files = env::system_files();
    std::string name = (std::filesystem::temp_directory_path() / "cairn-bench-XXXXXX").string();
    CHECK(mkdtemp(name.data()) != nullptr);
    directory_ = name;
    for (const auto& [key, object] : bucket.objects) {
      put(files, key, object.bytes);
      if (object.metadata.empty()) continue;
      Json metadata = Json::object();
      for (const auto& [entry, value] : object.metadata) metadata[entry] = value;
      put(files, cli::companion_of(key), json::dump(metadata));
    }
  }
  ~Copy() { std::filesystem::remove_all(directory_); }
  const std::string& directory() const { return directory_; }

 private:
  void put(env::Files& files, const std::string& key, std::string_view bytes) {
    const std::string path = directory_ + "/" + key;
    CHECK(files.make_directory(env::parent_directory(path)));
    const auto file = files.open(path, env::Files::Open::kCreateNew);
    CHECK(file && (*file)->pwrite(0, bytes));
  }
  std::string directory_;
};

}  // namespace

int main() {
  Records source;
  const std::string raw = "{\"Records\":[" + source.several(kLargeRecords) + "]}";
  std::string zipped;
  const double writing = median_seconds([&] { zipped = archive::gzip(raw); });
  const double reading = median_seconds([&] {
    archive::Gunzip reader;
    size_t bytes = 0;
    CHECK(reader.feed(zipped, [&](std::string_view piece) { bytes += piece.size(); }) && bytes == raw.size());
  });

  archive::MemoryBucket small = make_chain(kSmallFiles, kSmallRecords), large = make_chain(kLargeFiles, kLargeRecords);
  const Verified small_memory = verify(small, kSmallFiles), large_memory = verify(large, kLargeFiles);
  const Copy small_copy(small), large_copy(large);
  cli::DirectoryObjects small_files(env::system_files(), small_copy.directory(), ""),
      large_files(env::system_files(), large_copy.directory(), "");
  const Verified small_disk = verify(small_files, kSmallFiles), large_disk = verify(large_files, kLargeFiles);
  const double mb = static_cast<double>(raw.size()) / 1e6;
  std::printf(
      "{\"gzip_mb_per_second\": %.0f, \"gzip_ratio\": %.2f, \"gunzip_mb_per_second\": %.0f, \"verify_files_per_second\": %.0f, "
      "\"verify_mb_per_second\": %.0f, \"verify_files_per_second_in_memory\": %.0f, \"verify_mb_per_second_in_memory\": %.0f}\n",
      mb / writing, static_cast<double>(raw.size()) / static_cast<double>(zipped.size()), mb / reading, small_disk.files_per_second,
      large_disk.mb_per_second, small_memory.files_per_second, large_memory.mb_per_second);
}
