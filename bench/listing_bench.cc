// What a page of a listing costs in a bucket of a million small objects, on one core, from the handler's call to its finished JSON:
// pages of 1,000 keys from different places, with and without a delimiter, versions, and one current object behind a million deleted ones.
// Prints one JSON object of milliseconds of CPU (median and 99th percentile of 200 pages): listing_bench [objects]
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>

#include "api/operation.h"
#include "api/ports.h"
#include "aws/model.h"
#include "base/text.h"
#include "env/random.h"
#include "services/catalog.h"
#include "services/s3/bucket.h"
#include "services/s3/bucket_setting.h"
#include "services/s3/keys.h"
#include "services/s3/object.h"
#include "services/s3/version_name.h"
#include "state/store.h"

namespace cairn::s3 {
namespace {

constexpr size_t kBatch = 10'000;
constexpr int kPages = 200;

/// The CPU's time that this process took, so that a busy machine measures the same.
double cpu_ms() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

class Bench {
 public:
  explicit Bench(const std::string& file) : engine_(state::open_sqlite(file).value()) {}

  /// `objects` documents in each bucket: current ones, and versions beneath delete markers.
  void fill(size_t objects) {
    const Bucket bucket{
        .name = "", .account = aws::AccountId("111122223333"), .region = aws::Region("us-east-1"), .location = "", .created = {}};
    put(keys::bucket("full"), encode(bucket));
    put(keys::bucket("deleted"), encode(bucket));
    put(keys::bucket_setting("deleted", "versioning"), R"({"status":"Enabled"})");
    Object object;
    object.size = 1000;
    object.etag = std::string(32, 'a');
    object.modified = Time(std::chrono::milliseconds(1'800'000'000'000));
    object.content = "i" + std::string(22, 'x');
    object.checksum = {"CRC64NVME", "AAAAAAAAAAA="};
    const std::string document = encode(object);
    Object marker;
    marker.is_delete_marker = true;
    marker.version = new_version_name(env::system_random(), object.modified, "");
    const std::string deletion = encode(marker);
    for (size_t i = 0; i < objects; ++i) {
      const std::string key = key_of(i);
      put(keys::object("full", key), document);
      put(keys::version("deleted", key, marker.version), deletion);
    }
    put(keys::object("deleted", "z-the-last"), document);
    flush();
    store_ = std::make_unique<state::Store>(*engine_, state::Options{});
  }

  static std::string key_of(size_t i) { return fmt::format("AWSLogs/{:03}/CloudTrail/{:07}.json.gz", i / 1000, i); }

  Json run(std::string_view operation, const std::function<Json(int)>& parameters) {
    std::vector<double> times;
    for (int page = 0; page < kPages; ++page) {
      Json in = parameters(page);
      const double begin = cpu_ms();
      list(operation, std::move(in));
      times.push_back(cpu_ms() - begin);
    }
    std::ranges::sort(times);
    const auto rounded = [](double ms) { return std::round(ms * 1000) / 1000; };
    return {{"median", rounded(times[kPages / 2])}, {"p99", rounded(times[kPages * 99 / 100])}};
  }

 private:
  void put(std::string key, std::string value) {
    rows_.emplace_back(std::move(key), std::move(value));
    if (rows_.size() == kBatch) flush();
  }
  void flush() {
    std::vector<state::Engine::Write> writes;
    for (const auto& [key, value] : rows_) writes.push_back({key, value, journal::Position{++position_}});
    if (!engine_->apply(writes, journal::Position{position_})) std::exit(1);
    rows_.clear();
  }
  void list(std::string_view operation, Json in) {
    state::Transaction transaction(*store_);
    api::Ports ports;
    api::Call call;
    call.model = aws::service_model("s3")->operation(operation);
    call.ports = &ports;
    call.state = &transaction;
    call.principal.kind = aws::Principal::Kind::kUser;
    call.principal.account = aws::AccountId("111122223333");
    call.principal.is_administrator = true;
    call.account = call.principal.account;
    call.region = aws::Region("us-east-1");
    call.in = std::move(in);
    for (const api::Family* family : services::families())
      for (const api::Operation& row : family->operations)
        if (family->service == "s3" && row.name == operation) row.handle(call);
    if (call.out.empty()) std::exit(1);
  }

  std::unique_ptr<state::Engine> engine_;
  std::unique_ptr<state::Store> store_;
  std::vector<std::pair<std::string, std::string>> rows_;
  uint64_t position_ = 0;
};

}  // namespace
}  // namespace cairn::s3

int main(int argc, char** argv) {
  using cairn::Json;
  const size_t objects = argc > 1 ? cairn::text::to_uint(argv[1]).value_or(0) : 1'000'000;
  const std::filesystem::path directory = std::filesystem::temp_directory_path() / fmt::format("listing-bench-{}", ::getpid());
  std::filesystem::create_directory(directory);
  {
    cairn::s3::Bench bench((directory / "state.db").string());
    bench.fill(objects);
    const auto spread = [&](int page) { return cairn::s3::Bench::key_of(objects / 201 * static_cast<size_t>(page)); };
    Json result{{"objects", objects}};
    result["page of 1000"] = bench.run("ListObjectsV2", [&](int page) { return Json{{"Bucket", "full"}, {"StartAfter", spread(page)}}; });
    result["page of 1000 prefixes"] = bench.run("ListObjectsV2", [](int) {
      return Json{{"Bucket", "full"}, {"Prefix", "AWSLogs/"}, {"Delimiter", "/"}};
    });
    result["page of 1000 versions"] = bench.run("ListObjectVersions", [&](int page) {
      return Json{{"Bucket", "full"}, {"KeyMarker", spread(page)}};
    });
    result["page of 1000 delete markers"] = bench.run("ListObjectVersions", [&](int page) {
      return Json{{"Bucket", "deleted"}, {"KeyMarker", spread(page)}};
    });
    result["one object beneath a million deleted"] = bench.run("ListObjectsV2", [](int) { return Json{{"Bucket", "deleted"}}; });
    fmt::print("{}\n", cairn::json::dump(result));
  }
  std::filesystem::remove_all(directory);
}
