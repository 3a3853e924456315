#include "api/registry.h"

#include <map>
#include <mutex>

#include "base/check.h"

namespace cairn::api {
namespace {

std::vector<const Family*>& installed() {
  static std::vector<const Family*> families;
  return families;
}

std::unique_ptr<Service> join(std::string_view key) {
  const aws::ServiceModel* model = aws::service_model(key);
  if (model == nullptr) return nullptr;
  auto joined = std::make_unique<Service>();
  joined->model = model;
  joined->operations.assign(model->operations.size(), nullptr);
  joined->decides.assign(model->operations.size(), Decides::kPipeline);
  for (const Family* family : installed()) {
    if (family->service != key) continue;
    for (const Operation& operation : family->operations) {
      const aws::OperationModel* known = model->operation(operation.name);
      CHECK(known != nullptr);  // a row must name an operation of the table
      const auto at = static_cast<size_t>(known - model->operations.data());
      joined->operations[at] = &operation;
      joined->decides[at] = family->decides;
    }
  }
  return joined;
}

}  // namespace

void install(const std::vector<const Family*>& families) { installed() = families; }

const Service* service(std::string_view key) {
  static std::mutex mutex;
  static std::map<std::string, std::unique_ptr<Service>, std::less<>> joined;
  thread_local std::map<std::string, const Service*, std::less<>> seen;  // the lock is taken once per thread and service
  if (const auto it = seen.find(key); it != seen.end()) return it->second;
  std::lock_guard lock(mutex);
  auto it = joined.find(key);
  if (it == joined.end()) {
    std::unique_ptr<Service> made = join(key);
    if (made == nullptr) return nullptr;
    it = joined.emplace(std::string(key), std::move(made)).first;
  }
  return seen.emplace(std::string(key), it->second.get()).first->second;
}

const Service* service_for_signing_name(std::string_view signing_name) {
  // The names in credential scopes are those of the tables but for two; parsing every table to learn that would cost 10 MB.
  if (signing_name == "cloudwatch") return service("monitoring");
  return service(signing_name);
}

const Operation* implementation(const Service& service, const aws::OperationModel& model) {
  return service.operations[static_cast<size_t>(&model - service.model->operations.data())];
}

bool handler_decides(const Service& service, const aws::OperationModel& model) {
  return service.decides[static_cast<size_t>(&model - service.model->operations.data())] == Decides::kHandler;
}

}  // namespace cairn::api
