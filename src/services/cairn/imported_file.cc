#include "services/cairn/imported_file.h"

#include "archive/log_records.h"

namespace cairn::services {
namespace {

constexpr auto kAheadMax = std::chrono::hours(24);  // clocks differ
constexpr size_t kFieldBytesMax = 1024;

constexpr size_t kRegionBytesMax = 32;

bool is_digest(json::View root) { return root["digestS3Object"].is_string() && root["logFiles"].is_array(); }
bool is_insight(json::View root) {
  return root["eventCategory"].string_or("") == "Insight" || root["eventType"].string_or("") == "AwsCloudTrailInsight";
}

/// Why an event cannot be taken; "": it can.
std::string objection(const event::Attributes& attributes, const ImportRules& rules) {
  for (const std::string* field : {&attributes.event_id, &attributes.event_name, &attributes.event_source, &attributes.region,
                                   &attributes.username, &attributes.access_key})
    if (field->size() > kFieldBytesMax) return fmt::format("a member has {} bytes; at most {} are taken", field->size(), kFieldBytesMax);
  if (!aws::is_account_id(attributes.account))
    return attributes.account.empty() ? "it has neither a recipientAccountId nor its caller's account"
                                      : fmt::format("'{}' is no account of twelve digits", attributes.account.substr(0, 64));
  if (attributes.region.size() > kRegionBytesMax ||
      attributes.region.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") != std::string::npos)
    return fmt::format("'{}' is no region", attributes.region.substr(0, 64));
  if (!rules.account.empty() && attributes.account != rules.account.str())
    return fmt::format("it is an event of account {}; those of others may be imported from the server's first account only",
                       attributes.account);
  if (attributes.time > rules.now + kAheadMax)
    return fmt::format("its eventTime, {}, is yet to come", timestamps::iso8601(attributes.time));
  return {};
}

}  // namespace

ImportedFile read_imported(std::string_view text, const ImportRules& rules, json::Document& scratch,
                           std::vector<history::Arrival>& arrivals) {
  ImportedFile file;
  archive::LogRecords records(text);
  const auto bad = [&](size_t number, size_t offset, std::string reason) {
    if (++file.bad <= kProblemsToldMax) file.problems.push_back({number, records.line_of(offset), std::move(reason)});
  };
  while (const auto item = records.next()) {
    if (file.records == rules.records_max) {
      file.is_cut = true;
      return file;
    }
    ++file.records;
    if (item->record.empty()) {
      bad(item->number, item->offset, std::string(item->problem));
      continue;
    }
    if (item->record.size() > kImportedRecordBytesMax) {
      bad(item->number, item->offset, fmt::format("it has {} bytes; at most {} are taken", item->record.size(), kImportedRecordBytesMax));
      continue;
    }
    auto attributes = event::attributes(item->record, scratch);
    if (!attributes) {
      const auto root = scratch.parse(item->record);
      if (root && is_insight(*root)) {
        ++file.insights;
      } else if (root && file.records == 1 && is_digest(*root)) {
        file.kind = ImportedFile::Kind::kDigest;
        file.records = 0;
        return file;
      } else {
        bad(item->number, item->offset, attributes.error().message);
      }
      continue;
    }
    if (std::string why = objection(*attributes, rules); !why.empty()) {
      bad(item->number, item->offset, std::move(why));
      continue;
    }
    arrivals.push_back({item->record, std::move(*attributes)});
  }
  if (file.insights > 0 && file.insights == file.records) file.kind = ImportedFile::Kind::kInsights;
  return file;
}

}  // namespace cairn::services
