#include "event/attributes.h"

#include <optional>

#include "event/lookup_resources.h"

namespace cairn::event {
namespace {

constexpr size_t kResourceArnsMax = 64;  // of one event

/// A member that is looked for by its name.
void read_text(json::View value, std::string& into, bool& is_plain) {
  const std::string_view text = value.string_or("");
  is_plain = is_plain && into.empty() && !text.empty();
  into = text;
}

/// What follows the first ':'; principal ids of sessions are "AROA...:session name".
std::string_view after_colon(std::string_view s) {
  const size_t colon = s.find(':');
  return colon == std::string_view::npos ? std::string_view() : s.substr(colon + 1);
}

void read_identity(json::View identity, Attributes& attributes) {
  std::string_view principal_id, user_name, account;
  identity.each_member([&](std::string_view name, json::View value) {
    if (name == "principalId") principal_id = value.string_or("");
    if (name == "userName") user_name = value.string_or("");
    if (name == "accountId") account = value.string_or("");
    if (name == "accessKeyId") attributes.access_key = value.string_or("");
    if (name == "arn") read_text(value, attributes.principal_arn, attributes.is_plain);
    if (name == "type") read_text(value, attributes.user_type, attributes.is_plain);
  });
  const std::string_view type = attributes.user_type;
  if (type == "Root") {
    attributes.username = "root";
  } else if (type == "AssumedRole" || type == "FederatedUser") {
    attributes.username = after_colon(principal_id);
  } else if (type != "AWSService" && type != "AWSAccount") {
    attributes.username = user_name;
  }
  if (attributes.account.empty()) attributes.account = account;
}

/// Booleans as such, or as LookupEvents spells them.
bool read_flag(json::View value, bool otherwise) {
  if (const auto flag = value.boolean()) return *flag;
  const std::string_view words = value.string_or("");
  return words == "true" ? true : words == "false" ? false : otherwise;
}

Result<void> read(std::string_view record, json::Document& document, Attributes& found) {
  const Result<json::View> root = document.parse(record);
  if (!root) return failure("no event record: {}", root.error().message);
  if (!root->is_object()) return failure("no event record: not a JSON object");

  std::string_view time;
  std::optional<bool> management;
  bool has_identity = false;
  json::View identity, request, response, recorded;
  const auto text = [&found](json::View value, std::string& into) { read_text(value, into, found.is_plain); };
  root->each_member([&](std::string_view name, json::View value) {
    switch (name.size()) {
      case 7:
        if (name == "eventID") found.event_id = value.string_or("");
        break;
      case 8:
        if (name != "readOnly") break;
        found.is_plain = found.is_plain && !found.says_read_only && value.boolean();
        found.read_only = read_flag(value, true);
        found.says_read_only = true;
        break;
      case 9:
        if (name == "eventName") text(value, found.event_name);
        else if (name == "eventTime") time = value.string_or("");
        else if (name == "awsRegion") text(value, found.region);
        else if (name == "errorCode") text(value, found.error_code);
        else if (name == "userAgent") text(value, found.user_agent);
        else if (name == "resources") recorded = value;
        break;
      case 11:
        if (name == "eventSource") text(value, found.event_source);
        break;
      case 12:
        if (name != "userIdentity") break;
        found.is_plain = found.is_plain && !has_identity;
        has_identity = true;
        identity = value;
        break;
      case 13:
        if (name == "eventCategory") text(value, found.event_category);
        break;
      case 15:
        if (name == "managementEvent") management = read_flag(value, true);
        else if (name == "sourceIPAddress") text(value, found.source_address);
        break;
      case 16:
        if (name == "responseElements") response = value;
        else if (name == "userIdentity.arn") found.is_plain = false;  // as the member of that object is named in formulas
        break;
      case 17:
        if (name == "requestParameters") request = value;
        else if (name == "userIdentity.type") found.is_plain = false;
        break;
      case 18:
        if (name != "recipientAccountId") break;
        text(value, found.account);
        found.says_account = true;
        break;
      default:
        break;
    }
  });
  if (found.event_id.empty() || found.event_name.empty() || found.event_source.empty()) {
    return failure("no event record: eventID, eventName or eventSource is missing");
  }
  const std::optional<Time> when = timestamps::parse_iso8601(time);
  if (!when) return failure("no event record: eventTime is missing or unreadable");
  found.time = *when;
  found.management = found.event_category.empty() ? management.value_or(true) : found.event_category == "Management";
  if (identity.is_object()) read_identity(identity, found);
  recorded.each([&](json::View one) {
    const std::string_view arn = one["ARN"].string_or("");
    if (!arn.empty() && found.resource_arns.size() < kResourceArnsMax) found.resource_arns.emplace_back(arn);
  });
  found.resources = lookup_resources(found.event_source, found.event_name, request, response, recorded);
  return {};
}

}  // namespace

Result<Attributes> attributes(std::string_view record, json::Document& document) {
  Result<Attributes> found;  // read into in its place: it is large
  if (const auto done = read(record, document, *found); !done) found = tl::unexpected(done.error());
  return found;
}

}  // namespace cairn::event
