#pragma once
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "template/template.h"

namespace cairn::cfn {

/// What the stack is, for the pseudo parameters.
struct Environment {
  std::string account, region, stack_name, stack_id;
  std::string partition = "aws", url_suffix = "amazonaws.com";
  std::vector<std::string> notification_arns;
};

/// "{{resolve:ssm:/name:3}}"; what stands between "resolve:SERVICE:" and "}}" is the key.
struct DynamicReference {
  std::string service;  // ssm, ssm-secure, secretsmanager
  std::string key;      // "/name:3"; secretsmanager: "secret-id:SecretString:json-key:version-stage:version-id"
};

/// What the answers of Surroundings may be for what is not known before a change is made. Functions that would take it apart give it whole.
inline constexpr std::string_view kKnownAfterApply = "{{changeSet:KNOWN_AFTER_APPLY}}";

/// What only others know. Calls come in the thread of who evaluates; the answers are put into properties as they are.
class Surroundings {
 public:
  virtual ~Surroundings() = default;
  /// What Ref gives for a resource of the stack. Nothing: it is not there yet; evaluation ends with an error.
  virtual std::optional<Json> ref(const std::string& logical_id) = 0;
  /// What Fn::GetAtt gives. Nothing: no such attribute ("Requested attribute X does not exist in schema for Y").
  virtual std::optional<Json> attribute(const std::string& logical_id, const std::string& name) = 0;
  /// The value of an export of the region. Nothing: "No export named X found".
  virtual std::optional<std::string> import_value(const std::string& name) = 0;
  /// The failure's message is the whole answer.
  virtual Result<std::string> resolve(const DynamicReference& reference) = 0;
  /// The zones of a region, in order.
  virtual std::vector<std::string> zones(const std::string& region) = 0;
};

/// A resource that the stack has: its condition holds.
struct Resource {
  std::string id;  // logical
  std::string type;
  std::string deletion_policy = "Delete";          // Delete, Retain, RetainExceptOnCreate, Snapshot
  std::string update_replace_policy = "Delete";    // Delete, Retain, Snapshot
  bool has_deletion_policy = false;                // it was written: the defaults of some types differ
  std::string condition;                           // its name, or empty
  std::vector<std::string> depends_on;             // all that must be there before: DependsOn, Ref, GetAtt, Sub; in order, active ones only
  std::vector<std::string> explicitly_depends_on;  // those of DependsOn alone
  Place place;
};

/// What a property's value depends on: ParameterReference, ResourceReference and ResourceAttribute of a change set's details.
struct Cause {
  enum class Source { kParameter, kResource, kAttribute };
  Source source;
  std::string entity;  // "Name", "LogicalId" or "LogicalId.Attribute"
  bool operator==(const Cause&) const = default;
};

struct Output {
  std::string name;
  std::string value;
  std::string description;
  std::optional<std::string> export_name;
};

/// A template with values: what a stack shall be. Immutable, cheap to copy; any thread.
class Program {
 public:
  /// Expands Fn::ForEach, decides the conditions, checks the Rules and what could not be checked without values.
  static Outcome<Program> make(const Template& of, const Environment& environment, const ParameterValues& parameters);

  /// Those whose condition holds, in the template's order.
  const std::vector<Resource>& resources() const;
  const Resource* resource(std::string_view logical_id) const;
  /// The same, each behind all it depends on.
  std::vector<std::string> creation_order() const;

  const std::map<std::string, bool>& conditions() const;

  /// The resource's properties, evaluated: an object, maybe empty. Pure but for what `surroundings` answers; costs as much as these
  /// properties are long. AWS::NoValue members are gone. Strings may hold what `surroundings` put in for dynamic references.
  Outcome<Json> properties(std::string_view logical_id, Surroundings& surroundings) const;
  /// The same as it may be seen: **** for what parameters with NoEcho brought. Where that cannot be told apart, all is hidden.
  Json shown_properties(std::string_view logical_id, Surroundings& surroundings) const;
  /// "Metadata", "CreationPolicy", "UpdatePolicy" of the resource, evaluated; null if there is none.
  Outcome<Json> attribute_section(std::string_view logical_id, std::string_view section, Surroundings& surroundings) const;
  /// What a property of the resource names, in the order of the text, each once; empty if its value stands in the template.
  std::vector<Cause> causes(std::string_view logical_id, std::string_view property) const;
  /// Outputs whose condition holds. Lists and objects are refused.
  Outcome<std::vector<Output>> outputs(Surroundings& surroundings) const;
  /// Names of exports that the template's active parts import, as far as they can be told without resources.
  std::set<std::string> imports() const;

  /// The template after its transforms, as GetTemplate shows it as "Processed": as written, if there are none, or if a loop goes over what
  /// must not be seen.
  Json processed() const;

  struct State;

 private:
  explicit Program(std::shared_ptr<const State> state) : state_(std::move(state)) {}
  std::shared_ptr<const State> state_;
};

}  // namespace cairn::cfn
