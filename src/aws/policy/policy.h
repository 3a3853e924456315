#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "aws/policy/caller.h"
#include "aws/policy/condition.h"
#include "aws/policy/context.h"
#include "aws/policy/pattern.h"
#include "base/result.h"

/// AWS's policy language. Text is compiled once (`Policy::parse`) and then decides any number of requests (`decide.h`): pure, any
/// thread, no I/O. There is no other evaluator in this server.
namespace cairn::aws::policy {

constexpr size_t kDocumentBytesMax = 128 << 10;  // more than any service takes; each has a limit of its own below it

/// Which policy it is: what it must and must not have, and how refusals name it.
enum class Kind { kIdentity, kResource, kBoundary, kSession, kTrust };

/// Why a text is no policy. Services turn it into their own code and words.
struct Problem {
  enum class What {
    kNotJson,
    kTooLarge,
    kMissing,            // subject: the member
    kProhibited,         // subject: a member that policies of this kind must not have
    kUnknownMember,      // subject: the member
    kBoth,               // subject: a member that stands beside its Not… twin
    kWrongType,          // subject: what should be there
    kEmpty,              // a list or object without an entry
    kVersion,            // subject: the version
    kEffect,             // subject: the effect
    kSid,                // subject: the Sid
    kDuplicateSid,       // subject: the Sid
    kPrincipal,          // subject: the name
    kAction,             // subject: the action
    kResource,           // subject: the resource
    kConditionOperator,  // subject: the operator
    kConditionKey,       // subject: the key
    kConditionValue,     // subject: a value that the operator cannot compare
  };
  What what = What::kNotJson;
  std::string spot;             // Statement[1].Condition.DateLessThan; "": the document itself
  std::string subject;          // see `what`
  std::string message() const;  // in words for a person, with the spot
};

struct Statement {
  std::string sid;
  bool allows = false;
  PrincipalNames principals;  // resource and trust policies
  Actions actions;
  bool not_action = false;
  std::vector<ArnPattern> resources;  // empty: trust policies, which are about their own role
  bool not_resource = false;
  std::vector<Condition> conditions;
};

/// A compiled policy. Immutable.
class Policy {
 public:
  static Result<Policy, Problem> parse(std::string_view text, Kind kind);

  Kind kind() const { return kind_; }
  const std::string& version() const { return version_; }  // 2008-10-17 where the document names none
  const std::vector<Statement>& statements() const { return statements_; }

 private:
  friend class Parser;
  Kind kind_ = Kind::kIdentity;
  std::string version_ = "2008-10-17";
  std::vector<Statement> statements_;
};

}  // namespace cairn::aws::policy
