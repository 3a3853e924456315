#include <algorithm>
#include <array>

#include "aws/sigv4.h"
#include "aws/sigv4_text.h"
#include "base/text.h"

// Reading what a request says about its signature. The order of the checks is the order in which a client learns of its mistakes:
// first what is absent, then what is malformed, then what contradicts itself.
namespace cairn::aws::sigv4 {
namespace {

using Form = Claim::Form;

/// More signed headers than this are no client's; the limit also keeps one long header from being repeated without end.
constexpr size_t kSignedHeadersMax = 100;

tl::unexpected<Problem> refuse(Form form, Refusal refusal, std::string_view detail = {}, std::string_view other = {}) {
  return tl::unexpected<Problem>(Problem{refusal, form, std::string(detail), std::string(other)});
}

std::optional<std::string_view> header(const Request& request, std::string_view name) {
  for (const auto& [sent, value] : request.headers)
    if (same_header(sent, name)) return value;
  return std::nullopt;
}

bool lists(std::string_view names, std::string_view name) {
  while (!names.empty()) {
    const size_t end = names.find(';');
    if (names.substr(0, end) == name) return true;
    names = end == names.npos ? std::string_view() : names.substr(end + 1);
  }
  return false;
}

bool is_date(std::string_view s) {
  return s.size() == 8 && text::is_digits(s) && s.substr(4, 2) >= "01" && s.substr(4, 2) <= "12" && s.substr(6, 2) >= "01" &&
         s.substr(6, 2) <= "31";
}

void append_part(std::string& list, std::string_view part) {
  if (!list.empty()) list += ';';
  list += part;
}

/// key/date/region/service/aws4_request
std::optional<Problem> read_credential(std::string_view credential, Claim& claim) {
  const auto problem = [&](Refusal refusal, std::string_view detail) { return Problem{refusal, claim.form, std::string(detail), {}}; };
  std::array<std::string_view, 5> parts;
  std::string_view rest = credential;
  for (size_t i = 0; i < parts.size(); ++i) {
    const size_t slash = rest.find('/');
    const bool last = i + 1 == parts.size();
    if (last != (slash == rest.npos)) return problem(Refusal::kMalformedCredential, credential);
    parts[i] = rest.substr(0, slash);
    if (parts[i].empty()) return problem(Refusal::kMalformedCredential, credential);
    if (!last) rest.remove_prefix(slash + 1);
  }
  if (!is_date(parts[1])) return problem(Refusal::kScopeDate, parts[1]);
  if (parts[4] != "aws4_request") return problem(Refusal::kTerminator, parts[4]);
  claim.access_key = AccessKeyId(std::string(parts[0]));
  claim.date = parts[1];
  claim.region = Region(std::string(parts[2]));
  claim.service = parts[3];
  return std::nullopt;
}

/// The name list must be one that a header block of the request's own size can satisfy: no name twice, not too many.
bool is_name_list(std::string_view list) {
  std::array<std::string_view, kSignedHeadersMax> names;
  size_t count = 0;
  bool ascending = true;
  for (std::string_view rest = list;; ++count) {
    if (count == names.size()) return false;
    const size_t end = rest.find(';');
    const std::string_view name = rest.substr(0, end);
    if (name.empty()) return false;
    for (char c : name)
      if (c <= ' ' || c >= 0x7F || (c >= 'A' && c <= 'Z') || c == ':' || c == ',') return false;
    if (count > 0 && name <= names[count - 1]) ascending = false;
    names[count] = name;
    if (end == rest.npos) break;
    rest.remove_prefix(end + 1);
  }
  if (ascending) return true;
  std::sort(names.begin(), names.begin() + count + 1);
  return std::adjacent_find(names.begin(), names.begin() + count + 1) == names.begin() + count + 1;
}

std::optional<Problem> read_date(std::string_view date, Claim& claim) {
  std::optional<Time> time = timestamps::parse_basic(date);
  if (time) claim.date_time = date;
  if (!time && claim.form == Form::kHeader) {
    time = timestamps::parse_http_date(date);  // the Date header, where X-Amz-Date is absent
    if (!time) time = timestamps::parse_iso8601(date);
  }
  if (!time) return Problem{Refusal::kBadDate, claim.form, std::string(date), {}};
  claim.time = *time;
  if (claim.date_time.empty()) claim.date_time = timestamps::basic(*time);
  if (std::string_view(claim.date_time).substr(0, 8) != claim.date)
    return Problem{Refusal::kDateMismatch, claim.form, claim.date_time, claim.date};
  return std::nullopt;
}

/// What was sent must be signed: the host everywhere, for S3 also each x-amz-* header. The payload's hash is in the canonical
/// request anyway.
std::optional<Problem> check_signed_headers(const Request& request, const Claim& claim) {
  if (!lists(claim.signed_headers, "host")) return Problem{Refusal::kHostUnsigned, claim.form, {}, {}};
  if (claim.service != "s3") return std::nullopt;
  std::string unsigned_names;
  for (const auto& [name, value] : request.headers) {
    constexpr std::string_view kPrefix = "x-amz-";
    if (name.size() <= kPrefix.size() || !text::equals_ignoring_case(name.substr(0, kPrefix.size()), kPrefix)) continue;
    const std::string lower = text::lower(name);
    if (lower == "x-amz-content-sha256" || lists(claim.signed_headers, lower)) continue;
    if (!unsigned_names.empty()) unsigned_names += ", ";
    unsigned_names += lower;
  }
  if (unsigned_names.empty()) return std::nullopt;
  return Problem{Refusal::kUnsignedHeaders, claim.form, std::move(unsigned_names), {}};
}

Result<Claim, Problem> read_header_form(const Request& request, std::string_view authorization) {
  const size_t blank = authorization.find(' ');
  const std::string_view scheme = authorization.substr(0, blank);
  if (blank == authorization.npos) return refuse(Form::kHeader, Refusal::kNoParameters, authorization);
  if (scheme != kAlgorithm) return refuse(Form::kHeader, Refusal::kUnsupported, scheme);

  std::string_view credential, names, signature;
  for (std::string_view rest = authorization.substr(blank + 1); !rest.empty();) {
    size_t end = 0;  // by hand: find_first_of looks up every character in the set
    while (end < rest.size() && rest[end] != ',' && rest[end] != ' ') ++end;
    const std::string_view part = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (part.empty()) continue;
    const size_t equals = part.find('=');
    if (equals == part.npos) return refuse(Form::kHeader, Refusal::kMalformedPart, part);
    const std::string_view name = part.substr(0, equals);
    const std::string_view value = part.substr(equals + 1);
    if (name == "Credential") credential = value;
    else if (name == "SignedHeaders") names = value;
    else if (name == "Signature") signature = value;
  }
  std::optional<std::string_view> date = header(request, "x-amz-date");
  if (!date) date = header(request, "date");
  std::string missing;
  if (credential.empty()) append_part(missing, "Credential");
  if (signature.empty()) append_part(missing, "Signature");
  if (names.empty()) append_part(missing, "SignedHeaders");
  if (!date) append_part(missing, "X-Amz-Date");
  if (!missing.empty()) return refuse(Form::kHeader, Refusal::kMissingParts, missing);

  Claim claim;
  if (auto problem = read_credential(credential, claim)) return tl::unexpected(std::move(*problem));
  if (!is_name_list(names)) return refuse(Form::kHeader, Refusal::kMalformedPart, "SignedHeaders");
  claim.signed_headers = names;
  claim.signature = signature;
  if (auto problem = read_date(*date, claim)) return tl::unexpected(std::move(*problem));
  claim.session_token = header(request, "x-amz-security-token").value_or("");
  claim.payload_hash = header(request, "x-amz-content-sha256").value_or("");
  if (auto problem = check_signed_headers(request, claim)) return tl::unexpected(std::move(*problem));
  return claim;
}

struct Presigned {
  std::optional<std::string> algorithm, credential, date, names, expires, signature, token;
  bool v2 = false;

