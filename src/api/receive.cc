#include "api/receive.h"

#include <memory>

#include "api/refusals.h"
#include "aws/sigv4.h"
#include "base/log.h"
#include "base/text.h"
#include "blob/sealed.h"

namespace cairn::api {
namespace {

using aws::Error;
using aws::ErrorKind;
using aws::sigv4::ChunkDecoder;

constexpr ErrorKind kIncompleteBody{.code = "IncompleteBody", .status = 400};
constexpr ErrorKind kEntityTooLarge{.code = "EntityTooLarge", .status = 400};
constexpr ErrorKind kEntityTooSmall{.code = "EntityTooSmall", .status = 400};
constexpr ErrorKind kMalformedPost{.code = "MalformedPOSTRequest", .status = 400};
constexpr ErrorKind kMissingContentLength{.code = "MissingContentLength", .status = 411};
constexpr ErrorKind kNotImplemented{.code = "NotImplemented", .status = 501};
constexpr ErrorKind kRequestTimeout{.code = "RequestTimeout", .status = 400};
constexpr ErrorKind kInternalError{.code = "InternalError", .status = 500};

constexpr std::string_view kStreaming = "STREAMING-";
constexpr std::string_view kTrailer = "-TRAILER";

Error ended_early() { return Error(kIncompleteBody, "The request body terminated unexpectedly"); }

Error wrong_length(uint64_t expected, uint64_t provided) {
  return detailed(Error(kIncompleteBody, "You did not provide the number of bytes specified by the Content-Length HTTP header"),
                  {{"NumberBytesExpected", std::to_string(expected)}, {"NumberBytesProvided", std::to_string(provided)}});
}

Error too_large(uint64_t bytes, uint64_t bytes_max = kUploadBytesMax) {
  return detailed(Error(kEntityTooLarge, "Your proposed upload exceeds the maximum allowed size"),
                  {{"ProposedSize", std::to_string(bytes)}, {"MaxSizeAllowed", std::to_string(bytes_max)}});
}

Error not_stored(const env::IoFailure& failure) {
  // No line for each of these: the store says so once.
  if (failure.kind == env::IoFailure::kNoSpace) return Error(aws::kServiceUnavailable, "Service is unable to handle request.");
  log::error("an object's bytes could not be stored", {{"error", failure.message}});
  return Error(kInternalError, "We encountered an internal error. Please try again.");
}

std::optional<ChunkDecoder> chunk_decoder(const http::Head& head, const Authenticated& caller) {
  const std::string_view hash = head.header("x-amz-content-sha256").value_or("");
  if (!hash.starts_with(kStreaming)) return std::nullopt;
  const bool with_trailer = hash.ends_with(kTrailer);
  // Without a key (--dev) chunk signatures are read over.
  if (hash.starts_with("STREAMING-UNSIGNED") || caller.signing_key.empty())
    return ChunkDecoder(ChunkDecoder::Mode::kUnsigned, with_trailer);
  return ChunkDecoder(ChunkDecoder::Mode::kSigned, with_trailer,
                      {.signing_key = caller.signing_key,
                       .date_time = caller.claim->date_time,
                       .scope = aws::sigv4::scope(*caller.claim),
                       .seed_signature = caller.claim->signature});
}

/// The number of payload bytes that the head promises.
uint64_t declared_bytes(const http::Head& head, bool chunked) {
  std::optional<uint64_t> bytes = head.content_length;
  if (chunked) bytes = text::to_uint(head.header("x-amz-decoded-content-length").value_or(""));
  if (!bytes && !chunked && head.header("transfer-encoding"))
    throw detailed(Error(kNotImplemented, "A header you provided implies functionality that is not implemented"),
                   {{"Header", "Transfer-Encoding"}});
  if (!bytes) throw Error(kMissingContentLength, "You must provide the Content-Length HTTP header.");
  if (*bytes > kUploadBytesMax) throw too_large(*bytes);
  return *bytes;
}

class Receiver {
 public:
  struct Disk {
    blob::Store& blobs;
    env::Random& random;
  };
  /// `disk`: for large bodies; null: all of them stay in memory.
  Receiver(const http::Head& head, const Authenticated& caller, const Disk* disk)
      : caller_(&caller),
        decoder_(chunk_decoder(head, caller)),
        expected_(declared_bytes(head, decoder_.has_value())),
        disk_(disk),
        digests_(head) {
    if (*expected_ > kInlineBytesMax) open_writer();
  }
  /// Bytes as they are, however many come.
  Receiver(const http::Head& head, const Disk* disk) : disk_(disk), digests_(head) {}

  void feed(std::string_view wire) {
    if (!decoder_) return take(wire);
    decoded_.clear();
    const auto fed = decoder_->feed(wire, decoded_);
    if (!fed && fed.error() == ChunkDecoder::Wrong::kSignature) throw wrong_chunk_signature(*caller_->claim);
    if (!fed) throw ended_early();
    take(decoded_);
  }

