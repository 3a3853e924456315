#pragma once
#include <memory>
#include <string_view>
#include <vector>

#include "api/operation.h"

namespace cairn::api {

/// The services that answer here: every model table, joined with the families that were installed. Made at first use, a
/// service at a time (a table costs memory only once it is called). Any thread.
void install(const std::vector<const Family*>& families);  // once, before the first call
const Service* service(std::string_view key);              // null: no such table
/// By the credential scope's service name; a few names serve several tables (s3: also s3control).
const Service* service_for_signing_name(std::string_view signing_name);
const Operation* implementation(const Service& service, const aws::OperationModel& model);  // null: NotImplemented
bool handler_decides(const Service& service, const aws::OperationModel& model);

}  // namespace cairn::api
