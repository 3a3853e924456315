#include "logquery/query.h"

#include "logquery/run_test.h"

namespace cairn::logquery {
namespace {

const Lines kNumbers = {R"({"n":1,"s":"a","ok":true})", R"({"n":2,"s":"b","ok":false})", R"({"n":10,"s":"a"})", R"(no JSON)"};

Lines found(const std::string& condition, const Lines& messages = kNumbers) { return rows("fields n | filter " + condition, messages); }

TEST(Filter, Compares) {
  EXPECT_EQ(found("n = 2"), Lines{"n=2"});
  EXPECT_EQ(found("n = '2'"), Lines{"n=2"});
  EXPECT_EQ(found("n > 1"), (Lines{"n=10", "n=2"}));
  EXPECT_EQ(found("n >= 2 and n <= 2"), Lines{"n=2"});
  EXPECT_EQ(found("s = 'a'"), (Lines{"n=10", "n=1"}));
  EXPECT_EQ(found("s != 'a' and ispresent(s)"), Lines{"n=2"});
  EXPECT_EQ(found("(n=1 or n=2) and not s = 'b'"), Lines{"n=1"});
  EXPECT_EQ(found("ok = 1"), Lines{"n=1"});
  EXPECT_EQ(found("ok = true"), Lines{"n=1"});
  EXPECT_EQ(found("n in [1, 10]"), (Lines{"n=10", "n=1"}));
  EXPECT_EQ(found("n not in [1, '10'] and ispresent(n)"), Lines{"n=2"});
  EXPECT_EQ(found("@timestamp >= 1767268920000"), (Lines{"", "n=10"}));
}

/// "returns log events where f1 doesn't contain the word": those without f1 do not.
TEST(Filter, WhatIsNotThereDiffersFromEverything) {
  EXPECT_EQ(found("s != 'a'").size(), 2u);
  EXPECT_EQ(found("s not like 'a'").size(), 2u);
  EXPECT_EQ(found("s not in ['a']").size(), 2u);
  EXPECT_EQ(found("s < 'z'").size(), 3u);
  EXPECT_EQ(found("missing = 1").size(), 0u);
}

TEST(Filter, LooksForTexts) {
  const Lines lines = {"An Exception here", "an exception there", "E42"};
  const auto matched = [&](const std::string& condition) { return rows("filter @message " + condition + " | display @message", lines); };
  EXPECT_EQ(matched("like 'Exception'"), Lines{"@message=An Exception here"});
  EXPECT_EQ(matched("like /Exception/"), Lines{"@message=An Exception here"});
  EXPECT_EQ(matched("=~ /Exception/"), Lines{"@message=An Exception here"});
  EXPECT_EQ(matched("like /(?i)Exception/").size(), 2u);
  EXPECT_EQ(matched("not like /(?i)Exception/"), Lines{"@message=E42"});
  EXPECT_EQ(matched("like /E\\d+/"), Lines{"@message=E42"});
  EXPECT_EQ(matched("like /a\\/b/"), Lines{});
}

TEST(Fields, AreDiscoveredInJson) {
  const Lines event = {
      R"({"userIdentity":{"type":"IAMUser","userName":"Alice"},"requestParameters":{"instancesSet":{"items":[{"instanceId":"i-abcde123"}]}},)"
      R"("foo-bar":"odd","a.b":7,"@example.com":"at","list":[1,[2,3]],"none":null,"text":"caf\u00e9","big":1234567890123456789,"exact":1.10})"};
  const auto of = [&](const std::string& name) { return rows("fields " + name, event).at(0); };
  EXPECT_EQ(of("userIdentity.type"), "userIdentity.type=IAMUser");
  EXPECT_EQ(of("requestParameters.instancesSet.items.0.instanceId"), "requestParameters.instancesSet.items.0.instanceId=i-abcde123");
  EXPECT_EQ(of("`foo-bar`"), "foo-bar=odd");
  EXPECT_EQ(of("a.b"), "a.b=7");
  EXPECT_EQ(of("@@example.com"), "@@example.com=at");
  EXPECT_EQ(of("list.1.0"), "list.1.0=2");
  EXPECT_EQ(of("list[0]"), "list.0=1");
  EXPECT_EQ(of("none"), "");
  EXPECT_EQ(of("userIdentity"), "");
  EXPECT_EQ(of("text"), "text=café");
  EXPECT_EQ(of("big, exact"), "big=1234567890123456789 exact=1.10");
  EXPECT_EQ(of("@log, @logStream, @ingestionTime"), "@log=111122223333:group @logStream=stream @ingestionTime=2026-01-01 12:00:00.000");
  EXPECT_EQ(rows("fields a", {R"({"a":1} trailing)", R"(["a"])", R"({"a":)"}), (Lines{"", "", ""}));
}

TEST(Result, ShowsWhatItIsToldTo) {
  const Lines events = {R"({"a":1,"b":2})"};
  const std::string default_row = R"(@timestamp=2026-01-01 12:00:00.000 @message={"a":1,"b":2})";
  EXPECT_EQ(rows("filter a = 1", events), Lines{default_row});
  EXPECT_EQ(rows("sort @timestamp desc", events), Lines{default_row});
  EXPECT_EQ(rows("fields a | fields b", events), Lines{"a=1 b=2"});
  EXPECT_EQ(rows("fields a, b | display b", events), Lines{"b=2"});
  EXPECT_EQ(rows("fields a | display a | display b", events), Lines{"b=2"});
  EXPECT_EQ(rows("fields abs(a - b), a + b as sum", events), Lines{"abs(a - b)=1 sum=3"});
  EXPECT_EQ(rows("fields @message as m | display m, a = 1 as isOne", events), Lines{R"(m={"a":1,"b":2} isOne=1)"});
  // As recorded: a query whose only field comes from parse gives rows of that field and @ptr, of @ptr alone where it does not match.
  const Result<Table> parsed = run(R"(parse @message /"a":(?<first>\d)/)", {R"({"a":1})", "nothing"});
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(parsed->columns, (Lines{"first", "@ptr"}));
  EXPECT_EQ(parsed->rows[0], (std::vector<std::optional<std::string>>{std::nullopt, "at 1"}));
  EXPECT_EQ(parsed->rows[1], (std::vector<std::optional<std::string>>{"1", "at 0"}));
}

/// One expression is known again however it is spaced; blanks in texts are none of that.
TEST(Result, KnowsExpressionsApart) {
  const Lines events = {R"({"a":"x","b":"y"})"};
  EXPECT_EQ(rows("fields concat(a, ' ', b), concat(a, '', b)", events), Lines{"concat(a, ' ', b)=x y concat(a, '', b)=xy"});
  EXPECT_EQ(rows("fields concat(a, '-') | filter concat(a, ' -') = 'x -' | filter concat(a,'-') = 'x-'", events),
            Lines{"concat(a, '-')=x-"});
  EXPECT_EQ(rows("fields concat(a, b) like /x y/, concat(a, b) like /xy/", events),
            Lines{"concat(a, b) like /x y/=0 concat(a, b) like /xy/=1"});
  EXPECT_EQ(rows("stats max(concat(a, ' ')) as m by concat(a, ' ') | filter concat( a,' ' ) = 'x '", events),
            Lines{"concat(a, ' ')=x  m=x "});
}

TEST(Parse, TakesTextsApart) {
  const Lines line = {"25 May 2019 10:24:39,474 [ERROR] {foo=2, bar=data} The error was: DataIntegrityException"};
  const Lines expected = {"level=ERROR config={foo=2, bar=data} exception=DataIntegrityException"};
  EXPECT_EQ(rows(R"(parse @message "[*] * The error was: *" as level, config, exception)", line), expected);
  EXPECT_EQ(rows(R"(parse @message /\[(?<level>\S+)\]\s+(?<config>\{.*\})\s+The error was: (?<exception>\S+)/)", line), expected);
  EXPECT_EQ(rows(R"(parse @message /\[(\S+)\]/ as level)", line), Lines{"level=ERROR"});

  const Lines users = {"25 May 2019 10:24:39,474 user=user1234, method:sampleMethod, latency := 216",
                       "25 May 2019 10:24:40,474 user=user1234, method:sampleMethod, latency := 100"};
  EXPECT_EQ(rows(R"(parse @message "user=*, method:*, latency := *" as @user,
    @method, @latency | stats avg(@latency) by @method,
    @user)",
                 users),
            Lines{"@method=sampleMethod @user=user1234 avg(@latency)=158"});

