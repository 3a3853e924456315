#include "services/cloudformation/importing.h"

#include <algorithm>
#include <set>

#include "api/ports.h"
#include "base/crypto.h"
#include "base/text.h"
#include "services/cloudformation/errors.h"
#include "services/cloudformation/reading.h"
#include "services/cloudformation/surroundings.h"
#include "template/canonical.h"

namespace cairn::cloudformation {
namespace {

constexpr size_t kStacksAtOnce = 100;

std::string listed(const std::vector<std::string>& ids) { return fmt::format("[{}]", fmt::join(ids, ", ")); }

bool is_added(const Change& change) { return change.kind == Change::Kind::kAdd; }

/// Each entry by itself: its type, what names the thing, and the resource of the template.
Imports checked_entries(const Json& resources, const cfn::Program& program) {
  Imports imports;
  std::vector<std::string> unsupported, unknown;
  size_t number = 0;
  for (const Json& each : resources) {
    ++number;
    const std::string type_name = each.value("ResourceType", ""), id = each.value("LogicalResourceId", "");
    const Json identifier = each.value("ResourceIdentifier", Json::object());
    if (identifier.empty())
      throw Error(
          kValidationError,
          "1 validation error detected: Value null at 'resourcesToImport.{}.member.resourceIdentifier' failed to satisfy constraint: "
          "Member must not be null",
          number);
    if (!imports.emplace(id, identifier).second)
      throw Error(kValidationError, "Every resource to import must have unique LogicalResourceId");
    const ResourceType* type = resource_type(type_name);
    if (type == nullptr || type->find == nullptr) {
      unsupported.push_back(type_name);
      continue;
    }
    const bool fits = identifier.size() == type->identifiers.size() &&
                      std::ranges::all_of(type->identifiers, [&](std::string_view name) { return identifier.contains(name); });
    if (!fits)
      throw Error(kValidationError, "Invalid resource identifier for resource type {}. Expected [{}]", type_name,
                  fmt::join(type->identifiers, ", "));
    if (program.resource(id) == nullptr) unknown.push_back(id);
  }
  if (!unsupported.empty()) throw Error(kValidationError, "ResourceTypes {} are not supported for Import", listed(unsupported));
  if (!unknown.empty())
    throw Error(kValidationError, "The logical resource ids {} provided in ResourceToImport do not exist in the template.",
                listed(unknown));
  for (const Json& each : resources) {
    const std::string id = each.at("LogicalResourceId").get<std::string>(), type = each.at("ResourceType").get<std::string>();
    if (const std::string& declared = program.resource(id)->type; declared != type)
      throw Error(kValidationError,
                  "Resource type of [{}] passed in ResourceToImport does not match with resource type defined in the template. Resource "
                  "type in ResourceToImport: {}; Resource type in Template: {}.",
                  id, type, declared);
  }
  return imports;
}

/// What names a thing of a type in its account and region; the names of some are such only within something else.
std::string identity_of(const Instance& thing) {
  if (const auto arn = thing.attributes.find("Arn"); arn != thing.attributes.end() && arn->is_string()) return arn->get<std::string>();
  const Json within = thing.properties.value("LogGroupName", Json());
  return (within.is_string() ? within.get<std::string>() + "/" : "") + thing.physical;
}

std::string named(std::string_view type, const Instance& thing) { return fmt::format("{} {}", type, identity_of(thing)); }

std::string claim_key(const Stack& stack, std::string_view type, const Instance& thing) {
  return fmt::format("cloudformation/claim/{}/{}/{}", stack.account.str(), stack.region.str(),
                     text::hex(crypto::sha256(named(type, thing))));
}

}  // namespace

std::string written(const Json& identifier) {
  std::vector<std::string> parts;
  for (const auto& [name, value] : identifier.items()) parts.push_back(to_text(value));
  return fmt::format("{}", fmt::join(parts, "|"));
}

Json to_json(const Imports& imports) {
  Json document = Json::object();
  for (const auto& [id, identifier] : imports) document[id] = identifier;
  return document;
}

Imports imports_of(const Json& document) {
  Imports imports;
  for (const auto& [id, identifier] : document.items()) imports.emplace(id, identifier);
  return imports;
}

std::string not_there(std::string_view type, const Json& identifier) {
  return fmt::format("Resource of type '{}' with identifier '{}' was not found.", type, written(identifier));
}

std::string owned(std::string_view physical, std::string_view stack_arn) {
  return fmt::format("{} already exists in stack {}", physical, stack_arn);
}

Imports requested_imports(const Json& resources, const cfn::Program& program, const std::vector<Change>& changed, bool outputs_change) {
  if (resources.empty()) throw Error(kValidationError, "Must Provide at least one resource to import");
  if (resources.size() > kImportsMax)
    throw Error(kValidationError,
                "1 validation error detected: Value at 'resourcesToImport' failed to satisfy constraint: Member must have length less than "
                "or equal to {}",
                kImportsMax);
  Imports imports = checked_entries(resources, program);
  if (std::ranges::none_of(changed, is_added))
    throw Error(kValidationError, "The template should contain at least one new resource to import.");
  std::set<std::string> added;
  std::vector<std::string> there, missing, modified, unprotected;
  for (const Change& change : changed) {
    if (is_added(change)) {
      added.insert(change.resource);
      if (!imports.contains(change.resource)) missing.push_back(change.resource);
    } else if (!change.is_automatic) {
      modified.push_back(change.resource);
    }
  }
  for (const auto& [id, identifier] : imports) {
    if (!added.contains(id)) there.push_back(id);
    if (!program.resource(id)->has_deletion_policy) unprotected.push_back(id);
  }
  if (!there.empty())
    throw Error(kValidationError, "Resources {} passed in ResourceToImport are already in a stack and cannot be imported.", listed(there));
  if (!missing.empty()) throw Error(kValidationError, "Resources {} is missing from ResourceToImport list", listed(missing));
  if (!modified.empty())
    throw Error(
        kValidationError,
        "You have modified resources {} in your template that are not being imported. Update, create or delete operations cannot be "
        "executed during import operations.",
        listed(modified));
  if (!unprotected.empty())
    throw Error(kValidationError, "The following resources to import {} must have DeletionPolicy attribute specified in the template.",
                listed(unprotected));
  if (outputs_change) throw Error(kValidationError, "As part of the import operation, you cannot modify or add [Outputs]");
  return imports;
}

std::optional<Instance> Seeker::find(const std::string& resource, std::string_view type_name, const Json& identifier,
                                     const Json& properties) {
  const ResourceType* type = resource_type(type_name);
  const Doing::Where where{.account = stack_.account,
                           .region = stack_.region,
                           .stack_name = stack_.name,
                           .stack_id = stack_.arn(),
                           .resource = resource,
                           .token = {}};
  std::optional<Instance> found;
  read_within(call_, where, [&](Doing& doing) {
    doing.wanted = properties;
    doing.identifier = identifier;
    found.reset();
    if (!type->find(doing)) return;
    found.emplace();
    found->physical = doing.physical;
    found->properties = properties;
    found->attributes = doing.attributes;
  });
  return found;
}

std::string Seeker::physical(const std::string& resource, std::string_view type, const Json& identifier, const Json& properties) {
  for (const auto& [name, value] : identifier.items())
    if (const auto own = properties.find(name);
        own != properties.end() && own->is_string() && *own != value && !is_known_later(own->get<std::string>()))
      throw Failed{fmt::format("The {} of resource {} is {} in the template, and {} in ResourceToImport.", name, resource,
                               own->get<std::string>(), to_text(value))};
  const std::optional<Instance> found = find(resource, type, identifier, properties);
  if (!found) throw Failed{not_there(type, identifier)};
  check_owner(type, *found);
  return found->physical;
}

Imports Seeker::existing(const cfn::Program& program, const std::vector<Change>& changed, const std::map<std::string, Json>& properties) {
  Imports imports;
  std::vector<std::string> unprotected;
  for (const Change& change : changed) {
    const ResourceType* type = resource_type(change.type);
    if (!is_added(change) || type == nullptr || type->find == nullptr) continue;
    const Json& own = properties.at(change.resource);
    Json identifier = Json::object();
    for (const std::string_view name : type->identifiers) {
      const auto value = own.find(name);
      const bool is_named = type->property(name) != nullptr && value != own.end() && value->is_string() &&
                            program.causes(change.resource, name).empty() && !is_known_later(value->get<std::string>());
      if (is_named) identifier[std::string(name)] = *value;
    }
    if (identifier.size() != type->identifiers.size()) continue;
    const std::optional<Instance> found = find(change.resource, change.type, identifier, own);
    if (!found) continue;
    check_owner(change.type, *found);
    const std::string& policy = program.resource(change.resource)->deletion_policy;
    if (policy != "Retain" && policy != "RetainExceptOnCreate") {
      std::vector<std::string> parts;
      for (const auto& [name, value] : identifier.items()) parts.push_back(fmt::format("{}={}", name, to_text(value)));
      unprotected.push_back(fmt::format("{} ({{{}}})", change.resource, fmt::join(parts, ", ")));
    }
    imports.emplace(change.resource, std::move(identifier));
  }
  if (!unprotected.empty())
    throw Failed{fmt::format(
        "CloudFormation is attempting to import some resources because they already exist in your account. The resources must "
        "have the DeletionPolicy attribute set to 'Retain' or 'RetainExceptOnCreate' in the template for successful import. The "
        "affected resources are {}",
        fmt::join(unprotected, ", "))};
  return imports;
}

void Seeker::check_owner(std::string_view type, const Instance& thing) {
  if (!owners_) owners_.emplace(*call_.state, *call_.ports->sealer, call_.account, call_.region);
  if (const std::string owner = owners_->of(type, thing); !owner.empty()) throw Failed{owned(thing.physical, owner)};
}

Owners::Owners(state::Transaction& state, const state::Sealer& sealer, const aws::AccountId& account, const aws::Region& region) {
  const std::string prefix = keys::stacks_in(account, region);
  for (std::string after;;) {
    const state::Page page = state.list(prefix, after, kStacksAtOnce);
    for (const state::Item& item : page.items) {
      after = item.key;
      const Stack stack = decode_stack(item.value);
      if (stack.is_gone()) continue;
      for (const auto& [id, resource] : resources_of(state, sealer, stack.id))
        if (!resource.is_gone() && !resource.now.physical.empty()) stacks_[named(resource.type, resource.now)] = stack.arn();
    }
    if (!page.more) return;
  }
}

std::string Owners::of(std::string_view type, const Instance& thing) const {
  const auto it = stacks_.find(named(type, thing));
  return it == stacks_.end() ? "" : it->second;
}

void claim(state::Transaction& state, const Stack& stack, const Resource& resource) {
  state.put(claim_key(stack, resource.type, resource.now), json::dump(Json{{"stack", stack.id}, {"resource", resource.id}}));
}

void disclaim(state::Transaction& state, const Stack& stack, const Resource& resource) {
  const std::string key = claim_key(stack, resource.type, resource.now);
  const std::optional<std::string> document = state.get(key);
  if (document && json::parse(*document).value().at("stack") == stack.id) state.erase(key);
}

std::string claimant_of(state::Transaction& state, const state::Sealer& sealer, const Stack& stack, const Resource& asking,
                        const Instance& thing) {
  const std::optional<std::string> document = state.get(claim_key(stack, asking.type, thing));
  if (!document) return "";
  const Json claimed = json::parse(*document).value();  // we wrote it
  const std::optional<Stack> owner = find_stack(state, stack.account, stack.region, claimed.at("stack").get<std::string>());
  if (!owner || owner->is_gone() || (owner->id == stack.id && claimed.at("resource") == asking.id)) return "";
  const auto kept = get_sealed(state, sealer, keys::resources(owner->id) + claimed.at("resource").get<std::string>());
  if (!kept) return "";
  const Resource resource = resource_of(*kept);
  return !resource.is_gone() && named(resource.type, resource.now) == named(asking.type, thing) ? owner->arn() : "";
}

}  // namespace cairn::cloudformation
