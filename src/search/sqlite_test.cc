// Look-ups, conditions and counts against SQLite, which reads the same records itself: nothing of what a record holds, and nothing of what
// a condition means, is told to it by the code under test. Events happen and are imported, segments are sealed, merged and expire, and the
// history is opened again in between.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <map>
#include <random>

#include "base/log.h"
#include "env/sim/clock.h"
#include "env/sim/files.h"
#include "history/history.h"
#include "search/filter.h"
#include "search/summary.h"

namespace cairn::search {
namespace {

using history::Query;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr auto kSilent = static_cast<log::Level>(static_cast<int>(log::Level::kError) + 1);
constexpr auto kRetention = std::chrono::hours(72);
constexpr const char* kAccounts[] = {"111122223333", "444455556666"};
constexpr const char* kRegions[] = {"us-east-1", "eu-west-1", "ap-south-1"};
constexpr const char* kNames[] = {"CreateBucket", "DeleteBucket", "PutObject",       "GetObject",
                                  "DeleteTrail",  "RunInstances", "Describe\xc3\x84"};
constexpr const char* kUsers[] = {"alice", "Bob", "o'neil", "\xd0\x9c\xd0\xb0\xd1\x80\xd0\xb8\xd1\x8f", "carol/admin"};
constexpr const char* kBuckets[] = {"stones", "more-stones", "logs.example", "STONES"};
constexpr const char* kAddresses[] = {"10.1.2.3", "10.200.0.1", "192.0.2.77", "cloudtrail.amazonaws.com"};
constexpr const char* kNotes[] = {"plain text", "with \"quotes\" and 'more'", "back\\slash", "line\nend", "caf\xc3\xa9", "100%",
                                  "under_score"};

std::string literal(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("''") : std::string(1, c);
  return out + "'";
}

/// SQLite's table of what happened. Its columns are what SQLite finds in the record by its own JSON functions.
class Oracle {
 public:
  Oracle() {
    EXPECT_EQ(sqlite3_open(":memory:", &db_), SQLITE_OK);
    run(R"(CREATE TABLE e (record TEXT,
        id TEXT GENERATED ALWAYS AS (json_extract(record, '$.eventID')) STORED UNIQUE,
        time INTEGER GENERATED ALWAYS AS (CAST(strftime('%s', json_extract(record, '$.eventTime')) AS INTEGER)) STORED,
        account TEXT GENERATED ALWAYS AS (json_extract(record, '$.recipientAccountId')) STORED,
        region TEXT GENERATED ALWAYS AS (json_extract(record, '$.awsRegion')) STORED,
        management INTEGER GENERATED ALWAYS AS (json_extract(record, '$.eventCategory') = 'Management') STORED,
        name TEXT GENERATED ALWAYS AS (json_extract(record, '$.eventName')) STORED,
        source TEXT GENERATED ALWAYS AS (json_extract(record, '$.eventSource')) STORED,
        error TEXT GENERATED ALWAYS AS (json_extract(record, '$.errorCode')) STORED,
        address TEXT GENERATED ALWAYS AS (json_extract(record, '$.sourceIPAddress')) STORED,
        read_only INTEGER GENERATED ALWAYS AS (json_extract(record, '$.readOnly')) STORED,
        type TEXT GENERATED ALWAYS AS (json_extract(record, '$.userIdentity.type')) STORED,
        user TEXT GENERATED ALWAYS AS (json_extract(record, '$.userIdentity.userName')) STORED,
        access_key TEXT GENERATED ALWAYS AS (json_extract(record, '$.userIdentity.accessKeyId')) STORED,
        principal TEXT GENERATED ALWAYS AS (json_extract(record, '$.userIdentity.principalId')) STORED,
        bucket TEXT GENERATED ALWAYS AS (json_extract(record, '$.requestParameters.bucketName')) STORED,
        note TEXT GENERATED ALWAYS AS (json_extract(record, '$.requestParameters.note')) STORED,
        count REAL GENERATED ALWAYS AS (json_extract(record, '$.requestParameters.count')) STORED,
        username TEXT GENERATED ALWAYS AS (CASE json_extract(record, '$.userIdentity.type') WHEN 'Root' THEN 'root'
          WHEN 'IAMUser' THEN json_extract(record, '$.userIdentity.userName')
          WHEN 'AssumedRole' THEN substr(json_extract(record, '$.userIdentity.principalId'),
                                         instr(json_extract(record, '$.userIdentity.principalId'), ':') + 1) END) STORED,
        resource TEXT GENERATED ALWAYS AS (CASE json_extract(record, '$.eventSource') WHEN 's3.amazonaws.com' THEN
          json_extract(record, '$.requestParameters.bucketName') END) STORED))");
  }
  ~Oracle() { sqlite3_close(db_); }
  Oracle(const Oracle&) = delete;
  Oracle& operator=(const Oracle&) = delete;

