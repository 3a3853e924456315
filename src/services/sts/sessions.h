#pragma once
#include <string>
#include <vector>

#include "api/authorize.h"
#include "api/call.h"
#include "identity/session.h"
#include "services/sts/errors.h"

/// What the operations that give out temporary credentials have in common.
namespace cairn::sts {

std::string text_of(const Json& in, std::string_view member);
bool has(const Json& in, std::string_view member);

/// Tags and TransitiveTagKeys of the call, checked, and what the calling session hands on, into `session.limits`. Throws
/// InvalidParameterValue.
void take_given_tags(api::Call& call, identity::Session& session);
/// Tags that came otherwise than as parameters.
void take_tags(api::Call& call, identity::Session& session, std::vector<std::pair<std::string, std::string>> tags,
               std::vector<std::string> transitive_keys);

/// Policy and PolicyArns of the call, checked, into `session.limits`; and how much of the room for them and the tags is taken:
/// PackedPolicySize in the answer. After it is decided whether the caller gets the session at all: it tells which policies there are.
/// Throws MalformedPolicyDocument, PackedPolicyTooLarge, ValidationError.
void take_given_policies(api::Call& call, identity::Session& session);

/// Uses up the MFA code that the call brings; false: it brings none. Throws AccessDenied.
bool use_mfa_code(api::Call& call);

/// Draws credentials, with times from now on, and answers with them.
void give_out(api::Call& call, identity::Session& session, int duration_seconds);

/// What trust policies may ask about a session that is to be: sts:RoleSessionName and the like.
void describe_session(const identity::Session& session, aws::policy::Context& context);

/// For operations that need long-term credentials. Throws AccessDenied.
void refuse_sessions(const api::Call& call);

}  // namespace cairn::sts
