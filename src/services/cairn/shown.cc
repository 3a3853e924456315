#include "services/cairn/shown.h"

#include "event/sensitive.h"
#include "history/lookup.h"
#include "history/token.h"

namespace cairn::services {

void write_shown_members(json::Writer& out, const history::Event& event) {
  thread_local json::Document document;
  const event::Attributes& a = event.attributes;
  history::write_lookup_members(out, event);
  if (!a.error_code.empty()) out.key("ErrorCode").string(a.error_code);
  out.key("Account").string(a.account).key("Region").string(a.region).key("Category").string(a.management ? "MANAGEMENT" : "DATA");
  if (const auto record = document.parse(event.record))
    if (const auto service = (*record)["userIdentity"]["invokedBy"].string()) out.key("InvokedBy").string(*service);
  if (!a.source_address.empty()) out.key("SourceIPAddress").string(a.source_address);
  if (const auto kinds = event::kinds_of(event::find_sensitive(event.record)); !kinds.empty()) {
    out.key("SensitiveData").begin_array();
    for (const std::string_view kind : kinds) out.string(kind);
    out.end_array();
  }
  out.key("Cursor").string(history::cursor_text(event.cursor));
}

}  // namespace cairn::services
