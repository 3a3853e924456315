#pragma once
#include <initializer_list>
#include <map>
#include <optional>
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

class Doing {
 public:
  struct Where {
    aws::AccountId account;
    aws::Region region;
    std::string stack_name, stack_id, resource;  // logical id
    std::string token;                           // twelve random letters, of this action
  };
  Doing(const Where& where, const std::vector<Answer>& answers) : where_(where), answers_(answers) {}

  Json wanted = Json::object();      // properties, those of what is removed too
  Json before = Json::object();      // update: as they were
  std::string physical;              // what it is called; create sets it as soon as it is known
  Json attributes = Json::object();  // what GetAtt gives; "Ref" too where that is not the physical id

  const Where& where() const { return where_; }

  /// Makes the call, with `in` brought into the form that its model wants (shaped). A refusal ends the function.
  Json call(std::string_view service, std::string_view operation, Json in);
  /// The same; nullopt if it is refused with one of these codes.
  std::optional<Json> call_unless(std::initializer_list<std::string_view> codes, std::string_view service, std::string_view operation,
                                  Json in);

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
  /// The resource's tags and the stack's, now and before: {Key, Value}.
  Json tags() const;
  Json tags_before() const;
  /// Tags that are there no more: their keys.
  Json tags_gone() const;

 private:
  const Answer& ask(std::string_view service, std::string_view operation, Json in);

  const Where& where_;
  const std::vector<Answer>& answers_;
  size_t next_ = 0;
};

/// Brings tags from what they were to what they are. `id`: what names the resource in the calls.
struct TagCalls {
  std::string_view service, id_member, tag = "TagResource", tags_member = "Tags", untag = "UntagResource", keys_member = "TagKeys";
};
void retag(Doing& doing, const TagCalls& calls, const std::string& id);

/// A policy document as text; texts stay as they are.
std::string document_text(const Json& value);
bool to_flag(const Json& value);         // true, "true"
std::string to_text(const Json& value);  // scalars

/// `value` as `shape` wants it: numbers and booleans that stand as texts and the other way round, names whatever their case, documents that
/// are wanted as text. Throws Failed, naming what the shape does not have. `path`: of `value`, for that.
Json shaped(const aws::Shape& shape, const Json& value, const std::string& path);

}  // namespace cairn::cloudformation
