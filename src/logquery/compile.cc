#include "logquery/compile.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/text.h"
#include "logquery/lexer.h"
#include "logquery/parser.h"

namespace cairn::logquery {
namespace {

using Kind = Expression::Kind;
using Op = Node::Op;

constexpr size_t kDepthMax = 4 * kNestingMax;  // of an expression's tree; the parser keeps it lower

struct SystemField {
  std::string_view name;
  Slot slot;
};
constexpr SystemField kSystemFields[] = {
    {"@timestamp", kTimestamp}, {"@ingestionTime", kIngestionTime}, {"@message", kMessage},  {"@logStream", kLogStream}, {"@log", kLog},
    {"@ptr", kPointer},         {"@aws.account", kAccount},         {"@aws.region", kRegion}};

const SystemField* system_field(std::string_view name) {
  const auto found = std::ranges::find(kSystemFields, name, &SystemField::name);
  return found == std::end(kSystemFields) ? nullptr : found;
}

/// What it says, however it is spaced: as which one expression can be known again.
void append_key(std::string& key, const Expression& e) {
  fmt::format_to(std::back_inserter(key), "{}:{}:{}:{}(", static_cast<int>(e.kind), e.number, e.text.size(), e.text);
  for (const Expression& part : e.parts) append_key(key, part);
  key += ')';
}
std::string key_of(const Expression& e) {
  std::string key;
  append_key(key, e);
  return key;
}

/// AWS names groups as (?<name>...).
std::string in_re2_words(std::string_view regex) {
  std::string out;
  for (size_t i = 0; i < regex.size(); ++i) {
    if (regex[i] == '\\' && i + 1 < regex.size()) {
      out += regex.substr(i++, 2);
      continue;
    }
    out += regex[i];
    if (regex.substr(i).starts_with("(?<") && i + 3 < regex.size() && regex[i + 3] != '=' && regex[i + 3] != '!') {
      out += "?P";
      ++i;
    }
  }
  return out;
}

/// Failures are thrown within this file alone.
class Compiler {
 public:
  explicit Compiler(std::string_view query) : query_(query), plan_(std::make_unique<Plan>()) {
    for (const SystemField& field : kSystemFields) names_[std::string(field.name)] = field.slot;
    plan_->is_field.resize(kSystemSlots);
    plan_->stages.emplace_back();
  }

  std::unique_ptr<const Plan> run(const std::vector<Command>& commands) {
    commands_ = &commands;
    for (size_t i = 0; i < commands.size(); ++i) command(commands[i], i);
    if (shown_.empty() && !displayed_ && stats_ == 0) {
      show("@timestamp", kTimestamp);
      show("@message", kMessage);
    }
    for (Plan::Column& column : shown_) plan_->columns.push_back(std::move(column));
    if (stats_ == 0) {
      std::erase_if(plan_->columns, [](const Plan::Column& column) { return column.slot == kPointer; });
      plan_->columns.push_back({"@ptr", kPointer});
    }
    if (plan_->columns.size() > kColumnsMax)
      throw Refusal{fmt::format("A query may name at most {} fields.", kColumnsMax), 0, query_.size()};
    find_kept();
    return std::move(plan_);
  }

  std::unique_ptr<const Plan> run(const Expression& expression, const Dialect& dialect) {
    free_text_ = dialect.free_text;
    for (const std::string& word : dialect.words) {
      plan_->word_slots.push_back(new_slot());
      names_[word] = plan_->word_slots.back();
    }
    stage().steps.push_back({.kind = Step::Kind::kFilter, .node = truth(expression)});
    return std::move(plan_);
  }

 private:
  Stage& stage() { return plan_->stages.back(); }
  [[noreturn]] void unexpected(const Command& command) { throw Lexer(query_).unexpected(command.begin, command.end); }
  static Refusal refusal(const Expression& at, std::string message) { return {std::move(message), at.begin, at.end, false}; }

  std::string_view keep(std::string_view text) { return plan_->texts.emplace_back(text); }

