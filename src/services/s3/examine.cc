#include "services/s3/examine.h"

#include "base/text.h"
#include "blob/sealed.h"
#include "services/s3/content_name.h"
#include "services/s3/keys.h"
#include "services/s3/object.h"
#include "services/s3/upload.h"

namespace cairn::s3 {
namespace {

constexpr size_t kDocumentsAtOnce = 64;
constexpr size_t kBufferBytes = 1 << 20;

/// The documents from which contents are reached; parts are reached from their objects and uploads.
const std::string kFamilies[] = {"s3/object/", "s3/version/", "s3/upload/"};
enum Family : size_t { kObjects, kVersions, kUploads };

struct Place {
  std::string bucket, key, upload;
};

/// What an object's or upload's document is of.
Place place_of_document(size_t family, std::string_view document) {
  document.remove_prefix(kFamilies[family].size());
  const size_t slash = document.find('/');
  Place place{std::string(document.substr(0, slash)), "", ""};
  const std::string_view rest = document.substr(std::min(slash, document.size() - 1) + 1);
  if (family == kObjects) {
    place.key = rest;
  } else if (family == kUploads) {
    const size_t separator = rest.rfind(keys::kUploadSeparator);
    place.key = rest.substr(0, separator);
    place.upload = separator == std::string_view::npos ? "" : rest.substr(separator + 1);
  } else {
    // A zero byte of the key is followed by 0xff: keys.h.
    for (size_t i = 0; i < rest.size(); ++i) {
      if (rest[i] != keys::kKeyEnd) {
        place.key += rest[i];
      } else if (rest.substr(i + 1).starts_with(keys::kAfterAll)) {
        place.key += rest[i++];
      } else {
        break;
      }
    }
  }
  return place;
}

bool is_readable(std::string_view text) {
  const Result<Json> json = json::parse(text);
  return json && json->is_object();
}

}  // namespace

std::string_view name_of(Finding::Kind kind) {
  static constexpr std::string_view kNames[] = {"unreadable", "missing", "damaged", "orphan"};
  return kNames[static_cast<size_t>(kind)];
}

struct Examination::Content {
  ContentName name;
  uint64_t size;
  std::string place;
  bool own_key;  // its key is sealed under the server's
};

void Examination::report(Finding::Kind kind, std::string_view what, std::string_view how) {
  report_({kind, std::string(what), std::string(how)});
}

bool Examination::step(uint64_t bytes_max) {
  if (family_ == 0 && at_.empty()) {
    contents_named_.clear();
    uploads_named_.clear();
  }
  const uint64_t until = bytes_ + bytes_max;
  while (bytes_ <= until) {
    state::Transaction state(means_.store);
    const std::string& prefix = kFamilies[family_];
    const state::Page page = state.list(prefix, at_, kDocumentsAtOnce);
    for (const state::Item& item : page.items) {
      bytes_ += item.value.size();
      look_at(item.key, item.value);
      at_ = item.key;
      if (bytes_ > until) return true;
    }
    if (page.more) continue;
    at_.clear();
    if (++family_ < std::size(kFamilies)) continue;
    family_ = 0;
    return false;
  }
  return true;
}

void Examination::look_at(const std::string& document, const std::string& text) {
  try {
    if (!is_readable(text)) return report(Finding::Kind::kUndecodable, document, "it is no JSON");
    const Place place = place_of_document(family_, document);
    if (family_ == kUploads) {
      const Upload upload = decode_upload(place.upload, text);
      return look_at_parts(place.bucket, place.key, upload.id, upload.object.encryption.kind == Encryption::Kind::kServer);
    }
    const Object object = decode_object(text);
    const bool own_key = object.encryption.kind == Encryption::Kind::kServer;
    if (!object.upload.empty()) return look_at_parts(place.bucket, place.key, object.upload, own_key);
    const std::optional<ContentName> name = parse_content(object.content);
    if (!name) return report(Finding::Kind::kUndecodable, document, "what it says of its content makes no sense");
    look_at_content(document, {*name, object.size, place_of(place.bucket, place.key), own_key});
  } catch (const std::exception& problem) {
    report(Finding::Kind::kUndecodable, document, problem.what());
  }
}

void Examination::look_at_parts(const std::string& bucket, const std::string& key, const std::string& upload, bool own_key) {
  if (means_.finds_orphans) uploads_named_.insert(upload);
  const std::string prefix = keys::part_prefix(upload);
  std::string at = prefix;
  for (bool more = true; more;) {
    state::Transaction state(means_.store);
    const state::Page page = state.list(prefix, at, kDocumentsAtOnce);
    more = page.more;
    for (const state::Item& item : page.items) {
      at = item.key;
      if (!is_readable(item.value)) {
        report(Finding::Kind::kUndecodable, item.key, "it is no JSON");
        continue;
      }
      const Part part = decode_part(item.value);
      const std::optional<ContentName> name = parse_content(part.content);
      const int number = static_cast<int>(text::to_int(std::string_view(item.key).substr(prefix.size())).value_or(0));
      if (!name) report(Finding::Kind::kUndecodable, item.key, "what it says of its content makes no sense");
      else look_at_content(item.key, {*name, part.size, place_of(bucket, key, upload, number), own_key});
    }
  }
}

void Examination::look_at_content(const std::string& document, const Content& content) {
  if (content.name.id.empty()) return;  // no bytes
  ++contents_;
  bytes_ += content.size;
  if (means_.finds_orphans) contents_named_.insert(content.name.id);
  state::Transaction state(means_.store);
  const std::string kept = content.name.is_inline ? keys::bytes(content.name.id) : keys::blob(content.name.id);
  const std::optional<std::string> bytes = state.get(kept);
  const std::optional<std::string> named = state.get(document);
  // Whoever replaced or deleted it meanwhile took its content along.
  const bool still_named = named && named->find(content.name.id) != std::string::npos;
  if (!still_named) return;
  if (!bytes) return report(Finding::Kind::kMissing, kept, fmt::format("{} names it", document));
  if (!content.name.is_inline) return look_at_blob(document, content);
  if (!content.name.is_sealed) {
    if (bytes->size() != content.size) report(Finding::Kind::kDamaged, kept, "it is not as long as its object says");
    return;
  }
  if (blob::plain_bytes(bytes->size()) != content.size)
    return report(Finding::Kind::kDamaged, kept, "it is not as long as its object says");
  if (!content.own_key) {
    if (!blob::has_its_checksum(*bytes)) report(Finding::Kind::kDamaged, kept, "it does not match its checksum");
    return;
  }
  const std::optional<Secret> key = blob::unwrap_key(means_.object_key, content.name.key, content.place);
  if (!key) return report(Finding::Kind::kDamaged, document, "the key of its content does not open");
  if (!blob::open(*key, *bytes)) report(Finding::Kind::kDamaged, kept, "it does not match its tag");
}

void Examination::look_at_blob(const std::string& document, const Content& content) {
  const std::string what = "blob " + content.name.id;
  env::Io<std::shared_ptr<blob::Reader>> reader = means_.blobs.open(blob::BlobId(content.name.id));
  if (!reader && reader.error().kind == env::IoFailure::kNotFound) {
    state::Transaction state(means_.store);
    const std::optional<std::string> named = state.get(document);
    if (named && named->find(content.name.id) != std::string::npos)
      report(Finding::Kind::kMissing, what, fmt::format("{} names it", document));
    return;
  }
  if (!reader) return report(Finding::Kind::kDamaged, what, reader.error().message);
  if (content.name.is_sealed) {
    if (blob::plain_bytes((*reader)->size()) != content.size)
      return report(Finding::Kind::kDamaged, what, "it is not as long as its object says");
    if (!content.own_key) {
      if (const env::Done checked = blob::check_sealed(**reader); !checked) report(Finding::Kind::kDamaged, what, checked.error().message);
      return;
    }
    const std::optional<Secret> key = blob::unwrap_key(means_.object_key, content.name.key, content.place);
    if (!key) return report(Finding::Kind::kDamaged, document, "the key of its content does not open");
    reader = blob::open_from(std::move(*reader), *key);
  }
  if ((*reader)->size() != content.size) return report(Finding::Kind::kDamaged, what, "it is not as long as its object says");
  std::string buffer(static_cast<size_t>(std::min<uint64_t>(kBufferBytes, content.size)), '\0');
  for (uint64_t at = 0; at < content.size;) {
    const env::Io<size_t> read = (*reader)->read(at, buffer);
    if (!read) return report(Finding::Kind::kDamaged, what, read.error().message);
    if (*read == 0) return report(Finding::Kind::kDamaged, what, "it is shorter than its object says");
    at += *read;
  }
}

Examination::Orphans Examination::find_orphans() {
  Orphans orphans;
  const auto each_document = [&](const std::string& prefix, const auto& f) {
    std::string at;
    for (bool more = true; more;) {
      state::Transaction state(means_.store);
      const state::Page page = state.list(prefix, at, kDocumentsAtOnce);
      more = page.more;
      for (const state::Item& item : page.items) {
        at = item.key;
        f(state, std::string_view(item.key).substr(prefix.size()), item);
      }
    }
  };
  const auto orphan = [&](const std::string& what) { report(Finding::Kind::kOrphan, what, "nothing names it"); };

  each_document("s3/part/", [&](state::Transaction&, std::string_view rest, const state::Item& item) {
    if (uploads_named_.contains(std::string(rest.substr(0, rest.find('/'))))) return;
    orphan(item.key);
    orphans.documents.push_back(item.key);
  });
  each_document(keys::bytes(""), [&](state::Transaction&, std::string_view id, const state::Item& item) {
    if (contents_named_.contains(std::string(id))) return;
    orphan(item.key);
    orphans.documents.push_back(item.key);
  });
  each_document(keys::blob(""), [&](state::Transaction& state, std::string_view id, const state::Item& item) {
    // Its referrer: objects and parts were looked at; what else has blobs (files of trails on their way) names them in its document.
    const std::optional<std::string> referrer = state.get(item.value);
    if (contents_named_.contains(std::string(id))) return;
    if (referrer && !item.value.starts_with("s3/") && referrer->find(id) != std::string::npos) {
      if (!means_.blobs.open(blob::BlobId(std::string(id))))
        report(Finding::Kind::kMissing, "blob " + std::string(id), item.value + " names it");
      return;
    }
    orphan(item.key);
    orphans.documents.push_back(item.key);  // its file goes with it
  });
  means_.blobs.each([&](const blob::BlobId& id) {
    state::Transaction state(means_.store);
    if (state.exists(keys::blob(id.str()))) return;
    orphan("blob " + id.str());
    orphans.blobs.push_back(id);
  });
  return orphans;
}

}  // namespace cairn::s3
