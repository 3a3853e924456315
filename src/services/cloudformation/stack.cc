#include "services/cloudformation/stack.h"

#include "api/ports.h"
#include "base/check.h"
#include "base/text.h"
#include "services/cloudformation/errors.h"
#include "services/cloudformation/notice.h"

namespace cairn::cloudformation {
namespace {

constexpr int64_t kMillisMax = 9'999'999'999'999;  // thirteen digits
constexpr size_t kPlaceBytes = 13;

int64_t millis(Time time) { return time.time_since_epoch().count(); }
Time time_of(int64_t value) { return Time(std::chrono::milliseconds(value)); }

}  // namespace

std::string Stack::arn() const { return fmt::format("arn:aws:cloudformation:{}:{}:stack/{}/{}", region.str(), account.str(), name, id); }

std::string encode(const Stack& stack) {
  Json document{{"account", stack.account.str()},
                {"region", stack.region.str()},
                {"name", stack.name},
                {"id", stack.id},
                {"status", stack.status},
                {"created", millis(stack.created)},
                {"generation", stack.generation},
                {"newest", stack.newest},
                {"about", stack.about}};
  if (!stack.reason.empty()) document["reason"] = stack.reason;
  if (stack.updated != Time{}) document["updated"] = millis(stack.updated);
  if (stack.deleted != Time{}) document["deleted"] = millis(stack.deleted);
  if (!stack.parent.empty()) document["parent"] = stack.parent;
  if (!stack.root.empty()) document["root"] = stack.root;
  if (!stack.failure.empty()) document["failure"] = stack.failure;
  if (!stack.imports.empty()) document["imports"] = stack.imports;
  return json::dump(document);
}

Stack decode_stack(std::string_view text) {
  const Json document = json::parse(text).value();  // we wrote it
  Stack stack;
  stack.account = aws::AccountId(document.at("account").get<std::string>());
  stack.region = aws::Region(document.at("region").get<std::string>());
  stack.name = document.at("name").get<std::string>();
  stack.id = document.at("id").get<std::string>();
  stack.status = document.at("status").get<std::string>();
  stack.reason = document.value("reason", "");
  stack.created = time_of(document.at("created").get<int64_t>());
  stack.updated = time_of(document.value("updated", int64_t{0}));
  stack.deleted = time_of(document.value("deleted", int64_t{0}));
  stack.generation = document.at("generation").get<int>();
  stack.newest = document.at("newest").get<int>();
  stack.about = document.at("about");
  stack.parent = document.value("parent", "");
  stack.root = document.value("root", "");
  stack.failure = document.value("failure", "");
  if (const auto imports = document.find("imports"); imports != document.end()) stack.imports = imports->get<std::vector<std::string>>();
  return stack;
}

namespace keys {

std::string stacks_in(const aws::AccountId& account, const aws::Region& region) {
  return fmt::format("{}{}/{}/", kStacks, account.str(), region.str());
}
std::string stack(const Stack& stack) { return stacks_in(stack.account, stack.region) + stack.id; }
std::string name(const aws::AccountId& account, const aws::Region& region, std::string_view name) {
  return fmt::format("cloudformation/name/{}/{}/{}", account.str(), region.str(), name);
}
std::string exports_in(const aws::AccountId& account, const aws::Region& region) {
  return fmt::format("cloudformation/export/{}/{}/", account.str(), region.str());
}
std::string imports_of(const aws::AccountId& account, const aws::Region& region, std::string_view name) {
  return fmt::format("cloudformation/import/{}/{}/{}/", account.str(), region.str(), name);
}

}  // namespace keys

std::optional<Stack> find_stack(state::Transaction& state, const aws::AccountId& account, const aws::Region& region, std::string_view id) {
  const std::optional<std::string> document = state.get(keys::stacks_in(account, region).append(id));
  if (!document) return std::nullopt;
  return decode_stack(*document);
}

std::optional<Stack> find_stack_named(state::Transaction& state, const aws::AccountId& account, const aws::Region& region,
                                      std::string_view name) {
  const std::optional<std::string> id = state.get(keys::name(account, region, name));
  if (!id) return std::nullopt;
  return find_stack(state, account, region, *id);
}

std::optional<Stack> stack_with_arn(state::Transaction& state, std::string_view arn) {
  const std::vector<std::string_view> parts = text::split(arn, ':');  // arn:aws:cloudformation:REGION:ACCOUNT:stack/NAME/ID
  if (parts.size() != 6) return std::nullopt;
  const size_t slash = parts[5].rfind('/');
  return find_stack(state, aws::AccountId(std::string(parts[4])), aws::Region(std::string(parts[3])), parts[5].substr(slash + 1));
}

std::optional<Stack> find_stack(api::Call& call, std::string_view name_or_arn) {
  if (!name_or_arn.starts_with("arn:")) return find_stack_named(*call.state, call.account, call.region, name_or_arn);
  const std::string start = fmt::format("arn:aws:cloudformation:{}:{}:stack/", call.region.str(), call.account.str());
  if (!name_or_arn.starts_with(start)) return std::nullopt;
  const std::vector<std::string_view> parts = text::split(name_or_arn.substr(start.size()), '/');
  if (parts.size() != 2) return std::nullopt;
  std::optional<Stack> stack = find_stack(*call.state, call.account, call.region, parts[1]);
  if (!stack || stack->name != parts[0]) return std::nullopt;
  return stack;
}

Stack open_stack(api::Call& call, std::string_view name_or_arn) {
  std::optional<Stack> stack = find_stack(call, name_or_arn);
  if (!stack || stack->is_gone()) throw Error(kValidationError, "Stack [{}] does not exist", name_or_arn);
  return std::move(*stack);
}

void put_stack(state::Transaction& state, const Stack& stack) { state.put(keys::stack(stack), encode(stack)); }

void put_sealed(state::Transaction& state, const state::Sealer& sealer, const std::string& key, const Json& document) {
  state.put(key, sealer.seal(Secret(json::dump(document)), key));
}

std::optional<Json> get_sealed(state::Transaction& state, const state::Sealer& sealer, const std::string& key) {
  const std::optional<std::string> sealed = state.get(key);
  if (!sealed) return std::nullopt;
  const std::optional<Secret> opened = sealer.open(*sealed, key);
  if (!opened) throw std::runtime_error("the document " + key + " cannot be opened");
  return json::parse(opened->reveal()).value();
}

Json to_json(const cfn::ParameterValues& values) {
  Json document = Json::object();
  for (const auto& [name, value] : values)
    document[name] = {{"given", value.given}, {"resolved", value.resolved}, {"default", value.is_default}};
  return document;
}

cfn::ParameterValues parameter_values(const Json& document) {
  cfn::ParameterValues values;
  for (const auto& [name, value] : document.items())
    values[name] = {.given = value.at("given").get<std::string>(),
                    .resolved = value.at("resolved").get<std::string>(),
                    .is_default = value.at("default").get<bool>()};
  return values;
}

std::string event_place(Time at) { return fmt::format("{:0{}}", kMillisMax - millis(at), kPlaceBytes); }

void put_event(state::Transaction& state, env::Random& random, const Stack& stack, const Event& event, Time now, const Hearers& hearers) {
  const std::string prefix = keys::events(stack.id);
  Time at = now;
  if (const state::Page newest = state.list(prefix, prefix, 1); !newest.items.empty())
    at = std::max(at, time_of(kMillisMax - std::stoll(newest.items.front().key.substr(prefix.size(), kPlaceBytes)) + 1));
  const bool is_stack = event.type == kStackType && event.physical == stack.arn();
  const std::string id = is_stack ? random.uuid() : fmt::format("{}-{}-{}", event.resource, event.status, timestamps::iso8601_millis(at));
  Json document{{"StackId", stack.arn()},
                {"EventId", id},
                {"StackName", stack.name},
                {"LogicalResourceId", event.resource},
                {"PhysicalResourceId", event.physical},
                {"ResourceType", event.type},
                {"Timestamp", timestamps::iso8601_millis(at)},
                {"ResourceStatus", event.status}};
  if (!event.reason.empty()) document["ResourceStatusReason"] = event.reason;
  if (!event.token.empty()) document["ClientRequestToken"] = event.token;
  if (!event.properties.empty()) document["ResourceProperties"] = event.properties;
  state.put(prefix + event_place(at), json::dump(document));
  put_notices(state, stack, hearers, document, fmt::format("{:0{}}", millis(at), kPlaceBytes));
}

void put_stack_event(state::Transaction& state, env::Random& random, const Stack& stack, std::string_view token, Time now,
                     const Hearers& hearers) {
  put_event(state, random, stack,
            {.resource = stack.name,
             .physical = stack.arn(),
             .type = std::string(kStackType),
             .status = stack.status,
             .reason = stack.reason,
             .token = std::string(token)},
            now, hearers);
}

}  // namespace cairn::cloudformation