  Slot new_slot() {
    plan_->is_field.push_back(false);
    return plan_->slots++;
  }

  Slot define(const std::string& name, const Expression& at) {
    if (system_field(name) != nullptr || !made_.insert(name).second)
      throw refusal(at, fmt::format("Ephemeral field is already defined: {}", name));
    return names_[name] = new_slot();
  }

  void show(std::string_view name, Slot slot) {
    for (Plan::Column& column : shown_) {
      if (column.name != name) continue;
      column.slot = slot;
      return;
    }
    shown_.push_back({std::string(name), slot});
  }

  // --- commands

  void command(const Command& command, size_t number) {
    using Of = Command::Kind;
    if (deduped_ && command.kind != Of::kLimit) unexpected(command);
    if (stage().limit) plan_->stages.emplace_back();  // which rows there are is settled before what comes behind it
    switch (command.kind) {
      case Of::kFields:
        return fields(command);
      case Of::kDisplay:
        displayed_ = false;
        shown_.clear();
        fields(command);
        displayed_ = true;
        return;
      case Of::kFilter:
        stage().steps.push_back({.kind = Step::Kind::kFilter, .node = node(command.items[0].expression)});
        return;
      case Of::kParse:
        return parse_command(command);
      case Of::kStats:
        return stats(command);
      case Of::kSort:
        return sort(command, number);
      case Of::kLimit:
        if (is_before_stats(number)) unexpected(command);
        stage().limit = command.limit;
        stage().any = command.any;
        return;
      case Of::kDedup:
        for (const Item& item : command.items) stage().dedup.push_back(node(item.expression));
        deduped_ = true;
        return;
      case Of::kUnnest: {
        Node list = node(command.items[0].expression);
        const Slot slot = define(command.names[0], command.items[0].expression);
        stage().steps.push_back({.kind = Step::Kind::kUnnest, .node = std::move(list), .slots = {slot}});
        return;
      }
    }
  }

  /// Between two stats commands there is no order.
  bool is_before_stats(size_t number) const {
    return stats_ > 0 && std::any_of(commands_->begin() + static_cast<ptrdiff_t>(number), commands_->end(),
                                     [](const Command& command) { return command.kind == Command::Kind::kStats; });
  }

  void fields(const Command& command) {
    for (const Item& item : command.items) {
      const Slot slot = item_slot(item);
      if (!displayed_) show(item.name, slot);
    }
  }

  /// The slot of a field, or of a new one that an expression is assigned to.
  Slot item_slot(const Item& item) {
    Node value = node(item.expression);
    if (!item.has_alias) {
      if (value.op == Op::kSlot) return value.slot;
      const std::string key = key_of(item.expression);
      if (const auto known = by_key_.find(key); known != by_key_.end()) return known->second;
      const Slot slot = new_slot();
      if (item.expression.kind != Kind::kName) by_key_[key] = slot;
      assign(std::move(value), slot);
      return slot;
    }
    const Slot slot = define(item.name, item.expression);
    assign(std::move(value), slot);
    return slot;
  }

  void assign(Node value, Slot slot) { stage().steps.push_back({.kind = Step::Kind::kAssign, .node = std::move(value), .slots = {slot}}); }

