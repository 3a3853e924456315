#pragma once
#include "services/cloudformation/operation.h"
#include "services/cloudformation/properties.h"
#include "template/program.h"
#include "template/summary.h"
#include "template/template.h"

/// What CreateStack, UpdateStack and CreateChangeSet are asked for, and how an operation begins with it.
namespace cairn::cloudformation {

struct Asked {
  std::string text;  // of the template
  cfn::ParameterValues values;
  std::optional<cfn::Program> program;
  Json about = Json::object();  // Stack::about
  /// Of the change set that it comes from, if any: its id; what it imports (importing.h), and what it knows of nested stacks (nested.h).
  std::string change_set = {};
  Json imports = Json::object(), nested = Json::object();
};

/// The template that parameters like CreateStack's bring, by TemplateBody or TemplateURL; nullopt: neither.
std::optional<std::string> template_of(api::Call& call, const Json& in);
cfn::Template parsed(const std::string& text);  // throws ValidationError
void check_types(const cfn::Summary& summary);  // throws ValidationError, which names those that are not here

/// Reads and checks all that can be before anything is done: template, parameters, capabilities, types, properties. `stack`: which it will
/// be of; what `in`, the call's parameters or such as it would have, leaves out is as it was there. Throws.
enum class Values { kGiven, kMayComeLater };  // parameters: of a nested stack, some are known only when others have changed
Asked read_request(api::Call& call, const Json& in, const Stack& stack, Values values = Values::kGiven);

/// Throws, unless the role is one that the caller may pass and that CloudFormation may take on.
void check_role(api::Call& call, const std::string& role);

struct Begin {
  bool is_creation = false, is_import = false;
  std::string token, role, on_failure = "ROLLBACK";
  std::string policy = {};  // of the stack, for this operation
};
/// The operation's documents: the engine does the rest.
void begin(api::Call& call, Stack& stack, const Asked& asked, const Begin& how);
/// The same of one that needs no template.
void begin(api::Call& call, Stack& stack, Operation operation, std::string status, std::string reason = "User Initiated");

Stack new_stack(const api::Call& call, const std::string& name);
void check_updatable(const Stack& stack);  // throws ValidationError
void check_name(const std::string& name);

}  // namespace cairn::cloudformation
