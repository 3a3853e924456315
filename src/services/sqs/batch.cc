#include "services/sqs/batch.h"

#include <algorithm>
#include <set>

#include "aws/model.h"
#include "services/sqs/errors.h"

namespace cairn::sqs {
namespace {

constexpr size_t kEntriesMax = 10;
constexpr size_t kIdBytesMax = 80;

bool is_entry_id(std::string_view id) {
  const auto fits = [](unsigned char c) { return std::isalnum(c) != 0 || c == '-' || c == '_'; };
  return !id.empty() && id.size() <= kIdBytesMax && std::ranges::all_of(id, fits);
}

/// The code that the query protocol gives it: that stands in the failures of batches, whatever the protocol.
std::string wire_code(const Error& error) {
  const auto& shapes = aws::service_model("sqs")->shapes;
  const auto shape = shapes.find(error.kind.code);
  return shape != shapes.end() && shape->second.exception ? shape->second.error_code : std::string(error.kind.code);
}

}  // namespace

void check_entries(const api::Call& call) {
  const Json& entries = call.in.at("Entries");
  if (entries.empty()) throw Error(kEmptyBatchRequest, "There should be at least one {}RequestEntry in the request.", call.model->name);
  if (entries.size() > kEntriesMax)
    throw Error(kTooManyEntries, "Maximum number of entries per request are {}. You have sent {}.", kEntriesMax, entries.size());
  std::set<std::string> ids;
  for (const Json& entry : entries) {
    const std::string id = entry.at("Id").get<std::string>();
    if (!is_entry_id(id))
      throw Error(kInvalidBatchEntryId,
                  "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most {} letters long.",
                  kIdBytesMax);
    if (!ids.insert(id).second) throw Error(kBatchEntryIdsNotDistinct, "Id {} repeated.", id);
  }
}

void for_each_entry(api::Call& call, const std::function<Json(const Json& entry)>& one) {
  check_entries(call);
  Json done = Json::array(), failed = Json::array();
  for (const Json& entry : call.in.at("Entries")) {
    try {
      Json success = one(entry);
      success["Id"] = entry.at("Id");
      done.push_back(std::move(success));
    } catch (const Error& error) {
      failed.push_back({{"Id", entry.at("Id")}, {"SenderFault", true}, {"Code", wire_code(error)}, {"Message", error.message}});
    }
  }
  // Absent rather than empty, as AWS has it.
  if (!done.empty()) call.out["Successful"] = std::move(done);
  if (!failed.empty()) call.out["Failed"] = std::move(failed);
}

}  // namespace cairn::sqs