  EXPECT_EQ(rows(R"(FIELDS @message
    | PARSE @message "* [*] *" as loggingTime, loggingType, loggingMessage
    | FILTER loggingType IN ["ERROR", "INFO"]
    | DISPLAY loggingMessage, loggingType = "ERROR" as isError)",
                 {"10:00 [INFO] fine", "10:01 [DEBUG] much", "10:02 [ERROR] broken"}),
            (Lines{"loggingMessage=broken isError=1", "loggingMessage=fine isError=0"}));
  EXPECT_EQ(rows("parse @message '*' as all", {"whole"}), Lines{"all=whole"});
  EXPECT_EQ(rows("parse s 'a*' as rest | display rest", {R"({"s":"abc"})"}), Lines{"rest=bc"});
}

TEST(Stats, Aggregates) {
  const Lines events = {R"({"n":4,"s":"b"})", R"({"n":2,"s":"a"})", R"({"n":"6","s":"b"})", R"({"s":"c"})"};
  EXPECT_EQ(rows("stats count(*), count(n), count(), sum(n), avg(n), min(n), max(n)", events),
            Lines{"count(*)=4 count(n)=3 count()=4 sum(n)=12 avg(n)=4 min(n)=2 max(n)=6"});
  EXPECT_EQ(rows("stats count_distinct(s) as d, stddev(n) as sd, median(n) as m, pct(n, 50) as p50, pct(n, 99) as p99", events),
            Lines{"d=3 sd=1.633 m=4 p50=4 p99=6"});
  EXPECT_EQ(rows("stats earliest(s), latest(s), sortsFirst(s), sortsLast(s)", events),
            Lines{"earliest(s)=b latest(s)=c sortsFirst(s)=a sortsLast(s)=c"});
  // As recorded: times come out as numbers.
  EXPECT_EQ(rows("stats earliest(@timestamp) as first, max(@timestamp) as last", events), Lines{"first=1767268800000 last=1767268980000"});
  EXPECT_EQ(rows("stats count(*) by s | sort s", events), (Lines{"s=a count(*)=1", "s=b count(*)=2", "s=c count(*)=1"}));
  EXPECT_EQ(rows("stats count(*) as c by s, bin(2m) as t | sort t, s", events),
            (Lines{"s=a t=2026-01-01 12:00:00.000 c=1", "s=b t=2026-01-01 12:00:00.000 c=1", "s=b t=2026-01-01 12:02:00.000 c=1",
                   "s=c t=2026-01-01 12:02:00.000 c=1"}));
  EXPECT_EQ(rows("stats sum(n) as x by missing", events), Lines{"x=12"});
  EXPECT_EQ(rows("filter n > 100 | stats count(*)", events), Lines{});
  EXPECT_EQ(rows("stats count(*) by bin(1h) | sort bin(1h)", events), Lines{"bin(1h)=2026-01-01 12:00:00.000 count(*)=4"});
  EXPECT_EQ(rows("stats avg (n) as a | fields a * 2 as b", events), Lines{"a=4 b=8"});
}

