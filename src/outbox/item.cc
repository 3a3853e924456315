#include "outbox/item.h"

#include <stdexcept>

#include "base/check.h"

namespace cairn::outbox {
namespace {

constexpr size_t kRandomCharacters = 10;
constexpr const char* kIdAlphabet = "0123456789abcdefghijklmnopqrstuvwxyz";

int64_t millis(Time time) { return time.time_since_epoch().count(); }
Time time_of(const Json& document, const char* name) { return Time(std::chrono::milliseconds(document.value(name, int64_t{0}))); }

void put_text(Json& document, const char* name, const std::string& value) {
  if (!value.empty()) document[name] = value;
}

Json encode_headers(const Headers& headers) {
  Json list = Json::array();
  for (const auto& [name, value] : headers) list.push_back(Json::array({name, value}));
  return list;
}

Headers decode_headers(const Json& document, const char* name) {
  Headers headers;
  if (const auto list = document.find(name); list != document.end())
    for (const Json& pair : *list) headers.emplace_back(pair.at(0).get<std::string>(), pair.at(1).get<std::string>());
  return headers;
}

Json encode(const Call& call) {
  Json document{
      {"kind", "call"}, {"service", call.service}, {"region", call.region.str()}, {"method", call.method}, {"target", call.target}};
  if (!call.headers.empty()) document["headers"] = encode_headers(call.headers);
  put_text(document, "body", call.body);
  put_text(document, "role", call.role);
  put_text(document, "session", call.session);
  return document;
}

Json encode(const Http& http) {
  Json document{{"kind", "http"}, {"method", http.method}, {"url", http.url}};
  if (!http.headers.empty()) document["headers"] = encode_headers(http.headers);
  put_text(document, "body", http.body);
  document["timeout"] = http.timeout.count();
  document["againOn"] = http.again_on;
  return document;
}

Json encode(const Mail& mail) { return {{"kind", "mail"}, {"to", mail.to}, {"message", mail.message}}; }

Json encode(const Failed&) { CHECK(false); }  // these two are only made
Json encode(const Later&) { CHECK(false); }

Json encode(const Deferred& deferred) { return {{"kind", "deferred"}, {"data", deferred.data}}; }

Json encode(const DeadLetter& letter) {
  Json document{{"queue", letter.queue}};
  if (letter.body) document["body"] = *letter.body;
  if (!letter.attributes.empty()) document["attributes"] = encode_headers(letter.attributes);
  if (!letter.typed_attributes.empty()) document["typedAttributes"] = letter.typed_attributes;
  if (letter.explains) document["explains"] = true;
  put_text(document, "group", letter.group);
  put_text(document, "deduplication", letter.deduplication);
  return document;
}

DeadLetter decode_dead_letter(const Json& document) {
  DeadLetter letter{.queue = document.at("queue").get<std::string>(),
                    .body = std::nullopt,
                    .attributes = decode_headers(document, "attributes"),
                    .typed_attributes = document.value("typedAttributes", Json::object()),
                    .explains = document.value("explains", false),
                    .group = document.value("group", ""),
                    .deduplication = document.value("deduplication", "")};
  if (const auto body = document.find("body"); body != document.end()) letter.body = body->get<std::string>();
  return letter;
}

}  // namespace

std::string encode(const Item& item) {
  Json document{{"owner", item.owner}, {"created", millis(item.created)}};
  document["what"] = std::visit([](const auto& what) { return encode(what); }, item.what);
  if (!item.sender.service.empty()) {
    document["sender"] = {{"service", item.sender.service}};
    put_text(document["sender"], "arn", item.sender.source_arn);
    put_text(document["sender"], "account", item.sender.source_account.str());
  }
  if (item.retry != RetryPolicy::none()) document["retry"] = encode(item.retry);
  if (item.dead_letter) document["deadLetter"] = encode(*item.dead_letter);
  if (item.is_ordered) document["ordered"] = true;
  return json::dump(document);
}

Item decode_item(std::string_view lane, std::string_view text) {
  const Json document = json::parse(text).value();  // we wrote it
  Item item;
  item.lane = lane;
  item.owner = document.at("owner").get<std::string>();
  item.created = time_of(document, "created");
  const Json& what = document.at("what");
  const std::string kind = what.at("kind").get<std::string>();
  if (kind == "call") {
    item.what = Call{.service = what.at("service").get<std::string>(),
                     .region = aws::Region(what.at("region").get<std::string>()),
                     .method = what.at("method").get<std::string>(),
                     .target = what.at("target").get<std::string>(),
                     .headers = decode_headers(what, "headers"),
                     .body = what.value("body", ""),
                     .role = what.value("role", ""),
                     .session = what.value("session", "")};
  } else if (kind == "http") {
    item.what = Http{.method = what.at("method").get<std::string>(),
                     .url = what.at("url").get<std::string>(),
                     .headers = decode_headers(what, "headers"),
                     .body = what.value("body", ""),
                     .timeout = std::chrono::milliseconds(what.at("timeout").get<int64_t>()),
                     .again_on = what.at("againOn").get<std::vector<int>>()};
  } else if (kind == "mail") {
    item.what = Mail{.to = what.at("to").get<std::string>(), .message = what.at("message").get<std::string>()};
  } else {
    item.what = Deferred{what.at("data")};
  }
  if (const auto sender = document.find("sender"); sender != document.end())
    item.sender = {sender->at("service").get<std::string>(), sender->value("arn", ""), aws::AccountId(sender->value("account", ""))};
  if (const auto retry = document.find("retry"); retry != document.end()) item.retry = decode_retry_policy(*retry);
  if (const auto letter = document.find("deadLetter"); letter != document.end()) item.dead_letter = decode_dead_letter(*letter);
  item.is_ordered = document.value("ordered", false);
  return item;
}

std::string put(state::Transaction& state, env::Random& random, Time now, Item item) {
  CHECK(!item.lane.empty());
  // Keys have slashes of their own. No name of a target has one; what was named with one all the same is found by nobody.
  for (size_t at = 0; (at = item.lane.find('/', at)) != std::string::npos;) item.lane.replace(at, 1, "%2F");
  item.created = now;
  std::string document = encode(item);
  if (document.size() > kItemBytesMax) throw std::length_error("what is to leave the server is too large");
  std::string id = fmt::format("{:020}-{}", item.is_ordered ? item.order : static_cast<uint64_t>(millis(now)),
                               random.letters(kRandomCharacters, kIdAlphabet));
  state.put(keys::item(item.lane, id), std::move(document));
  return id;
}

std::string encode(const Tries& tries) {
  Json document{{"count", tries.count}, {"next", millis(tries.next)}};
  if (tries.is_dead) {
    document["dead"] = true;
    document["countBefore"] = tries.count_before;
    if (tries.is_exhausted) document["exhausted"] = true;
  }
  put_text(document, "code", tries.code);
  put_text(document, "message", tries.message);
  return json::dump(document);
}

Tries decode_tries(std::string_view text) {
  const Json document = json::parse(text).value();  // we wrote it
  return {.count = document.at("count").get<int>(),
          .next = time_of(document, "next"),
          .is_dead = document.value("dead", false),
          .count_before = document.value("countBefore", 0),
          .code = document.value("code", ""),
          .message = document.value("message", ""),
          .is_exhausted = document.value("exhausted", false)};
}

namespace keys {

std::pair<std::string_view, std::string_view> split_item(std::string_view key) {
  key.remove_prefix(kItems.size());
  const size_t slash = key.rfind('/');
  return {key.substr(0, slash), key.substr(slash + 1)};
}

}  // namespace keys
}  // namespace cairn::outbox
