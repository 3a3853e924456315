#include "services/cloudformation/resource_type.h"

#include <algorithm>

namespace cairn::cloudformation {

const Property* ResourceType::property(std::string_view property_name) const {
  const auto it = std::ranges::find(properties, property_name, &Property::name);
  return it == properties.end() ? nullptr : &*it;
}

bool ResourceType::has_tags() const {
  const Property* tags = property("Tags");
  return tags != nullptr && tags->on != On::kRefuse;
}

bool ResourceType::has_attribute(std::string_view attribute) const {
  if (!attribute_prefix.empty() && attribute.starts_with(attribute_prefix)) return true;
  return std::ranges::find(attributes, attribute) != attributes.end();
}

const ResourceType* resource_type(std::string_view name) {
  const auto it = std::ranges::find(resource_types(), name, &ResourceType::name);
  return it == resource_types().end() ? nullptr : *it;
}

}  // namespace cairn::cloudformation
