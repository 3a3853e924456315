#include "sql/parquet_file.h"

#include <condition_variable>
#include <deque>
#include <filesystem>
#include <mutex>
#include <optional>
#include <thread>

#include "env/files.h"
#include "sql/engine.h"

namespace cairn::sql {
namespace {

constexpr size_t kBatchBytes = 1 << 20;
constexpr size_t kBatchesMax = 4;  // that wait to be written

/// Batches of records on their way from one thread to another.
class Pipe {
 public:
  /// Waits for room; false: nobody reads any more.
  bool put(std::string batch) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return batches_.size() < kBatchesMax || closed_; });
    if (closed_) return false;
    batches_.push_back(std::move(batch));
    changed_.notify_all();
    return true;
  }
  std::optional<std::string> take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !batches_.empty() || ended_ || closed_; });
    if (batches_.empty() || closed_) return std::nullopt;
    std::string batch = std::move(batches_.front());
    batches_.pop_front();
    changed_.notify_all();
    return batch;
  }
  void end() {  // of what is put
    const std::lock_guard lock(mutex_);
    ended_ = true;
    changed_.notify_all();
  }
  void close() {  // whatever is in it
    const std::lock_guard lock(mutex_);
    closed_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::string> batches_;
  bool ended_ = false, closed_ = false;
};

class PipeSource : public Source {
 public:
  explicit PipeSource(Pipe& pipe) : pipe_(pipe) {}
  const std::vector<File>& files() const override { return files_; }
  Result<archive::RecordReader::Bytes> open(size_t) override {
    return [this, batch = std::string()]() mutable -> Result<std::string_view> {
      auto next = pipe_.take();
      batch = next ? std::move(*next) : std::string();
      return std::string_view(batch);
    };
  }

 private:
  Pipe& pipe_;
  const std::vector<File> files_{{"the records", {}}};
};

}  // namespace

struct ParquetFile::Impl {
  std::string path, partial;
  Pipe pipe;
  PipeSource source{pipe};
  std::unique_ptr<Engine> engine;
  std::string batch;
  Result<uint64_t> written = failure("nothing was written");
  std::thread writer;

  Result<uint64_t> join() {
    if (writer.joinable()) writer.join();
    if (!written) return written;
    if (const auto bad = engine->report().bad_files(); !bad.empty()) return failure("{}", bad.begin()->second);
    return written;
  }
};

ParquetFile::ParquetFile(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

ParquetFile::~ParquetFile() {
  impl_->pipe.close();
  if (impl_->writer.joinable()) impl_->writer.join();
  std::error_code ignored;
  std::filesystem::remove(impl_->partial, ignored);
}

Result<std::unique_ptr<ParquetFile>> ParquetFile::create(const duckdb::Api& api, const std::string& path, const Options& options) {
  auto impl = std::make_unique<Impl>();
  impl->path = std::filesystem::absolute(path).lexically_normal().string();
  impl->partial = impl->path + ".partial";
  EngineOptions engine_options;
  engine_options.memory_bytes = options.memory_bytes;
  engine_options.temporary_directory = options.temporary_directory;
  engine_options.may_write = impl->partial;
  auto engine = Engine::open(api, engine_options, impl->source);
  if (!engine) return tl::unexpected(engine.error());
  impl->engine = std::move(*engine);
  impl->writer = std::thread([&state = *impl] {
    state.written = state.engine->write_parquet("SELECT * EXCLUDE (file, account, region, year, month, day, \"timestamp\") FROM events");
    state.pipe.close();
  });
  return std::unique_ptr<ParquetFile>(new ParquetFile(std::move(impl)));
}

Result<void> ParquetFile::add(std::string_view record) {
  impl_->batch += record;
  impl_->batch += '\n';
  if (impl_->batch.size() < kBatchBytes || impl_->pipe.put(std::exchange(impl_->batch, {}))) return {};
  const auto why = impl_->join();
  return failure("{}: {}", impl_->path, why ? "nothing more is taken" : why.error().message);
}

Result<uint64_t> ParquetFile::finish() {
  if (!impl_->batch.empty()) (void)impl_->pipe.put(std::exchange(impl_->batch, {}));
  impl_->pipe.end();
  const auto written = impl_->join();
  if (!written) return failure("{}: {}", impl_->path, written.error().message);
  env::Files& files = env::system_files();
  const auto durable = [&]() -> env::Done {
    auto file = files.open(impl_->partial, env::Files::Open::kReadWrite);
    if (!file) return tl::unexpected(file.error());
    if (auto done = (*file)->sync(); !done) return done;
    if (auto done = files.rename(impl_->partial, impl_->path); !done) return done;
    return files.sync_directory(env::parent_directory(impl_->path));
  };
  if (const auto done = durable(); !done) return failure("{}", done.error().message);
  return *written;
}

}  // namespace cairn::sql
