#include "template/cidr.h"

#include <arpa/inet.h>

#include <array>

#include "base/text.h"

namespace cairn::cfn {
namespace {

constexpr int64_t kCountMax = 256;

/// Adds 2^bit to the number that the first `length` bytes are; false if it does not fit.
bool add_power(std::array<uint8_t, 16>& bytes, int length, int64_t bit) {
  unsigned carry = 1u << (bit % 8);
  for (int64_t i = length - 1 - bit / 8; i >= 0 && carry > 0; --i) {
    const unsigned sum = bytes[static_cast<size_t>(i)] + carry;
    bytes[static_cast<size_t>(i)] = static_cast<uint8_t>(sum);
    carry = sum >> 8;
  }
  return carry == 0;
}

}  // namespace

Result<std::vector<std::string>> cidr_blocks(const std::string& block, int64_t count, int64_t bits) {
  const size_t slash = block.find('/');
  const std::string text = block.substr(0, slash);
  const auto prefix = text::to_uint(slash == std::string::npos ? std::string_view() : std::string_view(block).substr(slash + 1));
  const int family = text.find(':') == std::string::npos ? AF_INET : AF_INET6;
  const int64_t width = family == AF_INET ? 32 : 128;
  const int length = family == AF_INET ? 4 : 16;
  std::array<uint8_t, 16> address{};
  if (!prefix || *prefix > static_cast<uint64_t>(width) || inet_pton(family, text.c_str(), address.data()) != 1)
    return failure("Fn::Cidr's '{}' is no CIDR block", block);
  if (count < 1 || count > kCountMax) return failure("Fn::Cidr's count must be between 1 and {}", kCountMax);
  const int64_t room = bits < 0 ? -1 : width - static_cast<int64_t>(*prefix) - bits;  // bits that tell the blocks apart
  if (room < 0 || (room < 9 && count > (int64_t{1} << room)))
    return failure("Fn::Cidr cannot make {} blocks of {} bits of {}", count, bits, block);
  for (int64_t bit = static_cast<int64_t>(*prefix); bit < width; ++bit)
    address[static_cast<size_t>(bit / 8)] &= static_cast<uint8_t>(~(0x80u >> (bit % 8)));
  std::vector<std::string> blocks;
  for (int64_t i = 0; i < count; ++i) {
    char name[INET6_ADDRSTRLEN];
    inet_ntop(family, address.data(), name, sizeof name);
    blocks.push_back(fmt::format("{}/{}", name, width - bits));
    if (i + 1 < count && !add_power(address, length, bits)) break;
  }
  return blocks;
}

}  // namespace cairn::cfn