  explicit Presigned(std::string_view query) {
    each_parameter(query, [&](std::string_view name, std::string_view value) {
      if (name == "AWSAccessKeyId" || name == "Signature") v2 = true;
      std::optional<std::string>* field = name == "X-Amz-Algorithm"        ? &algorithm
                                          : name == "X-Amz-Credential"     ? &credential
                                          : name == "X-Amz-Date"           ? &date
                                          : name == "X-Amz-SignedHeaders"  ? &names
                                          : name == "X-Amz-Expires"        ? &expires
                                          : name == "X-Amz-Signature"      ? &signature
                                          : name == "X-Amz-Security-Token" ? &token
                                                                           : nullptr;
      if (field != nullptr) *field = text::percent_decode(value).value_or(std::string(value));
    });
  }
  bool any() const { return algorithm || credential || names || expires || signature; }
};

Result<Claim, Problem> read_presigned_form(const Request& request, const Presigned& sent) {
  constexpr Form kForm = Form::kPresigned;
  if (sent.algorithm && *sent.algorithm != kAlgorithm) return refuse(kForm, Refusal::kUnsupported, *sent.algorithm);
  std::string missing;
  if (!sent.algorithm) append_part(missing, "X-Amz-Algorithm");
  if (!sent.credential) append_part(missing, "X-Amz-Credential");
  if (!sent.signature) append_part(missing, "X-Amz-Signature");
  if (!sent.names) append_part(missing, "X-Amz-SignedHeaders");
  if (!sent.date) append_part(missing, "X-Amz-Date");
  if (!missing.empty()) return refuse(kForm, Refusal::kMissingParts, missing);

  Claim claim;
  claim.form = kForm;
  if (auto problem = read_credential(*sent.credential, claim)) return tl::unexpected(std::move(*problem));
  // Only S3 insists on a time limit; elsewhere a URL without one lives as long as a signed header.
  if (!sent.expires && claim.service == "s3") return refuse(kForm, Refusal::kMissingParts, "X-Amz-Expires");
  if (!is_name_list(*sent.names)) return refuse(kForm, Refusal::kMalformedPart, "X-Amz-SignedHeaders");
  claim.signed_headers = *sent.names;
  claim.signature = *sent.signature;
  if (auto problem = read_date(*sent.date, claim)) return tl::unexpected(std::move(*problem));
  if (sent.expires) {
    const std::optional<int64_t> seconds = text::to_int(*sent.expires);
    if (!seconds) return refuse(kForm, Refusal::kExpiresNumber, *sent.expires);
    if (*seconds < 0) return refuse(kForm, Refusal::kExpiresNegative, *sent.expires);
    if (*seconds > kExpiresMax.count()) return refuse(kForm, Refusal::kExpiresTooLarge, *sent.expires);
    claim.expires = std::chrono::seconds(*seconds);
  }
  claim.session_token = sent.token.value_or("");
  claim.payload_hash = header(request, "x-amz-content-sha256").value_or("");
  if (auto problem = check_signed_headers(request, claim)) return tl::unexpected(std::move(*problem));
  return claim;
}

}  // namespace

Result<Claim, Problem> read_claim(const Request& request) {
  const std::optional<std::string_view> authorization = header(request, "authorization");
  if (request.query.find("X-Amz-") == std::string_view::npos && request.query.find("Signature=") == std::string_view::npos) {
    if (!authorization) return refuse(Form::kHeader, Refusal::kMissing);
    return read_header_form(request, *authorization);
  }
  const Presigned presigned(request.query);
  if (authorization && (presigned.any() || presigned.v2)) return refuse(Form::kHeader, Refusal::kAmbiguous, *authorization);
  if (authorization) return read_header_form(request, *authorization);
  if (presigned.any()) return read_presigned_form(request, presigned);
  if (presigned.v2) return refuse(Form::kPresigned, Refusal::kUnsupported, "AWS");
  return refuse(Form::kHeader, Refusal::kMissing);
}

Result<Claim, Problem> read_form_claim(const FormSignature& form) {
  if (form.algorithm != kAlgorithm) return refuse(Form::kPresigned, Refusal::kUnsupported, form.algorithm);
  Claim claim;
  claim.form = Form::kPresigned;  // what is wrong with it is said in the same words
  if (auto problem = read_credential(form.credential, claim)) return tl::unexpected(std::move(*problem));
  if (auto problem = read_date(form.date, claim)) return tl::unexpected(std::move(*problem));
  claim.signature = form.signature;
  claim.session_token = form.session_token;
  return claim;
}

}  // namespace cairn::aws::sigv4
