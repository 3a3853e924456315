#include "event/build.h"

#include "base/json_depth.h"
#include "event/error_code.h"
#include "event/identity.h"
#include "event/parameters.h"
#include "event/s3_parameters.h"

namespace cairn::event {
namespace {

// AWS's limits: "CloudTrail record contents". Words are cut; larger parts are left out as a whole.
constexpr size_t kWordBytesMax = 1 << 10;    // userAgent, errorCode, errorMessage, requestID
constexpr size_t kPartBytesMax = 100 << 10;  // requestParameters, responseElements
constexpr size_t kAdditionalBytesMax = 28 << 10;
constexpr size_t kArnBytesMax = 2 << 10;
constexpr std::string_view kOmitted = R"({"omitted":true})";
/// Levels of a large member. Whoever reads a record takes json::kDepthMax of them, with those of the record itself and of envelopes around
/// it: what nests deeper than that would be a call without a readable event.
constexpr int kPartDepthMax = 48;
static_assert(kPartDepthMax + 8 <= json::kDepthMax);

/// The first `limit` bytes of `s`, no code point cut in half.
std::string_view cut(std::string_view s, size_t limit = kWordBytesMax) {
  if (s.size() <= limit) return s;
  while (limit > 0 && (static_cast<unsigned char>(s[limit]) & 0xC0) == 0x80) --limit;
  return s.substr(0, limit);
}

enum class Parts { kAll, kNone };  // kNone: a record that is too large as a whole

/// Writes one record. Members come in AWS's order; those without a value are absent.
class Record {
 public:
  Record(const Facts& facts, Parts parts) : facts_(facts), parts_(parts), writer_(out_) { out_.reserve(2048); }

  std::string write() {
    is_s3_ = facts_.http != nullptr;
    error_code_ = recorded_error_code(facts_.service, facts_.operation, facts_.error_code);
    writer_.begin_object();
    word("eventVersion", "1.11");
    writer_.key("userIdentity");
    if (facts_.is_owners_copy) write_stranger(writer_, facts_.principal);
    else write_identity(writer_, facts_.principal, facts_.event_type);
    word("eventTime", timestamps::iso8601(facts_.time));
    word("eventSource", facts_.event_source);
    word("eventName", cut(facts_.event_name));
    word("awsRegion", facts_.region.str());
    caller();
    if (!error_code_.empty()) word("errorCode", cut(error_code_));
    if (!facts_.error_message.empty()) word("errorMessage", cut(facts_.error_message));
    part("requestParameters", kPartBytesMax,
         [&] { is_s3_ ? append_s3_request(out_, facts_) : append_request_parameters(out_, facts_, error_code_); });
    part("responseElements", kPartBytesMax,
         [&] { is_s3_ ? append_s3_response(out_, facts_) : append_response_elements(out_, facts_, error_code_); });
    if (is_s3_) {
      part("additionalEventData", kAdditionalBytesMax, [&] { append_s3_additional(out_, facts_); });
    } else if (facts_.additional) {
      part("additionalEventData", kAdditionalBytesMax, [&] { out_ += json::dump(*facts_.additional); });
    }
    if (!facts_.request_id.empty()) word("requestID", cut(facts_.request_id));
    word("eventID", facts_.event_id.str());
    writer_.key("readOnly").boolean(facts_.read_only);
    resources();
    word("eventType", facts_.event_type);
    if (!facts_.api_version.empty() && !is_access_denied(error_code_)) word("apiVersion", facts_.api_version);
    writer_.key("managementEvent").boolean(facts_.management);
    word("recipientAccountId", facts_.recipient.str());
    if (!facts_.shared_event_id.empty()) word("sharedEventID", facts_.shared_event_id.str());
    if (facts_.service_event_details)
      part("serviceEventDetails", kPartBytesMax, [&] { out_ += json::dump(*facts_.service_event_details); });
    word("eventCategory", facts_.management ? "Management" : "Data");
    tls();
    writer_.end_object();
    return std::move(out_);
  }

 private:
  void word(std::string_view name, std::string_view value) { writer_.key(name).string(value); }

  void caller() {
    const bool by_service = facts_.principal.kind == aws::Principal::Kind::kService;
    word("sourceIPAddress", by_service && facts_.source_ip.empty() ? facts_.principal.user_name : facts_.source_ip);
    if (by_service) {
      word("userAgent", cut(facts_.user_agent.empty() ? facts_.principal.user_name : facts_.user_agent));
    } else if (is_s3_) {
      word("userAgent", fmt::format("[{}]", cut(facts_.user_agent, kWordBytesMax - 2)));
    } else {
      word("userAgent", cut(facts_.user_agent));
    }
  }

  /// One of the large members; `append` puts a finished value at the end of `out_`.
  template <class Append>
  void part(std::string_view name, size_t limit, Append append) {
    writer_.key(name).raw({});  // the value follows behind the writer's back
    const size_t mark = out_.size();
    if (parts_ == Parts::kAll) append();
    if (parts_ == Parts::kNone || out_.size() - mark > limit || json::too_deep_at(std::string_view(out_).substr(mark), kPartDepthMax)) {
      out_.resize(mark);
      out_ += kOmitted;
    }
  }

  void resources() {
    if (!is_s3_ && is_access_denied(error_code_)) return;
    const std::vector<Resource> derived = is_s3_ && facts_.resources.empty() ? s3_resources(facts_) : std::vector<Resource>();
    const std::vector<Resource>& all = derived.empty() ? facts_.resources : derived;
    if (all.empty()) return;
    writer_.key("resources").begin_array();
    for (const Resource& resource : all) {
      writer_.begin_object();
      if (resource.is_account_hidden) word("accountId", "");
      else if (!resource.account.empty()) word("accountId", resource.account.str());
      if (!resource.type.empty()) word("type", resource.type);  // SSM's have none
      if (!resource.arn_prefix.empty()) word("ARNPrefix", cut(resource.arn_prefix, kArnBytesMax));
      if (!resource.arn.empty()) word("ARN", cut(resource.arn, kArnBytesMax));
      writer_.end_object();
    }
    writer_.end_array();
  }

  void tls() {
    if (!facts_.tls || facts_.principal.kind == aws::Principal::Kind::kService) return;
    writer_.key("tlsDetails").begin_object();
    word("tlsVersion", facts_.tls->version);
    word("cipherSuite", facts_.tls->cipher_suite);
    if (!facts_.tls_host.empty()) word("clientProvidedHostHeader", cut(facts_.tls_host));
    writer_.end_object();
  }

  const Facts& facts_;
  const Parts parts_;
  bool is_s3_ = false;
  std::string_view error_code_;
  std::string out_;
  json::Writer writer_;
};

}  // namespace

std::string build(const Facts& facts) {
  std::string record = Record(facts, Parts::kAll).write();
  if (record.size() > kRecordBytesMax) record = Record(facts, Parts::kNone).write();
  return record;
}

}  // namespace cairn::event
