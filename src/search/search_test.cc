// Searches by conditions against a list of all events, over which the test's own evaluation of the same conditions goes: it is written
// after docs/log-queries.md and docs/search.md and shares no code with what it tests.
#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <random>
#include <regex>
#include <variant>

#include "env/sim/clock.h"
#include "env/sim/files.h"
#include "history/history.h"
#include "search/filter.h"
#include "search/summarize.h"

namespace cairn::search {
namespace {

using history::Cursor;
using history::Query;

// --- events as the test knows them

using Scalar = std::variant<std::monostate, std::string, double, bool>;

struct Known {
  std::map<std::string, Scalar> fields;
  std::vector<std::string> usernames, resource_names, resource_types;
  std::string account, region, record;
  int64_t second = 0;
  bool management = true;
  Cursor cursor;
};

constexpr const char* kNames[] = {"CreateBucket", "DeleteBucket", "PutObject",       "GetObject",
                                  "AssumeRole",   "DeleteTrail",  "Describe\xc3\x84"};
constexpr const char* kUsers[] = {"alice", "Bob", "carol/admin", "\xd0\x9c\xd0\xb0\xd1\x80\xd0\xb8\xd1\x8f"};
constexpr const char* kAccounts[] = {"111122223333", "444455556666", "777788889999"};
constexpr const char* kRegions[] = {"us-east-1", "eu-west-1", "ap-south-1"};
constexpr const char* kBuckets[] = {"stones", "more-stones", "logs.example"};
constexpr const char* kErrors[] = {"AccessDenied", "NoSuchBucket"};
constexpr const char* kTexts[] = {"plain", "with \"quotes\"", "back\\slash", "a/b", "404", "4", "true", "", "caf\xc3\xa9", "404.0"};
const char* const kAddresses[] = {"10.1.2.3", "10.200.0.1", "192.0.2.77", "203.0.113.9", "cloudtrail.amazonaws.com"};

class World {
 public:
  explicit World(uint64_t seed) : random_(seed) {
    options_.directory = "/history";
    options_.tail_bytes_max = 48 << 10;
    open();
  }

  void open() {
    history_.reset();
    auto opened = std::make_unique<history::SegmentedHistory>(files_, clock_, options_);
    ASSERT_TRUE(opened->load());
    history_ = std::move(opened);
    for (uint64_t at = history_->position().seq; at < journal_.size(); ++at) feed(at);
  }
  void seal() { ASSERT_TRUE(history_->seal()); }
  /// A larger tail, so that more is sealed at once.
  void grow() {
    options_.tail_bytes_max = 8 << 20;
    open();
  }

  void append() {
    const size_t records = 1 + draw(2);
    std::vector<std::string> entry;
    for (size_t i = 0; i < records; ++i) {
      Known event = make();
      event.cursor = {journal_.size() + 1, static_cast<uint32_t>(i)};
      entry.push_back(event.record);
      known_.push_back(std::move(event));
    }
    journal_.push_back(std::move(entry));
    feed(journal_.size() - 1);
    clock_.advance(std::chrono::seconds(draw(100)));
  }

  size_t draw(size_t below) { return below == 0 ? 0 : random_() % below; }
  template <class T, size_t n>
  T of(T const (&all)[n]) {
    return all[draw(n)];
  }
  history::SegmentedHistory& history() { return *history_; }
  const std::vector<Known>& known() const { return known_; }
  const env::SimClock& clock() const { return clock_; }

 private:
  void feed(uint64_t at) {
    journal::EntryView view;
    for (const std::string& record : journal_[at]) view.records.push_back(record);
    history_->consume({at + 1}, view);
  }

  /// As JSON; now and then with escapes that nothing asks for.
  std::string quoted(const std::string& text) {
    std::string out;
    json::append_quoted(out, text);
    if (draw(4) == 0 && !text.empty() && static_cast<signed char>(text[0]) > 0 && text[0] != '"' && text[0] != '\\')
      out = fmt::format("\"\\u{:04x}{}", static_cast<int>(text[0]), out.substr(2));
    if (draw(4) == 0)
      for (size_t at = out.find('/'); at != std::string::npos; at = out.find('/', at + 2)) out.insert(at, "\\");
    return out;
  }

