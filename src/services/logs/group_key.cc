#include "services/logs/group_key.h"

#include <algorithm>

#include "api/data_keys.h"
#include "api/ports.h"
#include "base/text.h"
#include "services/logs/errors.h"

namespace cairn::logs_service {
namespace {

api::KeyUse use_of(const Group& group) {
  aws::Principal logs;
  logs.kind = aws::Principal::Kind::kService;
  logs.user_name = fmt::format("logs.{}.amazonaws.com", group.region.str());
  logs.source_arn = group.arn();
  logs.source_account = group.account;
  return {.service_itself = std::move(logs), .account = group.account, .context = {{"aws:logs:arn", group.arn()}}, .reuse = kGroupKeyLasts};
}

Error not_allowed(const Group& group) {
  return Error(aws::kAccessDenied, "The specified KMS key does not exist or is not allowed to be used with Arn '{}'", group.arn());
}

bool is_key_arn(std::string_view name, const aws::Region& region) {
  const std::vector<std::string_view> parts = text::split(name, ':');
  return parts.size() == 6 && parts[0] == "arn" && parts[2] == "kms" && parts[3] == region.str() && parts[5].starts_with("key/");
}

void make_data_key(api::Call& call, Group& group, const std::string& kms_key) {
  const api::DataKey made = api::new_data_key(call, kms_key, group.region, use_of(group));
  group.kms_key = made.kms_key;
  ++group.data_key;
  group.data_key_made = call.now;
  call.state->put(documents::data_key(group.id, group.data_key), json::dump(Json{{"kmsKey", made.kms_key}, {"sealed", made.sealed}}));
}

Secret open_data_key(api::Call& call, const Group& group, uint32_t number) {
  const std::optional<std::string> document = call.state->get(documents::data_key(group.id, number));
  if (!document) throw std::runtime_error(fmt::format("data key {} of log group {} is missing", number, group.id));
  const Json data_key = json::parse(*document).value();  // we wrote it
  try {
    return api::open_data_key(call, data_key.at("kmsKey").get<std::string>(), data_key.at("sealed").get<std::string>(), use_of(group));
  } catch (const Error&) {
    throw not_allowed(group);
  }
}

}  // namespace

void associate_key(api::Call& call, Group& group, const std::string& kms_key) {
  if (!is_key_arn(kms_key, group.region)) throw Error(kInvalidParameter, "The specified KMS Key Id could not be found. '{}'", group.name);
  if (group.data_key >= kDataKeyNumberMax)
    throw Error(kLimitExceeded, "A log group can be given no more than {} data keys in its life. '{}'", kDataKeyNumberMax, group.name);
  try {
    make_data_key(call, group, kms_key);
  } catch (const Error& refusal) {
    if (refusal.kind.code == "DisabledException" || refusal.kind.code == "KMSInvalidStateException")
      throw Error(kInvalidParameter, "The specified KMS key is not enabled. '{}'", group.name);
    throw not_allowed(group);
  }
}

void seal_batch(api::Call& call, Group group, logs::Batch& batch) {
  if (group.kms_key.empty()) return;
  if (call.now >= group.data_key_made + kDataKeyLasts && group.data_key < kDataKeyNumberMax) {
    try {
      make_data_key(call, group, group.kms_key);
    } catch (const Error&) {
      throw not_allowed(group);
    }
    put_group(call, group);
  }
  seal_messages(batch, open_data_key(call, group, group.data_key), group.data_key, *call.ports->random);
}

Secret newest_data_key(api::Call& call, const Group& group) { return open_data_key(call, group, group.data_key); }

MessageOpener opener_of(api::Call& call, const Group& group) {
  return {group.id, [&call, group](uint32_t number) { return open_data_key(call, group, number); }};
}

bool open_batch(api::Ports& ports, state::Transaction& state, Time now, logs::Batch& batch, std::vector<std::string>& records) {
  if (batch.items.empty() || !is_sealed(batch.items.front().message)) return true;
  const std::optional<std::string> key = state.get(documents::group_id(batch.group));
  const std::optional<std::string> document = key ? state.get(*key) : std::nullopt;
  if (!document) return false;
  api::Call call;
  call.ports = &ports;
  call.state = &state;
  call.now = now;
  MessageOpener opener = opener_of(call, decode_group(*document));
  bool is_open = true;
  try {
    uint32_t index = 0;
    for (logs::Batch::Item& item : batch.items) {
      const std::optional<std::string_view> message =
          opener.open({{item.timestamp, 0, index++}, batch.ingested, batch.stream, item.message});
      is_open = is_open && message;
      if (message) item.message = std::string(*message);
    }
  } catch (const Error&) {
    is_open = false;
  }
  std::ranges::move(call.records_within, std::back_inserter(records));
  return is_open;
}

void visit_events(api::Call& call, const Group& group, const logs::Query& query, const std::function<bool(const logs::EventView&)>& f) {
  MessageOpener opener = opener_of(call, group);
  const Result<void> read = call.ports->logs->visit(query, [&](const logs::EventView& stored) {
    const std::optional<std::string_view> message = opener.open(stored);
    if (!message) throw Error(aws::kInternalFailure, "A log event is not as it was stored.");
    logs::EventView event = stored;
    event.message = *message;
    return f(event);
  });
  if (!read) throw Error(aws::kInternalFailure, "{}", read.error().message);
}

}  // namespace cairn::logs_service
