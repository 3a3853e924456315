#include "services/s3/content.h"

#include <algorithm>

#include "api/ports.h"
#include "base/check.h"
#include "base/text.h"
#include "env/random.h"
#include "services/s3/errors.h"
#include "services/s3/keys.h"

namespace cairn::s3 {
namespace {

constexpr size_t kCopyBufferBytes = 1 << 20;
constexpr const char* kIdAlphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr size_t kIdCharacters = 22;  // 131 bits

bool is_inline(const Content& content) { return content.starts_with('i'); }
std::string id_of(const Content& content) { return content.substr(1); }

Error io_error(const env::IoFailure& failure) {
  if (failure.kind == env::IoFailure::kNoSpace)
    return Error(kServiceUnavailable, "There is no space left for object data. Nothing was stored. Please try again.");
  return internal_error();
}

Content keep_bytes(api::Call& call, std::string bytes) {
  if (bytes.empty()) return {};
  const std::string id = call.ports->random->letters(kIdCharacters, kIdAlphabet);
  call.state->put(keys::bytes(id), std::move(bytes));
  return "i" + id;
}

Content keep_blob(api::Call& call, const blob::BlobId& id, std::string_view referrer) {
  call.state->put(keys::blob(id.str()), std::string(referrer));
  return "b" + id.str();
}

/// A stretch of one extent that a stream passes through.
struct Stretch {
  std::string bytes;                     // inline content
  blob::BlobId id;                       // or a blob
  std::shared_ptr<blob::Reader> reader;  // null: not opened yet
  uint64_t offset = 0;
  uint64_t length = 0;
};

class ContentSource final : public http::BodySource {
 public:
  ContentSource(blob::Store& blobs, std::vector<Stretch> stretches) : blobs_(blobs), stretches_(std::move(stretches)) {}

  Result<size_t> read(std::span<char> out) override {
    while (at_ < stretches_.size() && stretches_[at_].length == 0) stretches_[at_++] = {};
    if (at_ == stretches_.size() || out.empty()) return 0;
    Stretch& stretch = stretches_[at_];
    const size_t want = static_cast<size_t>(std::min<uint64_t>(out.size(), stretch.length));
    size_t got = want;
    if (!stretch.bytes.empty()) {
      std::memcpy(out.data(), stretch.bytes.data() + stretch.offset, want);
    } else {
      if (stretch.reader == nullptr) {
        env::Io<std::shared_ptr<blob::Reader>> reader = blobs_.open(stretch.id);
        if (!reader) return failure("{}", reader.error().message);
        stretch.reader = std::move(*reader);
      }
      const env::Io<size_t> read = stretch.reader->read(stretch.offset, out.subspan(0, want));
      if (!read) return failure("{}", read.error().message);
      if (*read == 0) return failure("blob {} is shorter than its object says", stretch.id.str());
      got = *read;
    }
    stretch.offset += got;
    stretch.length -= got;
    return got;
  }

