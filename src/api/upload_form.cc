#include "api/upload_form.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "api/receive.h"
#include "api/refusals.h"
#include "base/text.h"
#include "base/xml.h"

namespace cairn::api {
namespace {

using aws::Error;
using aws::ErrorKind;
using Step = http::FormReader::Step;

constexpr ErrorKind kInvalidArgument{.code = "InvalidArgument", .status = 400};
constexpr ErrorKind kMalformedPost{.code = "MalformedPOSTRequest", .status = 400};
constexpr ErrorKind kMalformedXml{.code = "MalformedXML", .status = 400};
constexpr ErrorKind kTooManyFieldBytes{.code = "MaxPostPreDataLengthExceededError", .status = 400};
constexpr ErrorKind kPreconditionFailed{.code = "PreconditionFailed", .status = 412};

Error malformed() { return Error(kMalformedPost, "The body of your POST request is not well-formed multipart/form-data."); }

/// What comes with the form's own signature and would mean something else as a header.
constexpr auto kNoHeaders = std::to_array<std::string_view>({
    "x-amz-algorithm",
    "x-amz-content-sha256",
    "x-amz-credential",
    "x-amz-date",
    "x-amz-decoded-content-length",
    "x-amz-security-token",
    "x-amz-signature",
    "x-amz-trailer",
});
/// Fields besides x-amz-… that are headers of the same name.
constexpr auto kHeaders = std::to_array<std::string_view>(
    {"cache-control", "content-disposition", "content-encoding", "content-language", "content-md5", "content-type", "expires"});

bool is_token(std::string_view name) {
  return std::ranges::all_of(name,
                             [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.'; });
}

/// No line of an answer can be made up by what stands in one.
bool is_line(std::string_view value) {
  return std::ranges::none_of(value, [](char c) { return (static_cast<unsigned char>(c) < ' ' && c != '\t') || c == 0x7F; });
}

/// A form brings its tags as PutObjectTagging does, in XML; PutObject as a query string.
std::string tags_as_query(std::string_view document) {
  const auto root = xml::parse(document);
  if (!root) throw Error(kMalformedXml, "The XML you provided was not well-formed or did not validate against our published schema");
  std::string query;
  const xml::Element* set = root->name == "Tagging" ? root->child("TagSet") : nullptr;
  if (set == nullptr) return query;
  for (const xml::Element& tag : set->children) {
    const xml::Element *key = tag.child("Key"), *value = tag.child("Value");
    if (tag.name != "Tag" || key == nullptr || value == nullptr)
      throw Error(kMalformedXml, "The XML you provided was not well-formed or did not validate against our published schema");
    if (!query.empty()) query += '&';
    query += text::percent_encode(key->text) + "=" + text::percent_encode(value->text);
  }
  return query;
}

/// "${filename}" stands for the name of the user's file, without the way to it.
void fill_in(std::string& value, std::string_view filename) {
  constexpr std::string_view kVariable = "${filename}";
  filename = filename.substr(filename.find_last_of("/\\") + 1);
  for (size_t at = 0; (at = value.find(kVariable, at)) != std::string::npos; at += filename.size())
    value.replace(at, kVariable.size(), filename);
}

}  // namespace

UploadForm::UploadForm(http::BodyReader& body, const http::Head& head)
    : body_(body), buffer_(std::make_unique_for_overwrite<char[]>(kReceiveBufferBytes)) {
  const std::optional<std::string> boundary = http::FormReader::boundary(head.header("content-type").value_or(""));
  if (!boundary) {
    throw detailed(Error(kPreconditionFailed, "At least one of the pre-conditions you specified did not hold"),
                   {{"Condition", "Bucket POST must be of the enclosure-type multipart/form-data"}});
  }
  if (!head.content_length)
    throw Error({.code = "MissingContentLength", .status = 411}, "You must provide the Content-Length HTTP header.");
  reader_.emplace(*boundary);
  read_fields();
}

Result<size_t, http::BodyFailure> UploadForm::refill() {
  const Result<size_t, http::BodyFailure> bytes = body_.read({buffer_.get(), kReceiveBufferBytes});
  if (!bytes) return bytes;
  if (*bytes == 0) return tl::unexpected(http::BodyFailure::kMalformed);  // it ends before the form does
  reader_->feed({buffer_.get(), *bytes});
  return bytes;
}

void UploadForm::read_fields() {
  std::string name, value;
  size_t bytes = 0;
  const auto count = [&](size_t more) {
    if ((bytes += more) > kFieldsBytesMax)
      throw Error(kTooManyFieldBytes, "Your POST request fields preceding the upload file were too large.");
  };
  while (true) {
    switch (reader_->next()) {
      case Step::kPart:
        name = text::lower(reader_->name());
        if (name == "file") {
          for (auto& [field, text] : fields_) {
            if (!reader_->filename() || field == "policy") continue;
            const size_t before = text.size();
            fill_in(text, *reader_->filename());
            count(std::max(text.size(), before) - before);
          }
          return;
        }
        count(name.size() + 1);
        value.clear();
        break;
      case Step::kData:
        count(reader_->data().size());
        value += reader_->data();
        break;
      case Step::kPartEnd:
        // Fields of one name are one list, as headers are: a policy sees all of what is used.
        if (const auto [at, is_new] = fields_.try_emplace(name, value); !is_new) at->second += "," + value;
        break;
      case Step::kEnd:
        throw detailed(Error(kInvalidArgument, "POST requires exactly one file upload per request."),
                       {{"ArgumentName", "file"}, {"ArgumentValue", "0"}});
      case Step::kMalformed:
        throw malformed();
      case Step::kNeedsMore:
        if (const auto refilled = refill(); !refilled)
          throw refilled.error() == http::BodyFailure::kMalformed ? malformed() : not_received(refilled.error());
        break;
    }
  }
}

std::string UploadForm::field(std::string_view name) const {
  const auto at = fields_.find(name);
  return at == fields_.end() ? std::string() : at->second;
}

UploadForm::Upload UploadForm::upload(std::string_view bucket, Time now) const {
  Upload upload{.key = field("key"), .headers = {}, .size = {}};
  if (upload.key.empty()) {
    throw detailed(
        Error(kInvalidArgument, "Bucket POST must contain a field named 'key'.  If it is specified, please check the order of the fields."),
        {{"ArgumentName", "key"}, {"ArgumentValue", ""}});
  }
  if (const auto policy = fields_.find("policy"); policy != fields_.end()) {
    const std::optional<std::string> document = text::from_base64(policy->second);
    const aws::PostPolicy read(document.value_or(""));
    read.require(fields_, bucket, now);
    upload.size = read.size_range();
  }
  upload.headers = headers();
  return upload;
}

bool UploadForm::is_header(std::string_view name) {
  return (name.starts_with("x-amz-") || std::ranges::find(kHeaders, name) != kHeaders.end()) &&
         std::ranges::find(kNoHeaders, name) == kNoHeaders.end();
}

std::vector<std::pair<std::string, std::string>> UploadForm::headers() const {
  std::vector<std::pair<std::string, std::string>> headers;
  for (const auto& [name, value] : fields_) {
    std::string header = name == "acl" ? "x-amz-acl" : name == "tagging" ? "x-amz-tagging" : name;
    if (!is_header(header)) continue;
    std::string sent = name == "tagging" ? tags_as_query(value) : value;
    if (!is_token(header) || !is_line(sent)) {
      throw detailed(Error(kInvalidArgument, "POST form fields that become headers must have a header's name and value."),
                     {{"ArgumentName", name}, {"ArgumentValue", ""}});
    }
    headers.emplace_back(std::move(header), std::move(sent));
  }
  return headers;
}

Result<size_t, http::BodyFailure> UploadForm::read(std::span<char> out) {
  while (unread_.empty() && !ended_) {
    switch (reader_->next()) {
      case Step::kData:
        if (in_file_) unread_ = reader_->data();
        break;
      case Step::kPart:  // whatever follows the file is of no meaning
        break;
      case Step::kPartEnd:
        in_file_ = false;
        break;
      case Step::kEnd:
        ended_ = true;
        while (true) {
          const auto after = body_.read({buffer_.get(), kReceiveBufferBytes});
          if (!after) return after;
          if (*after == 0) break;
        }
        break;
      case Step::kMalformed:
        return tl::unexpected(http::BodyFailure::kMalformed);
      case Step::kNeedsMore:
        if (const auto refilled = refill(); !refilled) return refilled;
        break;
    }
  }
  const size_t bytes = std::min(out.size(), unread_.size());
  std::memcpy(out.data(), unread_.data(), bytes);
  unread_.remove_prefix(bytes);
  return bytes;
}

}  // namespace cairn::api
