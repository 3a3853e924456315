#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/policy/context.h"
#include "aws/principal.h"
#include "base/time.h"

namespace cairn::aws::policy {

/// Who asks, in the terms that policies have for it.
struct Caller {
  enum class Kind { kAnonymous, kRoot, kUser, kRoleSession, kFederatedUser, kWebIdentity, kService };
  Kind kind = Kind::kAnonymous;
  std::string account;    // "": kAnonymous, kService, kWebIdentity
  std::string arn;        // of a session: the session's
  std::string base_arn;   // kRoleSession: the role's; kFederatedUser: that of the user who federated; else ""
  std::string unique_id;  // AIDA..., AROA... (without a session's name)
  std::string canonical;  // S3's canonical user id of the account; "": not looked at
  std::string name;       // kService: cloudtrail.amazonaws.com; kWebIdentity: the provider

  /// As messages name it: an ARN, a service principal, "anonymous".
  std::string_view shown() const;
};

Caller caller_of(const Principal& principal);

/// The global keys that tell of the caller: aws:PrincipalArn, aws:userid, aws:SourceArn, aws:MultiFactorAuthPresent and the like, each
/// there when AWS has it for such a caller. `now`: for aws:MultiFactorAuthAge.
void describe_caller(const Principal& principal, Time now, Context& context);

/// How a policy names a caller, if it does.
enum class NamedAs {
  kNot,
  kAccount,   // its account: whoever is in it needs a permission of its own, too
  kBase,      // the role of a session, the user of a federated session: permissions of which boundary and session policy still take away
  kDirectly,  // itself, or everyone
};

/// One name in a Principal element.
class PrincipalName {
 public:
  enum class Form { kEveryone, kAccount, kArn, kUniqueId, kCanonicalUser, kService, kFederated };
  /// `type`: AWS, Service, Federated, CanonicalUser. nullopt: no such form.
  static std::optional<PrincipalName> parse(std::string_view type, std::string_view text);
  static PrincipalName everyone() { return PrincipalName(Form::kEveryone, "*"); }

  NamedAs names(const Caller& caller) const;
  Form form() const { return form_; }
  const std::string& text() const { return text_; }  // kAccount: the twelve digits

 private:
  PrincipalName(Form form, std::string_view text) : form_(form), text_(text) {}
  Form form_;
  std::string text_;
};

/// A Principal or NotPrincipal element.
struct PrincipalNames {
  std::vector<PrincipalName> names;
  bool negated = false;  // NotPrincipal

  NamedAs find(const Caller& caller) const;  // the closest of the names
  /// How the element applies to the caller. NotPrincipal with Deny spares only who is named whole: account, role and session, as AWS
  /// advises to write it; with Allow it gives to none who is named in any of these ways.
  NamedAs applies(const Caller& caller, bool allows) const;
};

}  // namespace cairn::aws::policy
