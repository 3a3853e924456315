#include "event/sensitive.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace cairn::event {
namespace {

using Kind = Sensitive::Kind;

constexpr std::string_view kHidden = "HIDDEN_DUE_TO_SECURITY_REASONS";

// Words are the runs of these characters. Nearly all are too short to be anything.
enum : uint8_t { kUpper = 1, kLower = 2, kDigit = 4, kAlnum = 7, kBase64 = 8, kWord = 16 };
constexpr std::array<uint8_t, 256> kClasses = [] {
  std::array<uint8_t, 256> classes{};
  for (int c = 0; c < 256; ++c) {
    uint8_t& bits = classes[static_cast<size_t>(c)];
    if (c >= 'A' && c <= 'Z') bits = kUpper | kBase64 | kWord;
    if (c >= 'a' && c <= 'z') bits = kLower | kBase64 | kWord;
    if (c >= '0' && c <= '9') bits = kDigit | kBase64 | kWord;
    if (c == '+' || c == '/') bits = kBase64 | kWord;
    if (c == '-' || c == '_' || c == '.' || c == '=') bits = kWord;
  }
  return classes;
}();
uint8_t class_of(char c) { return kClasses[static_cast<unsigned char>(c)]; }
bool is_word(char c) { return (class_of(c) & kWord) != 0; }
bool is_alnum(char c) { return (class_of(c) & kAlnum) != 0; }
bool is_digit(char c) { return (class_of(c) & kDigit) != 0; }
bool is_token(char c) { return is_alnum(c) || c == '-' || c == '_'; }

constexpr size_t kWordBytes = 10;  // no shorter word is looked at

class Search {
 public:
  explicit Search(std::string_view record) : text_(record) {}

  std::vector<Sensitive> run() {
    // A long word covers one of any ten neighbouring bytes' ends: most of a record is skipped, read backwards from such an end.
    for (size_t begin = 0; begin + kWordBytes <= text_.size();) {
      size_t at = begin + kWordBytes;
      while (at > begin && is_word(text_[at - 1])) --at;
      if (at > begin) {
        begin = at;
        continue;
      }
      size_t end = begin + kWordBytes;
      while (end < text_.size() && is_word(text_[end])) ++end;
      look_at(begin, end);
      begin = std::max(end, done_);
    }
    at_each('@', [&](size_t at) { find_password(at); });
    at_each(' ', [&](size_t at) {
      if (at >= 4 && is_digit(text_[at - 1]) && is_digit(text_[at - 4])) find_card(at - 4);
    });
    return in_order();
  }

 private:
  template <class F>
  void at_each(char c, F&& f) const {
    for (size_t at = 0; (at = text_.find(c, at)) != std::string_view::npos; ++at) f(at);
  }

  std::vector<Sensitive> in_order() {
    if (found_.size() < 2) return std::move(found_);
    std::ranges::sort(found_, {}, [](const Sensitive& each) { return each.value.data(); });
    std::vector<Sensitive> apart;
    for (const Sensitive& each : found_)
      if (apart.empty() || each.value.data() >= apart.back().value.data() + apart.back().value.size()) apart.push_back(each);
    return apart;
  }

  void look_at(size_t begin, size_t end) {
    const std::string_view word = text_.substr(begin, end - begin);
    if (word[0] == '-' && word.starts_with("-----BEGIN") && find_private_key(begin)) return;
    if (is_digit(word[0]) && find_card(begin)) return;
    if (word.size() < 20) return;
    if (find_bearer_token(begin, end)) return;
    // The word's parts: runs of base64's letters. A secret key is one, a key's id and a card's number begin or end with one.
    for (size_t at = begin; at < end;) {
      while (at < end && (class_of(text_[at]) & kBase64) == 0) ++at;
      const size_t part = at;
      while (at < end && (class_of(text_[at]) & kBase64) != 0) ++at;
      if (at - part == 40) find_secret_key(part);
      else if (at - part >= 20) find_key_id(part, at);
      else if (part > begin && at - part >= 14 && is_digit(text_[part])) find_card(part);
    }
  }

  bool add(Kind kind, size_t begin, size_t end) {
    const std::string_view value = text_.substr(begin, end - begin);
    if (value == kHidden) return false;
    found_.push_back({kind, value});
    done_ = end;
    return true;
  }

