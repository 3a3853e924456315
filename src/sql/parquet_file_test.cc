#include "sql/parquet_file.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "sql/library.h"

namespace cairn::sql {
namespace {

namespace fs = std::filesystem;

/// Skips where DuckDB's library is not (tools/duckdb fetches it).
class ParquetFileTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto loaded = load_library(library_places("", program_path()));
    if (!loaded) GTEST_SKIP() << loaded.error().message;
    api_ = *loaded;
    std::string place = "/tmp/cairn-parquet-XXXXXX";
    ASSERT_NE(::mkdtemp(place.data()), nullptr);
    directory_ = place;
  }
  void TearDown() override {
    if (!directory_.empty()) fs::remove_all(directory_);
  }
  std::string path() const { return (directory_ / "events.parquet").string(); }
  size_t files() const { return static_cast<size_t>(std::distance(fs::directory_iterator(directory_), fs::directory_iterator())); }

  /// The one number of a statement, by a DuckDB that may read files.
  int64_t number(const std::string& sql) {
    duckdb::Database database = nullptr;
    duckdb::Connection connection = nullptr;
    duckdb::QueryResult result{};
    EXPECT_EQ(api_->open_ext(nullptr, &database, nullptr, nullptr), duckdb::kSuccess);
    EXPECT_EQ(api_->connect(database, &connection), duckdb::kSuccess);
    int64_t found = -1;
    if (api_->query(connection, sql.c_str(), &result) == duckdb::kSuccess) {
      duckdb::Chunk chunk = api_->fetch_chunk(result);
      found = *static_cast<const int64_t*>(api_->vector_get_data(api_->data_chunk_get_vector(chunk, 0)));
      api_->destroy_data_chunk(&chunk);
    } else {
      ADD_FAILURE() << api_->result_error(&result);
    }
    api_->destroy_result(&result);
    api_->disconnect(&connection);
    api_->close(&database);
    return found;
  }

  const duckdb::Api* api_ = nullptr;
  fs::path directory_;
};

TEST_F(ParquetFileTest, HoldsWhatWasAdded) {
  auto file = ParquetFile::create(*api_, path(), {});
  ASSERT_TRUE(file) << file.error().message;
  constexpr int kEvents = 20'000;
  for (int i = 0; i < kEvents; ++i) {
    const auto added = (*file)->add(fmt::format(R"({{"eventTime":"2026-01-31T09:30:00Z","eventID":"{}","userIdentity":{{"arn":"arn:{}"}},)"
                                                R"("requestParameters":{{"n":{}}},"resources":[{{"ARN":"r{}"}}],"userAgent":"{}"}})",
                                                i, i % 7, i, i % 3, std::string(500, 'x')));
    ASSERT_TRUE(added) << added.error().message;
  }
  EXPECT_FALSE(fs::exists(path())) << "not before it is whole";
  const auto written = (*file)->finish();
  ASSERT_TRUE(written) << written.error().message;
  EXPECT_EQ(*written, uint64_t{kEvents});
  const std::string from = fmt::format(" FROM read_parquet('{}')", path());
  EXPECT_EQ(number("SELECT count(DISTINCT eventid)" + from), kEvents);
  EXPECT_EQ(number("SELECT count(DISTINCT useridentity.arn)" + from), 7);
  EXPECT_EQ(number("SELECT sum((requestparameters->>'n')::BIGINT)::BIGINT" + from), int64_t{kEvents} * (kEvents - 1) / 2);
  EXPECT_EQ(number("SELECT count(*)" + from + " WHERE resources[1].arn = 'r2' AND time = TIMESTAMP '2026-01-31 09:30:00'"), kEvents / 3);
  EXPECT_EQ(files(), 1u);
}

TEST_F(ParquetFileTest, MayBeEmpty) {
  auto file = ParquetFile::create(*api_, path(), {});
  ASSERT_TRUE(file);
  EXPECT_EQ((*file)->finish().value(), 0u);
  EXPECT_EQ(number(fmt::format("SELECT count(*) FROM read_parquet('{}')", path())), 0);
}

TEST_F(ParquetFileTest, LeavesNothingUnfinished) {
  {
    auto file = ParquetFile::create(*api_, path(), {});
    ASSERT_TRUE(file);
    for (int i = 0; i < 10'000; ++i) ASSERT_TRUE((*file)->add(R"({"eventTime":"","userAgent":")" + std::string(500, 'x') + R"("})"));
  }
  EXPECT_EQ(files(), 0u);
}

TEST_F(ParquetFileTest, RefusesWhatIsNoEvent) {
  auto file = ParquetFile::create(*api_, path(), {});
  ASSERT_TRUE(file);
  (void)(*file)->add(R"({"eventTime":""})");
  (void)(*file)->add(R"({"a":1})");
  const auto written = (*file)->finish();
  ASSERT_FALSE(written);
  EXPECT_NE(written.error().message.find("1 of its records are no events"), std::string::npos) << written.error().message;
  file->reset();
  EXPECT_EQ(files(), 0u);
}

TEST_F(ParquetFileTest, SaysWhatStopsIt) {
  auto file = ParquetFile::create(*api_, (directory_ / "absent/events.parquet").string(), {});
  ASSERT_TRUE(file);
  Result<void> added;
  for (int i = 0; i < 20'000 && added; ++i) added = (*file)->add(R"({"eventTime":"","userAgent":")" + std::string(1000, 'x') + R"("})");
  const auto written = (*file)->finish();
  ASSERT_FALSE(written);
  EXPECT_NE(written.error().message.find("absent"), std::string::npos) << written.error().message;
}

}  // namespace
}  // namespace cairn::sql
