#include "template/backtracking.h"
#include "template/code_points.h"

/// The reader: Java's syntax.
namespace cairn::cfn {
namespace {

using Item = BacktrackingRegex::Item;
using Sequence = BacktrackingRegex::Sequence;
using Range = BacktrackingRegex::Range;
using Kind = Item::Kind;
using Greed = Item::Greed;

constexpr char32_t kLast = 0x10FFFF;

std::vector<Range> inverse(const std::vector<Range>& ranges) {  // of ranges in order
  std::vector<Range> others;
  char32_t next = 0;
  for (const Range& range : ranges) {
    if (range.first > next) others.push_back({next, range.first - 1});
    next = range.last + 1;
  }
  if (next <= kLast) others.push_back({next, kLast});
  return others;
}

/// The classes that letters stand for, in order.
std::vector<Range> class_of(char32_t letter) {
  switch (letter) {
    case 'd':
      return {{'0', '9'}};
    case 'w':
      return {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}};
    case 's':
      return {{'\t', '\r'}, {' ', ' '}};
    case 'D':
    case 'W':
    case 'S':
      return inverse(class_of(letter - 'A' + 'a'));
    default:
      return {};
  }
}

struct Wrong {
  std::string message;
};

class Compiler {
 public:
  explicit Compiler(std::string_view pattern) : text_(code_points_of(pattern)) {}

  std::vector<Sequence> compile() {
    auto alternatives = any_of(0);
    if (at_ != text_.size()) throw Wrong{"must be a valid regular expression: a bracket is missing"};
    return alternatives;
  }
  size_t groups() const { return groups_; }

 private:
  static constexpr int kNestingMax = 50;

  bool done() const { return at_ == text_.size(); }
  bool take(std::u32string_view what) {
    if (text_.compare(at_, what.size(), what) != 0) return false;
    at_ += what.size();
    return true;
  }
  char32_t next() {
    if (done()) throw Wrong{"must be a valid regular expression: it ends too early"};
    return text_[at_++];
  }

  std::vector<Sequence> any_of(int depth) {
    if (depth > kNestingMax) throw Wrong{"must not be nested so deep"};
    std::vector<Sequence> alternatives(1);
    while (!done() && text_[at_] != ')') {
      if (take(U"|")) alternatives.emplace_back();
      else alternatives.back().push_back(repeated(item(depth)));
    }
    return alternatives;
  }

  Item item(int depth) {
    Item item;
    const char32_t c = next();
    if (c == '^') return item.kind = Kind::kBegin, item;
    if (c == '$') return item.kind = Kind::kEnd, item;
    if (c == '(') return group(depth);
    if (c == '[') return one_of();
    if (c == '\\') return escaped();
    if (c == '*' || c == '+' || c == '?' || c == '{') throw Wrong{"must be a valid regular expression: nothing is repeated"};
    if (c == '.') item.ranges = inverse({{'\n', '\n'}, {'\r', '\r'}});
    else item.ranges = {{c, c}};
    return item;
  }

  Item group(int depth) {
    Item item;
    item.kind = Kind::kGroup;
    if (take(U"?:")) {
    } else if (take(U"?=") || take(U"?!")) {
      item.kind = Kind::kLookAhead;
      item.negated = text_[at_ - 1] == '!';
    } else if (take(U"?<=") || take(U"?<!")) {
      item.kind = Kind::kLookBehind;
      item.negated = text_[at_ - 1] == '!';
    } else if (take(U"?>")) {
      item.greed = Greed::kPossessive;
    } else if (take(U"?")) {
      throw Wrong{"uses flags or names of groups, which are not supported beside looking around"};
    } else {
      item.group = ++groups_;
    }
    item.alternatives = any_of(depth + 1);
    if (!take(U")")) throw Wrong{"must be a valid regular expression: a bracket is missing"};
    return item;
  }

  char32_t code(size_t digits) {
    char32_t value = 0;
    for (size_t i = 0; i < digits; ++i) {
      const char32_t c = next();
      const bool is_digit = c >= '0' && c <= '9', is_letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'f';
      if (!is_digit && !is_letter) throw Wrong{"must be a valid regular expression: a code is no hexadecimal number"};
      value = value * 16 + (is_digit ? c - '0' : (c | 0x20) - 'a' + 10);
    }
    return value;
  }

