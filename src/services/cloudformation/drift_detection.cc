#include <algorithm>
#include <array>

#include "api/operation.h"
#include "api/ports.h"
#include "base/text.h"
#include "services/cloudformation/drift.h"
#include "services/cloudformation/errors.h"
#include "services/cloudformation/reading.h"
#include "services/cloudformation/references.h"
#include "services/cloudformation/resource_type.h"

/// DetectStackDrift, DetectStackResourceDrift, DescribeStackDriftDetectionStatus, DescribeStackResourceDrifts. Each resource is read by
/// calls in the caller's name.
namespace cairn::cloudformation {
namespace {

constexpr size_t kDriftBytesMax = 512 << 10;  // of what a detection writes down
constexpr const char* kAt = "at";

Drift detected(api::Call& call, const Stack& stack, const Resources& resources, const Resource& resource) {
  const ResourceType* type = resource_type(resource.type);
  if (type == nullptr || type->read == nullptr) return {.status = "NOT_CHECKED"};
  const Doing::Where where{.account = stack.account,
                           .region = stack.region,
                           .stack_name = stack.name,
                           .stack_id = stack.arn(),
                           .resource = resource.id,
                           .token = resource.token};
  std::optional<Drift> drift;
  try {
    read_within(call, where, [&](Doing& doing) {
      doing.wanted = resource.now.properties;
      doing.physical = resource.now.physical;
      doing.attributes = resource.now.attributes;
      for (const auto& [id, other] : resources) doing.beside.insert(other.now.physical);
      resolve_references(doing, false);
      type->read(doing);
      drift = drift_from(doing, resource.now.shown());
    });
  } catch (const Failed& failed) {
    return {.status = "", .reason = failed.reason};
  }
  return std::move(*drift);
}

Json shown(const Stack& stack, const Resource& resource, const Drift& drift, Time now) {
  Json out{{"StackId", stack.arn()},        {"LogicalResourceId", resource.id},         {"PhysicalResourceId", resource.now.physical},
           {"ResourceType", resource.type}, {"StackResourceDriftStatus", drift.status}, {"Timestamp", timestamps::iso8601_millis(now)}};
  if (drift.status == "NOT_CHECKED") return out;
  out["ExpectedProperties"] = json::dump(drift.expected);
  if (drift.status != "DELETED") {
    out["ActualProperties"] = json::dump(drift.actual);
    out["PropertyDifferences"] = drift.differences;
  }
  return out;
}

bool is_drifted(const std::string& status) { return status == "MODIFIED" || status == "DELETED"; }

/// Writes it down; what is too large keeps its status alone. `room`: bytes that may still be written.
void put_drift(api::Call& call, const Stack& stack, const std::string& resource, Json shown, size_t& room) {
  size_t bytes = json::dump(shown).size();
  if (bytes > room) {
    for (const char* member : {"ExpectedProperties", "ActualProperties", "PropertyDifferences"}) shown.erase(member);
    bytes = json::dump(shown).size();
  }
  room -= std::min(room, bytes);
  put_sealed(*call.state, *call.ports->sealer, keys::drift(stack.id) + resource,
             {{kAt, call.now.time_since_epoch().count()}, {"shown", std::move(shown)}});
}

Stack detectable(api::Call& call) {
  Stack stack = open_stack(call, call.in["StackName"].get<std::string>());
  static constexpr std::string_view kStable[] = {"CREATE_COMPLETE",        "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE",
                                                 "UPDATE_ROLLBACK_FAILED", "IMPORT_COMPLETE", "IMPORT_ROLLBACK_COMPLETE"};
  if (std::ranges::find(kStable, stack.status) == std::end(kStable))
    throw Error(kValidationError, "Drift detection cannot be performed on stack [{}] in {} status.", stack.name, stack.status);
  return stack;
}

/// Differs from AWS: it is done when it is answered.
void detect_stack_drift(api::Call& call) {
  const Stack stack = detectable(call);
  const Resources resources = resources_of(*call.state, *call.ports->sealer, stack.id);
  const Json wanted = call.in.value("LogicalResourceIds", Json::array());
  for (const Json& id : wanted)
    if (!resources.contains(id.get<std::string>()))
      throw Error(kValidationError, "Resource {} does not exist for stack {}", id.get<std::string>(), stack.name);
  size_t room = kDriftBytesMax, count = 0;
  std::vector<std::string> failed;
  for (const auto& [id, resource] : resources) {
    if (resource.is_gone() || resource.now.physical.empty()) continue;
    if (!wanted.empty() && std::ranges::find(wanted, Json(id)) == wanted.end()) continue;
    const Drift drift = detected(call, stack, resources, resource);
    if (drift.status.empty()) {
      failed.push_back(fmt::format("{}: {}", id, drift.reason));
      continue;
    }
    if (is_drifted(drift.status)) ++count;
    put_drift(call, stack, id, shown(stack, resource, drift, call.now), room);
  }
  const std::string id = call.ports->random->uuid();
  Json out{{"StackId", stack.arn()},
           {"StackDriftDetectionId", id},
           {"StackDriftStatus", count > 0        ? "DRIFTED"
                                : failed.empty() ? "IN_SYNC"
                                                 : "UNKNOWN"},
           {"DetectionStatus", failed.empty() ? "DETECTION_COMPLETE" : "DETECTION_FAILED"},
           {"DriftedStackResourceCount", count},
           {"Timestamp", timestamps::iso8601_millis(call.now)}};
  if (!failed.empty()) {
    std::string reason = fmt::format("Failed to detect drift on resource(s): {}", fmt::join(failed, "; "));
    constexpr size_t kReasonBytesMax = 4096;
    if (reason.size() > kReasonBytesMax) reason.resize(kReasonBytesMax);
    out["DetectionStatusReason"] = text::replace_invalid_utf8(reason);
  }
  if (const std::optional<std::string> former = call.state->get(keys::detection_of(stack.id))) call.state->erase(keys::detection(*former));
  call.state->put(keys::detection_of(stack.id), id);
  call.state->put(keys::detection(id), json::dump(Json{{"account", stack.account.str()},
                                                       {"region", stack.region.str()},
                                                       {kAt, call.now.time_since_epoch().count()},
                                                       {"shown", std::move(out)}}));
  call.out["StackDriftDetectionId"] = id;
}

/// Differs from AWS: the newest detection of a stack is known.
void describe_detection(api::Call& call) {
  const std::string id = call.in["StackDriftDetectionId"].get<std::string>();
  const std::optional<std::string> document = call.state->get(keys::detection(id));
  const Json detection = document ? json::parse(*document).value() : Json::object();
  if (detection.value("account", "") != call.account.str() || detection.value("region", "") != call.region.str())
    throw Error(kValidationError, "Drift detection with id [{}] does not exist", id);
  call.out = detection.at("shown");
}

void detect_resource_drift(api::Call& call) {
  const Stack stack = detectable(call);
  const std::string id = call.in["LogicalResourceId"].get<std::string>();
  const Resources resources = resources_of(*call.state, *call.ports->sealer, stack.id);
  const auto it = resources.find(id);
  if (it == resources.end() || it->second.is_gone())
    throw Error(kValidationError, "Resource {} does not exist for stack {}", id, stack.name);
  const ResourceType* type = resource_type(it->second.type);
  if (type == nullptr || type->read == nullptr)
    throw Error(kValidationError, "Drift detection is not supported for resource [{}] of type {}", id, it->second.type);
  const Drift drift = detected(call, stack, resources, it->second);
  if (drift.status.empty()) throw Error(kValidationError, "Failed to detect drift on resource [{}]: {}", id, drift.reason);
  Json out = shown(stack, it->second, drift, call.now);
  size_t room = kDriftBytesMax;
  put_drift(call, stack, id, out, room);
  call.out["StackResourceDrift"] = std::move(out);
}

void describe_drifts(api::Call& call) {
  constexpr size_t kPage = 100;
  const Stack stack = open_stack(call, call.in["StackName"].get<std::string>());
  const Json filters = call.in.value("StackResourceDriftStatusFilters", Json::array());
  const size_t most = std::min<size_t>(kPage, call.in.value("MaxResults", kPage));
  Json& drifts = call.out["StackResourceDrifts"] = Json::array();
  const Resources resources = resources_of(*call.state, *call.ports->sealer, stack.id);
  for (auto it = resources.upper_bound(call.in.value("NextToken", "")); it != resources.end(); ++it) {
    const auto document = get_sealed(*call.state, *call.ports->sealer, keys::drift(stack.id) + it->first);
    if (!document || Time(Time::duration(document->at(kAt).get<int64_t>())) < it->second.changed) continue;
    const Json& one = document->at("shown");
    const Json& status = one.at("StackResourceDriftStatus");
    if (filters.empty() ? status == "NOT_CHECKED" : std::ranges::find(filters, status) == filters.end()) continue;
    if (drifts.size() == most) {
      call.out["NextToken"] = drifts.back()["LogicalResourceId"];
      return;
    }
    drifts.push_back(one);
  }
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"DescribeStackDriftDetectionStatus", describe_detection},
    {"DescribeStackResourceDrifts", describe_drifts},
    {"DetectStackDrift", detect_stack_drift, api::Runs::kPool},
    {"DetectStackResourceDrift", detect_resource_drift, api::Runs::kPool},
});

}  // namespace
}  // namespace cairn::cloudformation

namespace cairn::services {
extern const api::Family cloudformation_drift_detection;
const api::Family cloudformation_drift_detection{.service = "cloudformation", .operations = cloudformation::kOperations};
}  // namespace cairn::services
