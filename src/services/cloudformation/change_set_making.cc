#include "services/cloudformation/change_set_making.h"

#include <algorithm>

#include "api/authorize.h"
#include "api/operation.h"
#include "api/ports.h"
#include "api/protocol.h"
#include "base/text.h"
#include "services/cloudformation/changes_shown.h"
#include "services/cloudformation/errors.h"
#include "services/cloudformation/importing.h"
#include "services/cloudformation/nested.h"
#include "services/cloudformation/reading.h"
#include "services/cloudformation/surroundings.h"

namespace cairn::cloudformation {
namespace {

constexpr const char* kNoChanges = "The submitted information didn't contain changes. Submit different information to create a change set.";
constexpr const char* kOfRoot = "Only executable from the root change set.";
constexpr size_t kNameCharactersMax = 128;

class Making {
 public:
  explicit Making(api::Call& call) : call_(call) {}

  void root(const Stack& stack, ChangeSet& set) {
    root_ = set.arn;
    make(call_.in, stack, set, Values::kGiven);
  }

 private:
  struct Parts {
    Asked asked;
    std::vector<Change> changed;
    std::map<std::string, Json> properties;
    bool outputs_change = false;
    std::map<std::string, std::string> sets;  // of nested stacks: logical id -> ARN
    std::string failure;                      // why it cannot be executed
  };

  void make(const Json& in, const Stack& stack, ChangeSet& set, Values values) {
    Parts parts;
    parts.asked = read_request(call_, in, stack, values);
    const Resources resources = resources_of(*call_.state, *call_.ports->sealer, stack.id);
    try {
      parts.changed = changes(*call_.state, stack, *parts.asked.program, parts.asked.about["Tags"], resources, &parts.properties);
    } catch (const Failed& failed) {
      throw Error(kValidationError, "{}", failed.reason);
    }
    parts.outputs_change = changes_outputs(*call_.state, stack, *parts.asked.program, resources);
    take_imports(in, stack, set, parts);
    if (in.value("IncludeNestedStacks", false) && parts.failure.empty()) nest(in, stack, set, parts);
    put(in, stack, set, parts);
  }

  void take_imports(const Json& in, const Stack& stack, ChangeSet& set, Parts& parts) {
    Imports imports;
    if (set.is_import) {
      imports = requested_imports(in.value("ResourcesToImport", Json::array()), *parts.asked.program, parts.changed, parts.outputs_change);
      // What is changed automatically is not, with an import.
      std::erase_if(parts.changed, [](const Change& change) { return change.is_automatic; });
    } else if (!in.value("ImportExistingResources", false)) {
      return;
    }
    try {
      const InRole in_role(call_, set.role);
      Seeker seeker(call_, stack);
      if (!set.is_import) imports = seeker.existing(*parts.asked.program, parts.changed, parts.properties);
      for (Change& change : parts.changed) {
        const auto wanted = imports.find(change.resource);
        if (wanted == imports.end()) continue;
        change.is_import = true;
        change.physical = set.is_import
                              ? seeker.physical(change.resource, change.type, wanted->second, parts.properties.at(change.resource))
                              : written(wanted->second);
      }
      set.imports = to_json(imports);
    } catch (const Failed& failed) {
      parts.failure = failed.reason;
    }
  }

