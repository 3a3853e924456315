#include "template/template.h"

#include <set>

#include "base/text.h"
#include "template/body.h"
#include "template/graph.h"

namespace cairn::cfn {
namespace {

constexpr size_t kDescriptionBytesMax = 1024;

const Node* first_null(const Node& node) {
  if (node.kind == Node::Kind::kNull) return &node;
  for (const Node& item : node.items)
    if (const Node* null = first_null(item)) return null;
  return nullptr;
}

void read_head(Template::Body& body) {
  const Node& root = body.root;
  if (!root.is_map()) refuse(root, "Template format error: unsupported structure.");
  if (const Node* null = first_null(root)) refuse(*null, "[{}] 'null' values are not allowed in templates", path_of(root, *null));
  if (const Node* version = root.member("AWSTemplateFormatVersion")) {
    if (version->text != "2010-09-09") refuse(*version, "Template format error: unsupported value for AWSTemplateFormatVersion.");
    body.version = version->text;
  }
  if (const Node* description = root.member("Description")) {
    if (!description->is_scalar()) refuse(*description, "Template format error: every Description member must be a string.");
    if (description->text.size() > kDescriptionBytesMax)
      refuse(*description, "Template format error: 'Description' length is greater than {}", kDescriptionBytesMax);
    body.description = description->text;
  }
  if (const Node* metadata = root.member("Metadata")) body.metadata = to_json(*metadata);
  if (const Node* transform = root.member("Transform")) {
    const auto take = [&](const Node& node) {
      const Node* name = node.is_map() ? node.member("Name") : &node;
      if (!name || !name->is_scalar()) refuse(node, "Key Name of transform definition must be a string.");
      body.transforms.push_back(name->text);
    };
    if (transform->is_list())
      for (const Node& item : transform->items) take(item);
    else take(*transform);
  }
}

const Node* interface_of(const Template::Body& body) {
  const Node* metadata = body.root.member("Metadata");
  const Node* interface = metadata && metadata->is_map() ? metadata->member("AWS::CloudFormation::Interface") : nullptr;
  return interface && interface->is_map() ? interface : nullptr;
}

/// {"default": "..."}
std::string label_of(const Node* node) {
  const Node* label = node && node->is_map() ? node->member("default") : nullptr;
  return label && label->is_scalar() ? label->text : "";
}

}  // namespace

Outcome<Template> Template::parse(std::string_view text) {
  if (text.size() > kBytesMax)
    return tl::unexpected(Error{.message = fmt::format("Template may not exceed {} bytes in size.", kBytesMax), .path = {}, .place = {}});
  auto body = std::make_shared<Body>();
  if (!text::is_utf8(text)) return tl::unexpected(Error{.message = "Template format error: the text is no UTF-8", .path = {}, .place = {}});
  Outcome<Node> root = text::trim(text).starts_with('{') ? read_json(text) : read_yaml(text);
  if (!root) return tl::unexpected(shortened(std::move(root).error()));
  body->text = text;
  body->root = *std::move(root);
  try {
    read_head(*body);
    body->parameters = read_parameters(body->root);
    if (body->transforms.empty()) {  // else the rest is looked at when they are done
      check_sections(body->root);
      check_references(body->root, body->parameters, Dialect::kPlain);
      check_acyclic(body->root);
    }
  } catch (const Refusal& refusal) {
    return tl::unexpected(error_of(refusal, body->root));
  }
  return Template(std::move(body));
}

const std::string& Template::text() const { return body_->text; }
const std::string& Template::description() const { return body_->description; }
const std::optional<Json>& Template::metadata() const { return body_->metadata; }
const std::vector<Parameter>& Template::parameters() const { return body_->parameters; }
const std::vector<std::string>& Template::transforms() const { return body_->transforms; }

const Parameter* Template::parameter(std::string_view name) const {
  for (const Parameter& parameter : body_->parameters)
    if (parameter.name == name) return &parameter;
  return nullptr;
}

std::vector<ParameterGroup> Template::parameter_groups() const {
  std::vector<ParameterGroup> groups;
  std::set<std::string, std::less<>> left;
  for (const Parameter& parameter : body_->parameters) left.insert(parameter.name);
  const Node* interface = interface_of(*body_);
  const Node* described = interface ? interface->member("ParameterGroups") : nullptr;
  if (described && described->is_list()) {
    for (const Node& node : described->items) {
      if (!node.is_map()) continue;
      ParameterGroup group{.label = label_of(node.member("Label")), .parameters = {}};
      if (const Node* names = node.member("Parameters"))
        for (const Node& name : names->items)
          if (left.erase(name.text) > 0) group.parameters.push_back(name.text);
      if (!group.parameters.empty()) groups.push_back(std::move(group));
    }
  }
  ParameterGroup others;
  for (const Parameter& parameter : body_->parameters)
    if (left.contains(parameter.name)) others.parameters.push_back(parameter.name);
  if (!others.parameters.empty()) groups.push_back(std::move(others));
  return groups;
}

std::string Template::parameter_label(std::string_view name) const {
  const Node* interface = interface_of(*body_);
  const Node* labels = interface ? interface->member("ParameterLabels") : nullptr;
  return labels && labels->is_map() ? label_of(labels->member(name)) : "";
}

}  // namespace cairn::cfn
