#pragma once
#include <cstdint>
#include <string_view>

#include "api/authenticate.h"
#include "api/digests.h"
#include "api/payload.h"
#include "aws/post_policy.h"
#include "blob/store.h"
#include "http/server.h"

/// A streamed request body into a Payload: plain or aws-chunked, every length, signature and checksum verified before it counts.
/// Failures are thrown aws::Errors with S3's codes: IncompleteBody, EntityTooLarge, MissingContentLength, SignatureDoesNotMatch,
/// RequestTimeout, ServiceUnavailable (disk full), and those of api/digests.h. What was written by then is removed.
namespace cairn::api {

constexpr uint64_t kUploadBytesMax = 5ull << 30;   // one PutObject or UploadPart, as on AWS
constexpr size_t kReceiveBufferBytes = 128 << 10;  // of one receiving thread, twice while chunks are decoded

/// Blocks on the client: pool threads only. Bodies over kInlineBytesMax go to `blobs` as they arrive, sealed with a key of their own.
Payload receive(http::BodyReader& reader, const http::Head& head, const Authenticated& caller, blob::Store& blobs, env::Random& random);

/// The file of a browser's form, whose length nobody tells beforehand. `fields`: those that are headers of a PutObject.
Payload receive_file(http::BodyReader& file, const http::Head& fields, const aws::PostPolicy::SizeRange& size, blob::Store& blobs,
                     env::Random& random);

/// What the client is told of a body that did not arrive.
aws::Error not_received(http::BodyFailure failure);

/// The same for a body that is in memory already, as it came off the wire; all of it ends up in `bytes`. Any thread.
Payload receive(std::string_view body, const http::Head& head, const Authenticated& caller);

/// Content-MD5 and checksum headers of a body that is no stream (DeleteObjects, PutBucketPolicy ...). Throws as above.
void check_body(std::string_view body, const http::Head& head, ChecksumOf checksum = ChecksumOf::kBody);

}  // namespace cairn::api
