#include "base/reach.h"

#include <gtest/gtest.h>

namespace cairn {
namespace {

TEST(Reach, KnowsHowFarAddressesReach) {
  for (const char* address : {"127.0.0.1", "127.255.0.1", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1"})
    EXPECT_EQ(reach_of(address), Reach::kLoopback) << address;
  for (const char* address : {"0.0.0.0", "10.1.2.3", "100.64.0.1", "169.254.169.254", "172.31.255.255", "192.168.0.1", "198.19.0.1",
                              "224.0.0.1", "255.255.255.255", "::", "fe80::1", "fd00:ec2::254", "ff02::1", "::ffff:10.0.0.1",
                              "2002:0a00:0001::1", "64:ff9b::a9fe:a9fe", "2001:db8::1", "::10.0.0.1"})
    EXPECT_EQ(reach_of(address), Reach::kPrivate) << address;
  for (const char* address : {"8.8.8.8", "100.63.255.255", "172.32.0.1", "2606:4700::1111", "::ffff:8.8.8.8", "2002:0808:0808::1"})
    EXPECT_EQ(reach_of(address), Reach::kPublic) << address;
  for (const char* address : {"", "localhost", "127.1", "0x7f000001", "1.2.3.4.5", "[::1]", "fe80::1%eth0"})
    EXPECT_EQ(reach_of(address), std::nullopt) << address;
}

}  // namespace
}  // namespace cairn
