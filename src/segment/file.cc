#include "segment/file.h"

#include "base/check.h"
#include "base/crypto.h"
#include "segment/block.h"

namespace cairn::segment {

namespace {

constexpr size_t kTrailerBytes = 24;
constexpr size_t kWriteBytes = 1 << 20;

}  // namespace

Result<std::unique_ptr<File>> File::open(Storage& storage, const std::string& path, std::string_view what, std::string_view magic) {
  std::unique_ptr<File> file(new File(storage, path, what));
  if (auto loaded = file->load(magic); !loaded) return tl::unexpected(loaded.error());
  return file;
}

tl::unexpected<Failure> File::damaged(std::string_view what) const { return failure("{} {} is damaged: {}", what_, path_, what); }

Result<std::shared_ptr<env::File>> File::handle() const {
  if (auto known = storage_.open_files.get(number_)) return known;
  auto opened = storage_.files.open(path_, env::Files::Open::kRead);
  if (!opened) return failure("cannot read {}: {}", what_, opened.error().message);
  std::shared_ptr<env::File> file = std::move(*opened);
  storage_.open_files.put(number_, file, 1);
  return file;
}

Result<std::string> File::read(uint64_t offset, size_t length) const {
  if (offset > bytes_ || length > bytes_ - offset) return damaged("a reference points outside the file");
  auto file = handle();
  if (!file) return tl::unexpected(file.error());
  std::string out(length, '\0');
  const auto got = (*file)->pread(offset, out);
  if (!got) return failure("cannot read {}: {}", what_, got.error().message);
  if (*got != length) return damaged("the file is cut short");
  return out;
}

Result<File::Bytes> File::block(BlockAt at) const {
  const Storage::Place place{number_, at.offset};
  if (auto known = storage_.blocks.get(place)) return known;
  auto sealed = read(at.offset, at.length);
  if (!sealed) return tl::unexpected(sealed.error());
  auto raw = open_block(*sealed);
  if (!raw) return damaged(fmt::format("{} (at byte {})", raw.error().message, at.offset));
  auto bytes = std::make_shared<const std::string>(std::move(*raw));
  storage_.blocks.put(place, bytes, bytes->size() + 128);
  return bytes;
}

Result<void> File::load(std::string_view magic) {
  auto file = handle();
  if (!file) return tl::unexpected(file.error());
  const auto size = (*file)->size();
  if (!size) return failure("cannot read {}: {}", what_, size.error().message);
  bytes_ = *size;
  if (bytes_ < magic.size() + kTrailerBytes || bytes_ > 0xffffffff) return damaged("it has an impossible size");
  auto trailer = read(bytes_ - kTrailerBytes, kTrailerBytes);
  if (!trailer) return tl::unexpected(trailer.error());
  const std::string_view t = *trailer;
  if (t.substr(16) != magic || get_u32(t.data() + 12) != crypto::crc32c(t.substr(0, 12))) return damaged("its trailer is wrong");
  auto sealed = read(get_u64(t.data()), get_u32(t.data() + 8));
  if (!sealed) return tl::unexpected(sealed.error());
  auto raw = open_block(*sealed);
  if (!raw) return damaged("footer: " + raw.error().message);
  footer_ = std::move(*raw);
  return {};
}

Result<NewFile> NewFile::create(env::Files& files, const std::string& path, std::string_view magic) {
  CHECK(magic.size() == 8);
  auto file = files.open(path, env::Files::Open::kCreateNew);
  if (!file) return failure("{}", file.error().message);
  return NewFile(std::move(*file), magic);
}

BlockAt NewFile::add(std::string_view sealed) {
  const uint64_t offset = written_ + pending_.size();
  CHECK(offset + sealed.size() <= 0xffffffff);
  pending_ += sealed;
  if (pending_.size() >= kWriteBytes) flush();
  return {static_cast<uint32_t>(offset), static_cast<uint32_t>(sealed.size())};
}

void NewFile::flush() {
  if (done_) done_ = file_->pwrite(written_, pending_);
  written_ += pending_.size();
  pending_.clear();
}

Result<uint64_t> NewFile::finish(std::string_view raw_footer) {
  const BlockAt at = add(seal_block(raw_footer));
  std::string trailer;
  put_u64(trailer, at.offset);
  put_u32(trailer, at.length);
  put_u32(trailer, crypto::crc32c(trailer));
  trailer += magic_;
  pending_ += trailer;
  flush();
  if (!done_) return failure("{}", done_.error().message);
  if (auto synced = file_->sync(); !synced) return failure("{}", synced.error().message);
  return written_;
}

}  // namespace cairn::segment
