#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "api/call.h"
#include "aws/names.h"
#include "base/json.h"
#include "base/time.h"
#include "services/kms/errors.h"

namespace cairn::kms {

/// A symmetric encryption key, but for its material, policy and tags, which are documents of their own.
struct Key {
  std::string id;  // UUID
  aws::AccountId account;
  aws::Region region;
  Time created;
  std::string description;
  bool enabled = true;
  std::optional<Time> deletion;  // pending: when its material is destroyed
  std::string material;          // the current one
  bool rotates = false;          // by itself
  int rotation_days = 365;
  std::optional<Time> next_rotation;
  int rotations_on_demand = 0;
  bool is_managed = false;  // by a service of AWS's (managed_key.h)

  std::string arn() const;
  std::string_view state() const;   // KeyState
  std::optional<Time> due() const;  // when there is something to do to it
  bool is_gone(Time now) const { return deletion && now >= *deletion; }
};

std::string encode(const Key& key);
Key decode_key(std::string_view id, std::string_view document);
std::string key_arn(const aws::AccountId& account, const aws::Region& region, std::string_view id);
std::string alias_arn(const aws::AccountId& account, const aws::Region& region, std::string_view name);

/// KeyMetadata, as CreateKey and DescribeKey answer.
Json metadata(const Key& key);

/// Puts the document, and keeps the list of what is due in step; `before`: as it stands in the state, null for a new key.
void save(state::Transaction& state, const Key& key, const Key* before);

// ------------------------------------------------------------------ finding a key

enum class Names { kKeys, kKeysAndAliases };  // what an operation takes as KeyId

/// A key as a call names it.
struct Named {
  Key key;
  std::string alias;  // alias/NAME, if it was named so; else ""
};

/// Finds what `name` (an id, an ARN, alias/NAME, an alias ARN) means to the caller, and shows it in the record. Throws NotFoundException
/// and InvalidArnException.
Named find_key(api::Call& call, const std::string& name, Names names);
/// The key of that id in the call's region, in whatever account; nullopt: there is none, or no longer.
std::optional<Key> key_of_id(api::Call& call, std::string_view id);
/// Shows a key in the record: among its resources, and as what was called.
void show_key(api::Call& call, const Key& key);
/// The record's responseElements of a change that answers nothing: the key's ARN.
void answer_nothing(api::Call& call, const Key& key);

// ------------------------------------------------------------------ states

void check_not_pending(const Key& key);  // throws KMSInvalidStateException
void check_enabled(const Key& key);      // and DisabledException

bool is_key_id(std::string_view s);  // the form of a UUID, or of a multi-region key's id

}  // namespace cairn::kms
