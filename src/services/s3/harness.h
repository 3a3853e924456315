#pragma once
// Test only: S3's handlers on a real store and blobs, as the pipeline would call them.
#include <gtest/gtest.h>

#include <map>
#include <memory>

#include "api/operation.h"
#include "api/ports.h"
#include "aws/model.h"
#include "base/crypto.h"
#include "base/text.h"
#include "blob/damage.h"
#include "blob/sealed.h"
#include "blob/store.h"
#include "env/sim/clock.h"
#include "env/sim/files.h"
#include "env/sim/random.h"
#include "journal/journal.h"
#include "services/catalog.h"
#include "state/sim/engine.h"
#include "state/store.h"

namespace cairn::s3 {

struct Answer {
  int status = 0;
  Json out;
  std::string code, message;                   // of a refusal
  std::map<std::string, std::string> details;  // the error's further elements
  std::map<std::string, std::string> headers;
  std::string body;  // streamed or raw
  uint64_t entry_bytes = 0;

  bool ok() const { return code.empty(); }
  std::string text(const std::string& member) const { return out.contains(member) ? out.at(member).get<std::string>() : "(none)"; }
};

/// A request body, as the pipeline hands it over.
struct Body {
  std::string bytes;
  std::string algorithm;  // of the checksum that the client sent; "": none
};

class Harness {
 public:
  Harness() : engine_(database_.open()), store_(*engine_, {}), blobs_(blob::open_directory(files_, random_, "/objects").value()) {
    ports_.clock = &clock_;
    ports_.random = &random_;
    ports_.blobs = blobs_.get();
    ports_.damage = &damage;
    ports_.object_key = blob::new_key(random_);
    be_user();
  }

  /// "GetObject", or an operation of S3 Control: "s3control:GetPublicAccessBlock".
  Answer call(std::string_view operation, const Json& in, const Body& body = {}) {
    const size_t colon = operation.find(':');
    const std::string_view service = colon == std::string_view::npos ? "s3" : operation.substr(0, colon);
    if (colon != std::string_view::npos) operation.remove_prefix(colon + 1);
    const api::Operation* row = find(service, operation);
    if (row == nullptr) throw std::runtime_error("no such operation: " + std::string(operation));
    api::Call call;
    call.model = aws::service_model(service)->operation(operation);
    call.operation = row;
    call.ports = &ports_;
    call.principal = caller_;
    call.account = caller_.account;
    call.region = aws::Region(region);
    call.host = host;
    call.source_ip = source_ip;
    call.tls = tls;
    call.in = in;
    call.http.headers = headers;
    call.http.authentication = caller_.kind == aws::Principal::Kind::kAnonymous ? event::HttpFacts::Authentication::kAnonymous
                                                                                : event::HttpFacts::Authentication::kHeader;
    call.payload = receive(body);
    return decide(call, *row);
  }

  Answer put(const std::string& bucket, const std::string& key, std::string bytes) {
    return call("PutObject", {{"Bucket", bucket}, {"Key", key}}, {std::move(bytes), ""});
  }
  Answer get(const std::string& bucket, const std::string& key, const Json& more = Json::object()) {
    Json in{{"Bucket", bucket}, {"Key", key}};
    in.update(more);
    return call("GetObject", in);
  }

  void set_account(const std::string& account) {
    caller_.account = aws::AccountId(account);
    caller_.arn = "arn:aws:iam::" + account + ":user/alice";
  }
  void be_user(const std::string& account = "111122223333") {
    caller_ = {};
    caller_.kind = aws::Principal::Kind::kUser;
    caller_.user_name = "alice";
    caller_.is_administrator = true;
    set_account(account);
  }
  void be_anonymous() { caller_ = {}; }
  void be_root() {
    caller_.kind = aws::Principal::Kind::kRoot;
    caller_.arn = "arn:aws:iam::" + caller_.account.str() + ":root";
  }
  void be_service(const std::string& name, const std::string& source_arn, const std::string& source_account) {
    caller_ = {};
    caller_.kind = aws::Principal::Kind::kService;
    caller_.user_name = name;
    caller_.source_arn = source_arn;
    caller_.source_account = aws::AccountId(source_account);
  }
  aws::Principal& caller() { return caller_; }
  state::Store& store() { return store_; }
  bool commit(state::Transaction& transaction) {
    return store_.commit(transaction, [&](std::span<const journal::Change>) { return journal::Position{++position_}; }).has_value();
  }
  api::Ports& ports() { return ports_; }
  env::SimClock& clock() { return clock_; }
  blob::Store& blobs() { return *blobs_; }
  size_t blob_count() {
    size_t n = 0;
    blobs_->each([&](const blob::BlobId&) { ++n; });
    return n;
  }
  /// Documents whose keys start with `prefix`.
  size_t documents(const std::string& prefix) {
    state::Transaction transaction(store_);
    return transaction.list(prefix, "", 1000).items.size();
  }

