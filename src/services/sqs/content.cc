#include "services/sqs/content.h"

#include "api/data_keys.h"
#include "api/ports.h"
#include "base/aead.h"
#include "base/crypto.h"
#include "base/text.h"
#include "env/random.h"
#include "services/sqs/documents.h"
#include "services/sqs/errors.h"
#include "state/sealer.h"

namespace cairn::sqs {
namespace {

constexpr char kPlain = 'p', kSealed = 's', kKms = 'k';
constexpr std::string_view kLabel = "sqs/content";
constexpr std::string_view kInvokedBy = "sqs.amazonaws.com";

void append_length(std::string& out, size_t length) {
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>((length >> shift) & 0xFF);
}
void append_text(std::string& out, std::string_view text) {
  append_length(out, text.size());
  out += text;
}

/// Texts, each after its length in four bytes.
class Texts {
 public:
  explicit Texts(std::string_view bytes) : rest_(bytes) {}
  bool done() const { return rest_.empty(); }
  std::string_view rest() const { return rest_; }
  std::string next() {
    size_t length = 0;
    if (rest_.size() < 4) throw std::runtime_error("a message's content is cut");
    for (size_t i = 0; i < 4; ++i) length = length << 8 | static_cast<unsigned char>(rest_[i]);
    rest_.remove_prefix(4);
    if (length > rest_.size()) throw std::runtime_error("a message's content is cut");
    std::string text(rest_.substr(0, length));
    rest_.remove_prefix(length);
    return text;
  }

 private:
  std::string_view rest_;
};

std::string plain_text(const Content& content) {
  std::string out;
  for (const std::string* text :
       {&content.id, &content.sender, &content.body, &content.trace_header, &content.group, &content.deduplication})
    append_text(out, *text);
  for (const auto& [name, attribute] : content.attributes) {
    append_text(out, name);
    append_text(out, attribute.type);
    append_text(out, attribute.value);
  }
  return out;
}

Content read_plain_text(std::string_view text) {
  Texts texts(text);
  Content content;
  for (std::string* field : {&content.id, &content.sender, &content.body, &content.trace_header, &content.group, &content.deduplication})
    *field = texts.next();
  while (!texts.done()) {
    std::string name = texts.next();
    MessageAttribute& attribute = content.attributes[std::move(name)];
    attribute.type = texts.next();
    attribute.value = texts.next();
  }
  return content;
}

/// `sent_to`: dead letters and what is moved stay as they were sent.
api::KeyUse use_of(const Queue& queue, const std::string& sent_to) {
  return {.invoked_by = kInvokedBy,
          .account = queue.account,
          .context = {{"aws:sqs:arn", sent_to}},
          .reuse = std::chrono::seconds(queue.number("KmsDataKeyReusePeriodSeconds"))};
}

/// KMS's refusals as SQS passes them on.
Error passed_on(const Error& refusal) {
  static constexpr std::pair<std::string_view, ErrorKind> kKinds[] = {
      {"AccessDenied", {.code = "KmsAccessDenied"}},
      {"DisabledException", {.code = "KmsDisabled"}},
      {"InvalidArnException", {.code = "KmsNotFound"}},
      {"InvalidKeyUsageException", {.code = "KmsInvalidKeyUsage"}},
      {"KMSInvalidStateException", {.code = "KmsInvalidState"}},
      {"NotFoundException", {.code = "KmsNotFound"}},
  };
  for (const auto& [code, kind] : kKinds)
    if (refusal.kind.code.starts_with(code)) return Error(kind, "{}", refusal.message);
  return Error(aws::kInternalFailure, "{}", refusal.message);
}

}  // namespace

ContentSealer::ContentSealer(api::Call& call, const Queue& queue)
    : call_(call), is_plain_(queue.kms_key().empty() && queue.attribute("SqsManagedSseEnabled") == "false") {
  if (queue.kms_key().empty()) return;
  const api::KeyUse use = use_of(queue, queue.arn());
  try {
    api::DataKey made = api::new_data_key(call, queue.kms_key(), queue.region, use);
    data_key_ = api::open_data_key(call, made.kms_key, made.sealed, use);  // as AWS does: senders need both permissions
    for (const std::string& text : {made.kms_key, made.sealed, queue.arn()}) append_text(kms_head_, text);
  } catch (const Error& refusal) {
    throw passed_on(refusal);
  }
}

std::string ContentSealer::seal(const Content& content, const std::string& key) const {
  const std::string text = plain_text(content);
  if (is_plain_) return kPlain + text;
  const std::string nonce = call_.ports->random->bytes(crypto::kAeadNonceBytes);
  const bool is_kms = !kms_head_.empty();
  const Secret sealing = is_kms ? data_key_ : call_.ports->sealer->derive(kLabel, key);
  return (is_kms ? kKms + kms_head_ : std::string(1, kSealed)) + nonce + crypto::aes256_gcm_seal(sealing, nonce, text, key);
}

Content read_content(api::Call& call, const Queue& queue, std::string_view seq) {
  const std::string key = documents::content(seq);
  const std::optional<std::string> document = call.state->get(key);
  if (!document || document->empty()) throw std::runtime_error(key + " is missing");
  std::string_view bytes = std::string_view(*document).substr(1);
  if (document->front() == kPlain) return read_plain_text(bytes);
  Secret sealing;
  if (document->front() == kKms) {
    Texts head(bytes);
    const std::string kms_key = head.next(), sealed = head.next(), sent_to = head.next();
    bytes = head.rest();
    try {
      sealing = api::open_data_key(call, kms_key, sealed, use_of(queue, sent_to));
    } catch (const Error& refusal) {
      throw passed_on(refusal);
    }
  } else {
    sealing = call.ports->sealer->derive(kLabel, key);
  }
  if (bytes.size() < crypto::kAeadNonceBytes) throw std::runtime_error(key + " is cut");
  const std::optional<Secret> text =
      crypto::aes256_gcm_open(sealing, bytes.substr(0, crypto::kAeadNonceBytes), bytes.substr(crypto::kAeadNonceBytes), key);
  if (!text) throw std::runtime_error(key + " is not as it was written");
  return read_plain_text(text->reveal());
}

std::string md5_of(std::string_view body) { return text::hex(crypto::md5(body)); }

std::string md5_of(const MessageAttributes& attributes) {
  if (attributes.empty()) return "";
  constexpr char kString = 1, kBinary = 2;
  std::string encoded;
  for (const auto& [name, attribute] : attributes) {
    append_text(encoded, name);
    append_text(encoded, attribute.type);
    encoded += attribute.is_binary() ? kBinary : kString;
    append_text(encoded, attribute.value);
  }
  return md5_of(encoded);
}

std::string md5_of_trace_header(const std::string& header) {
  return header.empty() ? "" : md5_of(MessageAttributes{{"AWSTraceHeader", {"String", header}}});
}

}  // namespace cairn::sqs
