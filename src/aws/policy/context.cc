#include "aws/policy/context.h"

#include <algorithm>

#include "base/text.h"

namespace cairn::aws::policy {

/// FNV-1a. Names that were made to collide cost a comparison, no more.
Key::Key(std::string_view name) : name_(name), hash_(0xcbf29ce484222325) {
  for (char c : name) {
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
    hash_ = (hash_ ^ static_cast<unsigned char>(lower)) * 0x100000001b3;
  }
}

bool Key::operator==(const Key& other) const { return hash_ == other.hash_ && text::equals_ignoring_case(name_, other.name_); }

void Context::add(std::string_view key, std::string value) {
  Key made(key);
  for (Entry& entry : entries_) {
    if (entry.key != made) continue;
    entry.is_ambiguous = entry.is_ambiguous || entry.key.name() != made.name();
    entry.values.push_back(std::move(value));
    return;
  }
  entries_.push_back({.key = std::move(made), .values = {}});
  entries_.back().values.push_back(std::move(value));
}

void Context::overlay(const Context& other) {
  for (const Entry& theirs : other.entries_) {
    const auto own = std::ranges::find(entries_, theirs.key, &Entry::key);
    if (own != entries_.end()) *own = theirs;
    else entries_.push_back(theirs);
  }
}

const std::vector<std::string>* Context::find(const Key& key) const {
  for (const Entry& entry : entries_)
    if (entry.key == key) return entry.is_ambiguous ? nullptr : &entry.values;
  return nullptr;
}

}  // namespace cairn::aws::policy
