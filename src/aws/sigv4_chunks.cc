#include <array>

#include "aws/sigv4.h"
#include "base/crypto.h"
#include "base/text.h"

namespace cairn::aws::sigv4 {
namespace {

constexpr std::string_view kEmptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
constexpr std::string_view kTrailerSignature = "x-amz-trailer-signature";
constexpr size_t kTrailersMax = 16;
constexpr int kLineEndsMax = 2;
constexpr size_t kSizeDigitsMax = 16;  // hex; more would not fit 64 bits

}  // namespace

struct ChunkDecoder::Impl {
  enum class State {
    kSize,     // a size line
    kData,     // inside a chunk
    kDataEnd,  // the line end behind a chunk
    kTrailer,  // trailer lines, to a blank one
    kEnd,      // verified; a few more line ends may follow
    kDone,
    kWrong,
  };

  Mode mode;
  bool with_trailer;
  Keys keys;
  State state = State::kSize;
  std::string line;     // the line so far, without its end
  uint64_t left = 0;    // bytes of the chunk still to come
  std::string claimed;  // the running chunk's signature
  crypto::Hasher hash{crypto::Algorithm::kSha256};
  std::vector<std::pair<std::string, std::string>> trailers;
  std::string signed_trailers;  // "name:value\n" of each, what the trailer signature covers
  bool trailer_signed = false;
  int line_ends = 0;  // behind the trailer's signature

  Result<void, Wrong> wrong(Wrong kind) {
    state = State::kWrong;
    return tl::unexpected(kind);
  }

  /// What stands in front of every chunk's hash. Each signature covers the one before: chunks cannot be moved or left out.
  std::string chain(std::string_view algorithm) const {
    return fmt::format("{}\n{}\n{}\n{}\n", algorithm, keys.date_time, keys.scope, keys.seed_signature);
  }

  bool verify(std::string_view string_to_sign, std::string_view given) {
    std::string expected = signature(keys.signing_key, string_to_sign);
    if (!crypto::equal_constant_time(expected, given)) return false;
    keys.seed_signature = std::move(expected);
    return true;
  }

  bool verify_chunk() {
    const std::string digest = text::hex(hash.finish());
    hash = crypto::Hasher(crypto::Algorithm::kSha256);
    return verify(fmt::format("{}{}\n{}", chain("AWS4-HMAC-SHA256-PAYLOAD"), kEmptyHash, digest), claimed);
  }

  /// "400;chunk-signature=<hex>", or "400" where chunks are unsigned (extensions are then ignored).
  Result<void, Wrong> size_line() {
    const std::string_view whole = line;
    const std::string_view digits = whole.substr(0, whole.find(';'));
    if (digits.empty() || digits.size() > kSizeDigitsMax) return wrong(Wrong::kMalformed);
    left = 0;
    for (char c : digits) {
      const int value = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
      if (value < 0) return wrong(Wrong::kMalformed);
      left = left << 4 | static_cast<uint64_t>(value);
    }
    if (mode == Mode::kSigned) {
      constexpr std::string_view kExtension = ";chunk-signature=";
      const std::string_view extension = whole.substr(digits.size());
      if (!extension.starts_with(kExtension)) return wrong(Wrong::kMalformed);
      claimed = extension.substr(kExtension.size());
    }
    line.clear();
    if (left > 0) {
      state = State::kData;
      return {};
    }
    if (mode == Mode::kSigned && !verify_chunk()) return wrong(Wrong::kSignature);
    state = State::kTrailer;
    return {};
  }

  Result<void, Wrong> trailer_line() {
    if (line.empty()) {
      // AWS's own example ends the trailing checksum with "\n\r\n": the blank line is no end while the signature is to come.
      if (mode == Mode::kSigned && with_trailer && !trailer_signed && !trailers.empty()) return {};
      if (mode == Mode::kSigned && with_trailer && !trailer_signed) return wrong(Wrong::kSignature);
      state = State::kDone;
      return {};
    }
    if (!with_trailer) return wrong(Wrong::kMalformed);
    const size_t colon = line.find(':');
    if (colon == 0 || colon == line.npos) return wrong(Wrong::kMalformed);
    std::string name = text::lower(text::trim(std::string_view(line).substr(0, colon)));
    std::string value(text::trim(std::string_view(line).substr(colon + 1)));
    line.clear();
    if (name == kTrailerSignature) {
      if (mode == Mode::kUnsigned) return {};
      const std::string hashed = text::hex(crypto::sha256(signed_trailers));
      if (!verify(chain("AWS4-HMAC-SHA256-TRAILER") + hashed, value)) return wrong(Wrong::kSignature);
      trailer_signed = true;
      state = State::kEnd;
      return {};
    }
    if (trailers.size() == kTrailersMax) return wrong(Wrong::kTooLarge);
    signed_trailers += name + ':' + value + '\n';
    trailers.emplace_back(std::move(name), std::move(value));
    return {};
  }

  Result<void, Wrong> end_of_line() {
    if (line.ends_with('\r')) line.pop_back();
    switch (state) {
      case State::kSize:
        return size_line();
      case State::kTrailer:
        return trailer_line();
      case State::kDataEnd:
        if (!line.empty()) return wrong(Wrong::kMalformed);
        if (mode == Mode::kSigned && !verify_chunk()) return wrong(Wrong::kSignature);
        state = State::kSize;
        return {};
      default:  // kEnd
        if (!line.empty() || ++line_ends > kLineEndsMax) return wrong(Wrong::kMalformed);
        return {};
    }
  }

  Result<void, Wrong> feed(std::string_view in, std::string& out) {
    while (!in.empty()) {
      if (state == State::kDone) return wrong(Wrong::kMalformed);
      if (state == State::kWrong) return tl::unexpected(Wrong::kMalformed);
      if (state == State::kData) {
        const std::string_view data = in.substr(0, static_cast<size_t>(std::min<uint64_t>(left, in.size())));
        if (mode == Mode::kSigned) hash.update(data);
        out += data;
        left -= data.size();
        in.remove_prefix(data.size());
        if (left == 0) state = State::kDataEnd;
        continue;
      }
      const size_t end = in.find('\n');
      const std::string_view part = in.substr(0, end);
      if (line.size() + part.size() > kLineBytesMax) return wrong(Wrong::kTooLarge);
      line += part;
      if (end == in.npos) return {};
      in.remove_prefix(end + 1);
      if (auto ended = end_of_line(); !ended) return ended;
    }
    return {};
  }
};

ChunkDecoder::ChunkDecoder(Mode mode, bool with_trailer, Keys keys)
    : impl_(std::make_unique<Impl>(Impl{.mode = mode, .with_trailer = with_trailer, .keys = std::move(keys)})) {}
ChunkDecoder::ChunkDecoder(ChunkDecoder&&) noexcept = default;
ChunkDecoder::~ChunkDecoder() = default;

Result<void, ChunkDecoder::Wrong> ChunkDecoder::feed(std::string_view in, std::string& out) { return impl_->feed(in, out); }

bool ChunkDecoder::complete() const {
  // After a verified trailer signature the last line end adds nothing; some clients leave it out.
  return impl_->state == Impl::State::kDone || (impl_->state == Impl::State::kEnd && impl_->line.empty());
}

const std::vector<std::pair<std::string, std::string>>& ChunkDecoder::trailers() const { return impl_->trailers; }

}  // namespace cairn::aws::sigv4
