#pragma once
#include <chrono>
#include <initializer_list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "api/modelled.h"
#include "aws/model.h"
#include "aws/names.h"
#include "base/json.h"

/// How a resource is made, changed or removed. What does it is a plain function that makes calls; it never waits: what it has no answer to
/// yet ends it, and it is run again from the start when the answer is there. So it must make the same calls whenever it is given the same
/// answers. Each answer becomes durable in the journal's entry of its call, so that a crash repeats none.
namespace cairn::cloudformation {

/// What came of a call.
struct Answer {
  std::optional<Json> out;  // by model names; nullopt: it was refused
  api::Refusal refusal = {};
};
Json to_json(const Answer& answer);
Answer answer_of(const Json& document);

/// Thrown through the function: the call that it cannot go on without.
struct Asking {
  const aws::ServiceModel* service;
  const aws::OperationModel* operation;
  Json in;
};
/// What happens beside the function's own calls, and is to be waited for.
struct Watch {
  enum class For {
    kStack,     // the nested stack as it is, at once
    kStackEnd,  // its operation has ended
    kSignals,   // so many were sent to a wait condition's handle, or one that tells of a failure
  } what;
  std::string of;                  // the stack's ARN; the handle's URL
  size_t count = 0;                // signals
  std::chrono::seconds within{0};  // 0: for ever
  bool is_stoppable = true;        // it ends with kStopped if the stack's operation does not go on
};
constexpr std::string_view kStopped = "Stopped", kLate = "Late";  // codes of its refusals
/// Thrown through the function: what it cannot go on without.
struct Watching {
  Watch watch;
};
/// Thrown through the function: it has failed, for this reason.
struct Failed {
  std::string reason;
};

/// Of a generated name: STACK-LOGICALID-RANDOM12, shortened to fit.
struct Naming {
  size_t characters_max = 64;
  bool lower_case = false;
  std::string_view suffix = {};
};

std::string to_text(const Json& value);  // scalars

class Doing {
 public:
  struct Where {
    aws::AccountId account;
    aws::Region region;
    std::string stack_name, stack_id, resource;  // logical id
    std::string token;                           // twelve random letters, of this action
    std::string endpoint = {};                   // where the operation's caller found this server: http://HOST
    Json passed_on = Json::object();             // what nested stacks have of the operation: Capabilities, DisableRollback ...
    Json system_tags = Json::array();            // aws:cloudformation:..., of types that have tags: {Key, Value}
    std::vector<std::string> skipped = {};       // ContinueUpdateRollback's, of nested stacks: NESTED.RESOURCE
  };
  Doing(const Where& where, const std::vector<Answer>& answers) : where_(where), answers_(answers) {}

  Json wanted = Json::object();      // properties, those of what is removed too
  Json before = Json::object();      // update: as they were
  std::string physical;              // what it is called; create sets it as soon as it is known
  bool is_restoring = false;         // update: after a failure it becomes what it was
  Json attributes = Json::object();  // what GetAtt gives; "Ref" too where that is not the physical id

  /// read: the wanted properties as they are now, null where one is not there; what is left out cannot be told.
  Json live = Json::object();
  bool is_gone = false;          // read: there is no such thing any more
  std::set<std::string> beside;  // read: physical ids of the stack's resources

  Json identifier = Json::object();  // find: what names the thing
  /// A member of it.
  std::string id(std::string_view member) const { return to_text(identifier.value(member, Json(""))); }

  const Where& where() const { return where_; }

  /// Makes the call, with `in` brought into the form that its model wants (shaped). A refusal ends the function.
  Json call(std::string_view service, std::string_view operation, Json in);
  /// The same; nullopt if it is refused with one of these codes.
  std::optional<Json> call_unless(std::initializer_list<std::string_view> codes, std::string_view service, std::string_view operation,
                                  Json in);

  /// The same, whatever comes of it.
  const Answer& attempt(std::string_view service, std::string_view operation, Json in);
  /// Waits for that. What it sees is kept like a call's answer.
  const Answer& watch(Watch watch);

  bool has(std::string_view property) const { return wanted.contains(property); }
  /// The property, or null.
  const Json& get(std::string_view property) const;
  std::string text(std::string_view property, std::string otherwise = "") const;
  bool flag(std::string_view property, bool otherwise = false) const;
  bool changed(std::string_view property) const;
  /// The property's text, or a name generated for the resource.
  std::string name(std::string_view property, const Naming& naming = {}) const;
  bool is_named(std::string_view property) const { return !text(property).empty(); }
  /// Members for a call: those of the properties that are there. {"TopicName", "Name"}: called so in the call.
  struct Rename {
    std::string_view property, member = property;
  };
  Json members(std::initializer_list<Rename> renames) const;
  /// The resource's tags, the stack's, and those that tell of the stack: {Key, Value}.
  Json tags() const;
  /// The first two, as they were.
  Json tags_before() const;
  /// Tags that are there no more: their keys.
  Json tags_gone() const;

 private:
  const Where& where_;
  const std::vector<Answer>& answers_;
  size_t next_ = 0;
};

/// A refusal that passes: what was refused may be done a moment later.
bool passes(const api::Refusal& refusal);
/// Why a call was refused, as a resource's status says it.
Failed refused(std::string_view service, const api::Refusal& refusal);

/// Brings tags from what they were to what they are. `id`: what names the resource in the calls.
struct TagCalls {
  std::string_view service, id_member, tag = "TagResource", tags_member = "Tags", untag = "UntagResource", keys_member = "TagKeys";
};
void retag(Doing& doing, const TagCalls& calls, const std::string& id);

/// For reading: members of an answer that are properties of the same name, as far as they are wanted. Null where there is none.
void read_members(Doing& doing, const Json& from, std::initializer_list<Doing::Rename> renames);
/// The thing's own tags: a list of {Key, Value}, {TagKey, TagValue}, or a map.
void read_tags(Doing& doing, const Json& tags);
/// A JSON document that stands in a text, perhaps percent-encoded.
Json document_of(const Json& text);
/// A key of KMS as the property names it, if `arn` is that.
Json key_as_named(const Json& property, const std::string& arn);

/// For finding: whether it is a thing of the stack's account; in its region, if the ARN has one.
bool is_own_arn(const Doing& doing, std::string_view arn);

/// A policy document as text; texts stay as they are.
std::string document_text(const Json& value);
bool to_flag(const Json& value);  // true, "true"

/// `value` as `shape` wants it: numbers and booleans that stand as texts and the other way round, names whatever their case, documents that
/// are wanted as text. Throws Failed, naming what the shape does not have. `path`: of `value`, for that.
Json shaped(const aws::Shape& shape, const Json& value, const std::string& path);

}  // namespace cairn::cloudformation