  std::string scalar(const Scalar& value, const std::string& shown = {}) {
    if (const auto* text = std::get_if<std::string>(&value)) return quoted(*text);
    if (const auto* truth = std::get_if<bool>(&value)) return *truth ? "true" : "false";
    return shown;
  }

  Known make() {
    Known e;
    e.account = kAccounts[draw(4) ? 0 : 1 + draw(2)];
    e.region = of(kRegions);
    e.management = draw(4) != 0;
    e.second = std::chrono::floor<std::chrono::seconds>(clock_.now()).time_since_epoch().count();
    const bool read_only = draw(3) != 0;
    auto& f = e.fields;
    f["eventName"] = std::string(of(kNames));
    f["eventSource"] = std::string(draw(2) ? "s3.amazonaws.com" : "sts.amazonaws.com");
    f["eventID"] = fmt::format("00000000-0000-4000-8000-{:012}", ++made_);
    f["awsRegion"] = e.region;
    f["recipientAccountId"] = e.account;
    f["readOnly"] = read_only;
    f["sourceIPAddress"] = std::string(of(kAddresses));
    std::string json = fmt::format(R"({{"eventTime":"{}",)", timestamps::iso8601(Time(std::chrono::seconds(e.second))));
    for (const char* name : {"eventName", "eventSource", "eventID", "awsRegion", "recipientAccountId", "readOnly", "sourceIPAddress"})
      json += fmt::format("\"{}\":{},", name, scalar(f[name]));
    if (draw(3) == 0) {
      f["errorCode"] = std::string(of(kErrors));
      json += fmt::format("\"errorCode\":{},", scalar(f["errorCode"]));
    } else if (draw(12) == 0) {  // as no service writes it
      f["errorCode"] = draw(2) ? Scalar(std::string()) : Scalar(404.0);
      json += fmt::format("\"errorCode\":{},", scalar(f["errorCode"], "404"));
    }
    f["eventCategory"] = std::string(e.management ? "Management" : "Data");
    const size_t identity = draw(4);
    if (identity < 2) {
      f["userIdentity.userName"] = std::string(of(kUsers));
      f["userIdentity.accessKeyId"] = fmt::format("AKIA{}", draw(3));
      f["userIdentity.type"] = std::string("IAMUser");
      e.usernames = {std::get<std::string>(f["userIdentity.userName"])};
      json += fmt::format(R"("userIdentity":{{"type":"IAMUser","userName":{},"accessKeyId":{}}},)", scalar(f["userIdentity.userName"]),
                          scalar(f["userIdentity.accessKeyId"]));
    } else if (identity == 2) {
      f["userIdentity.type"] = std::string("Root");
      f["userIdentity.accessKeyId"] = std::string();
      e.usernames = {"root"};
      json += R"("userIdentity":{"type":"Root","accessKeyId":""},)";
    } else {
      f["userIdentity.type"] = std::string("AWSService");
      f["userIdentity.invokedBy"] = std::string("cloudtrail.amazonaws.com");
      json += R"("userIdentity":{"type":"AWSService","invokedBy":"cloudtrail.amazonaws.com"},)";
    }
    json += "\"requestParameters\":";
    if (draw(5) == 0) {
      json += "null,";
    } else {
      json += "{";
      if (draw(2)) {
        const std::string bucket = of(kBuckets);
        f["requestParameters.bucketName"] = bucket;
        if (std::get<std::string>(f["eventSource"]).starts_with("s3.")) {
          e.resource_names.push_back(bucket);
          e.resource_types.push_back("AWS::S3::Bucket");
        }
        json += fmt::format("\"bucketName\":{},", quoted(bucket));
      }
      if (draw(2)) {
        const std::string text = of(kTexts);
        f["requestParameters.note"] = text;
        json += fmt::format("\"note\":{},", quoted(text));
      }
      if (draw(2)) {
        static constexpr std::pair<const char*, double> kNumbers[] = {{"0", 0},     {"1", 1},        {"4", 4},
                                                                      {"404", 404}, {"4.04e2", 404}, {"-7.5", -7.5}};
        const auto& [shown, number] = kNumbers[draw(std::size(kNumbers))];
        f["requestParameters.count"] = number;
        json += fmt::format("\"count\":{},", shown);
      }
      if (draw(2)) {
        f["requestParameters.deep.0.flag"] = draw(2) == 0;
        json += fmt::format("\"deep\":[{{\"flag\":{}}},[]],", scalar(f["requestParameters.deep.0.flag"]));
      }
      json += "\"nothing\":null},";
    }
    json += fmt::format(R"("responseElements":null,"eventCategory":"{}"}})", e.management ? "Management" : "Data");
    e.record = std::move(json);
    return e;
  }

