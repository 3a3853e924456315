#include "services/s3/bucket.h"

#include "base/check.h"
#include "base/crypto.h"
#include "base/text.h"
#include "services/s3/access.h"
#include "services/s3/errors.h"
#include "services/s3/input.h"
#include "services/s3/keys.h"
#include "services/s3/look_up_bucket.h"

namespace cairn::s3 {
namespace {

constexpr size_t kKeyBytesMax = 1024;

/// "s3.eu-west-1.amazonaws.com" and "b.s3-eu-west-1.amazonaws.com" name a region; "127.0.0.1:4566" and "s3.amazonaws.com" none.
bool is_regional_host(std::string_view host) {
  const size_t at = host.find(".amazonaws.com");
  if (at == std::string_view::npos) return false;
  const std::string_view front = host.substr(0, at);
  return front.starts_with("s3.") || front.starts_with("s3-") || front.find(".s3.") != std::string_view::npos ||
         front.find(".s3-") != std::string_view::npos;
}

/// Every region is served here, so the one meant is that of the signature; S3's answers differ by how the call came in.
void check_region(api::Call& call, const Bucket& bucket) {
  if (call.region == bucket.region) return;
  const std::string& right = bucket.region.str();
  const std::string& wrong = call.region.str();
  call.reply.headers.emplace_back("x-amz-bucket-region", right);
  if (call.http.authentication == event::HttpFacts::Authentication::kQueryString) {
    throw Error(kAuthorizationQueryParametersError,
                "Error parsing the X-Amz-Credential parameter; the region '{}' is wrong; expecting '{}'", wrong, right)
        .with("Region", right);
  }
  if (is_regional_host(call.host)) {
    throw Error(kPermanentRedirect,
                "The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future "
                "requests to this endpoint.")
        .with("Endpoint", fmt::format("{}.s3.{}.amazonaws.com", bucket.name, right))
        .with("Bucket", bucket.name);
  }
  throw Error(kAuthorizationHeaderMalformed, "The authorization header is malformed; the region '{}' is wrong; expecting '{}'", wrong,
              right)
      .with("Region", right);
}

void check_expected_owner(const Json& in, std::string_view member, const aws::AccountId& owner) {
  if (!has(in, member)) return;
  const std::string expected = text_of(in, member);
  if (!aws::is_account_id(expected)) {
    throw Error(kInvalidBucketOwner, "The value of the expected bucket owner parameter must be an AWS Account ID... [{}]", expected);
  }
  if (expected != owner.str()) throw access_denied();
}

Bucket find_bucket(api::Call& call, std::string_view name) {
  if (!aws::is_bucket_name(name)) {
    throw Error(kInvalidBucketName, "The specified bucket is not valid.").with("BucketName", std::string(name));
  }
  std::optional<Bucket> bucket = look_up_bucket(*call.state, name);
  if (!bucket) throw Error(kNoSuchBucket, "The specified bucket does not exist").with("BucketName", std::string(name));
  return std::move(*bucket);
}

}  // namespace

Bucket open_bucket(api::Call& call, Regions regions) {
  Bucket bucket = find_bucket(call, text_of(call.in, "Bucket"));
  call.owner = bucket.account;
  // No signature names a region: the call happens where the bucket is.
  const bool is_service = call.principal.kind == aws::Principal::Kind::kService;
  if (is_service || call.principal.kind == aws::Principal::Kind::kAnonymous) call.region = bucket.region;
  // Our own services come in without a socket; records show them at the bucket's own host, as AWS's do.
  if (is_service) call.http.host = fmt::format("{}.s3.{}.amazonaws.com", bucket.name, bucket.region.str());
  call.http.sse_applied.clear();  // of an earlier try
  check_expected_owner(call.in, "ExpectedBucketOwner", bucket.account);
  if (regions == Regions::kOwnOnly) check_region(call, bucket);
  Access(call, bucket).require_operation();
  return bucket;
}

Bucket open_source_bucket(api::Call& call, std::string_view name, std::string_view key, std::string_view version) {
  Bucket bucket = find_bucket(call, name);
  check_expected_owner(call.in, "ExpectedSourceBucketOwner", bucket.account);
  Access(call, bucket).require(version.empty() ? "s3:GetObject" : "s3:GetObjectVersion", key);
  return bucket;
}

void check_key(std::string_view key) {
  if (key.size() > kKeyBytesMax) {
    throw Error(kKeyTooLong, "Your key is too long")
        .with("Size", std::to_string(key.size()))
        .with("MaxSizeAllowed", std::to_string(kKeyBytesMax));
  }
  if (!text::is_utf8(key)) throw Error(kInvalidUri, "Couldn't parse the specified URI.");
}

std::string checked_key(const api::Call& call) {
  std::string key = text_of(call.in, "Key");
  check_key(key);
  return key;
}

std::string owner_id(const aws::AccountId& account) { return text::hex(crypto::sha256("canonical user of account " + account.str())); }

std::string encode(const Bucket& bucket) {
  Json document;
  document["account"] = bucket.account.str();
  document["region"] = bucket.region.str();
  document["location"] = bucket.location;
  document["created"] = bucket.created.time_since_epoch().count();
  return json::dump(document);
}

Bucket decode_bucket(std::string_view name, std::string_view text) {
  const Result<Json> document = json::parse(text);
  CHECK(document.has_value());
  Bucket bucket;
  bucket.name = std::string(name);
  bucket.account = aws::AccountId(text_of(*document, "account"));
  bucket.region = aws::Region(text_of(*document, "region"));
  bucket.location = text_of(*document, "location");
  bucket.created = Time(std::chrono::milliseconds(number_of(*document, "created").value_or(0)));
  return bucket;
}

}  // namespace cairn::s3
