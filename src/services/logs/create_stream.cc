#include <array>

#include "api/operation.h"
#include "api/ports.h"
#include "services/logs/access.h"
#include "services/logs/errors.h"
#include "services/logs/stream.h"

namespace cairn::logs_service {
namespace {

constexpr const char* kIdAlphabet = "0123456789abcdefghijklmnopqrstuvwxyz";
constexpr size_t kIdCharacters = 12;

void create_log_stream(api::Call& call) {
  require_may_write(call);
  const Group group = open_group(call, call.in.at("logGroupName").get<std::string>());
  const std::string name = call.in.at("logStreamName").get<std::string>();
  if (find_stream(call, group, name)) throw Error(kAlreadyExists, "The specified log stream already exists");
  const Stream stream{.name = name,
                      .id = call.ports->random->letters(kIdCharacters, kIdAlphabet),
                      .created = call.now,
                      .first_event = {},
                      .last_event = {},
                      .last_ingestion = {}};
  call.state->put(documents::stream(group.id, name), encode(stream));
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"CreateLogStream", create_log_stream},
});

}  // namespace
}  // namespace cairn::logs_service

namespace cairn::services {
extern const api::Family logs_create_stream;
const api::Family logs_create_stream{.service = "logs", .operations = logs_service::kOperations, .decides = api::Decides::kHandler};
}  // namespace cairn::services
