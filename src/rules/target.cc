#include "rules/target.h"

#include "base/text.h"

namespace cairn::rules {

std::optional<TargetArn> parse_target_arn(std::string_view arn) {
  const std::vector<std::string_view> parts = text::split(arn, ':');
  if (parts.size() < 6 || parts[0] != "arn" || parts[2].empty() || parts[5].empty()) return std::nullopt;
  if (!parts[3].empty() && !aws::is_region(parts[3])) return std::nullopt;
  if (!parts[4].empty() && !aws::is_account_id(parts[4])) return std::nullopt;
  TargetArn found{
      .service = std::string(parts[2]), .region = aws::Region(std::string(parts[3])), .account = aws::AccountId(std::string(parts[4]))};
  const std::string_view resource = arn.substr(static_cast<size_t>(parts[5].data() - arn.data()));
  const auto is = [&](std::string_view service, std::string_view type, TargetKind kind) {
    if (parts[2] != service || !resource.starts_with(type)) return false;
    found.kind = kind;
    found.name = resource.substr(type.size());
    return true;
  };
  if (is("sns", "", TargetKind::kTopic) || is("sqs", "", TargetKind::kQueue)) return found;
  if (is("logs", "log-group:", TargetKind::kLogGroup)) {
    if (found.name.ends_with(":*")) found.name.resize(found.name.size() - 2);
    return found;
  }
  if (is("events", "event-bus/", TargetKind::kBus)) return found;
  if (is("events", "api-destination/", TargetKind::kApiDestination)) {
    found.name = found.name.substr(0, found.name.find('/'));  // behind it stands what tells one from a later one of its name
    return found;
  }
  found.name = resource;
  return found;
}

Result<Transformer, Transformer::Refusal> compile_transformer(const Json& input_transformer) {
  std::map<std::string, std::string> paths;
  if (const auto map = input_transformer.find("InputPathsMap"); map != input_transformer.end())
    for (const auto& [name, path] : map->items()) paths[name] = path.get<std::string>();
  return Transformer::compile(paths, input_transformer.at("InputTemplate").get<std::string>());
}

Target::Target(const Json& in) : id_(in.at("Id").get<std::string>()), arn_(in.at("Arn").get<std::string>()) {
  if (std::optional<TargetArn> at = parse_target_arn(arn_)) at_ = std::move(*at);
  role_ = in.value("RoleArn", "");
  if (const auto sqs = in.find("SqsParameters"); sqs != in.end()) group_ = sqs->value("MessageGroupId", "");
  if (const auto config = in.find("DeadLetterConfig"); config != in.end()) dead_letter_ = config->value("Arn", "");
  if (const auto http = in.find("HttpParameters"); http != in.end()) http_ = *http;
  if (const auto policy = in.find("RetryPolicy"); policy != in.end()) {
    retries_ = policy->value("MaximumRetryAttempts", retries_);
    age_max_ = std::chrono::seconds(policy->value("MaximumEventAgeInSeconds", age_max_.count()));
  }
  if (const auto input = in.find("Input"); input != in.end()) input_ = input->get<std::string>();
  if (const auto path = in.find("InputPath"); path != in.end()) path_ = JsonPath::parse(path->get<std::string>());
  if (const auto transformer = in.find("InputTransformer"); transformer != in.end())
    if (auto compiled = compile_transformer(*transformer)) transformer_ = std::move(*compiled);
}

Result<std::string> Target::input_of(std::string_view event, const AboutRule& rule) const {
  if (input_) return *input_;
  if (path_) return path_->find(event).value_or("");
  if (transformer_) return transformer_->apply(event, rule);
  return std::string(event);
}

}  // namespace cairn::rules