  /// What is there by its ID stays.
  void add(const std::string& record) { run("INSERT OR IGNORE INTO e (record) VALUES (" + literal(record) + ")"); }

  using Row = std::vector<std::string>;
  std::vector<Row> run(const std::string& sql) {
    std::vector<Row> rows;
    char* error = nullptr;
    const auto take = [](void* to, int n, char** values, char**) {
      Row row;
      for (int i = 0; i < n; ++i) row.emplace_back(values[i] == nullptr ? "" : values[i]);
      static_cast<std::vector<Row>*>(to)->push_back(std::move(row));
      return 0;
    };
    EXPECT_EQ(sqlite3_exec(db_, sql.c_str(), take, &rows, &error), SQLITE_OK) << (error == nullptr ? "" : error) << "\n" << sql;
    sqlite3_free(error);
    return rows;
  }

 private:
  sqlite3* db_ = nullptr;
};

/// One question: as a filter, and as a condition of SQL that is 0 or 1, never NULL.
struct Asked {
  std::string filter, sql;
};

class SqliteDifference : public testing::TestWithParam<int> {
 protected:
  SqliteDifference() : random_(static_cast<uint64_t>(GetParam())) {
    log::set_threshold(kSilent);
    options_.directory = "/history";
    options_.retention = kRetention;
    options_.tail_bytes_max = 40 << 10;
    open();
  }

  size_t draw(size_t below) { return random_() % below; }
  template <class T, size_t n>
  T of(T const (&all)[n]) {
    return all[draw(n)];
  }

  // --- what happens

  std::string quoted(const std::string& text) {
    std::string out;
    json::append_quoted(out, text);
    return out;
  }
  std::string make(Time time) {
    const std::string account = kAccounts[draw(5) == 0];
    std::string user;
    switch (draw(4)) {
      case 0:
        user = R"({"type":"Root","principalId":"1"})";
        break;
      case 1:
        user = R"({"type":"AWSService","invokedBy":"cloudtrail.amazonaws.com"})";
        break;
      case 2:
        user = fmt::format(R"({{"type":"AssumedRole","principalId":{},"accessKeyId":"ASIA{}"}})", quoted("AROA:" + std::string(of(kUsers))),
                           draw(3));
        break;
      default:
        user =
            fmt::format(R"({{"type":"IAMUser","principalId":"AIDA","userName":{},"accessKeyId":"AKIA{}"}})", quoted(of(kUsers)), draw(3));
    }
    std::string parameters;
    const auto add = [&](std::string_view name, const std::string& value) {
      parameters += fmt::format("{}\"{}\":{}", parameters.empty() ? "" : ",", name, value);
    };
    if (draw(2) == 0) add("bucketName", quoted(of(kBuckets)));
    if (draw(2) == 0) add("note", quoted(of(kNotes)));
    if (draw(2) == 0) add("count", of<const char*>({"0", "1", "4", "1.5", "-7", "4e2"}));
    return fmt::format(R"({{"eventVersion":"1.11","userIdentity":{},"eventTime":"{}","eventSource":"{}","eventName":"{}","awsRegion":"{}",)"
                       R"("sourceIPAddress":"{}",{}"requestParameters":{},"eventID":"{:08x}-0000-4000-8000-{:012}","readOnly":{},)"
                       R"("recipientAccountId":"{}","eventCategory":"{}"}})",
                       user, timestamps::iso8601(time), draw(2) ? "s3.amazonaws.com" : "ec2.amazonaws.com", of(kNames), of(kRegions),
                       of(kAddresses), draw(3) ? "" : fmt::format(R"("errorCode":"{}",)", draw(2) ? "AccessDenied" : "NoSuchBucket"),
                       parameters.empty() ? "null" : "{" + parameters + "}", random_() & 0xffffffff, ++made_, draw(3) != 0, account,
                       draw(4) ? "Management" : "Data");
  }

