#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "aws/names.h"
#include "base/json.h"
#include "base/result.h"
#include "rules/json_path.h"
#include "rules/transformer.h"

namespace cairn::rules {

enum class TargetKind { kTopic, kQueue, kLogGroup, kBus, kApiDestination, kOther };

struct TargetArn {
  TargetKind kind = TargetKind::kOther;
  std::string service;  // sns, lambda ...
  aws::Region region;
  aws::AccountId account;
  std::string name;  // of the topic, queue, log group, bus or destination

  bool is_fifo() const { return name.ends_with(".fifo"); }
};
/// nullopt: no ARN.
std::optional<TargetArn> parse_target_arn(std::string_view arn);

/// A rule's target, compiled from what PutTargets got. Immutable; any thread.
class Target {
 public:
  static constexpr std::chrono::seconds kAgeMax{86'400};
  static constexpr int kRetriesMax = 185;

  /// `in`: checked before it was kept (services/events/targets.cc).
  explicit Target(const Json& in);

  const std::string& id() const { return id_; }
  const std::string& arn() const { return arn_; }
  const TargetArn& at() const { return at_; }
  const std::string& role() const { return role_; }
  const std::string& group() const { return group_; }              // MessageGroupId
  const std::string& dead_letter() const { return dead_letter_; }  // ARN of a queue; "": none
  const Json& http() const { return http_; }                       // HttpParameters
  int retries() const { return retries_; }
  std::chrono::seconds age_max() const { return age_max_; }

  /// What it gets of an event. Fails, for a person, where a transformer does.
  Result<std::string> input_of(std::string_view event, const AboutRule& rule) const;

 private:
  std::string id_, arn_, role_, group_, dead_letter_;
  TargetArn at_;
  Json http_ = Json::object();
  int retries_ = kRetriesMax;
  std::chrono::seconds age_max_ = kAgeMax;
  std::optional<std::string> input_;
  std::optional<JsonPath> path_;
  std::optional<Transformer> transformer_;
};

/// The transformer that a target's InputTransformer says.
Result<Transformer, Transformer::Refusal> compile_transformer(const Json& input_transformer);

}  // namespace cairn::rules
