#include "services/sns/mail.h"

#include "base/text.h"

namespace cairn::sns {
namespace {

constexpr size_t kLineCharacters = 76;
constexpr size_t kEncodedWordBytes = 39;  // what one stands for: with it, the word and the header's name fit a line

bool is_plain(std::string_view text) {
  return std::ranges::all_of(text, [](unsigned char c) { return c >= ' ' && c < 127; });
}

/// Text that is not plain, as a header's line may hold it: encoded words (RFC 2047), each of whole characters.
std::string encoded_words(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    size_t size = std::min(kEncodedWordBytes, text.size());
    while (size > 1 && size < text.size() && (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80) --size;
    out += fmt::format("{}=?UTF-8?B?{}?=", out.empty() ? "" : "\r\n ", text::base64(text.substr(0, size)));
    text.remove_prefix(size);
  }
  return out;
}

std::string header_text(const std::string& text) { return is_plain(text) ? text : encoded_words(text); }

/// The name before an address: a quoted string, where encoded words must not stand.
std::string header_name(const std::string& name) {
  if (!is_plain(name)) return encoded_words(name);
  std::string quoted = "\"";
  for (const char c : name) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "\"";
}

std::string lines_of(const std::string& base64) {
  std::string out;
  for (size_t at = 0; at < base64.size(); at += kLineCharacters) out += base64.substr(at, kLineCharacters) + "\r\n";
  return out;
}

std::string for_a_person(const Letter& letter, const Subscription& subscription, const std::string& message) {
  if (letter.type == "SubscriptionConfirmation")
    return fmt::format(
        "You have chosen to subscribe to the topic:\n{}\n\nTo confirm this subscription, click or visit the link below (If this was in "
        "error "
        "no action is necessary):\n{}\n",
        letter.topic_arn, letter.subscribe_url);
  if (letter.type == "UnsubscribeConfirmation")
    return fmt::format(
        "Your subscription to the topic below has been deactivated:\n{}\n\nIf this was in error, click or visit the link below to restore "
        "it:\n{}\n",
        letter.topic_arn, letter.subscribe_url);
  return fmt::format(
      "{}\n\n--\nIf you wish to stop receiving notifications from this topic, please click or visit the link below to unsubscribe:\n{}\n"
      "(subscription of {})\n",
      message, letter.unsubscribe_url, subscription.endpoint);
}

std::string subject_of(const Letter& letter) {
  if (letter.type == "SubscriptionConfirmation") return "AWS Notification - Subscription Confirmation";
  if (letter.type == "UnsubscribeConfirmation") return "AWS Notification - Unsubscribe Confirmation";
  return letter.subject.value_or("AWS Notification Message");
}

}  // namespace

outbox::Mail mail_of(const Subscription& subscription, const std::string& display_name, const Letter& letter, const std::string& body,
                     const std::string& from, Time now) {
  const bool is_json = subscription.protocol == "email-json";
  std::string message;
  const auto header = [&](std::string_view name, const std::string& value) { message += fmt::format("{}: {}\r\n", name, value); };
  header("From", fmt::format("{} <{}>", header_name(display_name.empty() ? "AWS Notifications" : display_name), from));
  header("To", subscription.endpoint);
  header("Subject", header_text(subject_of(letter)));
  header("Date", timestamps::http_date(now));
  header("Message-ID", fmt::format("<{}@{}>", letter.message_id, from.substr(from.find('@') + 1)));
  header("MIME-Version", "1.0");
  header("Content-Type", is_json ? "application/json; charset=UTF-8" : "text/plain; charset=UTF-8");
  header("Content-Transfer-Encoding", "base64");
  message += "\r\n" + lines_of(text::base64(is_json ? body : for_a_person(letter, subscription, body)));
  return {.to = subscription.endpoint, .message = std::move(message)};
}

}  // namespace cairn::sns
