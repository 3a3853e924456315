#include "services/s3/content.h"

#include <algorithm>

#include "api/ports.h"
#include "base/text.h"
#include "blob/damage.h"
#include "blob/sealed.h"
#include "env/random.h"
#include "services/s3/content_name.h"
#include "services/s3/errors.h"
#include "services/s3/keys.h"

namespace cairn::s3 {
namespace {

constexpr size_t kCopyBufferBytes = 1 << 20;
constexpr const char* kIdAlphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr size_t kIdCharacters = 22;  // 131 bits

ContentName name_of(const Content& content) {
  std::optional<ContentName> name = parse_content(content);
  if (!name) throw std::runtime_error("a document says of its content what makes no sense");
  return std::move(*name);
}

Content sealed_content(api::Call& call, char kind, std::string_view id, const Secret& own, const Lock& lock) {
  return fmt::format("{}{}.{}", kind, id, text::base64(blob::wrap_key(*call.ports->random, lock.key, own, lock.place)));
}

Error damaged(const api::Call& call, std::string_view what, std::string_view how) {
  call.ports->damage->found(what, how);
  return internal_error();
}

Error io_error(const env::IoFailure& failure) {
  if (failure.kind == env::IoFailure::kNoSpace)
    return Error(kServiceUnavailable, "There is no space left for object data. Nothing was stored. Please try again.");
  return internal_error();
}

Content keep_bytes(api::Call& call, std::string_view bytes, const Lock& lock) {
  if (bytes.empty()) return {};
  const std::string id = call.ports->random->letters(kIdCharacters, kIdAlphabet);
  const Secret own = blob::new_key(*call.ports->random);
  call.state->put(keys::bytes(id), blob::seal(own, bytes));
  return sealed_content(call, 'I', id, own, lock);
}

/// The call's blob, which its own key has sealed.
Content keep_blob(api::Call& call, std::string_view referrer, const Lock& lock) {
  const std::string& id = call.payload.blob->str();
  call.state->put(keys::blob(id), std::string(referrer));
  return sealed_content(call, 'B', id, call.payload.key, lock);
}

env::Io<std::shared_ptr<blob::Reader>> open_blob(blob::Store& blobs, const blob::BlobId& id, const Secret& own) {
  env::Io<std::shared_ptr<blob::Reader>> reader = blobs.open(id);
  if (!reader || own.empty()) return reader;
  return blob::open_from(std::move(*reader), own);
}

/// A stretch of one extent that a stream passes through.
struct Stretch {
  std::string bytes;                     // inline content
  blob::BlobId id;                       // or a blob ...
  Secret key;                            // ... and its key; empty: it is not sealed
  std::shared_ptr<blob::Reader> reader;  // null: not opened yet
  uint64_t offset = 0;
  uint64_t length = 0;
};

class ContentSource final : public http::BodySource {
 public:
  ContentSource(const api::Ports& ports, std::vector<Stretch> stretches)
      : blobs_(*ports.blobs), damage_(*ports.damage), stretches_(std::move(stretches)) {}

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
        env::Io<std::shared_ptr<blob::Reader>> reader = open_blob(blobs_, stretch.id, stretch.key);
        if (!reader) return failure("{}", reader.error().message);
        stretch.reader = std::move(*reader);
      }
      const env::Io<size_t> read = stretch.reader->read(stretch.offset, out.subspan(0, want));
      if (!read && read.error().kind == env::IoFailure::kDamaged) damage_.found("blob " + stretch.id.str(), read.error().message);
      if (!read) return failure("{}", read.error().message);
      if (*read == 0) {
        damage_.found("blob " + stretch.id.str(), "it is shorter than its object says");
        return failure("blob {} is shorter than its object says", stretch.id.str());
      }
      got = *read;
    }
    stretch.offset += got;
    stretch.length -= got;
    return got;
  }

 private:
  blob::Store& blobs_;
  blob::Damage& damage_;
  std::vector<Stretch> stretches_;
  size_t at_ = 0;
};

/// Calls `f` with the `length` bytes of `source`, in pieces.
template <class F>
void each_piece(http::BodySource& source, uint64_t length, F&& f) {
  std::string buffer(static_cast<size_t>(std::min<uint64_t>(kCopyBufferBytes, length)), '\0');
  for (uint64_t left = length; left > 0;) {
    const Result<size_t> got = source.read({buffer.data(), buffer.size()});
    if (!got || *got == 0) throw internal_error();
    left -= *got;
    f(std::string_view(buffer.data(), *got));
  }
}

/// Bytes that are a document, opened. nullopt: they are gone.
std::optional<std::string> open_bytes(api::Call& call, const Extent& extent, const std::string& id, const Secret& own) {
  const std::string document = keys::bytes(id);
  std::optional<std::string> bytes = call.state->get(document);
  if (bytes && !own.empty()) {
    bytes = blob::open(own, *bytes);
    if (!bytes) throw damaged(call, document, "it does not match its tag");
  }
  if (bytes && bytes->size() != extent.size) throw damaged(call, document, "it is not as long as its object says");
  return bytes;
}

}  // namespace

