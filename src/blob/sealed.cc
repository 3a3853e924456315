#include "blob/sealed.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "base/crypto.h"
#include "base/wipe.h"

namespace cairn::blob {
namespace {

using crypto::Aead;
using crypto::kAeadTagBytes;

constexpr uint64_t kSealedChunkBytes = kChunkBytes + kAeadTagBytes;
constexpr uint64_t kChecksumBytes = 4;  // CRC-32C of all before it, little-endian
constexpr std::string_view kWrapLabel = "cairn content key";

uint64_t chunks_of(uint64_t plain) { return plain == 0 ? 1 : (plain + kChunkBytes - 1) / kChunkBytes; }

std::string encode_checksum(uint32_t crc) {
  std::string bytes(kChecksumBytes, '\0');
  for (char& byte : bytes) byte = static_cast<char>(crc), crc >>= 8;
  return bytes;
}

/// A key seals one content, so the chunk's number makes a nonce; whether it is the last is told by it, too, so that a content that was
/// cut at a chunk's end does not open.
std::string nonce_of(uint64_t index, bool last) {
  std::string nonce(crypto::kAeadNonceBytes, '\0');
  nonce[0] = last ? 1 : 0;
  for (size_t i = 0; i < 8; ++i) nonce[nonce.size() - 1 - i] = static_cast<char>(index >> (8 * i));
  return nonce;
}

class SealedWriter final : public Writer {
 public:
  SealedWriter(std::unique_ptr<Writer> to, const Secret& key) : to_(std::move(to)), chunks_(key, Aead::Does::kSeal) {
    pending_.reserve(kChunkBytes);
    sealed_.resize(kSealedChunkBytes);
  }
  ~SealedWriter() override { wipe(pending_); }

  env::Done append(std::string_view data) override {
    while (!data.empty()) {
      // A full chunk waits for what follows it: only then is it known not to be the last.
      if (pending_.size() == kChunkBytes)
        if (const env::Done written = flush(false); !written) return written;
      const size_t n = std::min<size_t>(data.size(), kChunkBytes - pending_.size());
      pending_.append(data.substr(0, n));
      data.remove_prefix(n);
    }
    return {};
  }

  env::Io<BlobId> finish() override {
    if (const env::Done written = flush(true); !written) return tl::unexpected(written.error());
    if (const env::Done written = to_->append(encode_checksum(crc_)); !written) return tl::unexpected(written.error());
    return to_->finish();
  }

 private:
  env::Done flush(bool last) {
    chunks_.seal(index_++, last, pending_, sealed_.data());
    const std::string_view sealed = std::string_view(sealed_).substr(0, pending_.size() + kAeadTagBytes);
    pending_.clear();
    crc_ = crypto::crc32c(sealed, crc_);
    return to_->append(sealed);
  }

  std::unique_ptr<Writer> to_;
  Chunks chunks_;
  uint64_t index_ = 0;
  uint32_t crc_ = 0;
  std::string pending_, sealed_;
};

class SealedReader final : public Reader {
 public:
  SealedReader(std::shared_ptr<Reader> from, const Secret& key)
      : from_(std::move(from)), chunks_(key, Aead::Does::kOpen), size_(plain_bytes(from_->size())) {}
  ~SealedReader() override { wipe(plain_); }

  env::Io<size_t> read(uint64_t offset, std::span<char> out) override {
    if (!size_) return damaged("has a size that no content has");
    size_t done = 0;
    while (done < out.size() && offset + done < *size_) {
      const uint64_t at = offset + done, index = at / kChunkBytes;
      if (const env::Done opened = open_chunk(index); !opened) return tl::unexpected(opened.error());
      const size_t begin = at % kChunkBytes, n = std::min(out.size() - done, plain_.size() - begin);
      std::memcpy(out.data() + done, plain_.data() + begin, n);
      done += n;
    }
    return done;
  }
  uint64_t size() const override { return size_.value_or(0); }

 private:
  static tl::unexpected<env::IoFailure> damaged(std::string_view what) {
    return tl::unexpected(env::IoFailure{env::IoFailure::kDamaged, fmt::format("it {}", what)});
  }

  env::Done open_chunk(uint64_t index) {
    if (opened_ == index) return {};
    opened_.reset();
    const uint64_t begin = index * kChunkBytes;
    const size_t plain = static_cast<size_t>(std::min(kChunkBytes, *size_ - begin));
    sealed_.resize(plain + kAeadTagBytes);
    for (size_t done = 0; done < sealed_.size();) {
      const env::Io<size_t> read = from_->read(index * kSealedChunkBytes + done, std::span(sealed_).subspan(done));
      if (!read) return tl::unexpected(read.error());
      if (*read == 0) return damaged("became shorter");
      done += *read;
    }
    plain_.resize(plain);
    if (!chunks_.open(index, begin + plain == *size_, sealed_, plain_.data()))
      return damaged(fmt::format("does not match the tag of its chunk {}", index));
    opened_ = index;
    return {};
  }

