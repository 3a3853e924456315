#include "env/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <system_error>

namespace cairn::env {
namespace {

IoFailure::Kind kind_of(int error) {
  switch (error) {
    case ENOENT:
      return IoFailure::kNotFound;
    case EEXIST:
      return IoFailure::kExists;
    case ENOSPC:
    case EDQUOT:
      return IoFailure::kNoSpace;
    case EACCES:
    case EPERM:
    case EROFS:
      return IoFailure::kDenied;
    case EWOULDBLOCK:
    case EBUSY:
      return IoFailure::kBusy;
    default:
      return IoFailure::kOther;
  }
}

tl::unexpected<IoFailure> io_failure(std::string_view what, const std::string& path, int error) {
  return tl::unexpected(IoFailure{kind_of(error), fmt::format("cannot {} {}: {}", what, path, std::generic_category().message(error))});
}

/// Calls again what a signal interrupted.
template <class Call>
auto uninterrupted(Call call) {
  for (;;) {
    auto outcome = call();
    if (outcome >= 0 || errno != EINTR) return outcome;
  }
}

/// Owns a file descriptor.
class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }

 private:
  int fd_;
};

Descriptor open_descriptor(const std::string& path, int flags) {
  constexpr mode_t kOwnerOnly = 0600;
  return Descriptor(uninterrupted([&] { return ::open(path.c_str(), flags | O_CLOEXEC, kOwnerOnly); }));
}

class SystemFile final : public File {
 public:
  SystemFile(Descriptor descriptor, std::string path) : descriptor_(std::move(descriptor)), path_(std::move(path)) {}

  Io<size_t> pread(uint64_t offset, std::span<char> out) override {
    size_t done = 0;
    while (done < out.size()) {
      ssize_t n = uninterrupted(
          [&] { return ::pread(descriptor_.get(), out.data() + done, out.size() - done, static_cast<off_t>(offset + done)); });
      if (n < 0) return io_failure("read", path_, errno);
      if (n == 0) break;
      done += static_cast<size_t>(n);
    }
    return done;
  }

  Done pwrite(uint64_t offset, std::string_view data) override {
    while (!data.empty()) {
      ssize_t n = uninterrupted([&] { return ::pwrite(descriptor_.get(), data.data(), data.size(), static_cast<off_t>(offset)); });
      if (n < 0) return io_failure("write", path_, errno);
      data.remove_prefix(static_cast<size_t>(n));
      offset += static_cast<uint64_t>(n);
    }
    return {};
  }

  Done sync() override {
    if (::fdatasync(descriptor_.get()) != 0) return io_failure("sync", path_, errno);
    return {};
  }

  Done truncate(uint64_t size) override {
    if (uninterrupted([&] { return ::ftruncate(descriptor_.get(), static_cast<off_t>(size)); }) != 0) {
      return io_failure("truncate", path_, errno);
    }
    return {};
  }

  Io<uint64_t> size() override {
    struct stat info {};
    if (::fstat(descriptor_.get(), &info) != 0) return io_failure("examine", path_, errno);
    return static_cast<uint64_t>(info.st_size);
  }

 private:
  Descriptor descriptor_;
  std::string path_;
};

class SystemFiles final : public Files {
 public:
  Io<std::unique_ptr<File>> open(const std::string& path, Open mode) override {
    int flags = O_RDWR;
    switch (mode) {
      case Open::kRead:
        flags = O_RDONLY;
        break;
      case Open::kReadWrite:
        break;
      case Open::kCreateNew:
        flags |= O_CREAT | O_EXCL;
        break;
      case Open::kCreateOrOpen:
        flags |= O_CREAT;
        break;
    }
    Descriptor descriptor = open_descriptor(path, flags);
    if (!descriptor.valid()) return io_failure("open", path, errno);
    return std::make_unique<SystemFile>(std::move(descriptor), path);
  }

  Done rename(const std::string& from, const std::string& to) override {
    if (::rename(from.c_str(), to.c_str()) != 0) return io_failure("rename", from + " to " + to, errno);
    return {};
  }

  Done remove(const std::string& path) override {
    if (std::remove(path.c_str()) != 0) return io_failure("remove", path, errno);
    return {};
  }

  Done make_directory(const std::string& path) override {
    constexpr mode_t kOwnerOnly = 0700;
    if (::mkdir(path.c_str(), kOwnerOnly) == 0) return {};
    int error = errno;
    if (error == ENOENT && parent_directory(path) != path) {
      if (Done parent = make_directory(parent_directory(path)); !parent) return parent;
      if (::mkdir(path.c_str(), kOwnerOnly) == 0) return {};
      error = errno;
    }
    struct stat info {};
    if (error == EEXIST && ::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode)) return {};
    return io_failure("make directory", path, error);
  }

  Done sync_directory(const std::string& path) override {
    Descriptor descriptor = open_descriptor(path, O_RDONLY | O_DIRECTORY);
    if (!descriptor.valid()) return io_failure("open directory", path, errno);
    if (::fsync(descriptor.get()) != 0) return io_failure("sync directory", path, errno);
    return {};
  }

  Io<std::vector<std::string>> list(const std::string& path) override {
    std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(path.c_str()), &::closedir);
    if (!directory) return io_failure("list", path, errno);
    std::vector<std::string> names;
    for (;;) {
      errno = 0;
      const dirent* entry = ::readdir(directory.get());
      if (!entry) break;
      std::string_view name = entry->d_name;
      if (name != "." && name != "..") names.emplace_back(name);
    }
    if (errno != 0) return io_failure("list", path, errno);
    std::sort(names.begin(), names.end());
    return names;
  }

  Io<uint64_t> free_bytes(const std::string& path) override {
    struct statvfs info {};
    if (::statvfs(path.c_str(), &info) != 0) return io_failure("examine", path, errno);
    return static_cast<uint64_t>(info.f_bavail) * info.f_frsize;
  }

  Io<std::shared_ptr<void>> lock(const std::string& path) override {
    auto descriptor = std::make_shared<Descriptor>(open_descriptor(path, O_RDWR | O_CREAT));
    if (!descriptor->valid()) return io_failure("open", path, errno);
    if (uninterrupted([&] { return ::flock(descriptor->get(), LOCK_EX | LOCK_NB); }) != 0) {
      if (errno != EWOULDBLOCK) return io_failure("lock", path, errno);
      auto holder = read_file(*this, path, 32);
      return tl::unexpected(
          IoFailure{IoFailure::kBusy, fmt::format("{} is locked by process {}", path, holder ? std::string_view(*holder) : "?")});
    }
    // The number is for people; what counts is the lock, which the kernel drops when the process ends, however it ends.
    std::string pid = std::to_string(::getpid());
    if (::ftruncate(descriptor->get(), 0) != 0 ||
        ::pwrite(descriptor->get(), pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size())) {
      return io_failure("write", path, errno);
    }
    return std::shared_ptr<void>(std::move(descriptor));
  }
};

}  // namespace

Files& system_files() {
  static SystemFiles files;
  return files;
}

}  // namespace cairn::env
