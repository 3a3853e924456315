#include "cli/named_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace cairn::cli {
namespace {

namespace fs = std::filesystem;

class NamedFile : public testing::Test {
 protected:
  NamedFile() {
    std::string name = (fs::temp_directory_path() / "cairn-test-XXXXXX").string();
    EXPECT_NE(mkdtemp(name.data()), nullptr);
    directory_ = name;
  }
  ~NamedFile() override { fs::remove_all(directory_); }
  std::string at(const std::string& name) const { return directory_ + "/" + name; }
  static std::string content(const std::string& path) {
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  static Result<void> write(const std::string& path, std::string_view content) {
    return write_named_file(env::system_files(), path, content);
  }
  size_t names() const { return static_cast<size_t>(std::distance(fs::directory_iterator(directory_), fs::directory_iterator())); }

  std::string directory_;
};

TEST_F(NamedFile, IsMadeOrReplaced) {
  ASSERT_TRUE(write(at("new"), "one"));
  EXPECT_EQ(content(at("new")), "one");
  ASSERT_TRUE(write(at("new"), "2"));
  EXPECT_EQ(content(at("new")), "2");
  EXPECT_EQ(names(), 1u);
}

TEST_F(NamedFile, ALinkStaysAndWhatItLeadsToIsWritten) {
  fs::create_directory(at("there"));
  fs::create_symlink("there/file", at("link"));
  ASSERT_TRUE(write(at("link"), "into nothing yet"));
  EXPECT_TRUE(fs::is_symlink(at("link")));
  EXPECT_EQ(content(at("there/file")), "into nothing yet");
  fs::create_symlink("link", at("second"));
  ASSERT_TRUE(write(at("second"), "again"));
  EXPECT_TRUE(fs::is_symlink(at("link")));
  EXPECT_TRUE(fs::is_symlink(at("second")));
  EXPECT_TRUE(fs::is_regular_file(fs::symlink_status(at("there/file"))));
  EXPECT_EQ(content(at("there/file")), "again");
}

TEST_F(NamedFile, APipeIsWrittenIntoAndStays) {
  ASSERT_EQ(::mkfifo(at("pipe").c_str(), 0600), 0);
  fs::create_symlink("pipe", at("link"));
  const int reader = ::open(at("pipe").c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  ASSERT_GE(reader, 0);
  for (const char* name : {"pipe", "link"}) {
    EXPECT_TRUE(write(at(name), "through"));
    EXPECT_TRUE(fs::is_fifo(fs::symlink_status(at("pipe")))) << name;
    EXPECT_TRUE(fs::is_symlink(at("link"))) << name;
    std::string came(100, ' ');
    const ssize_t n = ::read(reader, came.data(), came.size());
    EXPECT_EQ(came.substr(0, static_cast<size_t>(std::max<ssize_t>(n, 0))), "through") << name;
  }
  ::close(reader);
}

TEST_F(NamedFile, ADirectoryIsRefused) {
  const auto refused = write(directory_, "x");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, directory_ + " cannot be written: Is a directory");
  EXPECT_FALSE(write(at("absent/file"), "x"));
}

}  // namespace
}  // namespace cairn::cli
