#pragma once
#include <string>
#include <string_view>

#include "api/call.h"
#include "aws/policy/decide.h"

/// May the caller of a call do what it asks? The policy engine decides (aws/policy/decide.h); here is what it needs of a call, and the
/// words of a refusal. Every call comes by: most before their handler, those of services whose resources have policies of their own
/// within it, by `decide` or `require`.
namespace cairn::api {

/// The first question of a call's life: by its caller's identity policies alone, for the action and resource of the operation.
/// Services whose handlers decide are let through, to be asked for `call.is_decided` afterwards. Throws AccessDenied.
void authorize(Call& call);

/// One thing that somebody wants to do, and whose resource it is.
struct Demand {
  std::string action;                                    // kms:Decrypt
  std::string resource = "*";                            // an ARN; "*" for actions that have none
  aws::AccountId owner;                                  // empty: the caller's account
  const aws::policy::Policy* resource_policy = nullptr;  // null: the resource has none
  /// Role trust policies and KMS key policies: nothing else gives access, also within the account.
  bool resource_must_allow = false;
  /// How a refusal names the resource; "": not at all.
  std::string shown = resource;
  /// Condition keys of the service's own, beside the global ones or in their place.
  aws::policy::Context context = {};
};

/// Decides and notes in the call that it was decided on.
aws::policy::Decision decide(Call& call, const Demand& demand);
/// The same; a denial throws AccessDenied in AWS's words.
void require(Call& call, const Demand& demand);

/// "User: ARN is not authorized to perform: ACTION on resource: RESOURCE because no identity-based policy allows the ACTION action". STS
/// gives no reason where nothing but a permission is missing (as recorded up to 2024).
aws::Error denied(const Call& call, const aws::policy::Decision& decision, std::string_view action, std::string_view shown);

/// The caller's own policies; resource policies are to be added.
aws::policy::Policies policies_of(const Call& call);

/// Whether the caller's own policies have conditions or variables at all, so that the request's context is needed to decide.
bool looks_at_context(const Call& call);

}  // namespace cairn::api