  void parse_command(const Command& command) {
    const Expression& source = command.items[0].expression;
    const Expression at{.begin = command.begin, .end = command.end};
    Step step{.node = node(source)};
    std::vector<std::string> names = command.names;
    if (command.is_regex) {
      step.kind = Step::Kind::kRegex;
      step.regex = regex(command.pattern, at);
      const std::map<std::string, int>& groups = step.regex->NamedCapturingGroups();
      if (names.empty()) {
        for (const auto& [number, name] : step.regex->CapturingGroupNames()) {
          names.push_back(name);
          step.groups.push_back(number);
        }
        if (groups.empty()) throw refusal(at, "parse needs a group with a name: (?<name>...)");
      } else {
        if (static_cast<size_t>(step.regex->NumberOfCapturingGroups()) != names.size())
          throw refusal(at, "parse needs as many names as its expression has groups");
        for (size_t i = 0; i < names.size(); ++i) step.groups.push_back(static_cast<int>(i + 1));
      }
    } else {
      step.kind = Step::Kind::kGlob;
      for (const std::string_view part : text::split(command.pattern, '*')) step.texts.emplace_back(part);
      if (step.texts.size() != names.size() + 1) throw refusal(at, "parse needs as many names as its pattern has asterisks");
    }
    for (const std::string& name : names) {
      step.slots.push_back(define(name, at));
      if (!displayed_) show(name, step.slots.back());
    }
    stage().steps.push_back(std::move(step));
  }

  void sort(const Command& command, size_t number) {
    if (is_before_stats(number)) unexpected(command);
    std::vector<Stage::Key> order;
    for (size_t i = 0; i < command.items.size(); ++i) {
      const Item& item = command.items[i];
      Node value = node(item.expression);
      if (item.has_alias) {
        const Slot slot = define(item.name, item.expression);
        assign(std::move(value), slot);
        value = {.op = Op::kSlot, .slot = slot};
      }
      order.push_back({std::move(value), command.descending[i]});
    }
    stage().order = std::move(order);  // the last one counts
  }

  void stats(const Command& command) {
    if (++stats_ > kStatsMax)
      throw Refusal{fmt::format("A query may have at most {} stats commands.", kStatsMax), command.begin, command.end};
    stage().order.clear();  // nobody sees it
    stage().groups = true;
    std::map<std::string, Slot> names, by_key;
    std::vector<Plan::Column> columns;
    for (const Item& item : command.by) {
      Node key = node(item.expression);
      const Slot slot = new_slot();
      if (item.expression.kind != Kind::kName || item.has_alias) by_key[key_of(item.expression)] = slot;
      if (!names.emplace(item.name, slot).second)
        throw refusal(item.expression, fmt::format("Ephemeral field is already defined: {}", item.name));
      columns.push_back({item.name, slot});
      stage().keys.emplace_back(std::move(key), slot);
    }
    // Arguments of aggregations mean the rows from before, all else what there will be behind.
    std::map<std::string, Slot> before = std::exchange(names_, {});
    std::map<std::string, Slot> before_keys = std::exchange(by_key_, {});
    const bool had_events = std::exchange(has_events_, false);
    names_ = std::move(names);
    by_key_ = std::move(by_key);
    made_.clear();
    for (const auto& [name, slot] : names_) made_.insert(name);
    std::vector<Step> steps;
    for (const Item& item : command.items) {
      aggregates_ = Outer{&before, &before_keys, had_events};
      Node value = node(item.expression);
      aggregates_.reset();
      Slot slot = value.slot;
      if (value.op != Op::kSlot) {
        slot = new_slot();
        steps.push_back({.kind = Step::Kind::kAssign, .node = std::move(value), .slots = {slot}});
      }
      if (!made_.insert(item.name).second) throw refusal(item.expression, fmt::format("Ephemeral field is already defined: {}", item.name));
      names_[item.name] = slot;
      by_key_[key_of(item.expression)] = slot;
      columns.push_back({item.name, slot});
    }
    plan_->stages.push_back({.steps = std::move(steps)});
    shown_ = std::move(columns);
    displayed_ = false;
  }

  // --- expressions

  Node node(const Expression& expression) {
    if (++depth_ > kDepthMax) throw refusal(expression, "The expression nests too deep.");
    Node made = node_of(expression);
    --depth_;
    return made;
  }

  /// Of what is expected to be a condition.
  Node truth(const Expression& e) {
    if (!free_text_ || e.kind != Kind::kText) return node(e);
    Node made{.op = Op::kMatches};
    made.parts.push_back({.op = Op::kSlot, .slot = kMessage});
    made.regex = regex("(?i)" + RE2::QuoteMeta(e.text), e);
    return made;
  }

