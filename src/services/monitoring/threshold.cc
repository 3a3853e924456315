#include "services/monitoring/threshold.h"

#include <algorithm>

#include "services/monitoring/java_number.h"

namespace cairn::cloudwatch {
namespace {

constexpr size_t kNamedAmong = 5;  // so many datapoints that cross are named behind the sentence, not in it
constexpr size_t kDataMax = 30;    // datapoints in StateReasonData, which has at most 4,000 characters

struct Named {
  std::string_view name, words;
  Threshold::Op op;
};
constexpr Named kOperators[] = {{"GreaterThanThreshold", "greater than", Threshold::Op::kGreater},
                                {"GreaterThanOrEqualToThreshold", "greater than or equal to", Threshold::Op::kGreaterOrEqual},
                                {"LessThanThreshold", "less than", Threshold::Op::kLess},
                                {"LessThanOrEqualToThreshold", "less than or equal to", Threshold::Op::kLessOrEqual}};

std::string_view words_of(Threshold::Op op) { return std::ranges::find(kOperators, op, &Named::op)->words; }

std::string counted(size_t number, std::string_view what) { return fmt::format("{} {}{}", number, what, number == 1 ? "" : "s"); }

Time time_of(const Observed& observed) { return Time(std::chrono::seconds(observed.time)); }

/// 21.5 (26/10/23 16:42:00)
std::string short_text(const Observed& observed) {
  const std::string iso = timestamps::iso8601(time_of(observed));  // 2023-10-26T16:42:00Z
  return fmt::format("{} ({}/{}/{} {})", java_number(*observed.value), iso.substr(8, 2), iso.substr(5, 2), iso.substr(2, 2),
                     iso.substr(11, 8));
}

/// What the verdict rests on, newest first: the last N periods with data, or those there are and the newest of the others.
struct Ground {
  std::vector<Observed> there, filled;
};
Ground ground_of(const Threshold& threshold, const std::vector<Observed>& range) {
  Ground ground;
  for (auto at = range.rbegin(); at != range.rend() && ground.there.size() < threshold.demand.periods; ++at)
    if (at->value) ground.there.push_back(*at);
  for (auto at = range.rbegin(); at != range.rend() && ground.there.size() + ground.filled.size() < threshold.demand.periods; ++at)
    if (!at->value) ground.filled.push_back(*at);
  return ground;
}

std::string crossed_text(const Threshold& threshold, const Ground& ground, bool is_alarm) {
  std::vector<std::string> shown;
  size_t count = 0;
  for (const Observed& each : ground.there) {
    if (threshold.breaches(*each.value) != is_alarm) continue;
    ++count;
    if (shown.size() < kNamedAmong) shown.push_back(short_text(each));
  }
  const std::string list = fmt::format("[{}]", fmt::join(shown, ", "));
  const std::string relation = fmt::format("{} {}{} the threshold ({})", count == 1 ? "was" : "were", is_alarm ? "" : "not ",
                                           words_of(threshold.op), java_number(threshold.value));
  if (!threshold.names_demand) return fmt::format("Threshold Crossed: {} {} {}.", counted(count, "datapoint"), list, relation);
  const size_t least = is_alarm ? threshold.demand.breaching : threshold.demand.periods - threshold.demand.breaching + 1;
  const std::string minimum =
      fmt::format("(minimum {} for {} transition)", counted(least, "datapoint"), is_alarm ? "OK -> ALARM" : "ALARM -> OK");
  const std::string out_of = fmt::format("Threshold Crossed: {} out of the last {} datapoints", count, threshold.demand.periods);
  if (count >= kNamedAmong)
    return fmt::format("{} {}. The most recent datapoints which crossed the threshold: {} {}.", out_of, relation, list, minimum);
  return fmt::format("{} {} {} {}.", out_of, list, relation, minimum);
}

std::string reason_of(const Threshold& threshold, const Ground& ground, Verdict verdict) {
  if (verdict == Verdict::kInsufficientData)
    return fmt::format("Insufficient Data: {} {} unknown.", counted(ground.filled.size(), "datapoint"),
                       ground.filled.size() == 1 ? "was" : "were");
  const bool is_alarm = verdict == Verdict::kAlarm;
  const bool is_filled = threshold.missing == Missing::kBreaching || threshold.missing == Missing::kNotBreaching;
  const auto agree = [&](const Observed& each) { return threshold.breaches(*each.value) == is_alarm; };
  const bool rests_on_data = is_alarm ? static_cast<size_t>(std::ranges::count_if(ground.there, agree)) >= threshold.demand.breaching
                                      : std::ranges::any_of(ground.there, agree);
  if (ground.filled.empty() || !is_filled || rests_on_data) return crossed_text(threshold, ground, is_alarm);
  const std::string received = ground.there.empty()       ? "no datapoints were"
                               : ground.there.size() == 1 ? "1 datapoint was"
                                                          : fmt::format("{} datapoints were", ground.there.size());
  return fmt::format("Threshold Crossed: {} received for {} and {} {} treated as [{}].", received,
                     counted(threshold.demand.periods, "period"), counted(ground.filled.size(), "missing datapoint"),
                     ground.filled.size() == 1 ? "was" : "were", threshold.missing == Missing::kBreaching ? "Breaching" : "NonBreaching");
}

std::string reason_data_of(const Threshold& threshold, const Ground& ground, Time now) {
  Json data{{"version", "1.0"}, {"queryDate", java_time(now)}};
  if (!ground.there.empty()) data["startDate"] = java_time(time_of(ground.there.back()));
  if (!threshold.unit.empty()) data["unit"] = threshold.unit;
  if (!threshold.statistic.empty()) data["statistic"] = threshold.statistic;
  data["period"] = threshold.period;
  data["recentDatapoints"] = Json::array();
  for (size_t i = std::min(ground.there.size(), kDataMax); i > 0; --i) data["recentDatapoints"].push_back(*ground.there[i - 1].value);
  data["threshold"] = threshold.value;
  std::vector<Observed> all = ground.there;
  all.insert(all.end(), ground.filled.begin(), ground.filled.end());
  std::ranges::sort(all, std::ranges::greater(), &Observed::time);
  data["evaluatedDatapoints"] = Json::array();
  for (const Observed& each : all) {
    if (data["evaluatedDatapoints"].size() == kDataMax) break;
    Json datapoint{{"timestamp", java_time(time_of(each))}};
    if (each.value && each.samples > 0) datapoint["sampleCount"] = each.samples;
    if (each.value) datapoint["value"] = *each.value;
    data["evaluatedDatapoints"].push_back(std::move(datapoint));
  }
  return json::dump(data);
}

}  // namespace

bool Threshold::breaches(double v) const {
  switch (op) {
    case Op::kGreater:
      return v > value;
    case Op::kGreaterOrEqual:
      return v >= value;
    case Op::kLess:
      return v < value;
    case Op::kLessOrEqual:
      return v <= value;
  }
  return false;
}

Threshold threshold_of(const Json& config) {
  Threshold threshold;
  const std::string op = config.at("ComparisonOperator").get<std::string>();
  threshold.op = std::ranges::find(kOperators, op, &Named::name)->op;
  threshold.value = config.at("Threshold").get<double>();
  threshold.demand.periods = config.at("EvaluationPeriods").get<size_t>();
  threshold.names_demand = config.contains("DatapointsToAlarm");
  threshold.demand.breaching = config.value("DatapointsToAlarm", threshold.demand.periods);
  threshold.missing = missing_of(config.value("TreatMissingData", "")).value_or(Missing::kMissing);
  threshold.statistic = config.value("Statistic", config.value("ExtendedStatistic", ""));
  threshold.unit = config.value("Unit", "");
  threshold.period = config.value("Period", int64_t{60});
  return threshold;
}

Judgement judge(const Threshold& threshold, const std::vector<Observed>& range, Time now) {
  std::vector<Datum> data;
  for (const Observed& each : range)
    data.push_back(!each.value ? Datum::kNone : threshold.breaches(*each.value) ? Datum::kBreaching : Datum::kWithin);
  Judgement judgement{.verdict = judge(data, threshold.demand, threshold.missing), .reason = {}, .reason_data = {}};
  if (judgement.verdict == Verdict::kAsBefore) return judgement;
  const Ground ground = ground_of(threshold, range);
  judgement.reason = reason_of(threshold, ground, judgement.verdict);
  judgement.reason_data = reason_data_of(threshold, ground, now);
  return judgement;
}

std::string java_time(Time time) {
  std::string text = timestamps::iso8601_millis(time);
  text.pop_back();
  return text + "+0000";
}

}  // namespace cairn::cloudwatch