  char before(size_t at) const { return at == 0 ? '\0' : text_[at - 1]; }
  char at_or_nul(size_t at) const { return at < text_.size() ? text_[at] : '\0'; }

  /// AKIA or ASIA and 16 more, but for members and sentences that say what it is: `"accessKeyId":"AKIA..."`, "access key AKIA...".
  void find_key_id(size_t begin, size_t end) {
    constexpr size_t kIdBytes = 20, kLookBack = 40;
    for (size_t at = begin; at + kIdBytes <= end; ++at) {
      if (text_[at] != 'A' || (text_.compare(at, 4, "AKIA") != 0 && text_.compare(at, 4, "ASIA") != 0)) continue;
      if (is_alnum(before(at)) || is_alnum(at_or_nul(at + kIdBytes))) continue;
      if (!std::all_of(text_.begin() + at, text_.begin() + at + kIdBytes, [](char c) { return (class_of(c) & (kUpper | kDigit)) != 0; }))
        continue;
      const size_t from = at - std::min(at, kLookBack);
      std::string said = text::lower(text_.substr(from, at - from));
      std::erase(said, ' ');
      if (said.find("accesskey") != std::string::npos) continue;
      add(Kind::kAccessKey, at, at + kIdBytes);
      at += kIdBytes - 1;
    }
  }

  /// Forty letters of base64 that stand alone and change between capitals, small letters, digits and signs as random ones do.
  void find_secret_key(size_t begin) {
    constexpr size_t kBytes = 40, kChangesMin = 15;
    const char after = at_or_nul(begin + kBytes);
    if (after == '=' || after == '.' || after == '_' || after == '-' ||
        std::string_view("._-").find(before(begin)) != std::string_view::npos)
      return;
    uint8_t seen = 0;
    size_t changes = 0;
    for (size_t i = begin; i < begin + kBytes; ++i) {
      const uint8_t here = class_of(text_[i]);
      seen |= here;
      if (i > begin && (here & kAlnum) != (class_of(text_[i - 1]) & kAlnum)) ++changes;
    }
    if ((seen & kAlnum) == kAlnum && changes >= kChangesMin) add(Kind::kAccessKey, begin, begin + kBytes);
  }

  /// -----BEGIN ... PRIVATE KEY----- to its END, or to the end of the text that it stands in.
  bool find_private_key(size_t begin) {
    constexpr std::string_view kWords = "PRIVATE KEY-----";
    constexpr size_t kHeadBytes = 48;
    const size_t words = text_.substr(begin, kHeadBytes).find(kWords);
    if (words == std::string_view::npos) return false;
    size_t end = begin + words + kWords.size();
    while (end < text_.size() && text_[end] != '"') end += text_[end] == '\\' ? 2 : 1;
    end = std::min(end, text_.size());
    const std::string_view body = text_.substr(begin, end - begin);
    if (const size_t last = body.find("-----END"); last != std::string_view::npos) {
      const size_t close = body.find("-----", last + 8);
      if (close != std::string_view::npos) end = begin + close + 5;
    }
    return add(Kind::kPrivateKey, begin, end);
  }

  /// A JSON Web Token (two parts that are JSON in base64url, and a signature), or what follows the word Bearer.
  bool find_bearer_token(size_t begin, size_t end) {
    constexpr size_t kTokenBytes = 20, kPartBytes = 10;
    constexpr std::string_view kScheme = "bearer ";
    if (begin >= kScheme.size() && text::equals_ignoring_case(text_.substr(begin - kScheme.size(), kScheme.size()), kScheme) &&
        end - begin >= kTokenBytes)
      return add(Kind::kBearerToken, begin, end);
    if (end - begin < 3 * kPartBytes || text_.substr(begin, end - begin).find('.') == std::string_view::npos) return false;
    for (size_t at = begin; (at = text_.substr(0, end).find("eyJ", at)) != std::string_view::npos; ++at) {
      if (is_token(before(at))) continue;
      size_t parts = 0, stop = at;
      for (; parts < 3; ++parts) {
        const size_t part = stop;
        while (stop < end && is_token(text_[stop])) ++stop;
        if (stop - part < kPartBytes || (parts == 1 && text_.compare(part, 3, "eyJ") != 0)) break;
        if (parts < 2 && (stop == end || text_[stop++] != '.')) break;
      }
      if (parts == 3) return add(Kind::kBearerToken, at, stop);
    }
    return false;
  }

