#pragma once
#include <set>

#include "services/cloudformation/resource.h"
#include "services/cloudformation/resource_type.h"
#include "template/program.h"

namespace cairn::cloudformation {

/// What a template's functions find in a stack and around it.
class Surroundings final : public cfn::Surroundings {
 public:
  /// What stands for values that only the operation will bring; null: they are not there, and evaluation ends.
  enum class Unknown { kMissing, kLater };
  static constexpr const char* kKnownLater = "{{changeSet:KNOWN_AFTER_APPLY}}";

  Surroundings(state::Transaction& state, const Stack& stack, const Resources& resources, const cfn::Program& program, Unknown unknown,
               const std::set<std::string>* replaced = nullptr)
      : state_(state), stack_(stack), resources_(resources), program_(program), unknown_(unknown), replaced_(replaced) {}

  /// Keys' secrets are shown as ****.
  void hide_secrets() { hides_secrets_ = true; }

  std::optional<Json> ref(const std::string& id) override;
  std::optional<Json> attribute(const std::string& id, const std::string& name) override;
  std::optional<std::string> import_value(const std::string& name) override;
  Result<std::string> resolve(const cfn::DynamicReference& reference) override;
  std::vector<std::string> zones(const std::string& region) override;

 private:
  const Resource* known(const std::string& id) const;

  state::Transaction& state_;
  const Stack& stack_;
  const Resources& resources_;
  const cfn::Program& program_;
  const Unknown unknown_;
  const std::set<std::string>* replaced_;
  bool hides_secrets_ = false;
};

/// Whether a text is, or holds, what only the operation will bring: a value that is not there yet, or a dynamic reference's.
bool is_known_later(std::string_view text);

/// `about`: what the stack shows of itself, as it is evaluated (Stack::about).
cfn::Environment environment_of(const Stack& stack, const Json& about);

}  // namespace cairn::cloudformation