  /// The number of the word that a comparison is about.
  std::optional<uint32_t> word_in(const Expression& e) const {
    if (e.kind != Kind::kCompare && e.kind != Kind::kLike && e.kind != Kind::kMatches && e.kind != Kind::kIn) return std::nullopt;
    const size_t sides = e.kind == Kind::kCompare ? 2 : 1;
    for (size_t side = 0; side < sides; ++side) {
      if (e.parts[side].kind != Kind::kName) continue;
      const auto known = names_.find(e.parts[side].text);
      if (known == names_.end()) continue;
      const auto word = std::ranges::find(plan_->word_slots, known->second);
      if (word != plan_->word_slots.end()) return static_cast<uint32_t>(word - plan_->word_slots.begin());
    }
    return std::nullopt;
  }

  Node any(uint32_t word, const Expression& e) {
    const bool is_negated = e.kind == Kind::kCompare && e.text == "!=";
    Node made{.op = Op::kAnyWord, .slot = plan_->word_slots[word], .word = word};
    if (is_negated) {
      Expression positive = e;
      positive.text = "=";
      made.parts.push_back(plain_node_of(positive));
      Node negated{.op = Op::kNot};
      negated.parts.push_back(std::move(made));
      return negated;
    }
    made.parts.push_back(plain_node_of(e));
    return made;
  }

  Node node_of(const Expression& e) {
    if (!plan_->word_slots.empty())
      if (const std::optional<uint32_t> word = word_in(e)) return any(*word, e);
    return plain_node_of(e);
  }

  Node plain_node_of(const Expression& e) {
    if (!by_key_.empty() && e.kind != Kind::kNumber && e.kind != Kind::kText && e.kind != Kind::kName) {
      const auto known = by_key_.find(key_of(e));
      if (known != by_key_.end()) return {.op = Op::kSlot, .slot = known->second};
    }
    switch (e.kind) {
      case Kind::kNumber:
        return {.literal = {Value::Kind::kNumber, e.number, keep(e.text)}};
      case Kind::kText:
        return {.literal = Value::of(keep(e.text))};
      case Kind::kName:
        return name(e);
      case Kind::kCall:
        return call(e);
      case Kind::kPeriod:
      case Kind::kStar:
        throw Lexer(query_).unexpected(e.begin, e.end);
      case Kind::kAnd:
        return with_truths(Op::kAnd, e);
      case Kind::kOr:
        return with_truths(Op::kOr, e);
      case Kind::kNot:
        return with_truths(Op::kNot, e);
      case Kind::kCompare:
        return with_parts(e.text == "="    ? Op::kEqual
                          : e.text == "!=" ? Op::kNotEqual
                          : e.text == "<"  ? Op::kLess
                          : e.text == "<=" ? Op::kLessOrEqual
                          : e.text == ">"  ? Op::kGreater
                                           : Op::kGreaterOrEqual,
                          e);
      case Kind::kArith:
        return with_parts(e.text == "+"   ? Op::kAdd
                          : e.text == "-" ? Op::kSubtract
                          : e.text == "*" ? Op::kMultiply
                          : e.text == "/" ? Op::kDivide
                          : e.text == "%" ? Op::kRemainder
                                          : Op::kPower,
                          e);
      case Kind::kNegative: {
        Node made = with_parts(Op::kNegative, e);
        if (e.parts[0].kind == Kind::kNumber) return {.literal = Value::of(-e.parts[0].number)};
        return made;
      }
      case Kind::kLike: {
        Node made = with_parts(Op::kContains, e);
        made.text = keep(e.text);
        return made;
      }
      case Kind::kMatches: {
        Node made = with_parts(Op::kMatches, e);
        made.regex = regex(e.text, e);
        return made;
      }
      case Kind::kIn:
        return with_parts(Op::kIn, e);
    }
    return {};
  }