  std::string region = "us-east-1", host = "127.0.0.1:4566", source_ip = "192.0.2.7";
  bool tls = false;
  blob::Damage damage;
  std::vector<std::pair<std::string, std::string>> headers;
  std::function<void()> before_commit;  // once: something else happens between a decision and its commit

 private:
  static const api::Operation* find(std::string_view service, std::string_view name) {
    for (const api::Family* family : services::families())
      for (const api::Operation& operation : family->operations)
        if (family->service == service && operation.name == name) return &operation;
    return nullptr;
  }

  api::Payload receive(const Body& body) {
    api::Payload payload;
    payload.size = body.bytes.size();
    payload.md5 = crypto::md5(body.bytes);
    if (body.bytes.size() <= api::kInlineBytesMax) {
      payload.bytes = body.bytes;
    } else {
      payload.key = blob::new_key(random_);
      auto writer = blob::seal_to(blobs_->create().value(), payload.key);
      EXPECT_TRUE(writer->append(body.bytes).has_value());
      payload.blob = writer->finish().value();
    }
    static const std::map<std::string, crypto::Algorithm> kAlgorithms = {{"CRC32", crypto::Algorithm::kCrc32},
                                                                         {"CRC32C", crypto::Algorithm::kCrc32c},
                                                                         {"CRC64NVME", crypto::Algorithm::kCrc64Nvme},
                                                                         {"SHA1", crypto::Algorithm::kSha1},
                                                                         {"SHA256", crypto::Algorithm::kSha256}};
    if (!body.algorithm.empty()) {
      payload.checksum_algorithm = body.algorithm;
      payload.checksum = text::base64(crypto::digest(kAlgorithms.at(body.algorithm), body.bytes));
    }
    return payload;
  }

  Answer decide(api::Call& call, const api::Operation& row) {
    state::Transaction transaction(store_);
    while (true) {
      Answer answer;
      call.state = &transaction;
      call.now = clock_.now();
      call.out = Json::object();
      call.reply = {};
      try {
        if (row.admit != nullptr) row.admit(call);
        call.reply = {};
        row.handle(call);
        answer.status = call.reply.status != 0 ? call.reply.status : call.model->status;
        answer.out = call.out;
      } catch (const aws::Error& error) {
        transaction.reset();
        answer.code = std::string(error.kind.code);
        answer.message = error.message;
        answer.status = error.kind.status;
        for (const auto& [name, value] : error.details) answer.details[name] = value;
      }
      for (const auto& [name, value] : call.reply.headers) answer.headers[name] = value;
      if (call.reply.body) answer.body = *call.reply.body;
      if (before_commit) std::exchange(before_commit, nullptr)();
      answer.entry_bytes = journal::encode_entry({}, transaction.changes()).size();
      EXPECT_LE(answer.entry_bytes, journal::kEntryBytesMax - (64 << 10));
      if (!transaction.changes().empty() && !store_.commit(transaction, [&](std::span<const journal::Change> changes) {
            erased(changes);
            return journal::Position{++position_};
          })) {
        transaction.reset();
        continue;
      }
      if (call.reply.source != nullptr) answer.body = drain(*call.reply.source, call.reply.source_bytes);
      return answer;
    }
  }

  /// As the server's blob cleaner does once an entry is durable.
  void erased(std::span<const journal::Change> changes) {
    for (const journal::Change& change : changes)
      if (!change.value && change.key.starts_with("blob/")) blobs_->remove(blob::BlobId(change.key.substr(5)));
  }

  static std::string drain(http::BodySource& source, uint64_t expected) {
    std::string bytes;
    std::string buffer(10'000, '\0');
    while (true) {
      const Result<size_t> got = source.read({buffer.data(), buffer.size()});
      if (!got || *got == 0) break;
      bytes.append(buffer, 0, *got);
    }
    EXPECT_EQ(bytes.size(), expected);
    return bytes;
  }

  env::SimClock clock_;
  env::SimRandom random_{1};
  env::SimFiles files_;
  state::SimDatabase database_;
  std::unique_ptr<state::Engine> engine_;
  state::Store store_;
  std::unique_ptr<blob::Store> blobs_;
  api::Ports ports_;
  aws::Principal caller_;
  uint64_t position_ = 0;
};

}  // namespace cairn::s3