  /// What a backslash and `c` stand for, in and out of classes.
  std::vector<Range> meaning(char32_t c) {
    if (auto ranges = class_of(c); !ranges.empty()) return ranges;
    const auto one = [](char32_t point) { return std::vector<Range>{{point, point}}; };
    switch (c) {
      case 't':
        return one('\t');
      case 'n':
        return one('\n');
      case 'r':
        return one('\r');
      case 'f':
        return one('\f');
      case 'x':
        return one(code(2));
      case 'u':
        return one(code(4));
      default:
        break;
    }
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '0')
      throw Wrong{"uses an escape that is not supported beside looking around"};
    return one(c);
  }

  Item escaped() {
    Item item;
    const char32_t c = next();
    if (c == 'b' || c == 'B') {
      item.kind = Kind::kWordBoundary;
      item.negated = c == 'B';
    } else if (c == 'A') {
      item.kind = Kind::kBegin;
    } else if (c == 'z' || c == 'Z') {
      item.kind = Kind::kEnd;
    } else if (c >= '1' && c <= '9') {
      item.kind = Kind::kBackReference;
      item.group = c - '0';
      if (item.group > groups_) throw Wrong{"must be a valid regular expression: it refers to a group that is not there"};
    } else {
      item.ranges = meaning(c);
    }
    return item;
  }

  Item one_of() {
    Item item;
    item.negated = take(U"^");
    bool first = true;
    while (true) {
      char32_t c = next();
      if (c == ']' && !first) return item;
      first = false;
      if (c == '&' && take(U"&")) throw Wrong{"uses intersections of classes, which are not supported"};
      if (c == '\\') {
        auto ranges = meaning(next());
        const bool is_one = ranges.size() == 1 && ranges[0].first == ranges[0].last;
        if (!is_one) {
          item.ranges.insert(item.ranges.end(), ranges.begin(), ranges.end());
          continue;
        }
        c = ranges[0].first;
      }
      char32_t last = c;
      const bool is_range = at_ + 1 < text_.size() && text_[at_] == '-' && text_[at_ + 1] != ']';
      if (is_range) {
        ++at_;
        last = next();
        if (last == '\\') {
          const auto ranges = meaning(next());
          if (ranges.size() != 1 || ranges[0].first != ranges[0].last)
            throw Wrong{"must be a valid regular expression: a range ends in a class"};
          last = ranges[0].first;
        }
        if (last < c) throw Wrong{"must be a valid regular expression: a range ends before it begins"};
      }
      item.ranges.push_back({c, last});
    }
  }

  size_t number() {
    size_t value = 0;
    const size_t from = at_;
    while (!done() && text_[at_] >= '0' && text_[at_] <= '9') {
      value = value * 10 + (text_[at_++] - '0');
      if (value > BacktrackingRegex::kRepeatMax) throw Wrong{"repeats too often"};
    }
    if (from == at_) throw Wrong{"must be a valid regular expression: a number is missing"};
    return value;
  }

  Item repeated(Item item) {
    if (take(U"*")) {
      item.min = 0, item.max = SIZE_MAX;
    } else if (take(U"+")) {
      item.max = SIZE_MAX;
    } else if (take(U"?")) {
      item.min = 0;
    } else if (take(U"{")) {
      item.min = item.max = number();
      if (take(U",")) item.max = !done() && text_[at_] == '}' ? SIZE_MAX : number();
      if (!take(U"}") || item.max < item.min) throw Wrong{"must be a valid regular expression: a repetition has no sense"};
    } else {
      return item;
    }
    if (take(U"?")) item.greed = Greed::kLazy;
    if (take(U"+")) item.greed = Greed::kPossessive;
    return item;
  }

  std::u32string text_;
  size_t at_ = 0, groups_ = 0;
};

}  // namespace

Result<BacktrackingRegex> BacktrackingRegex::compile(std::string_view pattern) {
  try {
    Compiler compiler(pattern);
    BacktrackingRegex regex;
    regex.alternatives_ = compiler.compile();
    regex.groups_ = compiler.groups();
    return regex;
  } catch (const Wrong& wrong) {
    return failure("{}", wrong.message);
  }
}

}  // namespace cairn::cfn
