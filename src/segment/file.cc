#include "segment/file.h"

#include <algorithm>

#include "base/check.h"
#include "base/crypto.h"
#include "base/log.h"
#include "segment/block.h"

namespace cairn::segment {

namespace {

constexpr size_t kTrailerBytes = 24;
constexpr size_t kWriteBytes = 1 << 20;

}  // namespace

Result<std::unique_ptr<File>> File::open(Storage& storage, const std::string& path, std::string_view what, std::string_view magic) {
  std::unique_ptr<File> file(new File(storage, path, what));
  file->magic_ = magic;
  if (auto loaded = file->load(magic); !loaded) return tl::unexpected(loaded.error());
  return file;
}

tl::unexpected<Failure> File::damaged(std::string_view what) const { return failure("{} {} is damaged: {}", what_, path_, what); }

void File::pin() {
  if (is_pinned_) return;
  auto file = handle();
  if (!file) return;
  pinned_ = std::move(*file);
  is_pinned_ = true;
}

Result<std::shared_ptr<env::File>> File::handle() const {
  if (is_pinned_) return pinned_;
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
  auto bytes = passing_block(at);
  if (bytes) storage_.blocks.put(place, *bytes, (*bytes)->size() + 128);
  return bytes;
}

Result<File::Bytes> File::passing_block(BlockAt at) const {
  auto sealed = read(at.offset, at.length);
  if (!sealed) return tl::unexpected(sealed.error());
  auto raw = open_block(*sealed);
  if (!raw) return damaged(fmt::format("{} (at byte {})", raw.error().message, at.offset));
  return std::make_shared<const std::string>(std::move(*raw));
}

Result<File::Bytes> File::block(BlockAt at, BlockAt twin) const {
  auto first = block(at);
  if (first) return first;
  auto second = block(twin);
  if (second) report(first.error());
  return second ? second : first;
}

Result<void> File::load(std::string_view magic) {
  auto file = handle();
  if (!file) return tl::unexpected(file.error());
  const auto size = (*file)->size();
  if (!size) return failure("cannot read {}: {}", what_, size.error().message);
  bytes_ = *size;
  if (bytes_ < magic.size() + kTrailerBytes || bytes_ > 0xffffffff) return damaged("it has an impossible size");
  auto loaded = load_footer(magic, bytes_ - kTrailerBytes);
  if (loaded || bytes_ < magic.size() + 2 * kTrailerBytes || !load_footer(magic, bytes_ - 2 * kTrailerBytes)) return loaded;
  report(loaded.error());  // it has a twin
  return {};
}

Result<void> File::load_footer(std::string_view magic, uint64_t trailer_at) {
  auto trailer = read(trailer_at, kTrailerBytes);
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

Result<void> File::verify(std::vector<BlockAt> blocks, uint32_t checksum) const {
  std::ranges::sort(blocks, {}, &BlockAt::offset);
  uint64_t end = 8;
  uint32_t found = 0;
  for (const BlockAt& at : blocks) {
    if (at.offset != end) return damaged(fmt::format("there is something else at byte {}", end));
    end += at.length;
    const auto sealed = read(at.offset, at.length);
    if (!sealed) return tl::unexpected(sealed.error());
    if (const auto raw = open_block(*sealed); !raw) return damaged(fmt::format("{} (at byte {})", raw.error().message, at.offset));
    found = crypto::crc32c(std::string_view(*sealed).substr(0, 8), found);
  }
  if (found != checksum) return damaged("its blocks are not those that it was written with");
  // Both footers and trailers.
  for (const uint64_t at : {bytes_ - kTrailerBytes, bytes_ - 2 * kTrailerBytes}) {
    const auto trailer = read(at, kTrailerBytes);
    if (!trailer) return tl::unexpected(trailer.error());
    const char* t = trailer->data();
    if (get_u32(t + 12) != crypto::crc32c(std::string_view(t, 12)) || trailer->substr(16) != magic_) return damaged("its trailer is wrong");
    const auto sealed = read(get_u64(t), get_u32(t + 8));
    if (!sealed) return tl::unexpected(sealed.error());
    const auto raw = open_block(*sealed);
    if (!raw || *raw != footer_) return damaged("footer: one of the two is wrong");
  }
  return {};
}

void Storage::report(const Failure& damage) {
  constexpr size_t kMessagesMax = 1000;
  {
    const std::lock_guard lock(mutex_);
    if (reported_.size() >= kMessagesMax || !reported_.insert(damage.message).second) return;
    ++reported_count_;
  }
  log::error("damage was found, and what it held is left out of what is read", {{"error", damage.message}});
}

Result<NewFile> NewFile::create(env::Files& files, const std::string& path, std::string_view magic) {
  CHECK(magic.size() == 8);
  auto file = files.open(path, env::Files::Open::kCreateNew);
  if (!file) return failure("{}", file.error().message);
  return NewFile(std::move(*file), magic);
}

BlockAt NewFile::add(std::string_view sealed) {
  const uint64_t offset = written_ + pending_.size();
  if (done_ && offset + sealed.size() > UINT32_MAX)
    done_ = tl::unexpected(env::IoFailure{.kind = env::IoFailure::kOther, .message = "a segment would have more than 4 GiB"});
  pending_ += sealed;
  ++blocks_;
  checksum_ = crypto::crc32c(sealed.substr(0, 8), checksum_);
  if (pending_.size() >= kWriteBytes) flush();
  return {static_cast<uint32_t>(offset), static_cast<uint32_t>(sealed.size())};
}

void NewFile::flush() {
  if (done_) done_ = file_->pwrite(written_, pending_);
  written_ += pending_.size();
  pending_.clear();
}

Result<uint64_t> NewFile::finish(std::string_view raw_footer, Footer times) {
  const std::string sealed = seal_block(raw_footer);
  std::string trailers;
  for (int i = 0; i < (times == Footer::kTwice ? 2 : 1); ++i) {
    const BlockAt at = add(sealed);
    std::string trailer;
    put_u64(trailer, at.offset);
    put_u32(trailer, at.length);
    put_u32(trailer, crypto::crc32c(trailer));
    trailers += trailer + magic_;
  }
  pending_ += trailers;
  flush();
  if (!done_) return failure("{}", done_.error().message);
  if (auto synced = file_->sync(); !synced) return failure("{}", synced.error().message);
  return written_;
}

}  // namespace cairn::segment