 private:
  blob::Store& blobs_;
  std::vector<Stretch> stretches_;
  size_t at_ = 0;
};

/// Calls `f` with the bytes of `range`, in pieces.
template <class F>
void each_piece(api::Call& call, const std::vector<Extent>& extents, Range range, F&& f) {
  const std::unique_ptr<http::BodySource> source = open_content(call, extents, range);
  if (source == nullptr) throw api::Outdated{};  // replaced or deleted since its document was read
  std::string buffer(static_cast<size_t>(std::min<uint64_t>(kCopyBufferBytes, range.length)), '\0');
  for (uint64_t left = range.length; left > 0;) {
    const Result<size_t> got = source->read({buffer.data(), buffer.size()});
    if (!got || *got == 0) throw internal_error();
    left -= *got;
    f(std::string_view(buffer.data(), *got));
  }
}

}  // namespace

Content keep_payload(api::Call& call, std::string_view referrer) {
  if (call.payload.blob) return keep_blob(call, *call.payload.blob, referrer);
  return keep_bytes(call, call.payload.bytes);
}

void erase_content(api::Call& call, const Content& content) {
  if (content.empty()) return;
  call.state->erase(is_inline(content) ? keys::bytes(id_of(content)) : keys::blob(id_of(content)));
}

size_t erasure_bytes(const Content& content) { return content.empty() ? 0 : keys::blob(content).size() + kChangeOverheadBytes; }

std::unique_ptr<http::BodySource> open_content(api::Call& call, const std::vector<Extent>& extents, Range range) {
  std::vector<Stretch> stretches;
  uint64_t begin = 0;
  for (const Extent& extent : extents) {
    const uint64_t end = begin + extent.size;
    const uint64_t from = std::max(begin, range.offset), to = std::min(end, range.offset + range.length);
    if (from < to) {
      Stretch stretch;
      stretch.offset = from - begin;
      stretch.length = to - from;
      if (is_inline(extent.content)) {
        std::optional<std::string> bytes = call.state->get(keys::bytes(id_of(extent.content)));
        if (!bytes) return nullptr;
        CHECK(bytes->size() >= stretch.offset + stretch.length);
        stretch.bytes = std::move(*bytes);
      } else {
        api::about_to_block(call);
        stretch.id = blob::BlobId(id_of(extent.content));
        if (stretches.size() < kReadersOpenMax) {
          env::Io<std::shared_ptr<blob::Reader>> reader = call.ports->blobs->open(stretch.id);
          if (!reader && reader.error().kind == env::IoFailure::kNotFound) return nullptr;
          if (!reader) throw io_error(reader.error());
          stretch.reader = std::move(*reader);
        }
      }
      stretches.push_back(std::move(stretch));
    }
    begin = end;
  }
  return std::make_unique<ContentSource>(*call.ports->blobs, std::move(stretches));
}

Copied copy_content(api::Call& call, const std::vector<Extent>& extents, Range range, const ChecksumAlgorithm& algorithm,
                    std::string_view referrer) {
  // A copy made before a conflict is nobody's: its source may have changed.
  if (call.payload.blob) call.ports->blobs->remove(*std::exchange(call.payload.blob, std::nullopt));
  crypto::Hasher md5(crypto::Algorithm::kMd5), checksum(algorithm.hash);
  std::string bytes;
  std::unique_ptr<blob::Writer> writer;
  if (range.length > api::kInlineBytesMax) {
    env::Io<std::unique_ptr<blob::Writer>> created = call.ports->blobs->create();
    if (!created) throw io_error(created.error());
    writer = std::move(*created);
  }
  each_piece(call, extents, range, [&](std::string_view piece) {
    md5.update(piece);
    checksum.update(piece);
    if (writer == nullptr) {
      bytes += piece;
    } else if (const env::Done done = writer->append(piece); !done) {
      throw io_error(done.error());
    }
  });
  Copied copied;
  copied.digests = {md5.finish(), checksum.finish()};
  if (writer == nullptr) {
    copied.content = keep_bytes(call, std::move(bytes));
  } else {
    env::Io<blob::BlobId> id = writer->finish();
    if (!id) throw io_error(id.error());
    call.payload.blob = *id;
    copied.content = keep_blob(call, *id, referrer);
  }
  return copied;
}

std::string payload_checksum(api::Call& call, const Content& kept, const ChecksumAlgorithm& algorithm) {
  if (call.payload.checksum_algorithm == algorithm.name) {
    if (std::optional<std::string> raw = text::from_base64(call.payload.checksum)) return *raw;
  }
  if (!call.payload.blob) return crypto::digest(algorithm.hash, call.payload.bytes);
  crypto::Hasher checksum(algorithm.hash);
  each_piece(call, {{kept, call.payload.size}}, {0, call.payload.size}, [&](std::string_view piece) { checksum.update(piece); });
  return checksum.finish();
}

}  // namespace cairn::s3
