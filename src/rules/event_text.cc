#include "rules/event_text.h"

#include "base/json.h"
#include "base/json_cursor.h"

namespace cairn::rules {

std::string event_text(const Envelope& envelope) {
  std::string out;
  out.reserve(envelope.detail.size() + 400);
  json::Writer writer(out);
  writer.begin_object().key("version").string("0").key("id").string(envelope.id);
  writer.key("detail-type").string(envelope.detail_type).key("source").string(envelope.source);
  writer.key("account").string(envelope.account.str()).key("time").string(timestamps::iso8601(envelope.time));
  writer.key("region").string(envelope.region.str()).key("resources").begin_array();
  for (const std::string& resource : envelope.resources) writer.string(resource);
  writer.end_array();
  if (!envelope.replay.empty()) writer.key("replay-name").string(envelope.replay);
  writer.key("detail").raw(envelope.detail).end_object();
  return out;
}

std::string without_detail(std::string_view event) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object();
  json::Cursor cursor(event);
  if (cursor.peek() == json::Cursor::Kind::kObject && cursor.enter_object()) {
    for (json::Cursor::Text name; cursor.next_member(name);) {
      (void)cursor.peek();
      const size_t begin = cursor.offset();
      if (!cursor.skip()) break;
      const std::string decoded = name.decoded();
      if (decoded != "detail") writer.key(decoded).raw(event.substr(begin, cursor.offset() - begin));
    }
  }
  writer.end_object();
  return out;
}

bool is_json_object(std::string_view text) {
  json::Cursor cursor(text);
  return cursor.peek() == json::Cursor::Kind::kObject && cursor.skip() && cursor.at_end();
}

}  // namespace cairn::rules
