#include "services/cairn/shown.h"

#include "event/sensitive.h"
#include "history/lookup.h"
#include "history/token.h"

namespace cairn::services {

Json shown_event(history::Event&& event) {
  thread_local json::Document document;
  const event::Attributes& a = event.attributes;
  Json more = Json::object();
  if (!a.error_code.empty()) more["ErrorCode"] = a.error_code;
  more["Account"] = a.account;
  more["Region"] = a.region;
  more["Category"] = a.management ? "MANAGEMENT" : "DATA";
  if (const auto record = document.parse(event.record)) {
    if (const auto address = (*record)["sourceIPAddress"].string()) more["SourceIPAddress"] = *address;
    if (const auto service = (*record)["userIdentity"]["invokedBy"].string()) more["InvokedBy"] = *service;
  }
  for (const std::string_view kind : event::kinds_of(event::find_sensitive(event.record))) more["SensitiveData"].push_back(kind);
  more["Cursor"] = history::cursor_text(event.cursor);
  Json out = history::lookup_event(std::move(event));
  out.update(std::move(more));
  return out;
}

}  // namespace cairn::services
