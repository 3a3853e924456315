#include "search/summary.h"

#include <algorithm>

namespace cairn::search {
namespace {

using std::chrono::seconds;

constexpr int64_t kMinute = 60, kHour = 60 * kMinute, kDay = 24 * kHour;
constexpr int64_t kRound[] = {1,     5,         10,        30,         kMinute, 5 * kMinute, 10 * kMinute, 30 * kMinute,
                              kHour, 3 * kHour, 6 * kHour, 12 * kHour, kDay,    7 * kDay,    28 * kDay};

double since_1970(Time time) { return std::chrono::duration<double>(time.time_since_epoch()).count(); }

}  // namespace

Result<Field, logquery::Refusal> Field::compile(std::string_view text) {
  // A text by itself would be one and the same value of all events.
  auto formula = logquery::Formula::compile(text, {.words = dialect().words});
  if (!formula) return tl::unexpected(std::move(formula.error()));
  Field field;
  field.text_ = text;
  field.formula_ = std::move(*formula);
  const std::vector<std::string>& words = dialect().words;
  if (const auto word = std::ranges::find(words, text); word != words.end()) field.word_ = static_cast<size_t>(word - words.begin());
  return field;
}

Summary::Summary(Options options) : options_(std::move(options)), values_(options_.fields.size()) {
  for (const Field& field : options_.fields) runs_.emplace_back(field.formula_, since_1970(options_.now));
}

void Summary::add(const history::Event& event) {
  add_events(std::chrono::floor<seconds>(event.attributes.time).time_since_epoch().count(), 1);
  if (runs_.empty()) return;
  const logquery::Event& seen = sighted_.see(event.attributes, event.record);
  logquery::Arena arena;
  for (size_t i = 0; i < runs_.size(); ++i) {
    Values& values = values_[i];
    if (const std::optional<size_t> word = options_.fields[i].word_) {
      for (const std::string_view each : seen.words[*word]) values.values.add(each);
      if (seen.words[*word].empty()) ++values.without;
      continue;
    }
    const logquery::Value value = runs_[i].value(seen);
    if (!value.exists()) ++values.without;
    else if (value.kind == logquery::Value::Kind::kBool) values.values.add(value.number != 0 ? "true" : "false");
    else values.values.add(logquery::text_of(value, arena));
  }
}

void Summary::add_events(int64_t second, uint64_t events) {
  total_ += events;
  if (!options_.interval) return;
  const int64_t width = options_.interval->count();
  bins_[second - ((second % width) + width) % width] += events;
}

void Summary::add_value(size_t field, std::string_view value, uint64_t events) {
  if (value.empty()) values_[field].without += events;
  else values_[field].values.add(value, events);
}

void Summary::forget() {
  values_.assign(values_.size(), {});
  bins_.clear();
  total_ = 0;
}

seconds Summary::interval_for(seconds span, int64_t bins_max) {
  // A span that begins within an interval touches one more.
  const auto bins = [&](int64_t width) { return span.count() / width + 2; };
  const auto found = std::ranges::find_if(kRound, [&](int64_t width) { return bins(width) <= bins_max; });
  return seconds(found != std::end(kRound) ? *found : (span.count() / std::max<int64_t>(bins_max - 2, 1) / kDay + 1) * kDay);
}

}  // namespace cairn::search