TEST(Stats, OfStats) {
  EXPECT_EQ(rows(R"(FIELDS strlen(@message) AS message_length
| STATS sum(message_length)/1024/1024 as logs_mb BY bin(5m)
| STATS max(logs_mb) AS peak_ingest_mb,
        min(logs_mb) AS min_ingest_mb)",
                 {std::string(1 << 20, 'a')}),
            Lines{"peak_ingest_mb=1 min_ingest_mb=1"});
  EXPECT_EQ(rows(R"(stats max(@memorySize / 1000 / 1000) as provisonedMemoryMB,
        max(@maxMemoryUsed / 1000 / 1000) as maxMemoryUsedMB,
        provisonedMemoryMB - maxMemoryUsedMB as overProvisionedMB)",
                 {"{}"}),
            Lines{""});
  EXPECT_EQ(rows("stats max(a) as x, min(a) as y, x - y as z", {R"({"a":1})", R"({"a":5})"}), Lines{"x=5 y=1 z=4"});
  EXPECT_EQ(rows("stats count(*) as c by s | filter c > 1 | stats count(*) as groups", {R"({"s":1})", R"({"s":1})", R"({"s":2})"}),
            Lines{"groups=1"});
}

TEST(Sort, IsNatural) {
  // Numbers behind all else; in texts, runs of digits by length, then by value.
  const Lines events = {R"({"v":"a10"})", R"({"v":"a9"})", R"({"v":10})", R"({"v":"9"})", R"({"v":"b"})", R"({})"};
  EXPECT_EQ(rows("fields v | sort v asc", events), (Lines{"", "v=a9", "v=a10", "v=b", "v=9", "v=10"}));
  EXPECT_EQ(rows("fields v | sort v desc", events), (Lines{"v=10", "v=9", "v=b", "v=a10", "v=a9", ""}));
  EXPECT_EQ(rows("fields v | sort v desc | limit 2", events), (Lines{"v=10", "v=9"}));
  EXPECT_EQ(rows("fields n | sort @timestamp | limit 2", kNumbers), (Lines{"n=1", "n=2"}));
  EXPECT_EQ(rows("fields n, s | sort s, n desc | filter ispresent(n)", kNumbers), (Lines{"n=10 s=a", "n=1 s=a", "n=2 s=b"}));
  EXPECT_EQ(rows("sort n desc | limit 3 | display n, s", kNumbers), (Lines{"n=10 s=a", "n=2 s=b", "n=1 s=a"}));
}

