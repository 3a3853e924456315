#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/aead.h"
#include "base/id.h"
#include "blob/store.h"

/// Content at rest: AES-256-GCM in chunks, each with its tag, under a key of the content's own, and a checksum of it all for those who
/// have no key: docs/formats/content.md. Any range is read by opening the chunks that it touches; a chunk that is changed, cut off, moved
/// or another content's does not open.
namespace cairn::blob {

constexpr uint64_t kChunkBytes = 64 << 10;  // of plaintext

uint64_t sealed_bytes(uint64_t plain_bytes);
/// nullopt: no sealed content has this size.
std::optional<uint64_t> plain_bytes(uint64_t sealed_bytes);

/// The chunks of one content. One thread at a time.
class Chunks {
 public:
  Chunks(const Secret& key, crypto::Aead::Does does) : aead_(key, does) {}
  /// `sealed`: crypto::kAeadTagBytes longer than `plain`, which is kChunkBytes of every chunk but the last.
  void seal(uint64_t index, bool last, std::string_view plain, char* sealed) const;
  bool open(uint64_t index, bool last, std::string_view sealed, char* plain) const;

 private:
  crypto::Aead aead_;
};

/// Content in memory.
std::string seal(const Secret& key, std::string_view plain);
std::optional<std::string> open(const Secret& key, std::string_view sealed);

Secret new_key(env::Random& random);
/// What `append` gets is sealed on its way to `to`.
std::unique_ptr<Writer> seal_to(std::unique_ptr<Writer> to, const Secret& key);
/// Whether sealed content is as it was written, as far as that can be told without its key: by its checksum. The failure says what is
/// wrong (kDamaged), or that it cannot be read.
env::Done check_sealed(Reader& from);
bool has_its_checksum(std::string_view sealed);
/// `size` and `read` are of the plaintext. Damage reads as IoFailure::kDamaged, never as bytes. One thread at a time.
std::shared_ptr<Reader> open_from(std::shared_ptr<Reader> from, const Secret& key);

/// A content's key, sealed under another one. `place` is bound in: whose content it is, so that it opens nowhere else.
/// kWrappedKeyBytes long. Any number may be made with one `wrapping` key.
constexpr size_t kWrapSaltBytes = 16;
constexpr size_t kWrappedKeyBytes = kWrapSaltBytes + crypto::kAeadKeyBytes + crypto::kAeadTagBytes;
std::string wrap_key(env::Random& random, const Secret& wrapping, const Secret& key, std::string_view place);
std::optional<Secret> unwrap_key(const Secret& wrapping, std::string_view wrapped, std::string_view place);

}  // namespace cairn::blob
