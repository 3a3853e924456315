#pragma once
#include <set>
#include <string>
#include <vector>

#include "services/cloudformation/resource.h"
#include "services/cloudformation/resource_type.h"
#include "template/program.h"

namespace cairn::cloudformation {

constexpr size_t kPropertiesBytesMax = 128 << 10;  // of a resource: its document holds them three times while it is changed

/// Whether a resource of the type may have these properties. Throws Failed, naming what it may not, or lacks.
void check_properties(const ResourceType& type, const std::string& resource, const Json& properties);

/// Throws Failed if there are tags that tell of the stack: those are ours. Once more when what they refer to is known.
void check_tags(const Json& properties);

/// The properties with the stack's tags, where the type has tags: {Key, Value}. Its own stand over the stack's.
Json with_tags(const ResourceType& type, Json properties, const Json& stack_tags);

/// The stack's tags without those that tags of the resource's own, in properties that have all, stand over.
Json unopposed_tags(const Json& properties, const Json& stack_tags);

/// What a resource is to be, as the template has it.
/// `shown`: the properties as they may be seen.
Instance declared_instance(const cfn::Resource& declared, Json properties, Json shown);

struct Change {
  enum class Kind { kNone, kAdd, kModify, kReplace, kRemove } kind = Kind::kNone;
  std::string resource, type, physical;
  std::vector<std::string> properties;  // that differ
  bool is_automatic = false;            // none does, but what it is made of may
  bool is_import = false;               // kAdd: it is there already
};
/// How `type` goes from one to the other.
Change::Kind difference(const ResourceType& type, const Json& before, const Json& after, std::vector<std::string>& properties);

/// What a program, with these tags, would make of what there is; resources that stay as they are are not among them. Checks the properties
/// as far as they are known; throws Failed.
/// `properties`: takes each resource's, as far as they are known.
std::vector<Change> changes(state::Transaction& state, const Stack& stack, const cfn::Program& program, const Json& tags,
                            const Resources& resources, std::map<std::string, Json>* properties = nullptr);

/// Whether the program's outputs are others than the stack's.
bool changes_outputs(state::Transaction& state, const Stack& stack, const cfn::Program& program, const Resources& resources);

}  // namespace cairn::cloudformation