  std::shared_ptr<Reader> from_;
  Chunks chunks_;
  const std::optional<uint64_t> size_;
  std::optional<uint64_t> opened_;  // which chunk `plain_` is
  std::string sealed_, plain_;
};

/// Each wrapped key is sealed with a key of its own, so that no nonce can come twice, however many there are: NIST SP 800-108 in counter
/// mode, of one block.
Secret key_of_wrap(const Secret& wrapping, std::string_view salt) {
  return Secret(crypto::hmac_sha256(wrapping.reveal(), fmt::format("{}{}{}{}{}", std::string_view("\0\0\0\1", 4), kWrapLabel, '\0', salt,
                                                                   std::string_view("\0\0\1\0", 4))));
}

const std::string kWrapNonce(crypto::kAeadNonceBytes, '\0');

}  // namespace

uint64_t sealed_bytes(uint64_t plain_bytes) { return plain_bytes + chunks_of(plain_bytes) * kAeadTagBytes + kChecksumBytes; }

std::optional<uint64_t> plain_bytes(uint64_t sealed) {
  if (sealed < kAeadTagBytes + kChecksumBytes) return std::nullopt;
  sealed -= kChecksumBytes;
  const uint64_t chunks = (sealed + kSealedChunkBytes - 1) / kSealedChunkBytes;
  if (sealed < chunks * kAeadTagBytes) return std::nullopt;
  const uint64_t plain = sealed - chunks * kAeadTagBytes;
  return chunks_of(plain) == chunks ? std::optional(plain) : std::nullopt;
}

void Chunks::seal(uint64_t index, bool last, std::string_view plain, char* sealed) const {
  aead_.seal(nonce_of(index, last), plain, sealed);
}
bool Chunks::open(uint64_t index, bool last, std::string_view sealed, char* plain) const {
  return aead_.open(nonce_of(index, last), sealed, plain);
}

std::string seal(const Secret& key, std::string_view plain) {
  const Chunks chunks(key, Aead::Does::kSeal);
  std::string sealed(sealed_bytes(plain.size()), '\0');
  char* out = sealed.data();
  for (uint64_t i = 0, n = chunks_of(plain.size()); i < n; ++i, out += kSealedChunkBytes)
    chunks.seal(i, i + 1 == n, plain.substr(i * kChunkBytes, kChunkBytes), out);
  const std::string_view chunked = std::string_view(sealed).substr(0, sealed.size() - kChecksumBytes);
  sealed.replace(chunked.size(), kChecksumBytes, encode_checksum(crypto::crc32c(chunked)));
  return sealed;
}

std::optional<std::string> open(const Secret& key, std::string_view sealed) {
  const std::optional<uint64_t> size = plain_bytes(sealed.size());
  if (!size) return std::nullopt;
  sealed.remove_suffix(kChecksumBytes);
  const Chunks chunks(key, Aead::Does::kOpen);
  std::string plain(*size, '\0');
  for (uint64_t i = 0, n = chunks_of(*size); i < n; ++i) {
    if (chunks.open(i, i + 1 == n, sealed.substr(i * kSealedChunkBytes, kSealedChunkBytes), plain.data() + i * kChunkBytes)) continue;
    wipe(plain);
    return std::nullopt;
  }
  return plain;
}

bool has_its_checksum(std::string_view sealed) {
  if (!plain_bytes(sealed.size())) return false;
  const std::string_view chunks = sealed.substr(0, sealed.size() - kChecksumBytes);
  return sealed.substr(chunks.size()) == encode_checksum(crypto::crc32c(chunks));
}

env::Done check_sealed(Reader& from) {
  const auto damaged = [](const char* how) { return tl::unexpected(env::IoFailure{env::IoFailure::kDamaged, how}); };
  const uint64_t size = from.size();
  if (!plain_bytes(size)) return damaged("it has a size that no content has");
  uint32_t crc = 0;
  std::string piece(kSealedChunkBytes, '\0'), checksum;
  for (uint64_t at = 0; at < size;) {
    const env::Io<size_t> read = from.read(at, piece);
    if (!read) return tl::unexpected(read.error());
    if (*read == 0) return damaged("it became shorter");
    const uint64_t covered = std::min<uint64_t>(*read, size - kChecksumBytes - std::min(at, size - kChecksumBytes));
    crc = crypto::crc32c(std::string_view(piece).substr(0, covered), crc);
    checksum += std::string_view(piece).substr(covered, *read - covered);
    at += *read;
  }
  if (checksum != encode_checksum(crc)) return damaged("it does not match its checksum");
  return {};
}

Secret new_key(env::Random& random) { return Secret(random.bytes(crypto::kAeadKeyBytes)); }

std::unique_ptr<Writer> seal_to(std::unique_ptr<Writer> to, const Secret& key) {
  return std::make_unique<SealedWriter>(std::move(to), key);
}
std::shared_ptr<Reader> open_from(std::shared_ptr<Reader> from, const Secret& key) {
  return std::make_shared<SealedReader>(std::move(from), key);
}

std::string wrap_key(env::Random& random, const Secret& wrapping, const Secret& key, std::string_view place) {
  std::string salt = random.bytes(kWrapSaltBytes);
  return salt + crypto::aes256_gcm_seal(key_of_wrap(wrapping, salt), kWrapNonce, key.reveal(), place);
}

std::optional<Secret> unwrap_key(const Secret& wrapping, std::string_view wrapped, std::string_view place) {
  if (wrapped.size() != kWrappedKeyBytes) return std::nullopt;
  const std::string_view salt = wrapped.substr(0, kWrapSaltBytes);
  return crypto::aes256_gcm_open(key_of_wrap(wrapping, salt), kWrapNonce, wrapped.substr(kWrapSaltBytes), place);
}

}  // namespace cairn::blob
