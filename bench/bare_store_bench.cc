// What objects are measured against: a server that takes PUT and gives GET, durably, and does nothing else. No signature, no record, no
// permission, no metadata, no encryption: our own HTTP layer and files. Prints its port, serves until its input ends: bare_store_bench
// DIRECTORY
#include <cstdio>
#include <map>
#include <mutex>

#include "api/pool.h"
#include "blob/store.h"
#include "http/server.h"

namespace cairn {
namespace {

constexpr size_t kPieceBytes = 1 << 20;

class FileSource final : public http::BodySource {
 public:
  explicit FileSource(std::shared_ptr<blob::Reader> reader) : reader_(std::move(reader)) {}
  Result<size_t> read(std::span<char> out) override {
    const env::Io<size_t> n = reader_->read(at_, out);
    if (!n) return failure("{}", n.error().message);
    at_ += *n;
    return *n;
  }

 private:
  std::shared_ptr<blob::Reader> reader_;
  uint64_t at_ = 0;
};

class BareStore final : public http::Handler {
 public:
  explicit BareStore(blob::Store& blobs) : blobs_(blobs), pool_("bare", 16, 1024) {}

  Plan begin(const std::shared_ptr<http::Exchange>& exchange) override {
    return {exchange->head().content_length.value_or(0) > kPieceBytes ? Plan::kStreamed : Plan::kBuffered};
  }
  void handle(const std::shared_ptr<http::Exchange>& exchange) override {
    (void)pool_.submit([this, exchange] { exchange->respond(exchange->head().method == "PUT" ? put(*exchange) : get(*exchange)); });
  }
  void body_failed(const std::shared_ptr<http::Exchange>& exchange, http::BodyFailure) override { exchange->respond({.status = 400}); }

 private:
  http::Response put(http::Exchange& exchange) {
    auto writer = blobs_.create();
    if (!writer) return {.status = 500};
    if (exchange.head().content_length.value_or(0) <= kPieceBytes) {
      if (!(*writer)->append(exchange.body())) return {.status = 500};
    } else {
      for (std::string piece(kPieceBytes, '\0');;) {
        const auto n = exchange.reader().read(piece);
        if (!n || (*n > 0 && !(*writer)->append({piece.data(), *n}))) return {.status = 500};
        if (*n == 0) break;
      }
    }
    auto id = (*writer)->finish();
    if (!id) return {.status = 500};
    const std::lock_guard lock(mutex_);
    blob::BlobId& there = names_[std::string(exchange.head().path)];
    if (!there.empty()) blobs_.remove(there);
    there = *id;
    return {};
  }

  http::Response get(http::Exchange& exchange) {
    blob::BlobId id;
    {
      const std::lock_guard lock(mutex_);
      id = names_[std::string(exchange.head().path)];
    }
    auto reader = blobs_.open(id);
    if (!reader) return {.status = 404};
    const uint64_t size = (*reader)->size();
    http::Response response;
    if (size > kPieceBytes) {
      response.source_bytes = size;
      response.source = std::make_unique<FileSource>(std::move(*reader));
    } else {
      response.body.resize(size);
      if (!(*reader)->read(0, response.body)) return {.status = 500};
    }
    return response;
  }

  blob::Store& blobs_;
  std::mutex mutex_;
  std::map<std::string, blob::BlobId> names_;
  api::Pool pool_;
};

}  // namespace
}  // namespace cairn

int main(int argc, char** argv) {
  using namespace cairn;
  if (argc != 2) return std::fprintf(stderr, "usage: bare_store_bench DIRECTORY\n"), 2;
  auto blobs = blob::open_directory(env::system_files(), env::system_random(), argv[1]);
  if (!blobs) return std::fprintf(stderr, "%s\n", blobs.error().message.c_str()), 1;
  BareStore store(**blobs);
  http::Options options;
  options.port = 0;
  auto server = http::Server::listen(options, store, env::system_clock());
  if (!server) return std::fprintf(stderr, "%s\n", server.error().message.c_str()), 1;
  (*server)->start();
  std::printf("%d\n", (*server)->port());
  std::fflush(stdout);
  while (std::getchar() != EOF) {
  }
  (*server)->stop(std::chrono::seconds(1));
}