  struct Entry {
    std::vector<std::string> records;
    std::string import;
  };
  void open() {
    history_.reset();
    auto opened = history::History::open(files_, clock_, options_);
    ASSERT_TRUE(opened.has_value()) << opened.error().message;
    history_.reset(static_cast<history::SegmentedHistory*>(opened->release()));
    for (size_t seq = history_->position().seq + 1; seq <= journal_.size(); ++seq) give(seq);
    history_->caught_up({journal_.size()});
  }
  void give(uint64_t seq) {
    const std::string key = journal::note_key(history::kImportTopic);
    journal::EntryView view;
    for (const std::string& record : journal_[seq - 1].records) view.records.push_back(record);
    if (!journal_[seq - 1].import.empty()) view.changes.push_back({key, journal_[seq - 1].import});
    history_->consume({seq}, view);
  }
  void happen() {
    std::vector<std::string> records;
    for (size_t n = 1 + draw(2); n > 0; --n) {
      records.push_back(make(std::chrono::floor<seconds>(clock_.now())));
      all_.push_back(records.back());
      oracle_.add(records.back());
    }
    journal_.push_back({records, ""});
    give(journal_.size());
    clock_.advance(seconds(draw(400)));
  }
  void import() {
    std::vector<std::string> records;
    for (size_t n = 1 + draw(40); n > 0; --n) {
      if (draw(5) == 0 && !all_.empty()) records.push_back(all_[draw(all_.size())]);  // again
      else records.push_back(make(std::chrono::floor<seconds>(clock_.now()) - seconds(draw(80 * 3600))));
    }
    std::vector<history::Arrival> arrivals;
    json::Document document;
    for (const std::string& record : records) arrivals.push_back({record, event::attributes(record, document).value()});
    const auto staged = history_->stage(arrivals);
    ASSERT_TRUE(staged) << staged.error().message;
    for (const std::string& record : records) {
      all_.push_back(record);
      oracle_.add(record);
    }
    if (staged->file.empty()) return;
    journal_.push_back({{}, staged->file});
    give(journal_.size());
  }
  void live_on() {
    for (size_t n = draw(3); n > 0; --n) happen();
    switch (draw(60)) {
      case 0:
      case 1:
        import();
        break;
      case 2:
        open();
        ++reopened_;
        break;
      case 3:
        (void)history_->seal();
        break;
      case 4:
        history_->tidy([] { return true; });
        ++merged_;
        break;
      case 5:
        history_->expire();
        break;
      case 6:
        clock_.advance(std::chrono::hours(draw(10)));
        break;
      default:
        break;
    }
  }

  // --- what is asked

  struct Field {
    const char *name, *column;
    std::vector<std::string> values;
  };
  template <size_t n>
  static std::vector<std::string> list(const char* const (&all)[n]) {
    return {all, all + n};
  }
  const Field& field() {
    static const Field kFields[] = {
        {"eventName", "name", list(kNames)},
        {"eventSource", "source", {"s3.amazonaws.com", "ec2.amazonaws.com"}},
        {"errorCode", "error", {"AccessDenied", "NoSuchBucket", "None"}},
        {"sourceIPAddress", "address", list(kAddresses)},
        {"awsRegion", "region", list(kRegions)},
        {"recipientAccountId", "account", list(kAccounts)},
        {"userIdentity.type", "type", {"Root", "IAMUser", "AssumedRole", "AWSService"}},
        {"userIdentity.userName", "user", list(kUsers)},
        {"userIdentity.accessKeyId", "access_key", {"AKIA0", "AKIA1", "ASIA2", "ASIA9"}},
        {"userIdentity.principalId", "principal", {"AROA:alice", "AIDA", "1x"}},
        {"requestParameters.bucketName", "bucket", list(kBuckets)},
        {"requestParameters.note", "note", list(kNotes)},
        {"Username", "username", {"alice", "Bob", "o'neil", "root", "nobody"}},
        {"ResourceName", "resource", list(kBuckets)},
        {"no.such.field", "NULL", {"x"}},
    };
    return kFields[draw(std::size(kFields))];
  }
  static std::string written(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
    return out + '"';
  }

