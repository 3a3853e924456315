#pragma once
#include <string>
#include <vector>

#include "template/functions.h"
#include "template/node.h"
#include "template/template.h"

namespace cairn::cfn {

/// Inside of a Template: the tree, and what was read from it once.
struct Template::Body {
  std::string text, description, version;
  std::optional<Json> metadata;
  std::vector<Parameter> parameters;
  std::vector<std::string> transforms;
  Node root;

  bool is_extended() const { return !transforms.empty(); }  // by AWS::LanguageExtensions, the only transform that can be followed
  Dialect dialect() const { return is_extended() ? Dialect::kExtended : Dialect::kPlain; }
};

constexpr std::string_view kLanguageExtensions = "AWS::LanguageExtensions";

/// The sections' shapes: names, members, kinds, numbers. `root`: after Fn::ForEach was expanded.
void check_sections(const Node& root);
/// All that is named must be there; functions must be well-formed. After check_sections.
void check_references(const Node& root, const std::vector<Parameter>& parameters, Dialect dialect);

std::vector<Parameter> read_parameters(const Node& root);
/// A number as it is written in digits; "inf" and "nan" are words.
std::optional<double> number_in(std::string_view text);

bool is_pseudo_parameter(std::string_view name);

}  // namespace cairn::cfn
