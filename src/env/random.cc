#include "env/random.h"

#include <sys/random.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/check.h"
#include "base/text.h"

namespace cairn::env {
namespace {

void fill_from_kernel(std::span<std::byte> out) {
  while (!out.empty()) {
    ssize_t n = ::getrandom(out.data(), out.size(), 0);
    if (n < 0) {
      CHECK(errno == EINTR);
      continue;
    }
    out = out.subspan(static_cast<size_t>(n));
  }
}

class SystemRandom final : public Random {
 public:
  // Every call needs a few identifiers; one trip to the kernel serves some thirty. What was handed out is wiped here.
  void fill(std::span<std::byte> out) override {
    constexpr size_t kPool = 512;
    thread_local std::array<std::byte, kPool> pool;
    thread_local size_t used = kPool;
    if (out.size() > kPool / 4) return fill_from_kernel(out);
    if (out.size() > kPool - used) {
      fill_from_kernel(pool);
      used = 0;
    }
    std::memcpy(out.data(), pool.data() + used, out.size());
    std::memset(pool.data() + used, 0, out.size());
    used += out.size();
  }
};

}  // namespace

std::string Random::bytes(size_t n) {
  std::string out(n, '\0');
  fill(std::as_writable_bytes(std::span(out)));
  return out;
}

std::string Random::uuid() {
  std::string raw = bytes(16);
  raw[6] = static_cast<char>((raw[6] & 0x0F) | 0x40);
  raw[8] = static_cast<char>((raw[8] & 0x3F) | 0x80);
  std::string out = text::hex(raw);
  for (size_t at : {8, 13, 18, 23}) out.insert(at, 1, '-');
  return out;
}

std::string Random::letters(size_t n, const char* alphabet) {
  size_t size = std::strlen(alphabet);
  CHECK(size >= 1 && size <= 256);
  size_t usable = 256 - 256 % size;  // bytes above would favour the alphabet's first letters
  std::string out;
  while (out.size() < n) {
    for (char c : bytes(n - out.size())) {
      auto byte = static_cast<unsigned char>(c);
      if (byte < usable) out += alphabet[byte % size];
    }
  }
  return out;
}

Random& system_random() {
  static SystemRandom random;
  return random;
}

}  // namespace cairn::env
