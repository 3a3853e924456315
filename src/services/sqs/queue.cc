#include "services/sqs/queue.h"

#include "api/authorize.h"
#include "base/text.h"
#include "identity/policies.h"
#include "services/sqs/attributes.h"
#include "services/sqs/documents.h"
#include "services/sqs/errors.h"

namespace cairn::sqs {
namespace {

using aws::policy::Policy;

std::string arn_of(const aws::AccountId& account, const aws::Region& region, std::string_view name) {
  return fmt::format("arn:aws:sqs:{}:{}:{}", region.str(), account.str(), name);
}

/// AWS's messages have actions in small letters.
api::Demand demand_of(std::string_view action, const std::string& arn, const aws::AccountId& owner) {
  api::Demand demand{.action = text::lower(fmt::format("sqs:{}", action)), .resource = arn, .owner = owner};
  demand.shown = arn;
  return demand;
}

}  // namespace

std::string Queue::arn() const { return arn_of(account, region, name); }

std::string Queue::attribute(std::string_view attribute_name) const {
  const auto found = attributes.find(std::string(attribute_name));
  return found != attributes.end() ? found->second : std::string(default_of(attribute_name, is_fifo()));
}

int64_t Queue::number(std::string_view attribute_name) const { return text::to_int(attribute(attribute_name)).value_or(0); }

std::string encode(const Queue& queue) {
  Json document{{"name", queue.name},
                {"id", queue.id},
                {"account", queue.account.str()},
                {"region", queue.region.str()},
                {"created", queue.created.time_since_epoch().count()},
                {"modified", queue.modified.time_since_epoch().count()}};
  if (queue.purged) document["purged"] = queue.purged->time_since_epoch().count();
  if (!queue.attributes.empty()) document["attributes"] = queue.attributes;
  if (!queue.tags.empty()) document["tags"] = queue.tags;
  return json::dump(document);
}

Queue decode_queue(std::string_view text) {
  const Json document = json::parse(text).value();  // we wrote it
  const auto time = [&](const char* member) { return Time(std::chrono::milliseconds(document.at(member).get<int64_t>())); };
  Queue queue;
  queue.name = document.at("name").get<std::string>();
  queue.id = document.at("id").get<std::string>();
  queue.account = aws::AccountId(document.at("account").get<std::string>());
  queue.region = aws::Region(document.at("region").get<std::string>());
  queue.created = time("created");
  queue.modified = time("modified");
  if (document.contains("purged")) queue.purged = time("purged");
  if (const auto it = document.find("attributes"); it != document.end())
    for (const auto& [key, value] : it->items()) queue.attributes[key] = value.get<std::string>();
  if (const auto it = document.find("tags"); it != document.end())
    for (const auto& [key, value] : it->items()) queue.tags[key] = value.get<std::string>();
  return queue;
}

std::optional<Queue> find_queue(state::Transaction& state, const aws::AccountId& account, const aws::Region& region,
                                std::string_view name) {
  const std::optional<std::string> document = state.get(documents::queue(account, region, name));
  if (!document) return std::nullopt;
  return decode_queue(*document);
}

std::optional<Queue> find_queue(state::Transaction& state, std::string_view arn) {
  const std::vector<std::string_view> parts = text::split(arn, ':');  // arn:aws:sqs:REGION:ACCOUNT:NAME
  if (parts.size() != 6 || parts[0] != "arn" || parts[2] != "sqs") return std::nullopt;
  return find_queue(state, aws::AccountId(std::string(parts[4])), aws::Region(std::string(parts[3])), parts[5]);
}

void put_queue(api::Call& call, const Queue& queue) {
  call.state->put(documents::queue(queue.account, queue.region, queue.name), encode(queue));
}

QueueAddress address_of_url(const std::string& url) {
  std::string_view path = url;
  if (const size_t scheme = path.find("://"); scheme != std::string_view::npos) {
    const size_t slash = path.find('/', scheme + 3);
    path = slash == std::string_view::npos ? std::string_view() : path.substr(slash);
  }
  while (path.ends_with('/')) path.remove_suffix(1);
  const size_t last = path.rfind('/');
  if (last == std::string_view::npos || last == 0)
    throw Error({.code = "InvalidAddress", .status = 404}, "The address {} is not valid for this endpoint.", url);
  std::string_view account = path.substr(0, last);
  account = account.substr(account.rfind('/') + 1);
  return {aws::AccountId(std::string(account)), text::percent_decode(path.substr(last + 1)).value_or("")};
}

std::string url_of(const api::Call& call, const Queue& queue) {
  return fmt::format("{}://{}/{}/{}", call.tls ? "https" : "http", call.host, queue.account.str(), queue.name);
}

Queue open_queue(api::Call& call, std::string_view action, const aws::AccountId& account, std::string_view name, Accounts accounts) {
  std::optional<Queue> queue = find_queue(*call.state, account, call.region, name);
  const std::string arn = arn_of(account, call.region, name);
  call.owner = account;
  call.resources = {{.type = "AWS::SQS::Queue", .arn = arn, .account = account}};
  api::Demand demand = demand_of(action, arn, account);
  std::shared_ptr<const Policy> policy;
  if (queue) {
    if (const std::string text = queue->attribute("Policy"); !text.empty())
      policy = identity::compiled_policy(text, aws::policy::Kind::kResource);
    for (const auto& [key, value] : queue->tags) demand.context.add("aws:ResourceTag/" + key, value);
  }
  if (accounts == Accounts::kAny || call.principal.account == account) demand.resource_policy = policy.get();
  // A service that was told of a queue may learn that it is not there: S3 says so to whom it asks for.
  if (!queue && call.principal.kind == aws::Principal::Kind::kService) throw no_such_queue();
  api::require(call, demand);
  if (!queue) throw no_such_queue();
  return std::move(*queue);
}

Queue open_queue(api::Call& call, std::string_view action, Accounts accounts) {
  const QueueAddress address = address_of_url(call.in.at("QueueUrl").get<std::string>());
  return open_queue(call, action, address.account, address.name, accounts);
}

void require_own(api::Call& call, std::string_view action, std::string_view name) {
  api::require(call, demand_of(action, arn_of(call.account, call.region, name), call.account));
}

}  // namespace cairn::sqs
