#include "services/cloudformation/operation.h"

namespace cairn::cloudformation {

std::string encode(const Operation& operation) {
  return json::dump(Json{{"account", operation.account.str()},
                         {"region", operation.region.str()},
                         {"stack", operation.stack},
                         {"id", operation.id},
                         {"phase", static_cast<int>(operation.phase)},
                         {"creation", operation.is_creation},
                         {"import", operation.is_import},
                         {"imports", operation.imports},
                         {"nested", operation.nested},
                         {"from", operation.from},
                         {"to", operation.to},
                         {"principal", operation.principal},
                         {"role", operation.role},
                         {"token", operation.token},
                         {"onFailure", operation.on_failure},
                         {"succeeded", operation.succeeded},
                         {"failedStatus", operation.failed_status},
                         {"failed", operation.failed},
                         {"retained", operation.retained},
                         {"policy", operation.policy},
                         {"about", operation.about},
                         {"cancelled", operation.is_cancelled},
                         {"endpoint", operation.endpoint},
                         {"until", operation.until.time_since_epoch().count()},
                         {"monitoredUntil", operation.monitored_until.time_since_epoch().count()}});
}

Operation decode_operation(std::string_view text) {
  const Json document = json::parse(text).value();  // we wrote it
  Operation operation;
  operation.account = aws::AccountId(document.at("account").get<std::string>());
  operation.region = aws::Region(document.at("region").get<std::string>());
  operation.stack = document.at("stack").get<std::string>();
  operation.id = document.at("id").get<std::string>();
  operation.phase = static_cast<Operation::Phase>(document.at("phase").get<int>());
  operation.is_creation = document.at("creation").get<bool>();
  operation.is_import = document.value("import", false);
  operation.imports = document.value("imports", Json::object());
  operation.nested = document.value("nested", Json::object());
  operation.from = document.at("from").get<int>();
  operation.to = document.at("to").get<int>();
  operation.principal = document.at("principal");
  operation.role = document.at("role").get<std::string>();
  operation.token = document.at("token").get<std::string>();
  operation.on_failure = document.at("onFailure").get<std::string>();
  operation.succeeded = document.at("succeeded").get<std::string>();
  operation.failed_status = document.at("failedStatus").get<std::string>();
  operation.failed = document.at("failed").get<std::vector<std::string>>();
  operation.retained = document.at("retained").get<std::vector<std::string>>();
  operation.policy = document.at("policy").get<std::string>();
  operation.about = document.at("about");
  operation.is_cancelled = document.at("cancelled").get<bool>();
  operation.endpoint = document.value("endpoint", "");
  operation.until = Time(Time::duration(document.value("until", int64_t{0})));
  operation.monitored_until = Time(Time::duration(document.value("monitoredUntil", int64_t{0})));
  return operation;
}

void put_operation(state::Transaction& state, const Operation& operation) {
  state.put(keys::operation(operation.stack), encode(operation));
}

}  // namespace cairn::cloudformation