  /// A set for each nested stack that is made or changed; one that would not change is none of the changes. One stack too many makes the
  /// set fail; more bytes than an entry of the journal takes refuse the whole call, whose changes are dropped then.
  void nest(const Json& in, const Stack& stack, ChangeSet& set, Parts& parts) {
    if (set.arn == root_) nested_bytes_ = parts.asked.text.size() + json::dump(parts.asked.about).size();
    std::vector<std::string> as_they_were;
    for (const Change& change : parts.changed) {
      if (change.type != kStackType || change.kind == Change::Kind::kRemove) continue;
      const Json& properties = parts.properties.at(change.resource);
      const std::string url = to_text(properties.value("TemplateURL", Json("")));
      if (is_known_later(url)) continue;  // nobody knows yet
      std::optional<Stack> nested = change.physical.empty() ? std::nullopt : stack_with_arn(*call_.state, change.physical);
      if (nested && nested->is_gone()) continue;
      const bool is_new = !nested;
      try {
        if (is_new) nested = new_nested(call_, stack, change.resource);
      } catch (const Error& refusal) {
        if (refusal.kind.code != kLimitExceeded.code) throw;
        parts.failure = refusal.message;
        return;
      }
      api::require(call_, {.action = "cloudformation:CreateChangeSet", .resource = nested->arn(), .shown = nested->arn()});
      ChangeSet of = new_change_set(call_, *nested, name_in(set, change.resource), is_new ? "CREATE" : "UPDATE");
      of.role = set.role;
      make_nested(nested_in(in, of, *nested, properties), *nested, set, of);
      const std::string status = of.shown.value("Status", "");
      const bool is_same = of.shown.value("StatusReason", "") == kNoChanges;
      set.nested[change.resource] = {{"set", of.arn}, {"stack", nested->arn()}, {"usable", status == "CREATE_COMPLETE"}};
      if (is_same && change.is_automatic) as_they_were.push_back(change.resource);
      else if (!is_same && status != "CREATE_COMPLETE" && parts.failure.empty())
        parts.failure = fmt::format("Nested change set {} was not successfully created: Currently in FAILED.", of.arn);
      parts.sets[change.resource] = of.arn;
    }
    std::erase_if(parts.changed,
                  [&](const Change& change) { return std::ranges::find(as_they_were, change.resource) != as_they_were.end(); });
  }

  void make_nested(const Json& in, const Stack& nested, const ChangeSet& parent, ChangeSet& of) {
    const auto fail = [&](const std::string& reason) {
      Parts parts;
      parts.failure = reason;
      put(in, nested, of, parts);
    };
    try {
      const Json asked = shaped(*call_.model->input, in, "");
      api::validate(*call_.service->model, *call_.model, asked);
      make(asked, nested, of, Values::kMayComeLater);
    } catch (const Error& refusal) {
      if (refusal.kind.code == kLimitExceeded.code) throw;
      fail(refusal.message);
    } catch (const Failed& failed) {
      fail(failed.reason);
    }
    of.shown["ParentChangeSetId"] = parent.arn;
    of.shown["RootChangeSetId"] = root_;
    if (of.shown.at("Status") == "CREATE_COMPLETE") {
      of.shown["ExecutionStatus"] = "UNAVAILABLE";
      of.shown["StatusReason"] = kOfRoot;
    }
    put_change_set(*call_.state, of);
  }

  /// What CreateChangeSet would be called with for it; what comes of properties is as the template has it.
  Json nested_in(const Json& in, const ChangeSet& of, const Stack& nested, const Json& properties) const {
    Json out{{"StackName", nested.arn()},
             {"ChangeSetName", of.name},
             {"TemplateURL", properties.at("TemplateURL")},
             {"Parameters", Json::array()}};
    const Json none = Json::array();
    for (const char* member : {"NotificationARNs", "Tags"}) out[member] = properties.value(member, none);
    if (Json& topics = out["NotificationARNs"]; topics.is_array())  // nobody can look these up yet
      std::erase_if(topics.get_ref<Json::array_t&>(), [](const Json& topic) { return is_known_later(to_text(topic)); });
    const Json parameters = properties.value("Parameters", Json::object());
    if (parameters.is_object())
      for (const auto& [name, value] : parameters.items())
        out["Parameters"].push_back({{"ParameterKey", name}, {"ParameterValue", to_text(value)}});
    out["Capabilities"] = in.value("Capabilities", none);
    out["IncludeNestedStacks"] = true;
    for (const char* member : {"ImportExistingResources", "ResourceTypes"})
      if (in.contains(member)) out[member] = in.at(member);
    return out;
  }