  Payload finish() {
    static const std::vector<std::pair<std::string, std::string>> kNoTrailers;
    if (decoder_ && !decoder_->complete()) throw ended_early();
    if (expected_ && payload_.size != *expected_) throw wrong_length(*expected_, payload_.size);
    digests_.finish(decoder_ ? decoder_->trailers() : kNoTrailers, payload_);
    if (writer_) {
      env::Io<blob::BlobId> id = writer_->finish();
      if (!id) throw not_stored(id.error());
      payload_.blob = std::move(*id);
    }
    return std::move(payload_);
  }

 private:
  void open_writer() {
    if (disk_ == nullptr) return;
    env::Io<std::unique_ptr<blob::Writer>> writer = disk_->blobs.create();
    if (!writer) throw not_stored(writer.error());
    payload_.key = blob::new_key(disk_->random);
    writer_ = blob::seal_to(std::move(*writer), payload_.key);
    append(std::exchange(payload_.bytes, {}));
  }

  void append(std::string_view data) {
    if (data.empty()) return;
    if (const env::Done written = writer_->append(data); !written) throw not_stored(written.error());
  }

  void take(std::string_view data) {
    payload_.size += data.size();
    if (expected_ && payload_.size > *expected_) throw wrong_length(*expected_, payload_.size);
    digests_.update(data);
    if (!writer_ && payload_.size > kInlineBytesMax) open_writer();
    if (writer_) append(data);
    else payload_.bytes += data;
  }

  const Authenticated* caller_ = nullptr;  // null: nothing is decoded
  std::optional<ChunkDecoder> decoder_;
  const std::optional<uint64_t> expected_;
  const Disk* const disk_;
  Digests digests_;
  std::unique_ptr<blob::Writer> writer_;  // null: into payload_.bytes
  std::string decoded_;                   // of the last feed
  Payload payload_;
};

}  // namespace

Error not_received(http::BodyFailure failure) {
  switch (failure) {
    case http::BodyFailure::kTimeout:
      return Error(kRequestTimeout,
                   "Your socket connection to the server was not read from or written to within the timeout period. Idle connections "
                   "will be closed.");
    case http::BodyFailure::kTooLarge:
      return too_large(kUploadBytesMax + 1);
    default:
      return ended_early();
  }
}

Payload receive(http::BodyReader& reader, const http::Head& head, const Authenticated& caller, blob::Store& blobs, env::Random& random) {
  const Receiver::Disk disk{blobs, random};
  Receiver receiver(head, caller, &disk);
  const auto buffer = std::make_unique_for_overwrite<char[]>(kReceiveBufferBytes);
  while (true) {
    const Result<size_t, http::BodyFailure> bytes = reader.read({buffer.get(), kReceiveBufferBytes});
    if (!bytes) throw not_received(bytes.error());
    if (*bytes == 0) return receiver.finish();
    receiver.feed({buffer.get(), *bytes});
  }
}

Payload receive_file(http::BodyReader& file, const http::Head& fields, const aws::PostPolicy::SizeRange& size, blob::Store& blobs,
                     env::Random& random) {
  const Receiver::Disk disk{blobs, random};
  Receiver receiver(fields, &disk);
  const auto buffer = std::make_unique_for_overwrite<char[]>(kReceiveBufferBytes);
  uint64_t received = 0;
  while (true) {
    const Result<size_t, http::BodyFailure> bytes = file.read({buffer.get(), kReceiveBufferBytes});
    if (!bytes && bytes.error() == http::BodyFailure::kMalformed)
      throw Error(kMalformedPost, "The body of your POST request is not well-formed multipart/form-data.");
    if (!bytes) throw not_received(bytes.error());
    if (*bytes == 0) break;
    received += *bytes;
    if (received > kUploadBytesMax) throw too_large(received);
    if (received <= size.max) receiver.feed({buffer.get(), *bytes});  // of what is too much only the size is told
  }
  if (received > size.max) throw too_large(received, size.max);
  if (received < size.min) {
    throw detailed(Error(kEntityTooSmall, "Your proposed upload is smaller than the minimum allowed size"),
                   {{"ProposedSize", std::to_string(received)}, {"MinSizeAllowed", std::to_string(size.min)}});
  }
  return receiver.finish();
}

Payload receive(std::string_view body, const http::Head& head, const Authenticated& caller) {
  Receiver receiver(head, caller, nullptr);
  receiver.feed(body);
  return receiver.finish();
}

void check_body(std::string_view body, const http::Head& head, ChecksumOf checksum) {
  Digests digests(head, checksum);
  digests.update(body);
  Payload payload;
  digests.finish({}, payload);
}

}  // namespace cairn::api
