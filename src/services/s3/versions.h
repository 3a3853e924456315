#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "services/s3/errors.h"
#include "services/s3/object.h"
#include "services/s3/version_name.h"
#include "services/s3/versioning.h"

/// The versions of a key. The current one, if it is no delete marker, has the key's own document, so that reading it is one look-up
/// and listing the current ones jumps over nothing; the others, and delete markers, have documents of their own.
namespace cairn::s3 {

struct Version {
  Object object;
  std::string document;  // the key of the document that holds it
};

std::string name_of(const Object& object);  // its version's
inline std::string_view version_id(const Object& object) { return version_id(object.version); }

/// The version that `id` means, delete markers as well; "": the current one, unless that is a delete marker. Throws InvalidArgument for
/// ids that nobody gave.
std::optional<Version> find_version(api::Call& call, std::string_view bucket, std::string_view key, std::string_view id);

/// What to say when the current version is asked for and is a delete marker.
enum class Deleted { kAbsent, kNotAllowed };  // NoSuchKey, MethodNotAllowed
/// The version that call.in asks for; shows its id if the bucket is or was versioned. Throws NoSuchKey, NoSuchVersion, MethodNotAllowed
/// for delete markers: with the headers that tell of those.
Version open_version(api::Call& call, std::string_view bucket, std::string_view key, Deleted deleted = Deleted::kAbsent);
/// The same, of which only the object is wanted.
Object open_object(api::Call& call, std::string_view bucket, std::string_view key, Deleted deleted = Deleted::kAbsent);

/// Makes `object` the current version of its key, over `current`, which stays as a version or goes, as the bucket's versioning says.
/// Names `object`. False: what goes does not fit into `budget`.
bool add_version(api::Call& call, std::string_view bucket, std::string_view key, Object& object, const std::optional<Object>& current,
                 size_t& budget);
/// The answer of a write: the new version's id. `show_null`: also that of a bucket whose versioning is suspended.
void show_new_version(api::Call& call, std::string_view bucket, const Object& object, bool show_null = false);

/// Deletes without naming a version: the object goes, or a delete marker comes over it, whose id is returned ("": none). nullopt: what
/// goes does not fit into `budget`.
std::optional<std::string> remove_current(api::Call& call, std::string_view bucket, std::string_view key,
                                          const std::optional<Object>& current, size_t& budget);
/// Deletes one version for good; the next becomes current if it was that. False: it does not fit into `budget`.
bool remove_version(api::Call& call, std::string_view bucket, std::string_view key, const Version& version, size_t& budget);

bool has_versions(api::Call& call, std::string_view bucket);  // of any key

}  // namespace cairn::s3
