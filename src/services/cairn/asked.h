#pragma once
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "api/call.h"
#include "history/store.h"
#include "search/filter.h"
#include "services/cairn/reader.h"

namespace cairn::services {

/// The events that a call asks for, as far as its caller may read them: what SearchEvents and its kin have in common. It may outlive the
/// call, but stays where it is.
class Asked {
 public:
  /// Throws what is wrong with the parameters, or AccessDenied.
  explicit Asked(api::Call& call);
  Asked(const Asked&) = delete;

  /// Without page and place.
  const history::Query& query() const { return query_; }
  /// What a person should be told who finds nothing.
  const std::vector<std::string>& hints() const { return hints_; }
  /// Once the call succeeds: each other account whose events it asks for has it in its own history, too.
  void tell_accounts(api::Call& call) const;
  void continue_behind(const history::Cursor& cursor) {
    query_.newer_than = {cursor.position, cursor.index};
  }  // what is imported is no news

 private:
  void read_scopes(api::Call& call);

  std::shared_ptr<Reader> reader_;
  std::set<std::string> accounts_;
  std::unique_ptr<history::Condition> condition_;
  history::Query query_;
  std::vector<std::string> hints_;
};

/// Throws what is wrong with a parameter's formula, and where.
[[noreturn]] void refuse_formula(std::string_view parameter, std::string_view text, const logquery::Refusal& refusal);

}  // namespace cairn::services
