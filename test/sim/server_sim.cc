// The whole server in one process under seeds: random calls, random scheduling, power cuts at any write, syncs that fail, full disks.
// After every restart the promises are checked, one file each. A failing seed is replayed with --seed N.
#include <cstdio>

#include "base/log.h"
#include "base/text.h"
#include "world.h"

namespace cairn::sim {
namespace {

constexpr int kLives = 4, kCallsPerLife = 30;
constexpr size_t kInFlightMax = 6;

std::string random_value(env::SimRandom& random) {
  constexpr std::array<size_t, 7> kSizes = {0, 1, 300, 5000, 65536, 65537, 150000};
  std::string value(kSizes[random.below(kSizes.size())], '\0');
  const uint64_t salt = random.next();
  for (size_t i = 0; i < value.size(); ++i) value[i] = static_cast<char>('a' + (salt + i * 7 + i / 26) % 26);
  if (value.size() >= 8) std::memcpy(value.data(), &salt, 8);
  return value;
}

/// The id of some version that a client has heard of; "null" is always worth a try.
std::string known_version(World& world) {
  std::vector<std::string> known{"null"};
  for (const auto& [id, call] : world.calls)
    for (const auto& [name, value] : call.headers)
      if (name == "x-amz-version-id") known.push_back(value);
  return known[world.random.below(known.size())];
}

SentCall random_call(World& world) {
  env::SimRandom& random = world.random;
  SentCall call;
  call.bucket = "bucket-" + std::to_string(random.below(3));
  const uint64_t what = random.below(100);
  if (what < 12) call.operation = "CreateBucket";
  else if (what < 18) call.operation = "DeleteBucket";
  else if (what < 30) {
    call.operation = "GetCallerIdentity";
    call.bucket.clear();
  } else if (what < 36) {
    call.operation = "PutBucketVersioning";
    call.value = random.one_in(3) ? "Suspended" : "Enabled";
  } else {
    call.key = "key-" + std::to_string(random.below(5));
    call.operation = what < 62 ? "PutObject" : what < 78 ? "DeleteObject" : what < 85 ? "PutObjectLockLegalHold" : "GetObject";
    if (call.operation == "PutObject") call.value = random_value(random);
    else if (random.one_in(3)) call.version = known_version(world);
    if (call.operation == "PutObjectLockLegalHold") call.value = random.one_in(2) ? "ON" : "OFF";
  }
  return call;
}

/// Calls and background work in random order, until something breaks or enough was done.
void live(World& world) {
  int calls = 0;
  bool disk_full = false;
  while (calls < kCallsPerLife || world.in_flight > 0) {
    const uint64_t what = world.random.below(10);
    if (what < 4 && calls < kCallsPerLife && world.in_flight < kInFlightMax) {
      world.send(random_call(world));
      ++calls;
    } else if (what < 9) {
      if (!world.step()) world.clock.advance(std::chrono::milliseconds(1 + world.random.below(20)));
    } else {
      world.clock.advance(std::chrono::milliseconds(1 + world.random.below(500)));
    }
    if (world.random.one_in(60)) {
      disk_full = !disk_full;
      world.files.set_free_bytes(disk_full ? world.random.below(200'000) : uint64_t{1} << 40);
    }
    if (calls == kCallsPerLife && disk_full) world.files.set_free_bytes(uint64_t{1} << 40), disk_full = false;
  }
}

void hold_to_promises(World& world) {
  for (int i = 0; i < 60; ++i) world.settle();  // three seconds: a disk that was full is looked at again every second
  const std::vector<Recorded> history = world.history();
  answered_calls_have_one_event(world, history);
  records_fit_a_sequential_model(world, history);
  each_event_is_in_one_file(world);
  no_bytes_left_behind(world, world.history());
}

void run(uint64_t seed) {
  World world(seed);
  world.files.set_free_bytes(uint64_t{1} << 40);
  for (int life = 0; life < kLives; ++life) {
    if (life > 0 && world.random.one_in(3))
      world.files.crash_at(world.files.operations() + 1 + world.random.below(20));  // while recovering
    for (int attempt = 0;; ++attempt) {
      try {
        if (!world.start()) throw std::runtime_error("the server refused to start: " + world.complaint);
        if (life > 0 && attempt == 0) world.files.crash_at(UINT64_MAX);
        break;
      } catch (const env::SimCrash&) {
        if (attempt == 3) throw std::runtime_error("crashed again and again while starting");
        world.crash(env::SimFiles::Unsynced::kSome);
      }
    }
    if (life == 0) world.make_trail();
    const std::vector<Recorded> history = world.history();
    answered_calls_have_one_event(world, history);
    records_fit_a_sequential_model(world, history);
    if (world.random.one_in(8)) world.files.fail_next(env::SimFiles::Op::kSync, "journal", env::IoFailure::kOther);
    if (!world.random.one_in(5)) world.files.crash_at(world.files.operations() + 1 + world.random.below(400));
    try {
      live(world);
    } catch (const env::SimCrash&) {
    }
    world.files.set_free_bytes(uint64_t{1} << 40);
    world.files.heal();
    world.crash(world.random.one_in(4) ? env::SimFiles::Unsynced::kEverything : env::SimFiles::Unsynced::kSome);
  }
  if (!world.start()) throw std::runtime_error("the server refused to start: " + world.complaint);
  hold_to_promises(world);  // what the last crash left behind is cleared away
  live(world);
  hold_to_promises(world);  // and what a life without one deletes
}

}  // namespace
}  // namespace cairn::sim

int main(int argc, char** argv) {
  uint64_t first = 1, count = 500;
  for (int i = 1; i + 1 < argc; i += 2) {
    const uint64_t value = cairn::text::to_uint(argv[i + 1]).value_or(0);
    if (std::string_view(argv[i]) == "--seeds") count = value;
    else if (std::string_view(argv[i]) == "--seed") first = value, count = 1;
    else return std::fprintf(stderr, "usage: server_sim [--seeds N | --seed N]\n"), 2;
  }
  cairn::log::set_threshold(cairn::log::Level::kError);
  uint64_t failed = 0;
  for (uint64_t seed = first; seed < first + count; ++seed) {
    try {
      cairn::sim::run(seed);
    } catch (const std::exception& error) {
      ++failed;
      std::fprintf(stderr, "seed %llu: %s\n", static_cast<unsigned long long>(seed), error.what());
      if (failed == 10) break;
    }
  }
  std::printf("%llu passed, %llu failed\n", static_cast<unsigned long long>(count - failed), static_cast<unsigned long long>(failed));
  return failed == 0 ? 0 : 1;
}
