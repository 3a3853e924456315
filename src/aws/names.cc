#include "aws/names.h"

#include <algorithm>

#include "base/text.h"

namespace cairn::aws {
namespace {

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool looks_like_ipv4(std::string_view s) {
  int dots = 0;
  for (char c : s) {
    if (c == '.') ++dots;
    else if (!is_digit(c)) return false;
  }
  return dots == 3;
}

}  // namespace

bool is_account_id(std::string_view s) { return s.size() == 12 && text::is_digits(s); }

bool is_region(std::string_view s) {
  // Two letters first (us, eu, ap), then one or more words, then a number of one digit: us-gov-west-1, us-isob-east-1.
  constexpr size_t kBytesMax = 32;
  if (s.size() > kBytesMax) return false;
  size_t parts = 0;
  while (true) {
    const size_t dash = s.find('-');
    const std::string_view part = s.substr(0, dash);
    const bool last = dash == std::string_view::npos;
    if (last) return parts >= 2 && part.size() == 1 && is_digit(part[0]);
    if (part.empty() || !std::all_of(part.begin(), part.end(), is_lower)) return false;
    if (parts == 0 && part.size() != 2) return false;
    ++parts;
    s.remove_prefix(dash + 1);
  }
}

bool is_bucket_name(std::string_view s) {
  if (s.size() < 3 || s.size() > 63) return false;
  const auto letter_or_digit = [](char c) { return is_lower(c) || is_digit(c); };
  if (!letter_or_digit(s.front()) || !letter_or_digit(s.back())) return false;
  for (char c : s)
    if (!letter_or_digit(c) && c != '-' && c != '.') return false;
  if (s.find("..") != s.npos || looks_like_ipv4(s)) return false;
  for (std::string_view reserved : {"xn--", "sthree-", "amzn-s3-demo-"})
    if (s.starts_with(reserved)) return false;
  for (std::string_view reserved : {"-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"})
    if (s.ends_with(reserved)) return false;
  return true;
}

}  // namespace cairn::aws