  env::SimClock clock_;
  env::SimFiles files_;
  history::Options options_;
  std::unique_ptr<history::SegmentedHistory> history_;
  std::vector<std::vector<std::string>> journal_;
  std::vector<Known> known_;
  std::mt19937_64 random_;
  uint64_t made_ = 0;
};

// --- what conditions mean, once more

std::optional<double> number(const Scalar& value) {
  if (const double* n = std::get_if<double>(&value)) return *n;
  if (const bool* truth = std::get_if<bool>(&value)) return *truth ? 1 : 0;
  const auto* text = std::get_if<std::string>(&value);
  static const std::regex kNumber(R"([+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?)");
  if (text == nullptr || !std::regex_match(*text, kNumber)) return std::nullopt;
  return std::stod(*text);
}
std::string text(const Scalar& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const bool* truth = std::get_if<bool>(&value)) return *truth ? "1" : "0";
  const double n = std::get<double>(value);
  return n == std::floor(n) ? std::to_string(static_cast<int64_t>(n)) : fmt::format("{}", n);
}
bool equal(const Scalar& a, const Scalar& b) {
  if (std::holds_alternative<std::string>(a) && std::holds_alternative<std::string>(b))
    return std::get<std::string>(a) == std::get<std::string>(b);
  if (number(a) && number(b)) return *number(a) == *number(b);
  return text(a) == text(b);
}
bool less(const Scalar& a, const Scalar& b) {
  if (number(a) && number(b)) return *number(a) < *number(b);
  return text(a) < text(b);
}
std::string lower(std::string s) {
  for (char& c : s)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  return s;
}
bool in_subnet(const std::string& address, const std::string& network, int bits) {
  in_addr a{}, b{};
  if (inet_pton(AF_INET, address.c_str(), &a) != 1 || inet_pton(AF_INET, network.c_str(), &b) != 1) return false;
  return bits == 0 || ntohl(a.s_addr) >> (32 - bits) == ntohl(b.s_addr) >> (32 - bits);
}

/// A condition: as it is written, and whether an event meets it.
struct Condition {
  std::string written;
  std::function<bool(const Known&)> holds;
};

/// What a name stands for: any number of values.
std::vector<Scalar> values(const Known& e, const std::string& name) {
  std::vector<Scalar> out;
  const auto* words = name == "Username"       ? &e.usernames
                      : name == "ResourceName" ? &e.resource_names
                      : name == "ResourceType" ? &e.resource_types
                                               : nullptr;
  if (words != nullptr) {
    out.assign(words->begin(), words->end());
  } else if (const auto found = e.fields.find(name); found != e.fields.end()) {
    out.push_back(found->second);
  }
  return out;
}

/// Those that the history counts by without reading events.
const char* const kColumnNames[] = {"eventName",         "eventSource",     "awsRegion",       "recipientAccountId",
                                    "readOnly",          "sourceIPAddress", "errorCode",       "eventCategory",
                                    "userIdentity.type", "Username",        "userIdentity.arn"};

class Conditions {
 public:
  enum class About { kAnyField, kColumnFields };
  explicit Conditions(World& world, About about = About::kAnyField) : world_(world), about_(about) {}

  Condition any(int depth) {
    switch (depth <= 0 ? 9 : draw(14)) {
      case 0:
      case 1:
      case 2:
        return joined("and", depth);
      case 3:
      case 4:
        return joined("or", depth);
      case 5: {
        const Condition inner = any(depth - 1);
        return {"not (" + inner.written + ")", [inner](const Known& e) { return !inner.holds(e); }};
      }
      case 6: {
        const Condition inner = any(depth - 1);
        return {"(" + inner.written + ")", inner.holds};
      }
      default:
        return single();
    }
  }

 private:
  size_t draw(size_t below) { return world_.draw(below); }

