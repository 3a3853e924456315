#include "template/program.h"

#include "base/check.h"
#include "base/text.h"

#include "template/body.h"
#include "template/canonical.h"
#include "template/deciding.h"
#include "template/dynamic.h"
#include "template/for_each.h"
#include "template/graph.h"

namespace cairn::cfn {

/// Inside of a Program. The tree that it runs is the template's own, or what its loops were written out to.
struct Program::State {
  State(const Template& of, const Environment& where, const ParameterValues& values) : source(of), environment(where), parameters(values) {
    masked = parameters;
    for (const Parameter& parameter : source.parameters()) {
      const auto value = masked.find(parameter.name);
      if (!parameter.no_echo || value == masked.end()) continue;
      has_secrets = true;
      if (parameter.is_list()) secret_lists.push_back(value->second.resolved);
      value->second.given = value->second.resolved = Parameter::kMask;
    }
  }

  const Template source;
  const Environment environment;
  const ParameterValues parameters;
  ParameterValues masked;
  bool has_secrets = false;
  std::vector<std::string> secret_lists;  // comma-separated
  std::optional<Node> expanded;
  Conditions conditions;
  std::map<std::string, bool> told_conditions;
  std::vector<Resource> resources;
  std::map<std::string, size_t, std::less<>> numbers;  // of `resources`
  std::vector<std::string> order;

  const Node& root() const { return expanded ? *expanded : source.body().root; }
  const Node& declaration(std::string_view id) const { return *root().member("Resources")->member(id); }

  Scope scope(Surroundings* surroundings = nullptr, const ParameterValues* values = nullptr) const {
    return {.root = root(),
            .of = source,
            .environment = environment,
            .parameters = values ? *values : parameters,
            .dialect = source.body().dialect(),
            .outcome = [this](const std::string& name, const Node& at) { return outcome(name, at); },
            .surroundings = surroundings};
  }

  bool outcome(const std::string& name, const Node& at) const {
    const auto found = conditions.find(name);
    if (found == conditions.end()) refuse(at, "Template error: unresolved condition dependency {} in Fn::If", name);
    return found->second;
  }

  bool is_active(const Node& declaration) const {
    const Node* condition = declaration.member("Condition");
    return !condition || outcome(condition->text, *condition);
  }