  Asked atom() {
    switch (draw(12)) {
      case 0: {
        const bool truth = draw(2) == 0;
        return {fmt::format("readOnly = {}", truth), fmt::format("read_only = {}", truth ? 1 : 0)};
      }
      case 1: {
        static constexpr const char* kOperators[] = {"=", "<", "<=", ">", ">="};
        const char* op = of(kOperators);
        const char* number = of<const char*>({"0", "1", "1.5", "4", "400", "-7"});
        return {fmt::format("requestParameters.count {} {}", op, number), fmt::format("ifnull(count {} {}, 0)", op, number)};
      }
      case 2: {
        const char* word = of<const char*>({"stones", "AccessDenied", "neil", "absent-word", "plain text"});
        return {written(word), fmt::format("instr(lower(record), lower({})) > 0", literal(word))};
      }
      default:
        break;
    }
    const Field& f = field();
    const std::string& value = f.values[draw(f.values.size())];
    const std::string sql = literal(value);
    switch (draw(9)) {
      case 0:
        return {fmt::format("{} != {}", f.name, written(value)), fmt::format("ifnull({} <> {}, 1)", f.column, sql)};
      case 1: {
        const std::string& other = f.values[draw(f.values.size())];
        const bool is_not = draw(3) == 0;
        return {fmt::format("{} {} [{}, {}]", f.name, is_not ? "not in" : "in", written(value), written(other)),
                fmt::format("ifnull({} {} ({}, {}), {})", f.column, is_not ? "NOT IN" : "IN", sql, literal(other), is_not ? 1 : 0)};
      }
      case 2: {
        const std::string prefix = of<const char*>({"Delete", "10.", "s3", "more-", "A", "us-", "root"});
        const std::string regex = prefix == "10." ? "10\\." : prefix;
        return {fmt::format("{} like /^{}/", f.name, regex),
                fmt::format("ifnull(substr({}, 1, {}) = {}, 0)", f.column, prefix.size(), literal(prefix))};
      }
      case 3: {
        const char* part = of<const char*>({"Bucket", "stone", ".", "AKIA", "li", "%", "_", "'"});
        const bool is_not = draw(3) == 0;
        return {fmt::format("{} {} {}", f.name, is_not ? "not like" : "like", written(part)),
                fmt::format("ifnull(instr({}, {}) {} 0, {})", f.column, literal(part), is_not ? "=" : ">", is_not ? 1 : 0)};
      }
      case 4:
        return {fmt::format("ispresent({})", f.name), fmt::format("({} IS NOT NULL)", f.column)};
      case 5: {
        const bool less = draw(2) == 0;
        return {fmt::format("{} {} {}", f.name, less ? "<" : ">=", written(value)),
                fmt::format("ifnull({} {} {}, 0)", f.column, less ? "<" : ">=", sql)};
      }
      default:
        return {fmt::format("{} = {}", f.name, written(value)), fmt::format("ifnull({} = {}, 0)", f.column, sql)};
    }
  }
  Asked condition(int depth) {
    const size_t kind = depth == 0 ? 9 : draw(10);
    if (kind < 5) {
      const char* word = kind < 3 ? "and" : "or";
      Asked all;
      for (size_t n = 2 + draw(2); n > 0; --n) {
        const Asked part = condition(depth - 1);
        all.filter += fmt::format("{}({})", all.filter.empty() ? "" : fmt::format(" {} ", word), part.filter);
        all.sql += fmt::format("{}({})", all.sql.empty() ? "" : fmt::format(" {} ", word), part.sql);
      }
      return all;
    }
    if (kind == 5) {
      const Asked part = condition(depth - 1);
      return {fmt::format("not ({})", part.filter), fmt::format("NOT ({})", part.sql)};
    }
    return atom();
  }

