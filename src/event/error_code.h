#pragma once
#include <string_view>

#include "aws/model.h"

/// The record's errorCode, which is not always the wire's.
namespace cairn::event {

/// Authorization failures are AccessDenied whatever the protocol calls them; else the name of the model's exception shape, where
/// `code` is only its wire code (IAM's NoSuchEntity -> NoSuchEntityException); else `code`. The view lives as long as both.
std::string_view recorded_error_code(const aws::ServiceModel* service, const aws::OperationModel* operation, std::string_view code);

/// Failures that come before the operation looks at its parameters: requestParameters is null (but S3's).
bool hides_parameters(std::string_view recorded_code);
/// The failures by which a caller is refused: `resources` and apiVersion are absent (but S3's).
bool is_access_denied(std::string_view recorded_code);

}  // namespace cairn::event
