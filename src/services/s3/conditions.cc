#include "services/s3/conditions.h"

#include "base/text.h"
#include "services/s3/errors.h"
#include "services/s3/input.h"

namespace cairn::s3 {
namespace {

using std::chrono::floor;
using std::chrono::seconds;

std::string_view unquoted(std::string_view etag) {
  etag = text::trim(etag);
  if (etag.starts_with("W/")) etag.remove_prefix(2);
  if (etag.size() >= 2 && etag.front() == '"' && etag.back() == '"') etag = etag.substr(1, etag.size() - 2);
  return etag;
}

bool matches(std::string_view header, const std::string& etag) {
  for (std::string_view one : text::split(header, ','))
    if (unquoted(one) == "*" || unquoted(one) == etag) return true;
  return false;
}

std::optional<Time> time_of(const Json& in, std::string_view member) {
  const std::string value = text_of(in, member);
  return value.empty() ? std::nullopt : timestamps::parse_iso8601(value);
}

/// The four conditions by their members' common prefix. `failed` names the one that does not hold, "" if all do.
struct Judged {
  std::string_view failed;
};
Judged judge(const api::Call& call, std::string_view prefix, const Validators& object) {
  const auto member = [&](std::string_view name) { return std::string(prefix) + std::string(name); };
  const auto modified = floor<seconds>(object.modified);
  if (has(call.in, member("IfMatch"))) {
    if (!matches(text_of(call.in, member("IfMatch")), object.etag)) return {"If-Match"};
  } else if (const auto since = time_of(call.in, member("IfUnmodifiedSince")); since && modified > floor<seconds>(*since)) {
    return {"If-Unmodified-Since"};
  }
  if (has(call.in, member("IfNoneMatch"))) {
    if (matches(text_of(call.in, member("IfNoneMatch")), object.etag)) return {"If-None-Match"};
  } else if (const auto since = time_of(call.in, member("IfModifiedSince"));
             since && *since <= call.now && modified <= floor<seconds>(*since)) {
    return {"If-Modified-Since"};  // a date in the future is no condition
  }
  return {};
}

Error refused_value(std::string_view header) {
  return header_not_implemented(header).with("additionalMessage",
                                             fmt::format("We don't accept the provided value of {} header for this API", header));
}

}  // namespace

Read check_read_conditions(const api::Call& call, const Validators& object) {
  const std::string_view failed = judge(call, "", object).failed;
  if (failed.empty()) return Read::kGo;
  if (failed == "If-None-Match" || failed == "If-Modified-Since") return Read::kNotModified;
  throw precondition_failed(failed);
}

void check_source_conditions(const api::Call& call, const Validators& source) {
  const std::string_view failed = judge(call, "CopySource", source).failed;
  if (!failed.empty()) throw precondition_failed(fmt::format("x-amz-copy-source-{}", failed));
}

void check_write_conditions(const api::Call& call, const std::optional<Validators>& current) {
  const bool match = has(call.in, "IfMatch"), none_match = has(call.in, "IfNoneMatch");
  if (match && none_match) {
    throw header_not_implemented("If-Match,If-None-Match")
        .with("additionalMessage", "Multiple conditional request headers present in the request");
  }
  if (none_match) {
    if (unquoted(text_of(call.in, "IfNoneMatch")) != "*") throw refused_value("If-None-Match");
    if (current) throw precondition_failed("If-None-Match");
  }
  if (match) {
    const std::string wanted(unquoted(text_of(call.in, "IfMatch")));
    if (wanted == "*") throw refused_value("If-Match");
    if (!current) throw no_such_key(text_of(call.in, "Key"));
    if (wanted != current->etag) throw precondition_failed("If-Match");
  }
}

void check_delete_conditions(const api::Call& call, const std::optional<Validators>& current) {
  if (has(call.in, "IfMatchLastModifiedTime")) throw header_not_implemented("x-amz-if-match-last-modified-time");
  if (has(call.in, "IfMatchSize")) throw header_not_implemented("x-amz-if-match-size");
  if (!has(call.in, "IfMatch")) return;
  if (!current) throw no_such_key(text_of(call.in, "Key"));
  if (!matches(text_of(call.in, "IfMatch"), current->etag)) throw precondition_failed("If-Match");
}

}  // namespace cairn::s3