  std::string name_in(const ChangeSet& set, const std::string& resource) const {
    const std::string tail = "-" + call_.ports->random->letters(12, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");
    std::string name = set.name + "-" + resource;
    if (name.size() > kNameCharactersMax - tail.size()) name.resize(kNameCharactersMax - tail.size());
    return name + tail;
  }

  void put(const Json& in, const Stack& stack, ChangeSet& set, Parts& parts) {
    Asked& asked = parts.asked;
    const Json none = Json::array();
    const bool is_nothing = parts.failure.empty() && !set.is_creation && !set.is_import && parts.changed.empty() &&
                            stack.about.value("Tags", Json()) == asked.about["Tags"] && !parts.outputs_change;
    const bool has_failed = is_nothing || !parts.failure.empty();
    // Of those that come to nothing, changes are shown where it is a nested stack that fails.
    const bool shows = parts.failure.empty() || !parts.sets.empty();
    set.shown = {{"ChangeSetName", set.name},
                 {"ChangeSetId", set.arn},
                 {"StackId", stack.arn()},
                 {"StackName", stack.name},
                 {"Parameters", asked.about.value("Parameters", none)},
                 {"CreationTime", timestamps::iso8601_millis(call_.now)},
                 {"ExecutionStatus", has_failed ? "UNAVAILABLE" : "AVAILABLE"},
                 {"Status", has_failed ? "FAILED" : "CREATE_COMPLETE"},
                 {"NotificationARNs", asked.about.value("NotificationARNs", none)},
                 {"RollbackConfiguration", asked.about.value("RollbackConfiguration", Json::object())},
                 {"Capabilities", asked.about.value("Capabilities", none)},
                 {"Tags", asked.about.value("Tags", none)},
                 {"Changes", shows ? shown_changes(stack, parts) : none},
                 {"IncludeNestedStacks", in.value("IncludeNestedStacks", false)}};
    if (has_failed) set.shown["StatusReason"] = is_nothing ? std::string(kNoChanges) : parts.failure;
    for (const char* member : {"Description", "OnStackFailure", "ImportExistingResources"})
      if (in.contains(member)) set.shown[member] = in.at(member);
    set.about = std::move(asked.about);
    set.about["ChangeSetId"] = set.arn;
    if (set.arn != root_) count(asked.text.size() + json::dump(set.shown).size() + json::dump(set.about).size());
    put_change_set(*call_.state, set);
    call_.state->put(keys::change_set_template(set.id), asked.text);
    put_sealed(*call_.state, *call_.ports->sealer, keys::change_set_parameters(set.id), to_json(asked.values));
  }

  Json shown_changes(const Stack& stack, const Parts& parts) const {
    if (!parts.asked.program) return Json::array();
    Causes causes{.program = *parts.asked.program, .parameters = {}, .resources = {}};
    for (const Change& each : parts.changed) causes.resources.insert(each.resource);
    const auto former = get_sealed(*call_.state, *call_.ports->sealer, keys::parameters(stack.id, stack.generation));
    for (const auto& [parameter, value] : parts.asked.values)
      if (!former || !former->contains(parameter) || former->at(parameter).at("resolved") != value.resolved)
        causes.parameters.insert(parameter);
    Json all = Json::array();
    for (const Change& each : parts.changed) {
      Json one = shown(each, causes);
      if (const auto set = parts.sets.find(each.resource); set != parts.sets.end()) one["ResourceChange"]["ChangeSetId"] = set->second;
      all.push_back(std::move(one));
    }
    return all;
  }

  void count(size_t bytes) {
    nested_bytes_ += bytes;
    if (nested_bytes_ > kNestedBytesMax)
      throw Error(kLimitExceeded, "The change sets of nested stacks are more than {} bytes together: leave out IncludeNestedStacks.",
                  kNestedBytesMax);
  }

  api::Call& call_;
  std::string root_;  // ARN
  size_t nested_bytes_ = 0;
};

}  // namespace

void make_change_set(api::Call& call, const Stack& stack, ChangeSet& set) { Making(call).root(stack, set); }

ChangeSet new_change_set(api::Call& call, const Stack& stack, const std::string& name, std::string_view type) {
  const std::vector<ChangeSet> there = change_sets_of(*call.state, stack.id);
  for (const ChangeSet& set : there)
    if (set.name == name) throw Error(kAlreadyExists, "ChangeSet {} already exists for stack {}", name, stack.name);
  if (there.size() >= kChangeSetsMax) throw Error(kLimitExceeded, "ChangeSet limit exceeded for stack {}", stack.arn());
  ChangeSet set{.stack = stack.id, .name = name, .id = call.ports->random->uuid(), .arn = {}, .shown = {}, .about = {}, .role = {}};
  set.arn = fmt::format("arn:aws:cloudformation:{}:{}:changeSet/{}/{}", call.region.str(), call.account.str(), name, set.id);
  set.is_import = type == "IMPORT";
  set.is_creation = type == "CREATE" || (set.is_import && stack.status == "REVIEW_IN_PROGRESS");
  set.on_failure = "ROLLBACK";
  return set;
}

}  // namespace cairn::cloudformation
