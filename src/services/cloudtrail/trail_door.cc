#include "services/cloudtrail/trail_door.h"

#include <algorithm>
#include <cctype>
#include <optional>
#include <vector>

#include "base/text.h"
#include "services/cloudtrail/errors.h"

namespace cairn::cloudtrail {
namespace {

constexpr size_t kNameBytesMin = 3, kNameBytesMax = 128;

bool is_letter_or_digit(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }
bool is_separator(char c) { return c == '.' || c == '-' || c == '_'; }

bool looks_like_an_ip_address(std::string_view s) {
  const std::vector<std::string_view> parts = text::split(s, '.');
  return parts.size() == 4 && std::ranges::all_of(parts, [](std::string_view part) { return text::is_digits(part); });
}

std::optional<delivery::Trail> find(api::Call& call, const TrailArn& where) {
  const std::optional<std::string> document = call.state->get(delivery::keys::trail(where.account, where.region, where.name));
  if (!document) return std::nullopt;
  return delivery::decode_trail(*document);
}

}  // namespace

void check_trail_name(std::string_view name) {
  const auto refuse = [](std::string message) { return Error(kInvalidTrailName, "{}", message); };
  if (name.empty()) throw refuse("Trail name cannot be blank!");
  if (name.size() < kNameBytesMin)
    throw Error(kInvalidTrailName, "Trail name too short. Minimum allowed length: {} characters. Specified name length: {} characters.",
                kNameBytesMin, name.size());
  if (name.size() > kNameBytesMax)
    throw Error(kInvalidTrailName, "Trail name too long. Maximum allowed length: {} characters. Specified name length: {} characters.",
                kNameBytesMax, name.size());
  if (!is_letter_or_digit(name.front())) throw refuse("Trail name must starts with a letter or number.");
  if (!is_letter_or_digit(name.back())) throw refuse("Trail name must ends with a letter or number.");
  if (!std::ranges::all_of(name, [](char c) { return is_letter_or_digit(c) || is_separator(c); }))
    throw refuse(
        "Trail name or ARN can only contain uppercase letters, lowercase letters, numbers, periods (.), hyphens (-), and underscores (_).");
  if (std::ranges::adjacent_find(name, [](char a, char b) { return is_separator(a) && is_separator(b); }) != name.end())
    throw refuse("Trail name or ARN cannot have adjacent periods (.), hyphens (-), or underscores (_).");
  if (looks_like_an_ip_address(name)) throw refuse("Trail names must not be formatted as an IP address.");
}

TrailArn parse_trail_arn(std::string_view arn) {
  constexpr std::string_view kResource = "trail/";
  const std::vector<std::string_view> parts = text::split(arn, ':');
  if (parts.size() != 6 || parts[0] != "arn" || parts[1] != "aws" || parts[2] != "cloudtrail" || !aws::is_region(parts[3]) ||
      !aws::is_account_id(parts[4]) || !parts[5].starts_with(kResource))
    throw Error(kCloudTrailArnInvalid, "{} is not a trail's ARN. The format is arn:aws:cloudtrail:us-east-2:123456789012:trail/MyTrail.",
                arn);
  const std::string_view name = parts[5].substr(kResource.size());
  check_trail_name(name);
  return {aws::Region(std::string(parts[3])), aws::AccountId(std::string(parts[4])), std::string(name)};
}

delivery::Trail open_trail(api::Call& call, std::string_view name_or_arn, Use use) {
  TrailArn where{call.region, call.account, std::string(name_or_arn)};
  if (is_arn(name_or_arn)) where = parse_trail_arn(name_or_arn);
  else check_trail_name(name_or_arn);

  std::optional<delivery::Trail> trail = where.account == call.account ? find(call, where) : std::nullopt;
  if (!trail)
    throw Error(kTrailNotFound, "Unknown trail: {} for the user: {}", delivery::trail_arn(where.account, where.region, where.name),
                call.account.str());
  if (use == Use::kChange && trail->home != call.region)
    throw Error(kInvalidHomeRegion, "The home region of trail {} is {}. It can be changed there only, not in {}.", trail->arn(),
                trail->home.str(), call.region.str());
  return *std::move(trail);
}

std::vector<delivery::Trail> all_trails(api::Call& call) {
  // The limit on an account's trails (trails.cc) is far below a page.
  std::vector<delivery::Trail> trails;
  for (const state::Item& item : call.state->list(delivery::keys::trails_of(call.account), "", state::Transaction::kListMax).items)
    trails.push_back(delivery::decode_trail(item.value));
  return trails;
}

void save(api::Call& call, const delivery::Trail& trail) {
  call.state->put(delivery::keys::trail(trail.account, trail.home, trail.name), delivery::encode(trail));
}

}  // namespace cairn::cloudtrail
