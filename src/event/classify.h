#pragma once
#include <string>
#include <string_view>

#include "aws/model.h"

/// What kind of event a call makes: facts about AWS, one function each.
namespace cairn::event {

/// eventName where it is not the API's name: ListObjectsV2 -> ListObjects, Lambda's dated names ...
std::string event_name(std::string_view service_key, std::string_view operation);
bool is_read_only(std::string_view service_key, std::string_view operation);
/// False for data events (S3 objects, SNS Publish, Lambda Invoke, PutEvents ...).
bool is_management(std::string_view service_key, std::string_view operation);
std::string event_source(const aws::ServiceModel& service);  // monitoring.amazonaws.com ...

}  // namespace cairn::event
