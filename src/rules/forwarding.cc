#include "rules/forwarding.h"

#include "aws/policy/caller.h"
#include "aws/policy/decide.h"
#include "identity/service_role.h"
#include "rules/posted.h"

namespace cairn::rules {
namespace {

aws::Principal service_of(const Rule& rule) {
  aws::Principal principal;
  principal.kind = aws::Principal::Kind::kService;
  principal.user_name = kServicePrincipal;
  principal.source_arn = rule.arn();
  principal.source_account = rule.bus.account;
  return principal;
}

}  // namespace

bool Forwarding::allows(state::Transaction& state, const CompiledRule& rule, const Target& target, std::string_view event,
                        const BusName& bus, const std::string& policy, std::string& why) const {
  static const JsonPath kSource = *JsonPath::parse("$.source"), kDetailType = *JsonPath::parse("$.detail-type");
  const aws::Principal service = service_of(rule.rule);
  const Time now = clock_.now();
  std::shared_ptr<const aws::policy::Policy> compiled;
  if (!policy.empty()) compiled = identity::compiled_policy(policy, aws::policy::Kind::kResource);
  aws::policy::Request request{
      .caller = {}, .action = "events:PutEvents", .resource = bus.arn(), .resource_account = bus.account.str(), .context = {}};
  request.context.add("events:eventBusInvocation", true);
  request.context.add("events:source", kSource.text_of(event));
  request.context.add("events:detail-type", kDetailType.text_of(event));
  if (!target.role().empty()) {
    const Result<aws::Principal> role = identity::take_on(state, target.role(), service, "EventBridge", now);
    if (!role) {
      why = "FAILED_TO_ASSUME_ROLE: " + role.error().message;
      return false;
    }
    const auto own = directory_.policies_of(*role);
    aws::policy::Policies policies = own->policies();
    policies.resource = compiled.get();
    request.caller = aws::policy::caller_of(*role);
    aws::policy::describe_caller(*role, now, request.context);
    request.context.add("aws:SourceArn", rule.rule.arn());
    if (aws::policy::decide(request, policies).allowed()) return true;
    why = fmt::format("NO_PERMISSIONS: {} may not put events on {}.", target.role(), bus.arn());
    return false;
  }
  // Without a role the service asks for itself, and for the account whose rule it is.
  aws::policy::describe_caller(service, now, request.context);
  aws::policy::Policies policies{.resource = compiled.get()};
  request.caller = aws::policy::caller_of(service);
  const aws::policy::Decision for_service = aws::policy::decide(request, policies);
  if (for_service.allowed()) return true;
  const bool is_denied = for_service.outcome == aws::policy::Decision::Outcome::kExplicitDeny;
  aws::policy::Request for_account = request;
  for_account.caller = {.kind = aws::policy::Caller::Kind::kRoot,
                        .account = rule.rule.bus.account.str(),
                        .arn = fmt::format("arn:aws:iam::{}:root", rule.rule.bus.account.str())};
  if (!is_denied && aws::policy::decide(for_account, policies).allowed()) return true;
  why = fmt::format("NO_PERMISSIONS: {} does not let the rule put events.", bus.arn());
  return false;
}

Result<void, std::string> Forwarding::forward(state::Transaction& state, const CompiledRule& rule, const Target& target,
                                              std::string_view event, bool is_forwarded, std::string& note) const {
  if (is_forwarded)
    return tl::unexpected<std::string>("THIRD_ACCOUNT_HOP_DETECTED: Events from another event bus are not sent on to a third.");
  const std::optional<BusName> name = parse_bus_arn(target.arn());
  const std::optional<Bus> bus = name ? find_bus(state, *name) : std::nullopt;
  if (!bus) return tl::unexpected<std::string>("NO_RESOURCE: " + target.arn() + " does not exist.");
  std::string why;
  if (!allows(state, rule, target, event, *name, bus->policy, why)) return tl::unexpected(std::move(why));
  append(note, {.bus = *name, .is_forwarded = true, .event = std::string(event)});
  return {};
}

}  // namespace cairn::rules
