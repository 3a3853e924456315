#include "template/canonical.h"
#include "template/program.h"
#include "template/summary.h"

namespace cairn::cfn {
namespace {
tl::unexpected<Error> unfinished() {
  return tl::unexpected<Error>(Error{.message = "Templates are not read yet", .path = {}, .place = {}});
}
const std::string kNothing;
}  // namespace
struct Template::Body {
  std::string text, description;
  std::optional<Json> metadata;
  std::vector<Parameter> parameters;
  std::vector<std::string> transforms;
};
struct Program::State {
  std::vector<Resource> resources;
  std::map<std::string, bool> conditions;
};
std::string Error::text() const { return message; }
bool Parameter::is_list() const { return type == "CommaDelimitedList" || type.find("List<") != std::string::npos; }
bool Parameter::is_ssm() const { return type.starts_with("AWS::SSM::Parameter::Value<"); }
Outcome<Template> Template::parse(std::string_view) { return unfinished(); }
const std::string& Template::text() const { return body_->text; }
const std::string& Template::description() const { return body_->description; }
const std::optional<Json>& Template::metadata() const { return body_->metadata; }
const std::vector<Parameter>& Template::parameters() const { return body_->parameters; }
const Parameter* Template::parameter(std::string_view) const { return nullptr; }
const std::vector<std::string>& Template::transforms() const { return body_->transforms; }
std::vector<ParameterGroup> Template::parameter_groups() const { return {}; }
std::string Template::parameter_label(std::string_view) const { return {}; }
Outcome<ParameterValues> bind_parameters(const Template&, const std::map<std::string, std::string>&, const SsmParameters&) {
  return unfinished();
}
Outcome<Program> Program::make(const Template&, const Environment&, const ParameterValues&) { return unfinished(); }
const std::vector<Resource>& Program::resources() const { return state_->resources; }
const Resource* Program::resource(std::string_view) const { return nullptr; }
std::vector<std::string> Program::creation_order() const { return {}; }
const std::map<std::string, bool>& Program::conditions() const { return state_->conditions; }
Outcome<Json> Program::properties(std::string_view, Surroundings&) const { return unfinished(); }
Outcome<Json> Program::attribute_section(std::string_view, std::string_view, Surroundings&) const { return unfinished(); }
Outcome<std::vector<Output>> Program::outputs(Surroundings&) const { return unfinished(); }
std::set<std::string> Program::imports() const { return {}; }
Json Program::processed() const { return {}; }
Summary summarize(const Template&) { return {}; }
std::vector<std::string> missing_capabilities(const Summary&, const std::vector<std::string>&) { return {}; }
std::string requires_capabilities(const std::vector<std::string>&) { return {}; }
Json canonical(const Json& value) { return value; }
bool same(const Json& a, const Json& b) { return a == b; }
std::vector<std::string> changed_members(const Json&, const Json&) { return {}; }
std::optional<std::string> scalar_text(const Json&) { return std::nullopt; }
}  // namespace cairn::cfn
