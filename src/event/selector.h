#pragma once
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/time.h"

/// Which events a trail wants: event selectors, basic and advanced, compiled. Pure; any thread.
namespace cairn::event {

/// What selectors look at in a record. Views into the document that `read_selected` parsed.
struct Selected {
  std::string_view id, category, source, name, type, region, recipient;  // category: Management, Data ...
  std::string_view user_arn, error_code, vpc_endpoint;                   // "" where the record has none
  std::string_view invoked_by;                                           // userIdentity.invokedBy
  bool read_only = false;
  bool from_console = false;  // sessionCredentialFromConsole
  Time time;
  struct Resource {
    std::string_view type, arn;  // arn: ARN, or ARNPrefix
  };
  std::vector<Resource> resources;
};

/// Fails on what is no record. `document` is scratch and must outlive `selected`; `selected` is reused (its vector keeps its room).
/// A record that does not say that it only reads counts as a write; one without a category is known by its managementEvent.
Result<void> read_selected(std::string_view record, json::Document& document, Selected& selected);

/// An event is wanted if one of the selectors wants it. One made without `compile` wants nothing.
class Selector {
 public:
  /// `event_selectors`, `advanced_event_selectors`: arrays by the API's member names, checked before
  /// (services/cloudtrail/selector_rules.h). Both empty: all management events. Fails on what has no meaning: an unknown field, operator
  /// or type, a condition without values, a selector without a category.
  static Result<Selector> compile(const Json& event_selectors, const Json& advanced_event_selectors);
  bool wants(const Selected& event) const;

 private:
  struct Compiled;
  std::shared_ptr<const Compiled> compiled_;
};

}  // namespace cairn::event
