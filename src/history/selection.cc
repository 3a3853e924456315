#include "history/selection.h"

#include <algorithm>

#include "history/terms.h"

namespace cairn::history {

namespace {

auto whole_seconds(Time time) { return std::chrono::floor<std::chrono::seconds>(time); }

}  // namespace

uint32_t row_seconds(Time time) {
  return static_cast<uint32_t>(std::clamp<int64_t>(whole_seconds(time).time_since_epoch().count(), 0, 0xffffffff));
}

Selection::Selection(const Query& query, Time now, std::chrono::milliseconds retention) : query_(query), expired_before_(now - retention) {
  oldest_ = row_seconds(expired_before_);
  if (query.start) oldest_ = std::max(oldest_, row_seconds(*query.start));
  if (query.end) newest_ = row_seconds(*query.end);
  for (const Filter& filter : query.filters) {
    if (filter.value.empty()) impossible_ = true;
    if (filter.attribute == Attribute::kReadOnly) {
      if (filter.value != "true" && filter.value != "false") impossible_ = true;
      const uint16_t wanted = filter.value == "true" ? kReadOnlyFlag : 0;
      if ((flags_considered_ & kReadOnlyFlag) && (flags_wanted_ & kReadOnlyFlag) != wanted) impossible_ = true;
      flags_considered_ |= kReadOnlyFlag;
      flags_wanted_ |= wanted;
      if (filter.value == "true") continue;
    }
    terms_.push_back(term_hash(static_cast<TermKind>(filter.attribute), filter.value));
  }
  if (query.category != Query::Category::kAll) {
    const bool management = query.category == Query::Category::kManagement;
    flags_considered_ |= kManagementFlag;
    if (management) flags_wanted_ |= kManagementFlag;
    if (terms_.empty()) terms_.push_back(term_hash(TermKind::kCategory, management ? "management" : "data"));
  }
}

bool Selection::wants_scope(const Scope& scope) const {
  return scope.account == query_.account && (query_.region.empty() || scope.region == query_.region);
}

std::vector<char> Selection::wanted_scopes(const std::vector<Scope>& scopes) const {
  std::vector<char> wanted(scopes.size());
  std::transform(scopes.begin(), scopes.end(), wanted.begin(), [this](const Scope& scope) { return wants_scope(scope); });
  return wanted;
}

bool Selection::wants(const event::Attributes& a) const {
  if (a.account != query_.account || (!query_.region.empty() && a.region != query_.region)) return false;
  if (a.time < expired_before_) return false;
  if (query_.start && whole_seconds(a.time) < whole_seconds(*query_.start)) return false;
  if (query_.end && whole_seconds(a.time) > whole_seconds(*query_.end)) return false;
  if (query_.category == Query::Category::kManagement && !a.management) return false;
  if (query_.category == Query::Category::kData && a.management) return false;
  return std::all_of(query_.filters.begin(), query_.filters.end(), [&](const Filter& filter) { return holds(a, filter); });
}

}  // namespace cairn::history
