#include "cli/parquet_files.h"

#include <filesystem>

#include "cli/partitions.h"
#include "cli/query_source.h"
#include "cli/surroundings.h"
#include "env/files.h"
#include "sql/engine.h"
#include "sql/library.h"

namespace cairn::cli {
namespace {

constexpr const char* kColumns = "SELECT * EXCLUDE (file, account, region, year, month, day, \"timestamp\") FROM events";

/// One file, and then another.
class Replaceable : public sql::Source {
 public:
  Result<void> set(const std::string& path) {
    auto file = files_below(path, env::system_files());
    if (!file) return failure("{}", file.error().message);
    file_ = std::move(*file);
    return {};
  }
  const std::vector<File>& files() const override { return files_; }
  bool is_one() const override { return true; }
  Result<archive::RecordReader::Bytes> open(size_t file) override { return file_->open(file); }

 private:
  const std::vector<File> files_{{"the events", {}}};
  std::unique_ptr<sql::Source> file_;
};

auto load() {
  return sql::load_library(sql::library_places(system_surroundings().variable("CAIRN_DUCKDB").value_or(""), sql::program_path()));
}

}  // namespace

struct ParquetFiles::Impl {
  std::string partial;
  Replaceable source;
  std::unique_ptr<sql::Engine> engine;
};

ParquetFiles::ParquetFiles(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ParquetFiles::~ParquetFiles() = default;

Result<void> ParquetFiles::are_possible() {
  const auto api = load();
  if (!api) return tl::unexpected(api.error());
  return {};
}

Result<std::unique_ptr<ParquetFiles>> ParquetFiles::open(const std::string& directory) {
  const auto api = load();
  if (!api) return tl::unexpected(api.error());
  auto impl = std::make_unique<Impl>();
  impl->partial = std::filesystem::absolute(directory).lexically_normal() / fmt::format("{}.part", Partitions::kParquetName);
  sql::EngineOptions options;
  options.memory_bytes = kMemoryBytes;
  options.group_bytes = kGroupBytes;
  options.may_write = impl->partial;
  auto engine = sql::Engine::open(**api, options, impl->source);
  if (!engine) return tl::unexpected(engine.error());
  impl->engine = std::move(*engine);
  return std::unique_ptr<ParquetFiles>(new ParquetFiles(std::move(impl)));
}

Result<void> ParquetFiles::write(const std::string& records, uint64_t events, const std::string& parquet) {
  if (auto set = impl_->source.set(records); !set) return set;
  const auto rows = impl_->engine->write_parquet(kColumns);
  if (!rows) return failure("{}: {}", parquet, rows.error().message);
  if (*rows != events) return failure("{}: {} of {} events can be read again", records, *rows, events);
  if (auto named = make_durable(env::system_files(), impl_->partial, parquet); !named) return named;
  if (const auto removed = env::system_files().remove(records); !removed) return failure("{}", removed.error().message);
  if (const auto synced = env::system_files().sync_directory(env::parent_directory(records)); !synced)
    return failure("{}", synced.error().message);
  return {};
}

}  // namespace cairn::cli
