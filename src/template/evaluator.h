#pragma once
#include <functional>
#include <optional>
#include <string>

#include "template/body.h"
#include "template/program.h"

namespace cairn::cfn {

/// What values are evaluated in. Referred to; must outlive the evaluator.
struct Scope {
  const Node& root;  // for its Mappings
  const Template& of;
  const Environment& environment;
  const ParameterValues& parameters;
  Dialect dialect = Dialect::kPlain;
  std::function<bool(const std::string& name, const Node& at)> outcome = {};  // of a condition
  Surroundings* surroundings = nullptr;                                       // null: nothing of resources can be told
};

/// Gives checked values their meaning. One evaluator makes at most kBytesMax; more is refused.
class Evaluator {
 public:
  static constexpr size_t kBytesMax = 8 << 20;

  explicit Evaluator(const Scope& scope) : scope_(scope) {}

  std::optional<Json> value(const Node& node);                         // nothing: AWS::NoValue
  std::string text(const Node& node, std::string_view words);          // refused by `words`, if it is no scalar
  std::optional<Json> named(const std::string& name, const Node& at);  // as by Ref

 private:
  Json charge(Json value, size_t bytes, const Node& at);
  Json list(const std::string& joined, const Node& at);
  Json attribute(const std::string& resource, const std::string& name, const Node& at);
  std::optional<Json> call(const Function& function, const Node& at);
  Json join(const Node& argument, const Node& at);
  Json split(const Node& argument, const Node& at);
  Json select(const Node& argument, const Node& at);
  Json substitute(const Node& argument, const Node& at);
  std::optional<Json> find_in_map(const Node& argument, const Node& at);
  Json cidr(const Node& argument, const Node& at);
  Json zones(const Node& argument, const Node& at);
  Json import(const Node& argument, const Node& at);

  const Scope& scope_;
  size_t bytes_ = 0;
};

}  // namespace cairn::cfn
