#pragma once
#include <span>
#include <string_view>
#include <vector>

#include "services/cloudformation/doing.h"

namespace cairn::cloudformation {

/// What a change of a property means for its resource.
enum class On {
  kUpdate,
  kReplace,
  kRefuse,  // we cannot honour it: a template that has it is refused, by its name
};

struct Property {
  std::string_view name;
  On on = On::kUpdate;
  bool is_required = false;
};
constexpr bool kRequired = true;

using Do = void (*)(Doing&);
using Find = bool (*)(Doing&);

/// A type of resource: one file each in types/, found by cairn_catalog: types/sns/topic.cc is AWS::SNS::Topic.
struct ResourceType {
  std::string_view name;                 // AWS::SNS::Topic
  std::span<const Property> properties;  // all of the type's public schema; sorted
  Do create;
  Do update = nullptr;  // null: every change replaces it
  Do remove = nullptr;  // null: nothing is to be done
  Do read = nullptr;    // how it is now, for drift; null: that is not told
  /// For imports: whether there is what Doing::identifier names, and then its physical id and attributes. Only reads. Null: things of this
  /// type cannot be imported.
  Find find = nullptr;
  std::span<const std::string_view> identifiers = {};  // the members of that: the primary identifier of the type's public schema
  Do tag = nullptr;                                    // what of `update` is about tags; null: it has none
  /// The property that names it: while it is given and stays as it is, a replacement cannot stand beside what it replaces.
  std::string_view name_property = {};
  std::span<const std::string_view> attributes = {};  // that GetAtt gives
  /// It begins when nothing else can: its service looks at policies that many templates do not say it depends on.
  bool is_last = false;
  bool is_always_updated = false;          // what it is made of may have changed, though its properties have not
  std::string_view attribute_prefix = {};  // GetAtt gives what begins so, too, as far as it is there
  bool has_attribute(std::string_view attribute) const;
  bool has_tags() const;  // that a template may set
  const Property* property(std::string_view property_name) const;
};

const std::vector<const ResourceType*>& resource_types();  // generated
const ResourceType* resource_type(std::string_view name);  // null: we lack it

}  // namespace cairn::cloudformation
