#include "services/cloudformation/surroundings.h"

#include <algorithm>

#include "services/cloudformation/exports.h"
#include "services/cloudformation/references.h"

namespace cairn::cloudformation {

const Resource* Surroundings::known(const std::string& id) const {
  if (replaced_ != nullptr && replaced_->contains(id)) return nullptr;
  const auto it = resources_.find(id);
  return it == resources_.end() || it->second.now.physical.empty() || it->second.is_gone() ? nullptr : &it->second;
}

std::optional<Json> Surroundings::ref(const std::string& id) {
  if (const Resource* resource = known(id)) {
    const auto own = resource->now.attributes.find("Ref");
    return own == resource->now.attributes.end() ? Json(resource->now.physical) : *own;
  }
  if (unknown_ == Unknown::kLater) return Json(kKnownLater);
  return std::nullopt;
}

std::optional<Json> Surroundings::attribute(const std::string& id, const std::string& name) {
  const cfn::Resource* declared = program_.resource(id);
  const ResourceType* type = declared == nullptr ? nullptr : resource_type(declared->type);
  if (type != nullptr && !type->has_attribute(name)) return std::nullopt;
  if (hides_secrets_ && name == "SecretAccessKey") return Json(cfn::Parameter::kMask);
  if (const Resource* resource = known(id)) {
    const auto it = resource->now.attributes.find(name);
    if (it != resource->now.attributes.end()) return *it;
    if (type != nullptr && std::ranges::find(type->attributes, name) == type->attributes.end())
      return unknown_ == Unknown::kLater ? std::optional<Json>(kKnownLater) : std::nullopt;
    return Json("");
  }
  if (unknown_ == Unknown::kLater) return Json(kKnownLater);
  return std::nullopt;
}

std::optional<std::string> Surroundings::import_value(const std::string& name) {
  const std::optional<Export> found = find_export(state_, stack_.account, stack_.region, name);
  if (!found) return std::nullopt;
  return found->value;
}

/// Those to SSM stay: they mean something when the resource is made (references.h).
Result<std::string> Surroundings::resolve(const cfn::DynamicReference& reference) {
  const std::string written = fmt::format("{{{{resolve:{}:{}}}}}", reference.service, reference.key);
  if (reference.service == "ssm" || reference.service == "ssm-secure") {
    if (!is_ssm_reference(reference.key)) return failure("Incorrect format is used in the following SSM reference: [{}]", written);
    return written;
  }
  return failure("Dynamic references to {} are not implemented: this server has no such service.", reference.service);
}

std::vector<std::string> Surroundings::zones(const std::string& region) { return {region + "a", region + "b", region + "c"}; }

bool is_known_later(std::string_view text) {
  return text.find(Surroundings::kKnownLater) != std::string_view::npos || text.find("{{resolve:") != std::string_view::npos;
}

cfn::Environment environment_of(const Stack& stack, const Json& about) {
  cfn::Environment environment{
      .account = stack.account.str(), .region = stack.region.str(), .stack_name = stack.name, .stack_id = stack.arn()};
  if (const auto topics = about.find("NotificationARNs"); topics != about.end())
    environment.notification_arns = topics->get<std::vector<std::string>>();
  return environment;
}

}  // namespace cairn::cloudformation
