#include "cli/counts.h"

#include <algorithm>

#include "base/time.h"
#include "cli/lookup.h"

namespace cairn::cli {

namespace {

constexpr std::string_view kOthers = "(others)", kNone = "(none)";

uint64_t number(const Json& from, const char* member) {
  const auto found = from.find(member);
  return found != from.end() && found->is_number_unsigned() ? found->get<uint64_t>() : 0;
}

const Json& list(const Json& from, const char* member) {
  static const Json kEmpty = Json::array();
  const auto found = from.find(member);
  return found != from.end() && found->is_array() ? *found : kEmpty;
}

std::string time_text(int64_t second) { return timestamps::iso8601(Time(std::chrono::seconds(second))); }

/// As a person says it: "3 hours".
std::string interval_text(int64_t seconds) {
  for (const auto& [unit, name] : {std::pair(86'400, "day"), {3600, "hour"}, {60, "minute"}})
    if (seconds % unit == 0) return counted(static_cast<uint64_t>(seconds / unit), name);
  return counted(static_cast<uint64_t>(seconds), "second");
}

}  // namespace

void Counts::add(const Json& answer) {
  ++pages_;
  total_ += number(answer, "Total");
  if (answer.contains("Bins")) interval_ = std::max<int64_t>(1, static_cast<int64_t>(number(answer, "Interval")));
  for (const Json& bin : list(answer, "Bins"))
    if (const auto start = bin.find("StartTime"); start != bin.end() && start->is_number())
      times_[static_cast<int64_t>(start->get<double>())] += number(bin, "Count");
  const Json& fields = list(answer, "Fields");
  fields_.resize(std::max(fields_.size(), fields.size()));
  for (size_t i = 0; i < fields.size(); ++i) {
    Field& field = fields_[i];
    field.name = fields[i].value("Field", "");
    for (const Json& value : list(fields[i], "Values")) {
      field.values[value.value("Value", "")] += number(value, "Count");
      field.total += number(value, "Count");
      is_exact_ = is_exact_ && number(value, "ErrorMax") == 0;
    }
    field.total += number(fields[i], "OtherCount");
    has_others_ = has_others_ || number(fields[i], "OtherCount") > 0;
    field.missing += number(fields[i], "MissingCount");
  }
}

std::vector<Counts::Row> Counts::top(const Field& field, size_t values_max) {
  std::vector<Row> rows;
  for (const auto& [value, events] : field.values) rows.push_back({value, events});
  std::ranges::stable_sort(rows, std::greater(), &Row::events);
  if (rows.size() > values_max) rows.resize(values_max);
  return rows;
}

std::string Counts::text(Output output, size_t values_max) const {
  if (output == Output::kTable) return table(values_max);
  if (output == Output::kJson) return document(values_max);
  std::string out = output == Output::kCsv ? "field,value,events\r\n" : "";
  const auto row = [&](std::string_view field, std::string_view value, uint64_t events) {
    if (output == Output::kCsv) out += fmt::format("{},{},{}\r\n", csv_cell(field), csv_cell(value), events);
    else out += json::dump(Json{{"Field", field}, {"Value", value}, {"Events", events}}) + "\n";
  };
  for (const auto& [second, events] : times_) row(kTimeField, time_text(second), events);
  for (const Field& field : fields_) {
    uint64_t others = field.total;
    for (const Row& each : top(field, values_max)) {
      row(field.name, each.value, each.events);
      others -= each.events;
    }
    if (others > 0) row(field.name, kOthers, others);
    if (field.missing > 0) row(field.name, kNone, field.missing);
  }
  return out;
}

std::string Counts::document(size_t values_max) const {
  Json out = {{"Total", total_}};
  if (interval_ > 0) {
    out["Interval"] = interval_;
    out["Bins"] = Json::array();
  }
  for (const auto& [second, events] : times_) out["Bins"].push_back({{"StartTime", time_text(second)}, {"Count", events}});
  for (const Field& field : fields_) {
    Json values = Json::array();
    uint64_t shown = 0;
    for (const Row& each : top(field, values_max)) {
      values.push_back({{"Value", each.value}, {"Count", each.events}});
      shown += each.events;
    }
    out["Fields"].push_back(
        {{"Field", field.name}, {"Values", std::move(values)}, {"OtherCount", field.total - shown}, {"MissingCount", field.missing}});
  }
  return json::dump(out) + "\n";
}

/// Counts stand before what they count: values are of any length.
std::string Counts::table(size_t values_max) const {
  constexpr uint64_t kBarMax = 40;
  std::string out = counted(total_, "event") + "\n";
  if (interval_ > 0) out += fmt::format("\ntime, by {}\n", interval_text(interval_));
  uint64_t most = 1;
  for (const auto& [second, events] : times_) most = std::max(most, events);
  int64_t before = INT64_MAX;
  for (const auto& [second, events] : times_) {
    if (second > before && second - before > interval_) out += fmt::format("{:20}  {:>10}\n", "", "...");
    before = second;
    const std::string bar(std::max<uint64_t>(1, events * kBarMax / most), '#');
    out += fmt::format("{}  {:>10}  {}\n", time_text(second), events, bar);
  }
  for (const Field& field : fields_) {
    out += "\n" + printable(field.name) + "\n";
    uint64_t shown = 0;
    for (const Row& each : top(field, values_max)) {
      out += fmt::format("{:>10}  {}\n", each.events, printable(each.value));
      shown += each.events;
    }
    if (field.total > shown) out += fmt::format("{:>10}  {}\n", field.total - shown, kOthers);
    if (field.missing > 0) out += fmt::format("{:>10}  {}\n", field.missing, kNone);
  }
  return out;
}

}  // namespace cairn::cli