  Condition joined(const std::string& word, int depth) {
    std::vector<Condition> parts;
    for (size_t n = 2 + draw(2); n > 0; --n) parts.push_back(any(depth - 1));
    std::string written;
    for (const Condition& part : parts) written += (written.empty() ? "" : " " + word + " ") + ("(" + part.written + ")");
    if (word == "and")
      return {written, [parts](const Known& e) { return std::ranges::all_of(parts, [&](const auto& p) { return p.holds(e); }); }};
    return {written, [parts](const Known& e) { return std::ranges::any_of(parts, [&](const auto& p) { return p.holds(e); }); }};
  }

  std::string name() {
    static const char* const kFields[] = {"eventName",
                                          "eventSource",
                                          "eventID",
                                          "awsRegion",
                                          "recipientAccountId",
                                          "readOnly",
                                          "sourceIPAddress",
                                          "errorCode",
                                          "userIdentity.userName",
                                          "userIdentity.accessKeyId",
                                          "userIdentity.type",
                                          "userIdentity.invokedBy",
                                          "requestParameters.bucketName",
                                          "requestParameters.note",
                                          "requestParameters.count",
                                          "requestParameters.deep.0.flag",
                                          "requestParameters.deep",
                                          "no.such.field",
                                          "Username",
                                          "ResourceName",
                                          "ResourceType",
                                          "eventName",
                                          "Username",
                                          "ResourceName"};
    return about_ == About::kColumnFields ? world_.of(kColumnNames) : world_.of(kFields);
  }

  /// Most are one that some event has.
  Scalar literal(const std::string& name) {
    if (draw(8) != 0 && !world_.known().empty()) {
      const std::vector<Scalar> found = values(world_.known()[draw(world_.known().size())], name);
      if (!found.empty()) return found[draw(found.size())];
    }
    switch (draw(4)) {
      case 0:
        return std::string(world_.of(kTexts));
      case 1:
        return static_cast<double>(draw(5) * 101);
      case 2:
        return draw(2) == 0;
      default:
        return std::string(world_.of(kNames));
    }
  }
  std::string written(const Scalar& value) {
    if (const auto* text = std::get_if<std::string>(&value)) {
      const char quote = draw(2) ? '"' : '\'';
      std::string out(1, quote);
      for (char c : *text) {
        if (c == quote || c == '\\') out += '\\';
        out += c;
      }
      return out + quote;
    }
    if (const bool* truth = std::get_if<bool>(&value)) return *truth ? "true" : "false";
    return fmt::format("{}", std::get<double>(value));
  }

