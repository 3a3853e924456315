#include "delivery/selected_events.h"

namespace cairn::delivery {

bool SelectedEvents::wants(state::Transaction& state, std::string_view record) {
  thread_local json::Document document;
  thread_local event::Selected event;
  if (!event::read_selected(record, document, event)) return false;
  const std::string trails = keys::trails_of(aws::AccountId(std::string(event.recipient)));
  for (const state::Item& item : state.list(trails, "", state::Transaction::kListMax).items) {
    std::shared_ptr<const Wanted> wanted = compiled_.get(item.value);
    if (wanted == nullptr) {
      wanted = std::make_shared<const Wanted>(decode_trail(item.value));
      compiled_.put(item.value, wanted, item.value.size());
    }
    if (wanted->file_of(event)) return true;
  }
  return false;
}

}  // namespace cairn::delivery
