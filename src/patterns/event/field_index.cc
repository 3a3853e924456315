#include "patterns/event/field_index.h"

#include <algorithm>

#include "base/check.h"

namespace cairn::patterns {

void FieldIndex::Affixes::add(std::string text, Entry entry) {
  const auto place = std::lower_bound(lengths.begin(), lengths.end(), text.size());
  if (place == lengths.end() || *place != text.size()) lengths.insert(place, text.size());
  by_text[std::move(text)].push_back(entry);
}

void FieldIndex::add(const Test& test, TestNumber number) {
  if (test.kind == Test::Kind::kExists) {
    exists_.push_back(number);
  } else if (test.kind == Test::Kind::kAnythingBut) {
    const Entry entry = ~static_cast<Entry>(anything_but_.size());
    anything_but_.push_back(number);
    for (const Test& one : test.but) insert(one, entry);
  } else {
    insert(test, static_cast<Entry>(number));
  }
}

void FieldIndex::insert(const Test& test, Entry entry) {
  switch (test.kind) {
    case Test::Kind::kString:
      strings_[test.text].push_back(entry);
      break;
    case Test::Kind::kLiteral:
      literals_[test.text].push_back(entry);
      break;
    case Test::Kind::kNumber:
      numbers_[test.low].push_back(entry);
      break;
    case Test::Kind::kRange:
      ranges_.push_back({test.low, test.high, test.low_open, test.high_open, entry});
      break;
    case Test::Kind::kPrefix:
      prefixes_.add(test.text, entry);
      break;
    case Test::Kind::kSuffix:
      suffixes_.add(test.text, entry);
      break;
    case Test::Kind::kEqualIgnoringCase:
      folded_[test.text].push_back(entry);
      break;
    case Test::Kind::kPrefixIgnoringCase:
      folded_prefixes_.add(test.text, entry);
      break;
    case Test::Kind::kSuffixIgnoringCase:
      folded_suffixes_.add(test.text, entry);
      break;
    case Test::Kind::kWildcard: {
      Wildcard wildcard(test.text);
      wildcard_heads_.add(wildcard.head(), static_cast<Entry>(wildcards_.size()));
      wildcards_.emplace_back(std::move(wildcard), entry);
      break;
    }
    case Test::Kind::kAddress:
      networks_.push_back({test.address, test.address.is_v4 ? 32 : 128, entry});
      break;
    case Test::Kind::kCidr:
      networks_.push_back({test.address, test.prefix_bits, entry});
      break;
    case Test::Kind::kExists:
    case Test::Kind::kAnythingBut:
    case Test::Kind::kAbsent:
      CHECK(false);
  }
  ignores_case_ = ignores_case_ || test.kind == Test::Kind::kEqualIgnoringCase || test.kind == Test::Kind::kPrefixIgnoringCase ||
                  test.kind == Test::Kind::kSuffixIgnoringCase;
}

}  // namespace cairn::patterns
