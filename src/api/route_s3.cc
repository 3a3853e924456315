#include "api/route_s3.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "aws/model.h"
#include "base/check.h"
#include "base/text.h"

namespace cairn::api {
namespace {

enum class Level { kService, kBucket, kObject, kLiteral };

struct Fixed {
  std::string name;
  std::string value;  // "" matches any value: `?acl` and `?acl=`
};

/// One operation, as far as routing can see it.
struct Candidate {
  std::string_view name;
  std::string_view method;
  Level level = Level::kService;
  std::string_view literal;  // kLiteral: the path
  std::vector<Fixed> fixed;
  std::vector<std::string> required_query;
  std::vector<std::string> required_headers;
  std::set<std::string, std::less<>> query;  // every query name that it understands
};

struct Table {
  std::vector<Candidate> candidates;
  std::set<std::string, std::less<>> selecting;  // query names that choose an operation: never to be ignored
};

Level level_of(std::string_view path) {
  if (path == "/") return Level::kService;
  if (path == "/{Bucket}") return Level::kBucket;
  if (path == "/{Bucket}/{Key+}") return Level::kObject;
  return Level::kLiteral;
}

Candidate candidate_of(const aws::OperationModel& operation) {
  Candidate candidate{.name = operation.name, .method = operation.method};
  const std::string_view uri = operation.uri;
  const size_t question = uri.find('?');
  candidate.literal = uri.substr(0, question);
  candidate.level = level_of(candidate.literal);
  if (question != std::string_view::npos) {
    for (std::string_view part : text::split(uri.substr(question + 1), '&')) {
      const size_t equals = part.find('=');
      std::string name(part.substr(0, equals));
      std::string value(equals == std::string_view::npos ? "" : part.substr(equals + 1));
      candidate.query.insert(name);
      if (name == "x-id") continue;  // names the operation for logs; clients may leave it out
      candidate.fixed.push_back({std::move(name), std::move(value)});
    }
  }
  if (operation.input == nullptr) return candidate;
  for (const aws::Member& member : operation.input->members) {
    if (member.location == aws::Location::kQuery) {
      candidate.query.insert(member.location_name);
      if (member.required) candidate.required_query.push_back(member.location_name);
    } else if (member.location == aws::Location::kHeader && member.required) {
      candidate.required_headers.push_back(member.location_name);
    }
  }
  return candidate;
}

const Table& table() {
  static const Table made = [] {
    Table table;
    const aws::ServiceModel* model = aws::service_model("s3");
    CHECK(model != nullptr);
    for (const aws::OperationModel& operation : model->operations) {
      Candidate candidate = candidate_of(operation);
      for (const Fixed& fixed : candidate.fixed) table.selecting.insert(fixed.name);
      for (const std::string& name : candidate.required_query) table.selecting.insert(name);
      table.candidates.push_back(std::move(candidate));
    }
    return table;
  }();
  return made;
}

using Query = std::vector<std::pair<std::string, std::string>>;

Query parse_query(std::string_view raw) {
  Query query;
  if (raw.empty()) return query;
  for (std::string_view part : text::split(raw, '&')) {
    if (part.empty()) continue;
    const size_t equals = part.find('=');
    const std::string_view name = part.substr(0, equals);
    const std::string_view value = equals == std::string_view::npos ? std::string_view() : part.substr(equals + 1);
    query.emplace_back(text::percent_decode(name, text::Plus::kSpace).value_or(std::string(name)),
                       text::percent_decode(value, text::Plus::kSpace).value_or(std::string(value)));
  }
  return query;
}

const std::string* find(const Query& query, std::string_view name) {
  for (const auto& [key, value] : query)
    if (key == name) return &value;
  return nullptr;
}

/// How well `candidate` fits; nullopt: it is not meant. Fixed query parts weigh most, then required names and headers.
std::optional<int> fit(const Candidate& candidate, const http::Head& head, const Query& query) {
  int score = 0;
  for (const Fixed& fixed : candidate.fixed) {
    const std::string* value = find(query, fixed.name);
    if (value == nullptr || (!fixed.value.empty() && *value != fixed.value)) return std::nullopt;
    score += 100;
  }
  for (const auto& [name, value] : query)
    if (table().selecting.contains(name) && !candidate.query.contains(name)) return std::nullopt;
  int missing = 0;
  for (const std::string& name : candidate.required_query) {
    if (find(query, name) != nullptr) score += 10;
    else ++missing;
  }
  for (const std::string& name : candidate.required_headers) {
    if (head.header(name)) score += 10;
    else ++missing;
  }
  // Without a fixed part only the required ones tell CopyObject from PutObject; with one, a lack is the validation's business.
  if (missing > 0 && candidate.fixed.empty()) return std::nullopt;
  return score - 10 * missing;
}

/// Of two operations with the same form: the model keeps old ones (GetBucketLifecycle) beside those that replaced them, and
/// directory buckets have their own host.
bool preferred(std::string_view a, std::string_view b) {
  const bool a_new = a.ends_with("Configuration"), b_new = b.ends_with("Configuration");
  if (a_new != b_new) return a_new;
  return a.size() < b.size();
}

}  // namespace

std::optional<std::string_view> s3_operation(const http::Head& head, std::string_view bucket, std::string_view key) {
  if (head.method == "OPTIONS") return "PreflightRequest";  // of a bucket and of its objects alike
  const Level level = bucket.empty() ? Level::kService : key.empty() ? Level::kBucket : Level::kObject;
  const Query query = parse_query(head.query);
  const std::string* hint = find(query, "x-id");
  const Candidate* best = nullptr;
  int best_score = 0;
  for (const Candidate& candidate : table().candidates) {
    if (candidate.method != head.method) continue;
    if (candidate.level == Level::kLiteral ? head.path != candidate.literal : candidate.level != level) continue;
    const std::optional<int> score = fit(candidate, head, query);
    if (!score) continue;
    if (candidate.level == Level::kLiteral) return candidate.name;
    const bool better = best == nullptr || *score > best_score ||
                        (*score == best_score && (hint != nullptr && *hint == candidate.name
                                                      ? true
                                                      : (hint == nullptr || *hint != best->name) && preferred(candidate.name, best->name)));
    if (!better) continue;
    best = &candidate;
    best_score = *score;
  }
  if (best == nullptr) return std::nullopt;
  return best->name;
}

}  // namespace cairn::api
