#include <algorithm>
#include <array>

#include "services/cloudformation/nested.h"
#include "services/cloudformation/resource_type.h"
#include "template/canonical.h"

namespace cairn::cloudformation {
namespace {

constexpr auto kProperties = std::to_array<Property>({
    {"NotificationARNs"},
    {"Parameters"},
    {"Tags"},
    {"TemplateURL", On::kUpdate, kRequired},
    {"TimeoutInMinutes"},
});

constexpr const char* kBefore = "GenerationBefore";  // hidden attribute: by which template it was made before it was last changed

Json settings(const Doing& doing) {
  Json in = doing.members({{"NotificationARNs"}, {"Tags"}, {"TemplateURL"}});
  for (const char* member : {"NotificationARNs", "Tags"})  // absent would mean: as they were
    if (!in.contains(member)) in[member] = Json::array();
  in["Capabilities"] = doing.where().passed_on.value("Capabilities", Json::array());
  in["Parameters"] = Json::array();
  if (!doing.has("Parameters")) return in;
  const Json& parameters = doing.get("Parameters");
  const bool is_simple =
      parameters.is_object() && std::ranges::all_of(parameters, [](const Json& value) { return cfn::scalar_text(value).has_value(); });
  if (!is_simple) throw Failed{"Value of property Parameters must be an object with String (or simple type) properties"};
  for (const auto& [name, value] : parameters.items())
    in["Parameters"].push_back({{"ParameterKey", name}, {"ParameterValue", to_text(value)}});
  return in;
}

/// Where a change set looked into it: what that found is what it becomes; where that were no changes, it keeps its template, whatever is
/// behind the address by now.
void follow_set(const Doing& doing, Json& in) {
  const auto set = doing.where().passed_on.find("ChangeSet");
  if (set == doing.where().passed_on.end()) return;
  if (set->value("usable", false)) {
    in["TemplateURL"] = set->at("set");
  } else {
    in.erase("TemplateURL");
    in["UsePreviousTemplate"] = true;
  }
}

/// A name that such a set made for it, or a new one.
std::string name_of(const Doing& doing) {
  const auto set = doing.where().passed_on.find("ChangeSet");
  if (set == doing.where().passed_on.end()) return doing.name("", {.characters_max = 128});
  const std::string arn = set->at("stack").get<std::string>();
  const size_t at = arn.find(":stack/") + 7;
  return arn.substr(at, arn.rfind('/') - at);
}

/// Of the operation that is under way, or of the last one.
Json ended(Doing& doing, bool is_stoppable) {
  const Answer& answer = doing.watch({.what = Watch::For::kStackEnd, .of = doing.physical, .is_stoppable = is_stoppable});
  return answer.out.value_or(Json());
}

Json now(Doing& doing) { return *doing.watch({.what = Watch::For::kStack, .of = doing.physical}).out; }

std::string status_of(const Json& stack) { return stack.value("StackStatus", ""); }

void take_outputs(Doing& doing, const Json& stack) {
  Json kept = Json::object();
  for (const auto& [name, value] : doing.attributes.items())
    if (!name.starts_with("Outputs.")) kept[name] = value;
  doing.attributes = std::move(kept);
  for (const Json& output : stack.at("Outputs"))
    doing.attributes["Outputs." + output.at("OutputKey").get<std::string>()] = output.at("OutputValue");
}

void create(Doing& doing) {
  Json in = settings(doing);
  in["StackName"] = name_of(doing);
  follow_set(doing, in);
  in["OnFailure"] = "DO_NOTHING";  // what is left of it goes with the stack around it
  if (doing.has("TimeoutInMinutes")) in["TimeoutInMinutes"] = doing.get("TimeoutInMinutes");
  doing.physical = doing.call("cloudformation", "CreateStack", std::move(in)).at("StackId").get<std::string>();
  const Json stack = ended(doing, true);
  if (stack.is_null()) throw Failed{"Resource creation cancelled"};
  if (status_of(stack) != "CREATE_COMPLETE")
    throw Failed{fmt::format("Embedded stack {} was not successfully created: {}", doing.physical, stack.value("Failure", ""))};
  take_outputs(doing, stack);
}

/// One that could not go back by itself is helped: ResourcesToSkip of the stack around name its resources, too.
void go_back(Doing& doing) {
  const size_t name_at = doing.physical.find(":stack/") + 7;
  const std::string prefix = doing.physical.substr(name_at, doing.physical.rfind('/') - name_at) + ".";
  Json skipped = Json::array();
  for (const std::string& each : doing.where().skipped)
    if (each.starts_with(prefix)) skipped.push_back(each.substr(prefix.size()));
  doing.call("cloudformation", "ContinueUpdateRollback", {{"StackName", doing.physical}, {"ResourcesToSkip", std::move(skipped)}});
  const Json stack = ended(doing, false);
  if (status_of(stack) != "UPDATE_ROLLBACK_COMPLETE")
    throw Failed{
        fmt::format("Embedded stack {} was not successfully rolled back: {}", doing.physical, stack.value("StackStatusReason", ""))};
}

void update(Doing& doing) {
  Json in = settings(doing);
  in["StackName"] = doing.physical;
  const Json before = now(doing);
  if (doing.is_restoring) {
    if (status_of(before) == "UPDATE_ROLLBACK_FAILED") go_back(doing);
    if (const int generation = doing.attributes.value(kBefore, 0); generation > 0)
      in["TemplateURL"] = former_template(doing.physical, generation);
    in["Capabilities"] = {"CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"};  // they were acknowledged then
  } else {
    follow_set(doing, in);
    doing.attributes[kBefore] = before.at("Generation");
    if (doing.where().passed_on.value("DisableRollback", false)) in["DisableRollback"] = true;
  }
  if (doing.where().passed_on.contains("RetainExceptOnCreate"))
    in["RetainExceptOnCreate"] = doing.where().passed_on.at("RetainExceptOnCreate");
  const Answer& answer = doing.attempt("cloudformation", "UpdateStack", std::move(in));
  const bool is_as_it_was = !answer.out && answer.refusal.message == "No updates are to be performed.";
  if (!answer.out && !is_as_it_was) throw refused("cloudformation", answer.refusal);
  Json stack = is_as_it_was ? now(doing) : ended(doing, true);
  if (stack.is_null()) {
    doing.call_unless({"ValidationError"}, "cloudformation", "CancelUpdateStack", {{"StackName", doing.physical}});
    ended(doing, false);
    throw Failed{"Resource update cancelled"};
  }
  if (!is_as_it_was && status_of(stack) != "UPDATE_COMPLETE")
    throw Failed{fmt::format("Embedded stack {} was not successfully updated. Currently in {} with reason: {}", doing.physical,
                             status_of(stack), stack.value("Failure", ""))};
  take_outputs(doing, stack);
}

void remove(Doing& doing) {
  const std::string status = status_of(now(doing));
  if (status.ends_with("_IN_PROGRESS") && status != "CREATE_IN_PROGRESS") ended(doing, false);
  doing.call("cloudformation", "DeleteStack", {{"StackName", doing.physical}});
  const Json stack = ended(doing, false);
  if (status_of(stack) != "DELETE_COMPLETE")
    throw Failed{fmt::format("Embedded stack {} was not successfully deleted: {}", doing.physical, stack.value("StackStatusReason", ""))};
}

}  // namespace

extern const ResourceType cloudformation_stack;
const ResourceType cloudformation_stack{.name = "AWS::CloudFormation::Stack",
                                        .properties = kProperties,
                                        .create = create,
                                        .update = update,
                                        .remove = remove,
                                        .is_always_updated = true,
                                        .attribute_prefix = "Outputs."};

}  // namespace cairn::cloudformation
