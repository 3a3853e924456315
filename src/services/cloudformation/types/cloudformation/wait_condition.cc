#include <array>

#include "base/text.h"
#include "services/cloudformation/resource_type.h"
#include "services/cloudformation/signal.h"

namespace cairn::cloudformation {
namespace {

constexpr auto kProperties = std::to_array<Property>({
    {"Count"},
    {"Handle", On::kUpdate, kRequired},
    {"Timeout", On::kUpdate, kRequired},
});
constexpr std::array<std::string_view, 1> kAttributes = {"Data"};

constexpr int64_t kTimeoutMax = 43200;  // seconds

int64_t number(const Doing& doing, std::string_view property, int64_t otherwise, int64_t most) {
  const std::string text = doing.text(property, std::to_string(otherwise));
  const auto value = text::to_int(text);
  if (!value || *value < 0 || *value > most)
    throw Failed{fmt::format("Value of property {} must be a number between 0 and {}, found: {}", property, most, text)};
  return *value;
}

/// Whether it is the address of a handle of the stack's own: what others are told is theirs.
bool is_own_handle(const Doing& doing) {
  const std::optional<Handle> handle = handle_of(doing.text("Handle"));
  return handle && handle->account == doing.where().account && handle->region == doing.where().region &&
         doing.where().stack_id.ends_with("/" + handle->stack);
}

void create(Doing& doing) {
  const size_t count = static_cast<size_t>(number(doing, "Count", 1, kSignalsMax));
  const std::chrono::seconds timeout(std::max<int64_t>(number(doing, "Timeout", kTimeoutMax, kTimeoutMax), 1));
  doing.physical = doing.where().stack_id + "/" + doing.where().resource;
  constexpr const char* kNoHandle = "The value of property Handle is not the Ref of an AWS::CloudFormation::WaitConditionHandle";
  if (!is_own_handle(doing)) throw Failed{kNoHandle};
  const Answer& answer = doing.watch({.what = Watch::For::kSignals, .of = doing.text("Handle"), .count = count, .within = timeout});
  if (answer.refusal.code == kStopped) throw Failed{"Resource creation cancelled"};
  if (answer.refusal.code == kLate)
    throw Failed{fmt::format("WaitCondition timed out. Received {} conditions when expecting {}", answer.refusal.message, count)};
  if (!answer.out) throw Failed{kNoHandle};
  if (const auto reason = answer.out->find("Failed"); reason != answer.out->end())
    throw Failed{fmt::format("WaitCondition received failed message: '{}' for uniqueId: {}", reason->get<std::string>(),
                             answer.out->at("UniqueId").get<std::string>())};
  doing.attributes["Data"] = json::dump(answer.out->at("Data"));
}

void update(Doing&) { throw Failed{"Update to resource type AWS::CloudFormation::WaitCondition is not supported."}; }

}  // namespace

extern const ResourceType cloudformation_wait_condition;
const ResourceType cloudformation_wait_condition{
    .name = "AWS::CloudFormation::WaitCondition", .properties = kProperties, .create = create, .update = update, .attributes = kAttributes};

}  // namespace cairn::cloudformation
