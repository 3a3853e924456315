#include "services/sqs/content.h"

#include "api/ports.h"
#include "base/aead.h"
#include "base/crypto.h"
#include "base/text.h"
#include "env/random.h"
#include "services/sqs/documents.h"
#include "state/sealer.h"

namespace cairn::sqs {
namespace {

constexpr char kPlain = 'p', kSealed = 's';
constexpr std::string_view kLabel = "sqs/content";

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

}  // namespace

std::string encode(api::Call& call, const Queue& queue, const Content& content, const std::string& key) {
  std::string text = plain_text(content);
  if (queue.attribute("SqsManagedSseEnabled") == "false") return kPlain + text;
  const std::string nonce = call.ports->random->bytes(crypto::kAeadNonceBytes);
  return kSealed + nonce + crypto::aes256_gcm_seal(call.ports->sealer->derive(kLabel, key), nonce, text, key);
}

Content read_content(api::Call& call, std::string_view seq) {
  const std::string key = documents::content(seq);
  const std::optional<std::string> document = call.state->get(key);
  if (!document || document->empty()) throw std::runtime_error(key + " is missing");
  const std::string_view bytes = std::string_view(*document).substr(1);
  if (document->front() == kPlain) return read_plain_text(bytes);
  if (bytes.size() < crypto::kAeadNonceBytes) throw std::runtime_error(key + " is cut");
  const std::optional<Secret> text = crypto::aes256_gcm_open(
      call.ports->sealer->derive(kLabel, key), bytes.substr(0, crypto::kAeadNonceBytes), bytes.substr(crypto::kAeadNonceBytes), key);
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
