#pragma once
#include <span>
#include <string_view>

#include "aws/model.h"

/// What a record leaves out or hides, as tables. Evidence: docs/formats/record.md.
namespace cairn::event {

enum class Treatment {
  kRecord,       // as it is
  kOmit,         // the member is absent
  kHide,         // "HIDDEN_DUE_TO_SECURITY_REASONS"
  kEmptyObject,  // {} whether or not it was sent
};

/// One member that the model's `sensitive` trait does not tell about, or tells wrongly.
struct RedactionRule {
  std::string_view service, structure, member;  // by the model's names; structure "*": any
  Treatment treatment;
};

/// The rules of one service; find once per record.
class Redaction {
 public:
  explicit Redaction(std::string_view service_key);
  /// What becomes of `member` of `structure`: the table, else the `sensitive` trait, else kRecord. Blobs are never recorded.
  Treatment of(const aws::Shape& structure, const aws::Member& member) const;
  /// The same for elements of lists and values of maps.
  Treatment of(const aws::Shape& shape) const;

 private:
  std::span<const RedactionRule> rules_;
  Treatment sensitive_ = Treatment::kOmit;  // how this service treats sensitive members
};

/// True for operations whose requestParameters (responseElements) are null whatever was sent (answered).
bool never_shows_request(std::string_view service_key, std::string_view operation);
bool never_shows_response(std::string_view service_key, std::string_view operation);

}  // namespace cairn::event