  Node with_parts(Op op, const Expression& e) {
    Node made{.op = op};
    for (const Expression& part : e.parts) made.parts.push_back(node(part));
    return made;
  }
  Node with_truths(Op op, const Expression& e) {
    Node made{.op = op};
    for (const Expression& part : e.parts) made.parts.push_back(truth(part));
    return made;
  }

  Node name(const Expression& e) {
    if (const auto known = names_.find(e.text); known != names_.end()) return {.op = Op::kSlot, .slot = known->second};
    // a.b.c of what is JSON in a field a or a.b
    for (size_t dot = e.text.rfind('.'); dot != std::string::npos && dot > 0; dot = e.text.rfind('.', dot - 1)) {
      const auto known = names_.find(e.text.substr(0, dot));
      if (known == names_.end() || known->second < kSystemSlots) continue;
      return {.op = Op::kMember, .slot = known->second, .text = keep(std::string_view(e.text).substr(dot + 1))};
    }
    if (e.text == "true" || e.text == "false") return {.literal = Value::of(e.text == "true")};
    if (!has_events_) throw refusal(e, fmt::format("Unknown symbols found in or after stats: {}", e.text));
    if (e.text.starts_with('@') && !e.text.starts_with("@@")) return {};  // of logs whose fields are not discovered here
    const size_t field = plan_->fields.add(e.text);
    if (field == plan_->field_slots.size()) {
      plan_->field_slots.push_back(new_slot());
      plan_->is_field.back() = true;
    }
    return {.op = Op::kSlot, .slot = plan_->field_slots[field]};
  }

  Node call(const Expression& e) {
    if (const std::optional<Aggregation> aggregation = aggregation_of(e.text)) return aggregate(*aggregation, e);
    if (e.text == "bin") {
      if (e.parts.size() != 1) throw refusal(e, "Wrong number of arguments for function bin");
      if (!has_events_) throw refusal(e, "Unknown symbols found in or after stats: @timestamp");
      Node made{.op = Op::kCall, .function = find_function("datefloor")};
      made.parts.push_back({.op = Op::kSlot, .slot = kTimestamp});
      made.parts.push_back(period(e.parts[0]));
      return made;
    }
    const Function* function = find_function(e.text);
    if (function == nullptr) {
      if (is_missing_function(e.text)) throw Refusal{fmt::format("The function {} is not implemented.", e.text), e.begin, e.end, true};
      throw refusal(e, fmt::format("Unknown function: {}", e.text));
    }
    if (e.parts.size() < function->arguments_min || e.parts.size() > function->arguments_max)
      throw refusal(e, fmt::format("Wrong number of arguments for function {}", e.text));
    Node made{.op = Op::kCall, .function = function};
    for (size_t i = 0; i < e.parts.size(); ++i)
      made.parts.push_back(function->takes_period && i + 1 == e.parts.size() ? period(e.parts[i]) : node(e.parts[i]));
    return made;
  }

  Node period(const Expression& e) {
    constexpr double kPeriodMax = 1'000'000;  // of any unit
    if (e.kind != Kind::kPeriod || e.number < 1 || e.number > kPeriodMax || e.number != static_cast<int64_t>(e.number))
      throw Lexer(query_).unexpected(e.begin, e.end);
    return {.literal = {Value::Kind::kPeriod, e.number, keep(e.text)}};
  }