  void follow_transforms();
  void add_resources();
  void connect_resources();
  void connect(Resource& resource);
  void check_outputs() const;
  std::string policy(const std::string& id, const Node& declaration, std::string_view name) const;
};

namespace {

constexpr std::array<std::string_view, 4> kEvaluated = {"Properties", "Metadata", "CreationPolicy", "UpdatePolicy"};

/// Evaluates one value and what it asks of others.
Outcome<Json> evaluated(const Program::State& state, const Node* node, Surroundings& surroundings,
                        const ParameterValues* values = nullptr) {
  if (!node) return Json();
  const Scope scope = state.scope(&surroundings, values);
  try {
    Evaluator evaluator(scope);
    Json value = evaluator.value(*node).value_or(Json());
    if (auto done = resolve_dynamic_references(value, surroundings); !done) refuse(*node, "{}", done.error().message);
    return value;
  } catch (const Refusal& refusal) {
    return tl::unexpected(error_of(refusal, state.root()));
  }
}

}  // namespace

void Program::State::follow_transforms() {
  const Template::Body& body = source.body();
  if (body.transforms.empty()) return;
  for (const std::string& transform : body.transforms)
    if (transform != kLanguageExtensions) refuse(*body.root.member("Transform"), "Transform {} is not supported", transform);
  const Scope unexpanded = scope();
  expanded = expand_loops(unexpanded);
  check_sections(*expanded);
  check_references(*expanded, body.parameters, Dialect::kExtended);
}

std::string Program::State::policy(const std::string& id, const Node& declaration, std::string_view name) const {
  const Node* policy = declaration.member(name);
  if (!policy) return "Delete";
  const Scope here = scope();
  std::string text = Evaluator(here).text(*policy, fmt::format("Template format error: Every {} member must be a string.", name));
  const bool is_known =
      text == "Delete" || text == "Retain" || text == "Snapshot" || (text == "RetainExceptOnCreate" && name == "DeletionPolicy");
  if (!is_known) refuse(*policy, "Template format error: Unrecognized {} {} for resource {}", name, text, id);
  return text;
}

void Program::State::add_resources() {
  const Node& all = *root().member("Resources");
  for (size_t i = 0; i < all.items.size(); ++i) {
    const Node& declaration = all.items[i];
    if (!is_active(declaration)) continue;
    Resource resource{.id = all.names[i], .type = declaration.member("Type")->text};
    resource.deletion_policy = policy(resource.id, declaration, "DeletionPolicy");
    resource.update_replace_policy = policy(resource.id, declaration, "UpdateReplacePolicy");
    resource.has_deletion_policy = declaration.member("DeletionPolicy");
    if (const Node* condition = declaration.member("Condition")) resource.condition = condition->text;
    resource.place = declaration.place;
    numbers.emplace(resource.id, resources.size());
    resources.push_back(std::move(resource));
  }
}

void Program::State::connect(Resource& resource) {
  const Node& declaration = this->declaration(resource.id);
  std::set<size_t> needs;
  if (const Node* depends_on = declaration.member("DependsOn")) {
    const auto need = [&](const std::string& id) {  // one whose condition does not hold is not waited for
      if (const auto number = numbers.find(id); number != numbers.end() && needs.insert(number->second).second)
        resource.explicitly_depends_on.push_back(id);
    };
    if (depends_on->is_scalar()) need(depends_on->text);
    for (const Node& id : depends_on->items) need(id.text);
  }
  const Node& all = *root().member("Resources");
  for (const std::string_view section : kEvaluated) {
    const Node* values = declaration.member(section);
    if (!values) continue;
    each_reference(*values, Branches::kTaken, &conditions, [&](const Reference& reference) {
      if (!reference.is_to_resource() || parameters.contains(reference.name) || !all.member(reference.name)) return;
      const auto number = numbers.find(reference.name);
      if (number == numbers.end())
        refuse(*reference.at, "Template format error: Unresolved resource dependencies [{}] in the Resources block of the template",
               reference.name);
      needs.insert(number->second);
    });
  }
  for (const size_t number : needs) resource.depends_on.push_back(resources[number].id);
}

void Program::State::connect_resources() {
  for (Resource& resource : resources) connect(resource);
  Graph graph;
  for (const Resource& resource : resources) {
    graph.ids.push_back(resource.id);
    auto& needs = graph.needs.emplace_back();
    for (const std::string& id : resource.depends_on) needs.push_back(numbers.find(id)->second);
  }
  if (const auto cycles = cycles_of(graph); !cycles.empty()) refuse_cycles(graph, cycles, declaration(graph.ids[cycles.front()]));
  for (const size_t number : order_of(graph)) order.push_back(resources[number].id);
}

void Program::State::check_outputs() const {
  const Node* outputs = root().member("Outputs");
  if (!outputs) return;
  const Node& all = *root().member("Resources");
  for (const Node& output : outputs->items) {
    if (!is_active(output)) continue;
    each_reference(output, Branches::kTaken, &conditions, [&](const Reference& reference) {
      const bool is_parameter = parameters.contains(reference.name);
      if (is_parameter || numbers.contains(reference.name) || !all.member(reference.name)) return;
      if (reference.is_to_resource())
        refuse(*reference.at, "Unresolved resource dependencies [{}] in the Outputs block of the template", reference.name);
    });
  }
}

Outcome<Program> Program::make(const Template& of, const Environment& environment, const ParameterValues& parameters) {
  auto state = std::make_shared<State>(of, environment, parameters);
  try {
    state->follow_transforms();
    const Scope scope = state->scope();
    check_rules(scope);
    state->conditions = Decider(scope).all();
    state->told_conditions.insert(state->conditions.begin(), state->conditions.end());
    state->add_resources();
    state->connect_resources();
    state->check_outputs();
  } catch (const Refusal& refusal) {
    return tl::unexpected(error_of(refusal, state->root()));
  }
  return Program(std::move(state));
}

const std::vector<Resource>& Program::resources() const { return state_->resources; }

const Resource* Program::resource(std::string_view logical_id) const {
  const auto number = state_->numbers.find(logical_id);
  return number == state_->numbers.end() ? nullptr : &state_->resources[number->second];
}

std::vector<std::string> Program::creation_order() const { return state_->order; }
const std::map<std::string, bool>& Program::conditions() const { return state_->told_conditions; }

Outcome<Json> Program::properties(std::string_view logical_id, Surroundings& surroundings) const {
  CHECK(resource(logical_id));
  const Node* properties = state_->declaration(logical_id).member("Properties");
  return properties ? evaluated(*state_, properties, surroundings) : Outcome<Json>(Json::object());
}

namespace {

std::string masked(std::string text, const std::vector<std::string_view>& words) {
  for (const std::string_view word : words)
    for (size_t at = 0; (at = text.find(word, at)) != std::string::npos; at += Parameter::kMask.size())
      text.replace(at, word.size(), Parameter::kMask);
  return text;
}

/// Loops have written out what lists held, also into names.
Json masked(const Json& value, const std::vector<std::string_view>& words) {
  if (value.is_string()) return masked(value.get<std::string>(), words);
  if (value.is_object()) {
    Json out = Json::object();
    for (const auto& [name, each] : value.items()) out[masked(name, words)] = masked(each, words);
    return out;
  }
  Json out = value;
  if (out.is_array())
    for (Json& each : out) each = masked(each, words);
  return out;
}

}  // namespace

Json Program::shown_properties(std::string_view logical_id, Surroundings& surroundings) const {
  const Node* properties = state_->declaration(logical_id).member("Properties");
  if (!properties) return Json::object();
  auto shown = evaluated(*state_, properties, surroundings, state_->has_secrets ? &state_->masked : nullptr);
  if (!shown) {  // it takes apart what is hidden
    Json hidden = Json::object();
    for (const std::string& name : properties->names) hidden[name] = Parameter::kMask;
    return hidden;
  }
  if (!state_->expanded || state_->secret_lists.empty()) return std::move(*shown);
  std::vector<std::string_view> words;
  for (const std::string& list : state_->secret_lists)
    for (const std::string_view word : text::split(list, ','))
      if (!text::trim(word).empty()) words.push_back(text::trim(word));
  return masked(*shown, words);
}

Outcome<Json> Program::attribute_section(std::string_view logical_id, std::string_view section, Surroundings& surroundings) const {
  CHECK(resource(logical_id));
  return evaluated(*state_, state_->declaration(logical_id).member(section), surroundings);
}

Outcome<std::vector<Output>> Program::outputs(Surroundings& surroundings) const {
  std::vector<Output> outputs;
  const Node* all = state_->root().member("Outputs");
  if (!all) return outputs;
  const Scope scope = state_->scope(&surroundings);
  try {
    for (size_t i = 0; i < all->items.size(); ++i) {
      const Node& declaration = all->items[i];
      if (!state_->is_active(declaration)) continue;
      Evaluator evaluator(scope);
      Output output{.name = all->names[i], .value = {}, .description = {}, .export_name = {}};
      output.value = evaluator.text(*declaration.member("Value"),
                                    "Template format error: The Value field of every Outputs member must evaluate to a String.");
      if (const Node* description = declaration.member("Description")) output.description = description->text;
      if (const Node* exported = declaration.member("Export")) {
        const std::string words = fmt::format(
            "Template format error: Output {} is malformed. The Name field of every Export member must be specified and consist only of "
            "alphanumeric characters, colons, or hyphens.",
            output.name);
        output.export_name = evaluator.text(*exported->member("Name"), words);
        const auto is_allowed = [](unsigned char c) { return std::isalnum(c) != 0 || c == ':' || c == '-'; };
        if (output.export_name->empty() || !std::all_of(output.export_name->begin(), output.export_name->end(), is_allowed))
          refuse(*exported, "{}", words);
      }
      outputs.push_back(std::move(output));
    }
  } catch (const Refusal& refusal) {
    return tl::unexpected(error_of(refusal, state_->root()));
  }
  return outputs;
}

std::vector<Cause> Program::causes(std::string_view logical_id, std::string_view property) const {
  CHECK(resource(logical_id));
  std::vector<Cause> causes;
  const Node* properties = state_->declaration(logical_id).member("Properties");
  const Node* value = properties ? properties->member(property) : nullptr;
  if (!value) return causes;
  each_reference(*value, Branches::kTaken, &state_->conditions, [&](const Reference& reference) {
    const bool is_attribute = reference.kind == Reference::Kind::kAttribute || reference.kind == Reference::Kind::kVariable;
    if (!is_attribute && reference.kind != Reference::Kind::kName) return;
    Cause cause{.source = Cause::Source::kParameter, .entity = reference.name};
    if (is_attribute) {
      cause = {.source = Cause::Source::kAttribute, .entity = reference.name + "." + reference.attribute};
    } else if (!state_->parameters.contains(reference.name)) {
      if (!state_->numbers.contains(reference.name)) return;  // a pseudo parameter
      cause.source = Cause::Source::kResource;
    }
    if (std::find(causes.begin(), causes.end(), cause) == causes.end()) causes.push_back(std::move(cause));
  });
  return causes;
}

std::set<std::string> Program::imports() const {
  std::set<std::string> names;
  const Scope scope = state_->scope();
  const auto look_into = [&](const Node& values) {
    each_reference(values, Branches::kTaken, &state_->conditions, [&](const Reference& reference) {
      if (reference.kind != Reference::Kind::kImport) return;
      try {
        names.insert(Evaluator(scope).text(*reference.at, "no name"));
      } catch (const Refusal&) {
        // Told when it is evaluated.
      }
    });
  };
  for (const Resource& resource : state_->resources)
    for (const std::string_view section : kEvaluated)
      if (const Node* values = state_->declaration(resource.id).member(section)) look_into(*values);
  if (const Node* outputs = state_->root().member("Outputs"))
    for (const Node& output : outputs->items)
      if (state_->is_active(output)) look_into(output);
  return names;
}

Json Program::processed() const {
  if (state_->expanded && state_->has_secrets) {
    State masked(state_->source, state_->environment, state_->masked);
    try {
      masked.follow_transforms();
    } catch (const Refusal&) {
      return to_json(state_->source.body().root);
    }
    Json document = to_json(masked.root());
    document.erase("Transform");
    return document;
  }
  Json document = to_json(state_->root());
  document.erase("Transform");
  return document;
}

}  // namespace cairn::cfn