  /// A look-up as LookupEvents makes them.
  std::pair<history::Filter, std::string> attribute() {
    using history::Attribute;
    const auto text = [&](Attribute a, const char* column, const std::string& value) {
      return std::pair{history::Filter{a, value}, fmt::format("ifnull({} = {}, 0)", column, literal(value))};
    };
    switch (draw(8)) {
      case 0:
        return text(Attribute::kEventName, "name", of(kNames));
      case 1:
        return text(Attribute::kEventSource, "source", draw(2) ? "s3.amazonaws.com" : "iam.amazonaws.com");
      case 2:
        return text(Attribute::kUsername, "username", draw(3) ? of(kUsers) : "root");
      case 3:
        return text(Attribute::kAccessKeyId, "access_key", fmt::format("AKIA{}", draw(4)));
      case 4:
        return text(Attribute::kResourceName, "resource", of(kBuckets));
      case 5:
        return {{Attribute::kResourceType, "AWS::S3::Bucket"}, "resource IS NOT NULL"};
      case 6: {
        const bool truth = draw(2) == 0;
        return {{Attribute::kReadOnly, truth ? "true" : "false"}, fmt::format("read_only = {}", truth ? 1 : 0)};
      }
      default: {
        if (all_.empty()) return text(Attribute::kEventId, "id", "none");
        const std::string& record = all_[draw(all_.size())];
        return text(Attribute::kEventId, "id", record.substr(record.find("\"eventID\":\"") + 11, 36));
      }
    }
  }