  Condition single() {
    const std::string n = name();
    // What is said of one value is said of any; what is not so holds for none.
    const auto some = [n](auto f) { return [n, f](const Known& e) { return std::ranges::any_of(values(e, n), f); }; };
    const auto none = [n](auto f) { return [n, f](const Known& e) { return std::ranges::none_of(values(e, n), f); }; };
    const Scalar value = literal(n);
    switch (draw(12)) {
      case 0:
      case 1:
      case 2: {
        const auto is = [value](const Scalar& v) { return equal(v, value); };
        if (draw(6) == 0) return {written(value) + " = " + n, some(is)};
        return {n + " = " + written(value), some(is)};
      }
      case 3:
        return {n + " != " + written(value), none([value](const Scalar& v) { return equal(v, value); })};
      case 4:
        return {n + (draw(2) ? "<" : " < ") + written(value), some([value](const Scalar& v) { return less(v, value); })};
      case 5:
        return {n + " >= " + written(value), some([value](const Scalar& v) { return !less(v, value); })};
      case 6:
      case 7: {
        std::string part = std::holds_alternative<std::string>(value) ? std::get<std::string>(value) : std::string("4");
        if (part.size() > 3 && static_cast<signed char>(part[1]) > 0 && static_cast<signed char>(part[3]) > 0) part = part.substr(1, 2);
        const auto has = [part](const Scalar& v) { return text(v).find(part) != std::string::npos; };
        const auto as_text = [has, n](const Known& e) {
          // A number is looked at as it is written in the record.
          return std::ranges::any_of(values(e, n), has);
        };
        if (n == "requestParameters.count") return single();
        if (draw(3) == 0) return {n + " not like " + written(part), [as_text](const Known& e) { return !as_text(e); }};
        return {n + " like " + written(part), as_text};
      }
      case 8: {
        static constexpr const char* kRegexes[] = {"^Delete", "Bucket$", "^(Get|Put)Object$", "stone", "^AKIA[01]$", "i:alice|bob"};
        std::string regex = world_.of(kRegexes);
        const bool no_case = regex.starts_with("i:");
        if (no_case) regex = regex.substr(2);
        const std::regex compiled(regex, no_case ? std::regex::icase | std::regex::ECMAScript : std::regex::ECMAScript);
        const auto matches = [compiled](const Scalar& v) { return std::regex_search(text(v), compiled); };
        return {n + (draw(2) ? " like /" : " =~ /") + (no_case ? "(?i)" : "") + regex + "/", some(matches)};
      }
      case 9: {
        std::vector<Scalar> list = {value};
        while (draw(2)) list.push_back(literal(n));
        std::string all;
        for (const Scalar& each : list) all += (all.empty() ? "" : ", ") + written(each);
        const auto is_in = [list](const Scalar& v) {
          return std::ranges::any_of(list, [&](const Scalar& each) { return equal(v, each); });
        };
        if (draw(3) == 0) return {n + " not in [" + all + "]", none(is_in)};
        return {n + " in [" + all + "]", some(is_in)};
      }
      case 10: {
        static constexpr std::pair<const char*, int> kNets[] = {{"10.0.0.0", 8}, {"10.1.0.0", 16}, {"192.0.2.64", 26}, {"0.0.0.0", 0}};
        const auto [net, bits] = world_.of(kNets);
        return {fmt::format("isIpInSubnet(sourceIPAddress, \"{}/{}\")", net, bits), [net = std::string(net), bits = bits](const Known& e) {
                  return in_subnet(std::get<std::string>(e.fields.at("sourceIPAddress")), net, bits);
                }};
      }
      default: {
        if (about_ == About::kColumnFields) return single();
        const std::string words = lower(draw(2) ? std::string(world_.of(kErrors)) : std::string(world_.of(kBuckets)));
        return {written(words), [words](const Known& e) { return lower(e.record).find(words) != std::string::npos; }};
      }
    }
  }

  World& world_;
  const About about_;
};

class Search : public testing::TestWithParam<int> {
 protected:
  Search() : world_(static_cast<uint64_t>(GetParam())) {}

