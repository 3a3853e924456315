#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "../world.h"
#include "api/requests_test.h"
#include "aws/model.h"

namespace cairn::sim {

/// A text that stands in every secret parameter; no record may hold it.
constexpr std::string_view kSecret = "Zq7hidden4Xk9";

/// A call made for a row of an operation table, and what its one record must say.
struct Asked {
  const aws::ServiceModel* service = nullptr;
  const aws::OperationModel* operation = nullptr;  // null: one that no table has
  aws::Protocol protocol = aws::Protocol::kJson11;
  std::string event_name;
  uint64_t call = 0;  // in the world

  std::string where() const;  // for failures: service, operation, protocol
};

/// An answer as its protocol's clients read it.
struct Answer {
  int status = 0;
  std::string request_id;  // header
  std::string code;        // of the error; "" on success
  std::string message;
};

/// A whole server, asked for row after row.
class Rows {
 public:
  Rows();

  void ask(const aws::ServiceModel& service, const aws::OperationModel& operation, aws::Protocol protocol, api::MadeRequest request);
  void ask_unknown(const aws::ServiceModel& service, aws::Protocol protocol, api::MadeRequest request, std::string event_name);

  /// Lets every call come to rest, holds every record against its call (exactly one each, none besides), and gives `f` each call
  /// with its answer and its record.
  void check(const std::function<void(const Asked&, const Answer&, const Json& record)>& f);

  /// The bytes of the journal's segments.
  std::string journal();

 private:
  void send(Asked asked, api::MadeRequest request);
  std::map<std::string, std::vector<Json>> records();  // by requestID

  World world_;
  std::vector<Asked> asked_;
};

/// Runs `f` for every row of every table that a request can name, over each protocol that its service speaks.
void each_row(const std::function<void(const aws::ServiceModel&, const aws::OperationModel&, aws::Protocol)>& f);

}  // namespace cairn::sim
