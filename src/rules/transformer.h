#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "rules/json_path.h"

namespace cairn::rules {

/// What a transformer may say besides the event.
struct AboutRule {
  std::string arn, name;
  std::string ingestion_time;  // ISO 8601
};

/// A target's InputTransformer, compiled: a template whose <names> are filled from the event. docs/rules.md has the quoting rules.
/// Immutable; any thread.
class Transformer {
 public:
  static constexpr size_t kOutputBytesMax = 256 << 10;

  struct Refusal {
    enum class What { kPlaceholder, kPath } what = What::kPlaceholder;
    std::string name;  // the placeholder that nothing defines, or the one whose path is none
  };
  /// `paths`: names and their JSON paths.
  static Result<Transformer, Refusal> compile(const std::map<std::string, std::string>& paths, std::string_view text);

  /// Fails, for a person, if what comes out is too large, or no JSON though the template is.
  Result<std::string> apply(std::string_view event, const AboutRule& rule) const;

 private:
  enum class Known { kRuleArn, kRuleName, kIngestionTime, kEvent, kEventJson };
  struct Part {
    std::string text;                                         // as it stands,
    std::variant<std::monostate, size_t, Known> placeholder;  // then this: a number in paths_, or a known one
    bool is_in_string = false;
  };
  std::string value_of(const Part& part, std::string_view event, const AboutRule& rule,
                       const std::vector<std::optional<std::string>>& values) const;

  std::vector<JsonPath> paths_;
  std::vector<Part> parts_;
  bool is_json_ = false;  // the template is an object or array
};

}  // namespace cairn::rules