  /// scheme://user:password@host. `host` is where the at sign stands.
  void find_password(size_t host) {
    constexpr size_t kUserinfoBytes = 512;
    const size_t from = host - std::min(host, kUserinfoBytes);
    const std::string_view before_host = text_.substr(from, host - from);
    const size_t last = before_host.find_last_of("/\"\\ ?#<>,;(){}");
    if (last == std::string_view::npos || last < 2 || before_host.substr(last - 2, 3) != "://") return;
    const size_t colon = before_host.find(':', last);
    if (colon != std::string_view::npos && colon + 1 < before_host.size()) add(Kind::kUrlPassword, from + colon + 1, host);
  }

  /// 14 to 16 digits that a card's issuer gives out and whose check digit is right; in groups with one sign between, or in one.
  bool find_card(size_t begin) {
    constexpr size_t kDigitsMin = 14, kDigitsMax = 16;
    if (is_token(before(begin)) || before(begin) == '.' || before(begin) == ':') return false;  // after a colon: a number, no text
    std::array<char, kDigitsMax> digits{};
    size_t count = 0, end = begin, group = 0;
    char separator = '\0';
    for (; end < text_.size(); ++end) {
      const char c = text_[end];
      if (is_digit(c)) {
        if (count == kDigitsMax) return false;
        digits[count++] = c;
        ++group;
      } else if ((c == ' ' || c == '-') && is_digit(at_or_nul(end + 1)) && group >= 4 && (separator == '\0' || separator == c)) {
        separator = c;
        group = 0;
      } else {
        break;
      }
    }
    if (count < kDigitsMin || is_token(at_or_nul(end)) || at_or_nul(end) == '.') return false;
    const std::string_view number(digits.data(), count);
    return is_issued(number) && has_check_digit(number) && add(Kind::kCardNumber, begin, end);
  }

  static bool is_issued(std::string_view number) {
    const int two = (number[0] - '0') * 10 + number[1] - '0', four = two * 100 + (number[2] - '0') * 10 + number[3] - '0';
    switch (number.size()) {
      case 14:
        return two == 36 || two == 38 || two == 39 || (four >= 3000 && four <= 3059);  // Diners Club
      case 15:
        return two == 34 || two == 37;  // American Express
      case 16:
        return number[0] == '4' || (two >= 51 && two <= 55) || (four >= 2221 && four <= 2720) ||  // Visa, Mastercard
               four == 6011 || two == 65 || (four >= 6440 && four <= 6499) || (four >= 3528 && four <= 3589) ||
               two == 62;  // Discover, JCB, UnionPay
      default:
        return false;
    }
  }

  /// Luhn's: ISO/IEC 7812-1.
  static bool has_check_digit(std::string_view number) {
    int sum = 0;
    for (size_t i = 0; i < number.size(); ++i) {
      int digit = number[number.size() - 1 - i] - '0';
      if (i % 2 == 1 && (digit *= 2) > 9) digit -= 9;
      sum += digit;
    }
    return sum % 10 == 0;
  }

  const std::string_view text_;
  size_t done_ = 0;  // what is found already ends here
  std::vector<Sensitive> found_;
};

std::string_view name_of(Kind kind) {
  switch (kind) {
    case Kind::kAccessKey:
      return "access key";
    case Kind::kPrivateKey:
      return "private key";
    case Kind::kBearerToken:
      return "bearer token";
    case Kind::kUrlPassword:
      return "password in a URL";
    case Kind::kCardNumber:
      return "card number";
  }
  return "";
}

}  // namespace

std::vector<Sensitive> find_sensitive(std::string_view record) { return Search(record).run(); }

std::vector<std::string_view> kinds_of(const std::vector<Sensitive>& found) {
  std::vector<std::string_view> kinds;
  for (const Sensitive& each : found)
    if (std::ranges::find(kinds, name_of(each.kind)) == kinds.end()) kinds.push_back(name_of(each.kind));
  return kinds;
}

std::string hide(std::string_view record, const std::vector<Sensitive>& found) {
  std::string out;
  size_t from = 0;
  for (const Sensitive& each : found) {
    const auto begin = static_cast<size_t>(each.value.data() - record.data());
    out += record.substr(from, begin - from);
    out += kHidden;
    from = begin + each.value.size();
  }
  return out += record.substr(from);
}

}  // namespace cairn::event
