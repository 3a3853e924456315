#include "cli/server_sent_events.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <vector>

namespace cairn::cli {
namespace {

struct Seen {
  std::vector<std::string> events;  // name|data|id; without data: name|id
  bool good = true;
};

Seen read(std::string_view stream, size_t piece) {
  ServerSentEvents events;
  Seen seen;
  for (size_t at = 0; at < stream.size() && seen.good; at += piece)
    seen.good = events.feed(stream.substr(at, piece), [&](const ServerSentEvents::Event& event) {
      seen.events.push_back(event.data ? fmt::format("{}|{}|{}", event.name, *event.data, event.id)
                                       : fmt::format("{}|{}", event.name, event.id));
      return true;
    });
  return seen;
}

/// The examples of the HTML standard, section "Interpreting an event stream", with what it says of each.
TEST(ServerSentEvents, ReadsTheStandardsExamplesInAnyPieces) {
  struct Example {
    std::string_view stream;
    std::vector<std::string> events;
  };
  const Example examples[] = {
      {"data: YHOO\ndata: +2\ndata: 10\n\n", {"|YHOO\n+2\n10|"}},
      {": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n",
       {"|first event|1", "|second event|", "| third event|"}},
      {"data\n\ndata\ndata\n\ndata:", {"||", "|\n|"}},
      {"data:test\n\ndata: test\n\n", {"|test|", "|test|"}},
      {"event: add\ndata: 73857293\n\nevent: remove\ndata: 2153\n\nevent: add\ndata: 113411\n\n",
       {"add|73857293|", "remove|2153|", "add|113411|"}},
      // An id by itself is remembered, once its block has ended; what it names stays until another is named.
      {"id: 7\n\nid: 8\n: x\n\ndata: a\n\nid: 9\n", {"|7", "|8", "|a|8"}},
      {"event: nothing\n\nretry: 100\nunknown: 1\ndata: a\r\n\r\n", {"|a|"}},
  };
  for (const Example& example : examples) {
    for (const size_t piece : {size_t{1}, size_t{3}, size_t{1000}}) {
      const Seen seen = read(example.stream, piece);
      EXPECT_TRUE(seen.good);
      EXPECT_EQ(seen.events, example.events) << example.stream;
    }
  }
}

TEST(ServerSentEvents, KeepsNoMoreThanOneEventAndThatHasABound) {
  ServerSentEvents events;
  const std::string megabyte(1 << 20, 'x');
  size_t taken = 0;
  const auto take = [&](const ServerSentEvents::Event& event) {
    taken += event.data->size();
    return true;
  };
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(events.feed("data:", take));
    ASSERT_TRUE(events.feed(megabyte, take));
    ASSERT_TRUE(events.feed("\n\n", take));
  }
  EXPECT_EQ(taken, 100 * megabyte.size());
  // In one line, and in many.
  for (const std::string_view between : {"", "\ndata:"}) {
    ServerSentEvents endless;
    bool good = endless.feed("data:", take);
    size_t fed = 0;
    for (; good && fed < 2 * ServerSentEvents::kEventBytesMax; fed += megabyte.size())
      good = endless.feed(megabyte, take) && endless.feed(between, take);
    EXPECT_FALSE(good);
    EXPECT_LE(fed, ServerSentEvents::kEventBytesMax + megabyte.size());
  }
}

TEST(ServerSentEvents, StopsWhereItIsTold) {
  ServerSentEvents events;
  int taken = 0;
  EXPECT_FALSE(events.feed("data: a\n\ndata: b\n\n", [&](const ServerSentEvents::Event&) { return ++taken < 1; }));
  EXPECT_EQ(taken, 1);
}

}  // namespace
}  // namespace cairn::cli
