#include "services/cloudformation/notice.h"

#include "api/within.h"
#include "base/text.h"
#include "services/cloudformation/caller.h"
#include "services/cloudformation/errors.h"

namespace cairn::cloudformation {

Hearers hearers_of(const Stack& stack, const Operation& operation) {
  Hearers hearers{.topics = {}, .principal = operation.principal, .role = operation.role};
  const Json none = Json::array();
  const Json topics =
      operation.about.contains("NotificationARNs") ? operation.about.at("NotificationARNs") : stack.about.value("NotificationARNs", none);
  hearers.topics = topics.get<std::vector<std::string>>();
  return hearers;
}

void check_topics(api::Call& call, const Json& topics) {
  for (const Json& each : topics) {
    const std::string arn = each.get<std::string>();
    const std::vector<std::string_view> parts = text::split(arn, ':');
    // The region is that of the call that publishes, and of its event.
    if (parts.size() != 6 || parts[0] != "arn" || parts[1] != "aws" || parts[2] != "sns" || !aws::is_region(parts[3]) ||
        !aws::is_account_id(parts[4]) || parts[5].empty())
      throw Error(kValidationError, "Invalid notification ARN: {}", arn);
    try {
      api::call_within(call, {.service = "sns",
                              .operation = "GetTopicAttributes",
                              .in = {{"TopicArn", arn}},
                              .region = aws::Region(std::string(parts[3])),
                              .invoked_by = kService,
                              .account = call.account});
    } catch (const Error& refusal) {
      const std::string_view code = refusal.kind.wire_code.empty() ? refusal.kind.code : refusal.kind.wire_code;
      if (code == "NotFound" || code == "InvalidParameter")
        throw Error(kValidationError, "{} (Service: AmazonSNS; Status Code: {}; Error Code: {}; Request ID: {}; Proxy: null)",
                    refusal.message, refusal.kind.status, code, call.request_id);
    }
  }
}

std::string notice_text(const Stack& stack, const Json& event, const std::string& principal_id) {
  const auto shown = [&](const char* name) {
    std::string value = event.value(name, "");
    for (size_t at = 0; (at = value.find('\n', at)) != std::string::npos;) value[at] = ' ';
    return value;
  };
  std::string out;
  const auto line = [&](const char* name, const std::string& value) { out += fmt::format("{}='{}'\n", name, value); };
  line("StackId", stack.arn());
  line("Timestamp", shown("Timestamp"));
  line("EventId", shown("EventId"));
  line("LogicalResourceId", shown("LogicalResourceId"));
  line("Namespace", stack.account.str());
  line("PhysicalResourceId", shown("PhysicalResourceId"));
  line("PrincipalId", principal_id);
  line("ResourceProperties", event.contains("ResourceProperties") ? shown("ResourceProperties") : "null");
  line("ResourceStatus", shown("ResourceStatus"));
  line("ResourceStatusReason", shown("ResourceStatusReason"));
  line("ResourceType", shown("ResourceType"));
  line("StackName", stack.name);
  line("ClientRequestToken", event.contains("ClientRequestToken") ? shown("ClientRequestToken") : "null");
  return out;
}

std::string encode(const Notice& notice) {
  return json::dump(Json{{"stack", notice.stack},
                         {"topic", notice.topic},
                         {"message", notice.message},
                         {"region", notice.region.str()},
                         {"principal", notice.principal},
                         {"role", notice.role},
                         {"account", notice.account.str()}});
}

Notice decode_notice(std::string_view text) {
  const Json document = json::parse(text).value();  // we wrote it
  return {.stack = document.at("stack").get<std::string>(),
          .topic = document.at("topic").get<std::string>(),
          .message = document.at("message").get<std::string>(),
          .region = aws::Region(document.at("region").get<std::string>()),
          .principal = document.at("principal"),
          .role = document.at("role").get<std::string>(),
          .account = aws::AccountId(document.at("account").get<std::string>())};
}

void put_notices(state::Transaction& state, const Stack& stack, const Hearers& hearers, const Json& event, const std::string& order) {
  if (hearers.topics.empty()) return;
  Notice notice{.stack = stack.arn(),
                .topic = {},
                .message = notice_text(stack, event, hearers.principal.value("id", "")),
                .region = stack.region,
                .principal = hearers.principal,
                .role = hearers.role,
                .account = stack.account};
  int number = 0;
  for (const std::string& topic : hearers.topics) {
    notice.topic = topic;
    state.put(fmt::format("{}{}-{}", keys::notices(stack.id), order, number++), encode(notice));
  }
}

}  // namespace cairn::cloudformation