std::string place_of(std::string_view bucket, std::string_view key) { return fmt::format("{}/{}", bucket, key); }
std::string place_of(std::string_view bucket, std::string_view key, std::string_view upload, int part) {
  return fmt::format("{}/{}{}{}/{}", bucket, key, keys::kUploadSeparator, upload, part);
}

Content keep_payload(api::Call& call, std::string_view referrer, const Lock& lock) {
  if (call.payload.blob) return keep_blob(call, referrer, lock);
  return keep_bytes(call, call.payload.bytes, lock);
}

void erase_content(api::Call& call, const Content& content) {
  const ContentName name = name_of(content);
  if (name.id.empty()) return;
  call.state->erase(name.is_inline ? keys::bytes(name.id) : keys::blob(name.id));
}

size_t erasure_bytes(const Content& content) {
  return content.empty() ? 0 : keys::bytes(name_of(content).id).size() + kChangeOverheadBytes;
}

std::unique_ptr<http::BodySource> open_content(api::Call& call, const std::vector<Extent>& extents, Range range, const Secret& key) {
  std::vector<Stretch> stretches;
  uint64_t begin = 0;
  for (const Extent& extent : extents) {
    const uint64_t end = begin + extent.size;
    const uint64_t from = std::max(begin, range.offset), to = std::min(end, range.offset + range.length);
    if (from < to) {
      Stretch stretch;
      stretch.offset = from - begin;
      stretch.length = to - from;
      const ContentName name = name_of(extent.content);
      if (name.is_sealed) {
        std::optional<Secret> own = blob::unwrap_key(key, name.key, extent.place);
        if (!own) throw damaged(call, extent.place, "the key of its content does not open");
        stretch.key = std::move(*own);
      }
      if (name.is_inline) {
        std::optional<std::string> bytes = open_bytes(call, extent, name.id, stretch.key);
        if (!bytes) return nullptr;
        stretch.bytes = std::move(*bytes);
      } else {
        api::about_to_block(call);
        stretch.id = blob::BlobId(name.id);
        if (stretches.size() < kReadersOpenMax) {
          env::Io<std::shared_ptr<blob::Reader>> reader = open_blob(*call.ports->blobs, stretch.id, stretch.key);
          if (!reader && reader.error().kind == env::IoFailure::kNotFound) return nullptr;
          if (!reader) throw io_error(reader.error());
          stretch.reader = std::move(*reader);
          if (stretch.reader->size() != extent.size)
            throw damaged(call, "blob " + stretch.id.str(), "it is not as long as its object says");
        }
      }
      stretches.push_back(std::move(stretch));
    }
    begin = end;
  }
  return std::make_unique<ContentSource>(*call.ports, std::move(stretches));
}

Copied copy_content(api::Call& call, const std::vector<Extent>& extents, Range range, const Secret& key, const ChecksumAlgorithm& algorithm,
                    std::string_view referrer, const Lock& lock) {
  // A copy made before a conflict is nobody's: its source may have changed.
  if (call.payload.blob) call.ports->blobs->remove(*std::exchange(call.payload.blob, std::nullopt));
  crypto::Hasher md5(crypto::Algorithm::kMd5), checksum(algorithm.hash);
  std::string bytes;
  std::unique_ptr<blob::Writer> writer;
  if (range.length > api::kInlineBytesMax) {
    env::Io<std::unique_ptr<blob::Writer>> created = call.ports->blobs->create();
    if (!created) throw io_error(created.error());
    call.payload.key = blob::new_key(*call.ports->random);
    writer = blob::seal_to(std::move(*created), call.payload.key);
  }
  const std::unique_ptr<http::BodySource> source = open_content(call, extents, range, key);
  if (source == nullptr) throw api::Outdated{};  // replaced or deleted since its document was read
  each_piece(*source, range.length, [&](std::string_view piece) {
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
    copied.content = keep_bytes(call, bytes, lock);
  } else {
    env::Io<blob::BlobId> id = writer->finish();
    if (!id) throw io_error(id.error());
    call.payload.blob = *id;
    copied.content = keep_blob(call, referrer, lock);
  }
  return copied;
}

std::string payload_checksum(api::Call& call, const ChecksumAlgorithm& algorithm) {
  if (call.payload.checksum_algorithm == algorithm.name) {
    if (std::optional<std::string> raw = text::from_base64(call.payload.checksum)) return *raw;
  }
  if (algorithm.hash == crypto::Algorithm::kCrc64Nvme && !call.payload.crc64nvme.empty()) return call.payload.crc64nvme;
  if (!call.payload.blob) return crypto::digest(algorithm.hash, call.payload.bytes);
  crypto::Hasher checksum(algorithm.hash);
  std::vector<Stretch> all(1);
  all.front() = {
      .bytes = {}, .id = *call.payload.blob, .key = call.payload.key, .reader = nullptr, .offset = 0, .length = call.payload.size};
  ContentSource source(*call.ports, std::move(all));
  each_piece(source, call.payload.size, [&](std::string_view piece) { checksum.update(piece); });
  return checksum.finish();
}

}  // namespace cairn::s3
