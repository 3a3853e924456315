#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "template/template.h"

namespace cairn::cfn {

/// What GetTemplateSummary and ValidateTemplate tell beside the parameters. From the template alone: a condition's outcome changes nothing.
struct Summary {
  std::vector<std::string> resource_types;  // each once, in the template's order; macros' resources are not known
  std::map<std::string, std::vector<std::string>> ids_by_type;
  /// At most one of CAPABILITY_IAM and CAPABILITY_NAMED_IAM; CAPABILITY_AUTO_EXPAND. Those that nested stacks may need are only told: they
  /// are asked for when the stack itself is made.
  std::vector<std::string> capabilities, needed;
  std::string capabilities_reason;  // "The following resource(s) require capabilities: [AWS::IAM::Role]"
  std::string version;              // AWSTemplateFormatVersion, or empty
};
Summary summarize(const Template& of);

/// The capabilities that are needed and not among those given. CAPABILITY_NAMED_IAM includes CAPABILITY_IAM.
std::vector<std::string> missing_capabilities(const Summary& summary, const std::vector<std::string>& given);
/// "Requires capabilities : [CAPABILITY_IAM]": the message of InsufficientCapabilitiesException.
std::string requires_capabilities(const std::vector<std::string>& missing);

}  // namespace cairn::cfn
