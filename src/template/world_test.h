#pragma once
#include <gtest/gtest.h>

#include "template/program.h"

namespace cairn::cfn {

/// A stack's surroundings for tests: the physical id of X is "physical-X", its attribute A is "X/A".
class TestSurroundings : public Surroundings {
 public:
  std::optional<Json> ref(const std::string& id) override { return "physical-" + id; }
  std::optional<Json> attribute(const std::string& id, const std::string& name) override {
    if (name == "Absent") return std::nullopt;
    if (name == "List") return Json{"one", "two"};
    return id + "/" + name;
  }
  std::optional<std::string> import_value(const std::string& name) override {
    return name == "Unknown" ? std::nullopt : std::optional("imported " + name);
  }
  Result<std::string> resolve(const DynamicReference& reference) override {
    if (reference.key == "/absent") return failure("Parameter /absent not found.");
    return "<" + reference.service + " " + reference.key + ">";
  }
  std::vector<std::string> zones(const std::string& region) override {
    if (region != "us-east-1") return {};
    return {"us-east-1a", "us-east-1b", "us-east-1c"};
  }
};

inline Environment test_environment() {
  return {.account = "123456789012",
          .region = "us-east-1",
          .stack_name = "demo",
          .stack_id = "arn:aws:cloudformation:us-east-1:123456789012:stack/demo/1",
          .notification_arns = {"arn:aws:sns:us-east-1:123456789012:told"}};
}

/// The program of a template, or the refusal's words.
inline Outcome<Program> program_of(std::string_view text, const std::map<std::string, std::string>& parameters = {}) {
  auto read = Template::parse(text);
  if (!read) return tl::unexpected(read.error());
  auto values = bind_parameters(*read, parameters, [](const std::string& name) { return std::optional("value of " + name); });
  if (!values) return tl::unexpected(values.error());
  return Program::make(*read, test_environment(), *values);
}

inline std::string refusal_of(std::string_view text, const std::map<std::string, std::string>& parameters = {}) {
  const auto program = program_of(text, parameters);
  return program ? "" : program.error().message;
}

}  // namespace cairn::cfn