  struct Question {
    Query query;
    std::string filter, sql;
  };
  Question question() {
    Question asked;
    Query& q = asked.query;
    const auto now = std::chrono::duration_cast<milliseconds>(clock_.now().time_since_epoch()).count();
    asked.sql = fmt::format("time * 1000 >= {}", now - milliseconds(kRetention).count());
    const auto also = [&](const std::string& sql) { asked.sql += " AND (" + sql + ")"; };
    q.account = kAccounts[draw(4) == 0];
    also("account = " + literal(q.account));
    if (draw(3) == 0) also("region = " + literal(q.region = of(kRegions)));
    q.category = static_cast<Query::Category>(draw(3));
    if (q.category != Query::Category::kAll) also(fmt::format("management = {}", q.category == Query::Category::kManagement ? 1 : 0));
    q.order = static_cast<Query::Order>(draw(2));
    q.limit = 1 + draw(draw(4) ? 90 : 5);
    if (draw(8) == 0) q.work_bytes_max = 1 + draw(20'000);
    const auto moment = [&] { return std::chrono::floor<seconds>(clock_.now()) - seconds(draw(80 * 3600)); };
    if (draw(4) == 0) also(fmt::format("time >= {}", (q.start = moment())->time_since_epoch() / seconds(1)));
    if (draw(4) == 0) also(fmt::format("time <= {}", (q.end = moment())->time_since_epoch() / seconds(1)));
    const size_t kind = draw(4);
    if (kind == 0) {
      const auto [filter, sql] = attribute();
      q.filters = {filter};
      also(sql);
    } else if (kind < 3) {
      const Asked condition_asked = condition(3);
      asked.filter = condition_asked.filter;
      also(condition_asked.sql);
    }
    return asked;
  }

  void check() {
    Question asked = question();
    SCOPED_TRACE(asked.filter + "\n" + asked.sql);
    Query& query = asked.query;
    std::optional<Filter> filter;
    std::unique_ptr<history::Condition> held;
    if (!asked.filter.empty()) {
      auto compiled = Filter::compile(asked.filter);
      ASSERT_TRUE(compiled) << compiled.error().message;
      filter.emplace(std::move(*compiled));
      filter->narrow(query);
      held = filter->condition(clock_.now());
      query.condition = held.get();
    }
    const bool newest_first = query.order == Query::Order::kNewestFirst;
    const auto wanted =
        oracle_.run(fmt::format("SELECT record, time FROM e WHERE {} ORDER BY time {}", asked.sql, newest_first ? "DESC" : "ASC"));
    std::vector<std::string> found, expected;
    for (size_t pages = 0; pages < 5000; ++pages) {
      const auto page = history_->search(query);
      ASSERT_TRUE(page) << page.error().message;
      for (const history::Event& event : page->events) {
        ASSERT_LT(found.size(), wanted.size());
        ASSERT_EQ(std::to_string(event.attributes.time.time_since_epoch() / seconds(1)), wanted[found.size()][1]) << "at " << found.size();
        found.push_back(event.record);
      }
      if (!page->next) break;
      (newest_first ? query.before : query.newer_than) = page->next;
    }
    for (const auto& row : wanted) expected.push_back(row[0]);
    std::ranges::sort(found);  // within a second any order is right
    std::ranges::sort(expected);
    ASSERT_EQ(found, expected);
    found_ += found.size();
    if (draw(4) == 0) count(asked);
  }

  void count(Question& asked) {
    asked.query.before.reset();
    asked.query.newer_than.reset();
    asked.query.work_bytes_max = SIZE_MAX;
    const int64_t interval = 1 + static_cast<int64_t>(draw(40'000));
    static constexpr std::pair<const char*, const char*> kBy[] = {{"eventName", "name"}, {"Username", "username"}, {"errorCode", "error"}};
    Summary::Options options{.interval = seconds(interval), .fields = {}, .now = clock_.now()};
    for (const auto& by : kBy) options.fields.push_back(search::Field::compile(by.first).value());
    Summary summary(options);
    ASSERT_TRUE(history_->visit(asked.query, [&](const history::Event& event) {
      summary.add(event);
      return true;
    }));
    std::map<int64_t, uint64_t> bins;
    for (const auto& row : oracle_.run(fmt::format("SELECT time / {0} * {0}, count(*) FROM e WHERE {1} GROUP BY 1", interval, asked.sql)))
      bins[std::stoll(row[0])] = std::stoull(row[1]);
    EXPECT_EQ(summary.bins(), bins);
    for (size_t i = 0; i < std::size(kBy); ++i) {
      std::map<std::string, uint64_t> counts, ours;
      uint64_t without = 0;
      for (const auto& row :
           oracle_.run(fmt::format("SELECT {0} IS NULL, {0}, count(*) FROM e WHERE {1} GROUP BY 1, 2", kBy[i].second, asked.sql)))
        (row[0] == "1" ? without : counts[row[1]]) = std::stoull(row[2]);
      for (const auto& value : summary.values_of(i).values.top(1000)) ours[value.text] = value.count;
      EXPECT_EQ(ours, counts) << kBy[i].first;
      EXPECT_EQ(summary.values_of(i).without, without) << kBy[i].first;
    }
  }

  env::SimClock clock_;
  env::SimFiles files_;
  history::Options options_;
  std::unique_ptr<history::SegmentedHistory> history_;
  std::vector<Entry> journal_;
  std::vector<std::string> all_;
  Oracle oracle_;
  std::mt19937_64 random_;
  uint64_t made_ = 0;
  size_t found_ = 0, reopened_ = 0, merged_ = 0;
};
INSTANTIATE_TEST_SUITE_P(Seeds, SqliteDifference, testing::Range(1, 13));

TEST_P(SqliteDifference, AnswersAndCountsAreSqlites) {
  for (int i = 0; i < 850; ++i) {
    if (all_.size() < 500 || draw(4) == 0) live_on();
    check();
    if (HasFailure()) return;
  }
  EXPECT_GT(found_, 5'000u) << "questions that nothing answers prove little";
  EXPECT_GT(reopened_, 0u);
  EXPECT_GT(merged_, 0u);
  const auto gone =
      oracle_.run(fmt::format("SELECT count(*) FROM e WHERE time < {}", (clock_.now() - kRetention).time_since_epoch() / seconds(1)));
  EXPECT_NE(gone[0][0], "0") << "nothing was past the retention";
  EXPECT_TRUE(history_->verify().has_value());
}

}  // namespace
}  // namespace cairn::search
