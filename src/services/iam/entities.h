#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "api/call.h"
#include "base/json.h"
#include "identity/documents.h"
#include "services/iam/errors.h"

/// What IAM's families have in common: finding, showing, tagging and listing.
namespace cairn::iam {

using identity::Entity;
using Kind = identity::Entity::Kind;

constexpr size_t kTagsMax = 50;

std::string_view word_of(Kind kind);  // user, group, role

/// Of the caller's account; throws NoSuchEntity.
Entity entity_named(api::Call& call, Kind kind, std::string_view name);
/// The one that the call names by UserName, GroupName or RoleName.
Entity named_entity(api::Call& call, Kind kind);
/// UserName, or who calls where there is none. Throws ValidationError where that is no user.
std::string user_meant(const api::Call& call);

/// As IAM's API shows them. Details: with tags and permissions boundary, which lists leave out.
enum class Shown { kBrief, kDetails };
Json show(const Entity& entity, Shown how);
Json show_tags(const identity::Tags& tags);
Json show_boundary(std::string_view arn);
Json show_attached(const Entity& entity);            // PolicyName and PolicyArn each
std::string show_document(std::string_view policy);  // percent-encoded, as IAM answers with documents

identity::Tags tags_given(const Json& in);  // checked: no key twice
/// Adds or replaces; takes away. Throws LimitExceeded.
void add_tags(identity::Tags& tags, const identity::Tags& added);
void remove_tags(identity::Tags& tags, const std::vector<std::string>& keys);

/// A page of the documents below `prefix`, after Marker and up to MaxItems: `show` makes an element, or nullopt to leave one out.
/// Fills in call.out: `member`, IsTruncated, Marker.
void list_page(api::Call& call, const std::string& prefix, const char* member,
               const std::function<std::optional<Json>(const state::Item&)>& show);
/// The same for elements that are at hand.
void list_page(api::Call& call, const Json& all, const char* member);

/// How many documents lie below a prefix, up to `max`.
size_t count_below(api::Call& call, const std::string& prefix, size_t max);

/// Path as CreateUser and the like take it; "/" where there is none.
std::string path_given(const Json& in);

}  // namespace cairn::iam
