#include "services/cairn/shown.h"

#include "event/sensitive.h"
#include "history/lookup.h"
#include "history/token.h"

namespace cairn::services {

Json shown_event(const history::Event& event) {
  thread_local json::Document document;
  const event::Attributes& a = event.attributes;
  Json out = history::lookup_event(event);
  if (!a.error_code.empty()) out["ErrorCode"] = a.error_code;
  out["Account"] = a.account;
  out["Region"] = a.region;
  out["Category"] = a.management ? "MANAGEMENT" : "DATA";
  if (const auto record = document.parse(event.record)) {
    if (const auto address = (*record)["sourceIPAddress"].string()) out["SourceIPAddress"] = *address;
    if (const auto service = (*record)["userIdentity"]["invokedBy"].string()) out["InvokedBy"] = *service;
  }
  for (const std::string_view kind : event::kinds_of(event::find_sensitive(event.record))) out["SensitiveData"].push_back(kind);
  out["Cursor"] = history::cursor_text(event.cursor);
  return out;
}

}  // namespace cairn::services
