#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "http/server.h"

namespace cairn::http {

/// What follows an answer on its connection.
enum class Afterwards {
  kKeepOpen,
  kKeepOpenSaid,  // HTTP/1.0 clients must be told
  kClose,
  kUntilClosed,  // the same, and nothing else tells where a live answer ends
};

/// How many body bytes follow the head of an answer. `head_request`: the method is HEAD.
uint64_t answer_body_bytes(const Response& response, bool head_request);

/// Appends status line and headers, blank line included. Framing headers are ours: those a handler gives are dropped, and no
/// line break of a handler's header reaches the wire. `date_line`: finished, with its line end.
void append_answer_head(std::string& out, const Response& response, bool head_request, Afterwards afterwards, std::string_view date_line);

/// The server's own short answer to what never became a request.
void append_refusal(std::string& out, int status, std::string_view date_line);

}  // namespace cairn::http
