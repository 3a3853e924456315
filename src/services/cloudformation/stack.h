#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/call.h"
#include "aws/names.h"
#include "base/json.h"
#include "base/time.h"
#include "env/random.h"
#include "state/sealer.h"
#include "state/store.h"
#include "template/template.h"

/// Stacks as the state has them: docs/formats/state.md.
namespace cairn::cloudformation {

struct Stack {
  aws::AccountId account;
  aws::Region region;
  std::string name, id;  // id: a UUID
  std::string status, reason;
  Time created, updated, deleted;  // the epoch: never
  int generation = 0;              // the template and parameters that it was last made by
  int newest = 0;                  // generation
  Json about = Json::object();     // Description, Parameters, Outputs, Tags ...: as DescribeStacks shows them
  std::vector<std::string> imports;
  std::string parent, root;  // nested: the ARNs of the stack that it is a resource of, and of the outermost; else ""
  std::string failure;       // why its last operation failed, also when that was rolled back since

  std::string arn() const;
  bool is_nested() const { return !parent.empty(); }
  bool is_gone() const { return status == "DELETE_COMPLETE"; }
  bool is_in_progress() const { return status.ends_with("_IN_PROGRESS") && status != "REVIEW_IN_PROGRESS"; }
};

std::string encode(const Stack& stack);
Stack decode_stack(std::string_view document);

namespace keys {
inline const std::string kStacks = "cloudformation/stack/", kOperations = "cloudformation/operation/";
std::string stacks_in(const aws::AccountId& account, const aws::Region& region);
std::string stack(const Stack& stack);
std::string name(const aws::AccountId& account, const aws::Region& region, std::string_view name);
inline std::string of(std::string_view kind, std::string_view id) {
  return std::string("cloudformation/").append(kind) + "/" + std::string(id) + "/";
}
inline std::string template_text(std::string_view id, int generation) { return of("template", id) + std::to_string(generation); }
inline std::string parameters(std::string_view id, int generation) { return of("parameters", id) + std::to_string(generation); }
inline std::string resources(std::string_view id) { return of("resource", id); }
inline std::string answers(std::string_view id, std::string_view resource) { return of("answer", id).append(resource) + "/"; }
inline std::string operation(std::string_view id) { return kOperations + std::string(id); }
inline std::string events(std::string_view id) { return of("event", id); }
inline std::string change_sets(std::string_view id) { return of("change-set", id); }
inline std::string rollback(std::string_view id) { return "cloudformation/rollback/" + std::string(id); }
inline std::string policy(std::string_view id) { return "cloudformation/policy/" + std::string(id); }
/// What was signalled to a wait condition's handle, by UniqueId.
inline const std::string kSignals = "cloudformation/signal/";
inline std::string signals(std::string_view id, std::string_view handle) {
  return std::string(kSignals).append(id).append("/").append(handle).append("/");
}
/// How many stacks are nested in one, at any depth.
inline std::string nested(std::string_view root) { return "cloudformation/nested/" + std::string(root); }
std::string exports_in(const aws::AccountId& account, const aws::Region& region);
std::string imports_of(const aws::AccountId& account, const aws::Region& region, std::string_view name);
}  // namespace keys

std::optional<Stack> find_stack(state::Transaction& state, const aws::AccountId& account, const aws::Region& region, std::string_view id);
std::optional<Stack> find_stack_named(state::Transaction& state, const aws::AccountId& account, const aws::Region& region,
                                      std::string_view name);
/// By its ARN, without a look at who asks.
std::optional<Stack> stack_with_arn(state::Transaction& state, std::string_view arn);
/// By its name, or its ARN, which a stack that is gone has too. nullopt: there is none.
std::optional<Stack> find_stack(api::Call& call, std::string_view name_or_arn);
/// The same; throws ValidationError. The stack stands.
Stack open_stack(api::Call& call, std::string_view name_or_arn);
void put_stack(state::Transaction& state, const Stack& stack);

/// Documents that may hold what parameters with NoEcho brought.
void put_sealed(state::Transaction& state, const state::Sealer& sealer, const std::string& key, const Json& document);
std::optional<Json> get_sealed(state::Transaction& state, const state::Sealer& sealer, const std::string& key);

Json to_json(const cfn::ParameterValues& values);
cfn::ParameterValues parameter_values(const Json& document);

/// Something that happened, as DescribeStackEvents tells it.
struct Event {
  std::string resource, physical, type, status, reason, token;
  std::string properties = {};  // as they may be seen
};
/// Who hears of a stack's events, and in whose name they are told (notice.h).
struct Hearers {
  std::vector<std::string> topics = {};
  Json principal = {};  // caller.h
  std::string role = {};
};
/// Each is at least a millisecond later than the stack's event before: their order and their IDs go by the time.
void put_event(state::Transaction& state, env::Random& random, const Stack& stack, const Event& event, Time now,
               const Hearers& hearers = {});
/// Of the stack itself, as it stands.
void put_stack_event(state::Transaction& state, env::Random& random, const Stack& stack, std::string_view token, Time now,
                     const Hearers& hearers = {});
std::string event_place(Time at);  // in the key: the newest is the first

constexpr std::string_view kStackType = "AWS::CloudFormation::Stack", kHandleType = "AWS::CloudFormation::WaitConditionHandle";

}  // namespace cairn::cloudformation