TEST(Dedup, KeepsTheFirstOfEach) {
  EXPECT_EQ(rows("fields n, s | sort @timestamp desc | dedup s", kNumbers), (Lines{"", "n=10 s=a", "n=2 s=b"}));
  EXPECT_EQ(rows("fields n, s | sort @timestamp asc | dedup s | limit 1", kNumbers), Lines{"n=1 s=a"});
  EXPECT_EQ(rows("fields n | filter ispresent(n) | dedup missing", kNumbers).size(), 3u);  // null is no duplicate of null
}

TEST(Limit, HasADefault) {
  const Lines many(10'010, "x");
  EXPECT_EQ(run("fields @message", many)->rows.size(), 10'000u);
  EXPECT_EQ(run("fields @message", many, {.rows = 5})->rows.size(), 5u);
  EXPECT_EQ(run("fields @message | limit 7", many)->rows.size(), 7u);
  EXPECT_EQ(run("fields @message | limit any 3", many)->rows.size(), 3u);
}

TEST(Unnest, MakesRows) {
  EXPECT_EQ(rows(R"(fields jsonParse(@message) as json_message
| unnest json_message.events into event
| display event.name)",
                 {R"({ "events": [ { "name": "exception" }, { "name": "user action" } ] })"}),
            (Lines{"event.name=exception", "event.name=user action"}));
}

TEST(Comments, AreIgnored) {
  EXPECT_EQ(rows("fields @message\n    # | filter @message like /delay/\n    | limit 20 # behind", {"x"}), Lines{"@message=x"});
}

struct Refused {
  const char* query;
  const char* message;
  size_t begin, end;
};

TEST(Query, IsRefused) {
  const Refused table[] = {
      // As recorded: "unexpected symbol found ( at line 1 and position 115".
      {"fields a b (", "unexpected symbol found b at line 1 and position 9", 9, 10},
      {"fields a)", "unexpected symbol found ) at line 1 and position 8", 8, 9},
      {"fields a\n| nosuch b", "unexpected symbol found nosuch at line 2 and position 2", 11, 17},
      {"", "unexpected symbol found <EOF> at line 1 and position 0", 0, 0},
      {"fields a |", "unexpected symbol found <EOF> at line 1 and position 10", 10, 10},
      {"filter a = 'żółw' | nosuch", "unexpected symbol found nosuch at line 1 and position 20", 23, 29},
      {"filter a = ", "unexpected symbol found <EOF> at line 1 and position 11", 11, 11},
      {"fields a | count()", "unexpected symbol found count at line 1 and position 11", 11, 16},
      {"filter a like b", "unexpected symbol found b at line 1 and position 14", 14, 15},
      {"fields 'a", "unexpected symbol found ' at line 1 and position 7", 7, 8},
      {"stats count(*) by bin(5)", "unexpected symbol found 5 at line 1 and position 22", 22, 23},
      {"stats count(*) by bin(5x)", "unexpected symbol found 5x at line 1 and position 22", 22, 24},
      // As recorded: nothing but limit may follow dedup.
      {"dedup a | sort a", "unexpected symbol found sort at line 1 and position 10", 10, 14},
      // As recorded.
      {"stats count(*) by a | sort b", "Unknown symbols found in or after stats: b", 27, 28},
      {"stats count(*), c by a", "Unknown symbols found in or after stats: c", 16, 17},
      {"fields 1 as a, 2 as a", "Ephemeral field is already defined: a", 15, 16},
      {"stats count(*) as c | sort c | stats sum(c)", "unexpected symbol found sort at line 1 and position 22", 22, 26},
      {"parse @message '* *' as a", "parse needs as many names as its pattern has asterisks", 0, 20},
      {"limit 0", "limit must be between 1 and 100000", 6, 7},
      {"limit 1.5", "unexpected symbol found 1.5 at line 1 and position 6", 6, 9},
  };
  for (const Refused& row : table) {
    const Result<Query, Refusal> query = Query::compile(row.query);
    ASSERT_FALSE(query.has_value()) << row.query;
    EXPECT_EQ(query.error().message, row.message) << row.query;
    EXPECT_EQ(query.error().begin, row.begin) << row.query;
    EXPECT_EQ(query.error().end, row.end) << row.query;
    EXPECT_FALSE(query.error().is_missing) << row.query;
  }
  for (const char* query : {"pattern @message", "fields a | diff", "SOURCE 'x' | fields a", "unmask @message", "filterIndex a = 1",
                            "parse @message logfmt as x"}) {
    const Result<Query, Refusal> compiled = Query::compile(query);
    ASSERT_FALSE(compiled.has_value()) << query;
    EXPECT_TRUE(compiled.error().is_missing) << query;
  }
  EXPECT_FALSE(Query::compile("filter " + std::string(5000, '(')).has_value());
  EXPECT_FALSE(Query::compile("filter " + std::string(9000, '-') + "1").has_value());
  EXPECT_FALSE(Query::compile("filter @message like /(?<=look)behind/").has_value());
}

TEST(Query, NeedsBoundedMemory) {
  Lines events;
  for (int i = 0; i < 2000; ++i) events.push_back(fmt::format(R"({{"i":{},"filler":"{}"}})", i, std::string(100, 'x')));
  EXPECT_TRUE(run("stats count(*) by i", events, {.memory_bytes_max = 4 << 20}).has_value());
  EXPECT_FALSE(run("stats count(*) by i, filler", events, {.memory_bytes_max = 256 << 10}).has_value());
  EXPECT_FALSE(run("fields @message", events, {.memory_bytes_max = 256 << 10}).has_value());
  EXPECT_TRUE(run("fields @message | limit 10", events, {.memory_bytes_max = 256 << 10}).has_value());
  // Columns of one value: it is held once, and shown in each.
  const Lines long_ones(10, std::string(10'000, 'x'));
  EXPECT_TRUE(run("fields toupper(@message)", long_ones, {.memory_bytes_max = 256 << 10}).has_value());
  EXPECT_FALSE(
      run("fields toupper(@message), toupper( @message), toupper(@message )", long_ones, {.memory_bytes_max = 256 << 10}).has_value());
}

/// How many rows a query takes of one event before it gives up.
uint64_t matched(std::string_view text, const std::string& message, size_t memory_bytes_max) {
  Run run(Query::compile(text).value(), {.memory_bytes_max = memory_bytes_max});
  EXPECT_FALSE(run.add({.timestamp = kNoon, .message = message}));
  EXPECT_FALSE(run.finish().has_value());
  return run.matched();
}

TEST(Query, NeedsBoundedMemoryForOneEvent) {
  std::string list = "[0";
  for (int i = 1; i < 60'000; ++i) list += ",0";
  list += "]";
  EXPECT_LT(matched("fields jsonParse(@message) as j | unnest j into a", list, 1 << 20), 20u);  // each row holds the list
  EXPECT_EQ(matched("fields jsonParse(@message) as j | unnest j into a | unnest j into b", list, 64 << 20), 0u);
}

TEST(Aggregation, CountsManyNearlyRight) {
  Lines events;
  for (int i = 0; i < 20'000; ++i) events.push_back(fmt::format(R"({{"i":{}}})", i));
  const Result<Table> table = run("stats count_distinct(i), pct(i, 90), median(i)", events);
  ASSERT_TRUE(table.has_value());
  EXPECT_NEAR(std::stod(*table->rows[0][0]), 20'000, 20'000 * 0.06);
  EXPECT_NEAR(std::stod(*table->rows[0][1]), 18'000, 18'000 * 0.015);
  EXPECT_NEAR(std::stod(*table->rows[0][2]), 10'000, 10'000 * 0.015);
}

}  // namespace
}  // namespace cairn::logquery
