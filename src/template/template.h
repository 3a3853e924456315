#pragma once
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "template/error.h"

/// The CloudFormation template language. Pure: what only others know (physical ids, exports, secrets) is asked of `Surroundings`.
///
///   Template::parse(text)  ->  Template          what was written, checked as far as that goes without values
///   bind_parameters(...)   ->  ParameterValues   what was given, checked against what is declared
///   Program::make(...)     ->  Program           which resources there are, in which order (template/program.h)
namespace cairn::cfn {

constexpr size_t kDirectBytesMax = 51'200;  // of a TemplateBody; the service checks it
constexpr size_t kBytesMax = 1'048'576;     // of a template by URL; `parse` refuses longer ones
constexpr size_t kDepthMax = 64;            // nesting
constexpr size_t kNodesMax = 200'000;       // values in a template, also after Fn::ForEach
constexpr size_t kParametersMax = 200, kMappingsMax = 200, kOutputsMax = 200, kResourcesMax = 500;

/// A parameter as it is declared. Limits are absent where not given.
struct Parameter {
  std::string name;
  std::string type;  // String, Number, List<Number>, CommaDelimitedList, AWS::SSM::Parameter::Value<String>, AWS::EC2::Image::Id ...
  std::optional<std::string> default_value;
  bool no_echo = false;
  std::string description, constraint_description;
  std::optional<std::string> allowed_pattern;
  std::vector<std::string> allowed_values;
  std::optional<int64_t> min_length, max_length;
  std::optional<double> min_value, max_value;
  Place place;

  bool is_list() const;                              // CommaDelimitedList, List<...>, and SSM's values of those
  bool is_ssm() const;                               // AWS::SSM::Parameter::Value<...>: the value names a parameter of SSM
  static constexpr std::string_view kMask = "****";  // what is shown for a value with NoEcho
};

/// "AWS::CloudFormation::Interface" of the template's Metadata: how a form groups the parameters.
struct ParameterGroup {
  std::string label;  // empty: none, as for parameters that no group has
  std::vector<std::string> parameters;
};

/// A template that was read. Immutable, cheap to copy; any thread.
class Template {
 public:
  /// YAML or JSON. Without Fn::ForEach all that can be checked without values is: sections, references, functions, cycles.
  static Outcome<Template> parse(std::string_view text);

  const std::string& text() const;              // as given
  const std::string& description() const;       // may be empty
  const std::optional<Json>& metadata() const;  // as written
  const std::vector<Parameter>& parameters() const;
  const Parameter* parameter(std::string_view name) const;
  const std::vector<std::string>& transforms() const;  // declared; AWS::LanguageExtensions alone is understood
  /// The parameters in the order and groups of AWS::CloudFormation::Interface; those that it does not name come last, in one of
  /// their own. Labels: `parameter_label`.
  std::vector<ParameterGroup> parameter_groups() const;
  std::string parameter_label(std::string_view name) const;  // of the Interface; empty if none

  struct Body;
  const Body& body() const { return *body_; }

 private:
  explicit Template(std::shared_ptr<const Body> body) : body_(std::move(body)) {}
  std::shared_ptr<const Body> body_;
};

/// A parameter's value in a stack.
struct ParameterValue {
  std::string given;     // or the default
  std::string resolved;  // what it means: as `given`, but for AWS::SSM::Parameter::Value<...> what SSM has under that name
  bool is_default = false;
};
using ParameterValues = std::map<std::string, ParameterValue>;

/// Asked for the value of SSM's parameter of this name (a StringList joined by commas); nothing: there is none.
using SsmParameters = std::function<std::optional<std::string>(const std::string& name)>;

/// Checks what was given against what is declared: unknown ones, missing ones, types and constraints; and the Rules of the template
/// are checked by Program::make. UsePreviousValue is the caller's to fill in.
Outcome<ParameterValues> bind_parameters(const Template& of, const std::map<std::string, std::string>& given, const SsmParameters& ssm);

}  // namespace cairn::cfn
