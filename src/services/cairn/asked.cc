#include "services/cairn/asked.h"

#include "api/ports.h"
#include "api/record.h"
#include "aws/error.h"
#include "base/text.h"
#include "history/lookup.h"
#include "history/token.h"
#include "search/meant_field.h"

namespace cairn::services {
namespace {

using Category = history::Query::Category;
using Order = history::Query::Order;

constexpr aws::ErrorKind kInvalidFilter{.code = "InvalidFilterException"};

Category category_of(const Json& in) {
  const std::string category = in.value("Category", "MANAGEMENT");
  if (category == "DATA") return Category::kData;
  return category == "ALL" ? Category::kAll : Category::kManagement;
}

/// The values of a list, and of its older sibling that is a single one.
std::set<std::string> several(const Json& in, const char* list, const char* single) {
  std::set<std::string> all;
  if (const auto values = in.find(list); values != in.end())
    for (const Json& value : *values) all.insert(value.get<std::string>());
  if (single != nullptr)
    if (const std::string value = in.value(single, ""); !value.empty()) all.insert(value);
  return all;
}

/// The place of an event that is known already.
std::optional<history::Cursor> read_newer_than(const Json& in) {
  for (const char* member : {"LastEventId", "NewerThan"}) {
    const auto cursor = in.find(member);
    if (cursor == in.end()) continue;
    const auto read = history::parse_cursor(cursor->get<std::string>());
    if (!read) throw aws::Error(aws::kValidation, "{} must be the Cursor of an event.", member);
    return read;
  }
  return std::nullopt;
}

}  // namespace

void refuse_formula(std::string_view parameter, std::string_view text, const logquery::Refusal& refusal) {
  const size_t position = text::code_points(text.substr(0, std::min(refusal.begin, text.size())));
  const bool says_where = refusal.message.find("at line") != std::string::npos;
  throw aws::Error(kInvalidFilter, "{}: {}{}", parameter, refusal.message,
                   says_where ? std::string() : fmt::format(" (at position {})", position));
}

Asked::Asked(api::Call& call) : reader_(std::make_shared<Reader>(call)) {
  const Json& in = call.in;
  query_.category = category_of(in);
  query_.order = in.value("Order", "NEWEST_FIRST") == "OLDEST_FIRST" ? Order::kOldestFirst : Order::kNewestFirst;
  if (const auto list = in.find("Filters"); list != in.end()) {
    for (const Json& item : *list) {
      const std::string name = item.value("Attribute", "");
      const auto attribute = history::attribute_named(name);
      if (!attribute) throw aws::Error(aws::kValidation, "{} is not an attribute of events.", name);
      query_.filters.push_back({*attribute, item.value("Value", "")});
    }
  }
  history::read_times(in, query_);
  read_scopes(call);
  query_.newer_than = read_newer_than(in);
  const std::string text = in.value("Filter", "");
  if (text.empty()) return;
  const auto filter = search::Filter::compile(text);
  if (!filter) refuse_formula("Filter", text, filter.error());
  hints_ = search::hints_of(filter->names());
  filter->narrow(query_);
  condition_ = filter->condition(call.now);
  query_.condition = condition_.get();
}

/// What is named must be allowed. Of all regions the call's own must be; of the others those are shown that are.
void Asked::read_scopes(api::Call& call) {
  const std::string own = call.account.str();
  accounts_ = several(call.in, "Accounts", nullptr);
  const std::set<std::string> regions = several(call.in, "Regions", "Region");
  if (accounts_.empty()) accounts_.insert(own);
  for (const std::string& account : accounts_) {
    if (account != own && call.account != call.ports->default_account)
      throw aws::Error(aws::kAccessDenied, "User: {} is not authorized to perform: cairn:SearchEvents: account {} sees its own events only",
                       call.principal.arn, own);
    for (const std::string& region : regions.empty() ? std::set{call.region.str()} : regions)
      for (const bool management : {true, false})
        if (query_.category == Category::kAll || management == (query_.category == Category::kManagement))
          reader_->require(call, account, region, management);
  }
  if (accounts_.size() == 1) query_.account = *accounts_.begin();
  if (regions.size() == 1) query_.region = *regions.begin();
  query_.may_see = [reader = reader_, accounts = accounts_, regions](const std::string& account, const std::string& region,
                                                                     bool management) {
    return accounts.contains(account) && (regions.empty() || regions.contains(region)) && reader->may_read(account, region, management);
  };
}

void Asked::tell_accounts(api::Call& call) const {
  for (const std::string& account : accounts_) {
    if (account == call.account.str()) continue;
    call.owner = aws::AccountId(account);
    call.recorded_in = call.in;
    (*call.recorded_in)["Accounts"] = Json::array({account});  // accounts must not learn of each other
    std::vector<std::string> made = api::records(call, nullptr, *call.ports);
    call.records_within.push_back(std::move(made.back()));
  }
  call.owner = {};
  call.recorded_in.reset();
}

}  // namespace cairn::services
