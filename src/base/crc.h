#pragma once
#include <cstdint>
#include <string_view>

/// Cyclic redundancy checks, all reflected, starting from and finished with all ones. Each continues from the result
/// of the bytes before (`seed`, 0 to begin). Any thread.
namespace cairn::crc {

uint32_t crc32(std::string_view data, uint32_t seed = 0);       // IEEE 802.3
uint32_t crc32c(std::string_view data, uint32_t seed = 0);      // Castagnoli; by the processor's instruction where it has one
uint64_t crc64_nvme(std::string_view data, uint64_t seed = 0);  // NVM Express

}  // namespace cairn::crc
