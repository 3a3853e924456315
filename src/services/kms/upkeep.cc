#include "services/kms/upkeep.h"

#include "event/build.h"
#include "services/kms/documents.h"
#include "services/kms/lifecycle.h"
#include "state/internal_commit.h"

namespace cairn::kms {
namespace {

using namespace std::chrono_literals;

constexpr auto kInterval = 60s;  // keys are of no use from the moment on that they are to be destroyed; the bytes go this much later

std::string record_of(env::Random& random, Time now, const Key& key, std::string_view name, Json details) {
  event::Facts facts;
  facts.time = now;
  facts.event_type = "AwsServiceEvent";
  facts.event_source = "kms.amazonaws.com";
  facts.event_name = std::string(name);
  facts.principal.kind = aws::Principal::Kind::kService;
  facts.principal.account = key.account;
  facts.principal.user_name = "AWS Internal";
  facts.region = key.region;
  facts.recipient = key.account;
  facts.event_id = event::EventId(random.uuid());
  facts.read_only = false;
  facts.resources = {{.type = "AWS::KMS::Key", .arn = key.arn(), .account = key.account}};
  facts.service_event_details = std::move(details);
  return event::build(facts);
}

}  // namespace

bool Upkeep::commit(state::Transaction& transaction, const std::string& record) {
  const std::string records[] = {record};
  return state::commit_internal(store_, journal_, transaction, std::span(records, record.empty() ? 0 : 1)).has_value();
}

env::Next Upkeep::step() {
  state::Transaction transaction(store_);
  const Time now = clock_.now();
  const std::optional<Due> due = first_due(transaction);
  if (!due || due->time > now) return env::Next::after(kInterval);
  const std::optional<std::string> document = transaction.get(documents::key(due->key_id));
  if (!document) {
    transaction.erase(documents::due(due->time, due->key_id));
    return commit(transaction, "") ? env::Next::now() : env::Next::after(1s);
  }
  Key key = decode_key(due->key_id, *document);
  std::string record;
  if (key.is_gone(now)) {
    if (destroy(transaction, key) == Destroyed::kWhole) record = record_of(random_, now, key, "DeleteKey", {{"keyId", key.id}});
  } else {
    const std::string before = key.material;
    rotate(transaction, random_, sealer_, now, key);
    record = record_of(random_, now, key, "RotateKey",
                       {{"rotationType", "AUTOMATIC"},
                        {"keyOrigin", "AWS_KMS"},
                        {"previousKeyMaterialId", before},
                        {"currentKeyMaterialId", key.material},
                        {"keyId", key.id}});
  }
  return commit(transaction, record) ? env::Next::now() : env::Next::after(1s);
}

}  // namespace cairn::kms
