// Any text as a template, in YAML or JSON: reading, writing loops out, deciding and evaluating end, in bounded memory, with a meaning or
// with a refusal that says something.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "template/canonical.h"
#include "template/program.h"
#include "template/summary.h"

namespace cairn::cfn {
namespace {

class AnySurroundings : public Surroundings {
 public:
  std::optional<Json> ref(const std::string& id) override { return "physical-" + id; }
  std::optional<Json> attribute(const std::string&, const std::string& name) override {
    if (name == "List") return Json{"a", "b"};
    return name;
  }
  std::optional<std::string> import_value(const std::string& name) override { return name; }
  Result<std::string> resolve(const DynamicReference& reference) override { return reference.key; }
  std::vector<std::string> zones(const std::string& region) override { return {region + "a"}; }
};

void check(const Error& error) {
  if (error.message.empty() || error.text().empty()) std::abort();
}

void run(const Template& read) {
  (void)summarize(read);
  (void)read.parameter_groups();
  std::map<std::string, std::string> given;
  for (const Parameter& parameter : read.parameters())
    if (!parameter.default_value) given.emplace(parameter.name, parameter.allowed_values.empty() ? "1" : parameter.allowed_values.front());
  const auto values = bind_parameters(read, given, [](const std::string& name) { return std::optional(name); });
  if (!values) return check(values.error());
  const Environment environment{
      .account = "123456789012", .region = "us-east-1", .stack_name = "s", .stack_id = "i", .notification_arns = {}};
  const auto program = Program::make(read, environment, *values);
  if (!program) return check(program.error());
  if (program->creation_order().size() != program->resources().size()) std::abort();
  AnySurroundings surroundings;
  for (const Resource& resource : program->resources()) {
    const auto properties = program->properties(resource.id, surroundings);
    if (!properties) check(properties.error());
    if (properties && !same(*properties, *properties)) std::abort();
  }
  if (const auto outputs = program->outputs(surroundings); !outputs) check(outputs.error());
  (void)program->imports();
  (void)program->processed();
}

}  // namespace
}  // namespace cairn::cfn

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const auto read = cairn::cfn::Template::parse({reinterpret_cast<const char*>(bytes), size});
  read ? cairn::cfn::run(*read) : cairn::cfn::check(read.error());
  return 0;
}
