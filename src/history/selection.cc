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
  oldest_ = row_seconds(std::chrono::ceil<std::chrono::seconds>(expired_before_));
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
  terms_.insert(terms_.end(), query.terms.begin(), query.terms.end());
  if (query.category != Query::Category::kAll) {
    const bool management = query.category == Query::Category::kManagement;
    flags_considered_ |= kManagementFlag;
    if (management) flags_wanted_ |= kManagementFlag;
    if (terms_.empty()) terms_.push_back(term_hash(TermKind::kCategory, management ? "management" : "data"));
  }
}

std::vector<char> Selection::wanted_scopes(const std::vector<Scope>& scopes) const {
  std::vector<char> wanted;
  wanted.reserve(scopes.size());
  for (const Scope& scope : scopes) {
    const bool is_meant = query_.account.empty() ? query_.may_see != nullptr : scope.account == query_.account;
    char kinds = 0;
    if (is_meant && (query_.region.empty() || scope.region == query_.region)) {
      for (const char kind : {kManagement, kData})
        if (!query_.may_see || query_.may_see(scope.account, scope.region, kind == kManagement)) kinds = static_cast<char>(kinds | kind);
    }
    wanted.push_back(kinds);
  }
  return wanted;
}

bool Selection::wants(const event::Attributes& a, std::string_view record) const {
  if (!query_.account.empty() && a.account != query_.account) return false;
  if (!query_.region.empty() && a.region != query_.region) return false;
  if (a.time < expired_before_) return false;
  if (query_.start && whole_seconds(a.time) < whole_seconds(*query_.start)) return false;
  if (query_.end && whole_seconds(a.time) > whole_seconds(*query_.end)) return false;
  if (query_.category == Query::Category::kManagement && !a.management) return false;
  if (query_.category == Query::Category::kData && a.management) return false;
  if (!std::all_of(query_.filters.begin(), query_.filters.end(), [&](const Filter& filter) { return holds(a, filter); })) return false;
  return query_.condition == nullptr || query_.condition->holds(a, record);
}

}  // namespace cairn::history