  /// The place where an aggregation's result will be.
  Node aggregate(Aggregation aggregation, const Expression& e) {
    if (!aggregates_) throw refusal(e, fmt::format("The function {} can be used in stats only", e.text));
    const bool is_star = e.parts.empty() || e.parts[0].kind == Kind::kStar;
    const size_t wanted = aggregation == Aggregation::kPercentile ? 2 : 1;
    if (aggregation == Aggregation::kCount ? e.parts.size() > 1 : is_star || e.parts.size() != wanted)
      throw refusal(e, fmt::format("Wrong number of arguments for function {}", e.text));
    Aggregate made{.aggregation = aggregation, .slot = new_slot()};
    if (wanted == 2) {
      const Expression& percent = e.parts[1];
      if (percent.kind != Kind::kNumber || percent.number < 0 || percent.number > 100)
        throw Lexer(query_).unexpected(percent.begin, percent.end);
      made.percent = percent.number;
    }
    if (!is_star) {
      const Outer outer = *std::exchange(aggregates_, std::nullopt);
      const auto change_sides = [&] {
        std::swap(names_, *outer.names);
        std::swap(by_key_, *outer.by_key);
      };
      change_sides();
      has_events_ = outer.has_events;
      made.of = node(e.parts[0]);
      change_sides();
      has_events_ = false;
      aggregates_ = outer;
    }
    stage().aggregates.push_back(std::move(made));
    return {.op = Op::kSlot, .slot = stage().aggregates.back().slot};
  }

  const RE2* regex(const std::string& expression, const Expression& at) {
    if (plan_->regexes.size() == kRegexMax) throw refusal(at, fmt::format("A query may have at most {} regular expressions.", kRegexMax));
    RE2::Options options(RE2::Quiet);
    options.set_max_mem(kRegexMemory);
    auto compiled = std::make_shared<const RE2>(in_re2_words(expression), options);
    if (!compiled->ok()) throw refusal(at, fmt::format("Invalid regular expression: {}", compiled->error()));
    plan_->regexes.push_back(std::move(compiled));
    return plan_->regexes.back().get();
  }

  // --- what rows keep from stage to stage

  static void collect(const Node& node, std::set<Slot>& slots) {
    if (node.op == Op::kSlot || node.op == Op::kMember) slots.insert(node.slot);
    for (const Node& part : node.parts) collect(part, slots);
  }

  void find_kept() {
    std::set<Slot> needed;
    for (const Plan::Column& column : plan_->columns) needed.insert(column.slot);
    for (auto stage = plan_->stages.rbegin(); stage != plan_->stages.rend(); ++stage) {
      stage->kept.assign(needed.begin(), needed.end());
      for (const Step& step : stage->steps) collect(step.node, needed);
      for (const auto& [node, slot] : stage->keys) collect(node, needed);
      for (const Aggregate& aggregate : stage->aggregates)
        if (aggregate.of) collect(*aggregate.of, needed);
      for (const Stage::Key& key : stage->order) collect(key.node, needed);
      for (const Node& each : stage->dedup) collect(each, needed);
    }
  }

  /// The names that hold for arguments of aggregations.
  struct Outer {
    std::map<std::string, Slot>* names;
    std::map<std::string, Slot>* by_key;
    bool has_events;
  };

  const std::string_view query_;
  std::unique_ptr<Plan> plan_;
  const std::vector<Command>* commands_ = nullptr;
  std::map<std::string, Slot> names_;   // of fields that were made, and of the system's
  std::map<std::string, Slot> by_key_;  // expressions whose value stands in a slot already
  std::set<std::string> made_;
  bool has_events_ = true;           // any other name is a field of the events
  std::optional<Outer> aggregates_;  // aggregations are allowed here
  std::vector<Plan::Column> shown_;
  bool displayed_ = false, deduped_ = false;
  bool free_text_ = false;
  size_t stats_ = 0, depth_ = 0;
};

}  // namespace

Result<std::unique_ptr<const Plan>, Refusal> compile(std::string_view query) {
  const Result<std::vector<Command>, Refusal> commands = parse(query);
  if (!commands) return tl::unexpected(commands.error());
  try {
    return Compiler(query).run(*commands);
  } catch (Refusal& refusal) {
    return tl::unexpected(std::move(refusal));
  }
}

Result<std::unique_ptr<const Plan>, Refusal> compile(const Expression& expression, std::string_view text, const Dialect& dialect) {
  try {
    return Compiler(text).run(expression, dialect);
  } catch (Refusal& refusal) {
    return tl::unexpected(std::move(refusal));
  }
}

}  // namespace cairn::logquery