  struct Asked {
    Query query;
    std::optional<Condition> condition;
  };
  Asked random_query() {
    Asked asked;
    Query& q = asked.query;
    if (world_.draw(3)) q.account = kAccounts[world_.draw(4) == 0];
    if (world_.draw(3) == 0) q.region = world_.of(kRegions);
    q.category = static_cast<Query::Category>(world_.draw(3));
    q.order = static_cast<Query::Order>(world_.draw(2));
    q.limit = 1 + world_.draw(world_.draw(3) ? 9 : 200);
    if (world_.draw(4) == 0) q.work_bytes_max = 1 + world_.draw(20'000);
    if (q.account.empty() || world_.draw(4) == 0) {
      const size_t hidden = world_.draw(6);
      q.may_see = [hidden](const std::string& account, const std::string& region, bool management) {
        return hidden >= 3 || (account != kAccounts[hidden] && (management || region != kRegions[hidden]));
      };
    }
    const auto moment = [&] { return world_.clock().now() - std::chrono::milliseconds(world_.draw(20'000'000)); };
    if (world_.draw(5) == 0) q.start = moment();
    if (world_.draw(5) == 0) q.end = moment();
    if (world_.draw(9) != 0) asked.condition = Conditions(world_).any(3);
    return asked;
  }

  bool wants(const Asked& asked, const Known& e) const {
    const Query& q = asked.query;
    const auto second = [](Time time) { return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count(); };
    return (q.account.empty() || e.account == q.account) && (q.region.empty() || e.region == q.region) &&
           (q.category == Query::Category::kAll || e.management == (q.category == Query::Category::kManagement)) &&
           (!q.may_see || q.may_see(e.account, e.region, e.management)) && (!q.start || e.second >= second(*q.start)) &&
           (!q.end || e.second <= second(*q.end)) && (!asked.condition || asked.condition->holds(e));
  }

  void check(const Asked& asked) {
    SCOPED_TRACE(asked.condition ? asked.condition->written : "no condition");
    std::vector<const Known*> expected;
    for (const Known& e : world_.known())
      if (wants(asked, e)) expected.push_back(&e);
    if (asked.query.order == Query::Order::kNewestFirst) std::ranges::reverse(expected);

    Query query = asked.query;
    std::unique_ptr<history::Condition> condition;
    if (asked.condition) {
      const auto filter = Filter::compile(asked.condition->written);
      ASSERT_TRUE(filter) << filter.error().message;
      filter->narrow(query);
      condition = filter->condition(world_.clock().now());
      query.condition = condition.get();
    }
    std::vector<std::string> found;
    for (size_t pages = 0; pages < 5000; ++pages) {
      const auto page = world_.history().search(query);
      ASSERT_TRUE(page) << page.error().message;
      ASSERT_LE(page->events.size(), query.limit);
      for (const history::Event& event : page->events) found.push_back(event.record);
      if (!page->next) break;
      (query.order == Query::Order::kNewestFirst ? query.before : query.newer_than) = page->next;
    }
    ASSERT_EQ(found.size(), expected.size());
    for (size_t i = 0; i < found.size(); ++i) ASSERT_EQ(found[i], expected[i]->record) << "at " << i;
    found_ += found.size();
  }

  World world_;
  size_t found_ = 0, counted_ = 0;
};
INSTANTIATE_TEST_SUITE_P(Seeds, Search, testing::Range(1, 22));

TEST_P(Search, AnswersLikeAListOfAllEvents) {
  for (int query = 0; query < 500; ++query) {
    if (world_.known().size() < 400) world_.append();
    if (world_.draw(60) == 0) world_.seal();
    if (world_.draw(80) == 0) world_.open();
    ASSERT_NO_FATAL_FAILURE(check(random_query()));
  }
  EXPECT_GT(found_, 5000u) << "conditions that nothing meets prove little";
}

/// Where so much is looked at that the history begins to pass over what cannot contain what is looked for.
TEST_P(Search, AnswersLikeAListOfAllEventsInLargeSegments) {
  if (GetParam() > 6) return;  // they take their time
  world_.grow();
  for (int i = 0; i < 3000; ++i) world_.append();
  world_.seal();
  for (int query = 0; query < 40; ++query) ASSERT_NO_FATAL_FAILURE(check(random_query()));
}

TEST_P(Search, CountsLikeAListOfAllEvents) {
  for (int round = 0; round < 100; ++round) {
    if (world_.known().size() < 600)
      for (int i = 0; i < 4; ++i) world_.append();
    if (world_.draw(30) == 0) world_.seal();
    if (world_.draw(40) == 0) world_.open();
    if (world_.draw(20) == 0) world_.history().tidy([] { return true; });
    Asked asked = random_query();
    Query query = asked.query;
    query.order = Query::Order::kNewestFirst;
    const bool is_of_columns = world_.draw(3) != 0;
    if (is_of_columns && asked.condition) asked.condition = Conditions(world_, Conditions::About::kColumnFields).any(3);
    std::unique_ptr<history::Condition> condition;
    SCOPED_TRACE(asked.condition ? asked.condition->written : "no condition");
    if (asked.condition) {
      const auto filter = Filter::compile(asked.condition->written);
      ASSERT_TRUE(filter);
      filter->narrow(query);
      condition = filter->condition(world_.clock().now());
      query.condition = condition.get();
    }
    std::vector<std::string> fields;
    for (size_t n = world_.draw(4); n > 0; --n) fields.emplace_back(world_.of(kColumnNames));
    if (!is_of_columns) fields.emplace_back(world_.draw(2) ? "ResourceName" : "userIdentity.userName");
    Summary::Options options{.interval = std::chrono::seconds(1 + world_.draw(4000)), .fields = {}, .now = world_.clock().now()};
    for (const std::string& field : fields) options.fields.push_back(Field::compile(field).value());
    if (world_.draw(4) == 0) options.interval.reset();
    Summary summary(options);
    for (size_t pages = 0; pages < 5000; ++pages) {
      const auto counted = summarize(world_.history(), query, summary);
      ASSERT_TRUE(counted) << counted.error().message;
      ASSERT_FALSE(is_of_columns && counted->next) << "nothing had to be read";
      if (!counted->next) break;
      query.before = counted->next;
    }
    uint64_t total = 0;
    std::map<int64_t, uint64_t> bins;
    std::vector<std::map<std::string, uint64_t>> counts(fields.size());
    std::vector<uint64_t> without(fields.size());
    for (const Known& e : world_.known()) {
      if (!wants(asked, e)) continue;
      ++total;
      if (options.interval) ++bins[e.second / options.interval->count() * options.interval->count()];
      for (size_t i = 0; i < fields.size(); ++i) {
        const std::vector<Scalar> all = values(e, fields[i]);
        for (const Scalar& value : all) {
          const bool* truth = std::get_if<bool>(&value);
          ++counts[i][truth == nullptr ? text(value) : *truth ? "true" : "false"];
        }
        if (all.empty()) ++without[i];
      }
    }
    ASSERT_EQ(summary.total(), total);
    ASSERT_EQ(summary.bins(), bins);
    for (size_t i = 0; i < fields.size(); ++i) {
      EXPECT_EQ(summary.values_of(i).without, without[i]) << fields[i];
      const auto top = summary.values_of(i).values.top(1000);
      ASSERT_EQ(top.size(), counts[i].size()) << fields[i];
      for (const auto& value : top) ASSERT_EQ(value.count, counts[i][value.text]) << fields[i] << ": " << value.text;
      EXPECT_TRUE(std::ranges::is_sorted(top, std::greater(), &TopValues::Value::count));
    }
    counted_ += total;
  }
  EXPECT_GT(counted_, 1000u) << "conditions that nothing meets prove little";
}

TEST(TopValues, TellsHowFarItMayBeWrongOnceThereWereTooManyValues) {
  std::mt19937_64 random(7);
  TopValues top;
  std::map<std::string, uint64_t> counts;
  for (int i = 0; i < 300'000; ++i) {
    const std::string value = random() % 4 == 0 ? fmt::format("often {}", random() % 20) : fmt::format("rare {}", random() % 200'000);
    top.add(value);
    ++counts[value];
  }
  EXPECT_EQ(top.total(), 300'000u);
  const auto best = top.top(20);
  ASSERT_EQ(best.size(), 20u);
  for (const auto& value : best) {
    EXPECT_TRUE(value.text.starts_with("often ")) << value.text;
    EXPECT_GE(value.count, counts[value.text]);
    EXPECT_LE(value.count - value.error_max, counts[value.text]);
  }
}

TEST(Summary, IntervalsAreRoundAndFewEnough) {
  using std::chrono::seconds;
  EXPECT_EQ(Summary::interval_for(seconds(60), 100), seconds(1));
  EXPECT_EQ(Summary::interval_for(seconds(3600), 100), seconds(60));
  EXPECT_EQ(Summary::interval_for(seconds(90 * 86400), 100), seconds(86400));
  for (int64_t span = 1; span < int64_t{1} << 36; span = span * 3 + 1)
    for (const int64_t bins : {3, 10, 100, 2000}) EXPECT_LE(span / Summary::interval_for(seconds(span), bins).count() + 2, bins) << span;
}

TEST(Filter, SaysWhatIsWrongAndWhere) {
  const auto refusal = [](std::string_view text) {
    const auto filter = Filter::compile(text);
    return filter ? std::string("none") : fmt::format("{} [{}]", filter.error().message, filter.error().begin);
  };
  EXPECT_EQ(refusal("eventName = "), "unexpected symbol found <EOF> at line 1 and position 12 [12]");
  EXPECT_EQ(refusal("eventName == 'x'"), "unexpected symbol found == at line 1 and position 10 [10]");
  EXPECT_EQ(refusal("nosuch(eventName)"), "Unknown function: nosuch [0]");
  EXPECT_EQ(refusal("count(*) > 1"), "The function count can be used in stats only [0]");
  EXPECT_EQ(refusal("a = 1 | limit 3"), "unexpected symbol found | at line 1 and position 6 [6]");
  EXPECT_NE(refusal("eventName like /(/").find("Invalid regular expression"), std::string::npos);
  EXPECT_NE(refusal(std::string(5000, '(')), "none");
}

}  // namespace
}  // namespace cairn::search
