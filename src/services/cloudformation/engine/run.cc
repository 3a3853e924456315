#include "services/cloudformation/engine/run.h"

#include <algorithm>

#include "base/log.h"
#include "base/text.h"
#include "services/cloudformation/caller.h"
#include "services/cloudformation/drift.h"
#include "services/cloudformation/nested.h"
#include "services/cloudformation/notice.h"
#include "services/cloudformation/properties.h"
#include "services/cloudformation/references.h"
#include "services/cloudformation/signal.h"
#include "services/cloudformation/surroundings.h"
#include "state/internal_commit.h"
#include "template/canonical.h"

/// What all phases share: documents, and the functions of resources at work. The phases: converge.cc, remove.cc.
namespace cairn::cloudformation {
namespace {

using namespace std::chrono_literals;
using Action = Resource::Action;

constexpr int kTriesMax = 6;  // of one call
constexpr auto kFirstRetry = 100ms;
constexpr auto kRetryCommit = 50ms;  // the journal takes nothing at the moment
constexpr size_t kReasonBytesMax = 4096;
constexpr size_t kShownBytesMax = 16 << 10;  // of properties, in an event
constexpr size_t kCommitBytesMax = journal::kEntryBytesMax - (64 << 10);
constexpr const char* kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

std::string shortened(std::string reason) {
  if (reason.size() > kReasonBytesMax) reason.resize(kReasonBytesMax);
  return text::replace_invalid_utf8(reason);
}

std::string prefix_of(Action action) {
  switch (action) {
    case Action::kCreate:
      return "CREATE";
    case Action::kRemove:
    case Action::kRemoveOther:
      return "DELETE";
    case Action::kImport:
      return "IMPORT";
    case Action::kRelease:
      return "IMPORT_ROLLBACK";
    default:
      return "UPDATE";
  }
}

}  // namespace

Run::Run(const Means& means, std::shared_ptr<env::Completions<Outcome>> outcomes, std::string stack)
    : means_(means), outcomes_(std::move(outcomes)), id_(std::move(stack)) {}

size_t Run::asking() const {
  return (triggers_.is_asking ? 1 : 0) +
         static_cast<size_t>(std::ranges::count_if(active_, [](const auto& each) { return each.second.is_asking; }));
}

std::optional<std::vector<std::string>> Run::rests() const {
  std::vector<std::string> places;
  const bool is_monitoring = is_loaded_ && operation_.phase == Operation::Phase::kForward && operation_.monitored_until != Time{};
  if (triggers_.is_asking || (active_.empty() && !is_monitoring)) return std::nullopt;
  for (const auto& [id, active] : active_) {
    if (active.is_asking || !active.watch) return std::nullopt;
    places.push_back(watched(*active.watch));
  }
  return places;
}

bool Run::is_late() const {
  return operation_.phase == Operation::Phase::kForward && operation_.until != Time{} && means_.clock.now() >= operation_.until;
}

/// Whether what the resource does is still wanted.
bool Run::goes_on(const Resource& resource) const {
  const bool is_removal = resource.action == Action::kRemove || resource.action == Action::kRemoveOther;
  const bool is_removing = operation_.phase == Operation::Phase::kCleanup || operation_.phase == Operation::Phase::kRemove;
  if (is_superseded_ || is_removal != is_removing) return false;
  if (operation_.phase != Operation::Phase::kForward) return true;
  return operation_.failed.empty() && !operation_.is_cancelled && !is_late() && triggers_.failure.empty();
}

std::optional<cfn::Program> Run::program_of(int generation, std::string& problem) const {
  state::Transaction state(means_.store);
  const std::optional<std::string> text = state.get(keys::template_text(id_, generation));
  const std::optional<Json> parameters = get_sealed(state, means_.sealer, keys::parameters(id_, generation));
  if (!text || !parameters) {
    problem = "The template is gone.";
    return std::nullopt;
  }
  const auto parsed = cfn::Template::parse(*text);
  if (!parsed) {
    problem = parsed.error().text();
    return std::nullopt;
  }
  const auto program = cfn::Program::make(
      *parsed, environment_of(stack_, generation == operation_.to && !operation_.about.empty() ? operation_.about : stack_.about),
      parameter_values(*parameters));
  if (!program) {
    problem = program.error().text();
    return std::nullopt;
  }
  return *program;
}

/// False: there is nothing to do for the stack.
bool Run::load() {
  is_superseded_ = is_too_large_ = false;
  triggers_ = {.is_asking = triggers_.is_asking};
  state::Transaction state(means_.store);
  const std::optional<std::string> document = state.get(keys::operation(id_));
  if (!document) return false;
  document_ = *document;
  operation_ = decode_operation(*document);
  const std::optional<Stack> stack = find_stack(state, operation_.account, operation_.region, id_);
  if (!stack) return false;
  stack_ = *stack;
  resources_ = resources_of(state, means_.sealer, id_);
  program_.reset();
  order_.clear();
  if (operation_.phase != Operation::Phase::kRemove) {
    std::string problem;
    const int generation = operation_.phase == Operation::Phase::kRestore ? operation_.from : operation_.to;
    program_ = program_of(generation, problem);
    const bool had_none = operation_.is_import && generation == 0;  // the stack began with the import
    if (program_) order_ = program_->creation_order();
    else if (!had_none) log::error("A stack's template cannot be used.", {{"stack", stack_.arn()}, {"error", problem}});
  }
  denial_ = operation_.phase == Operation::Phase::kForward && program_ ? removal_denial() : "";
  for (const auto& [id, resource] : resources_) {
    if (resource.action == Action::kNone) continue;
    Active& active = active_[id];
    for (const state::Item& item : state.list(keys::answers(id_, id), "", 1000).items)
      if (const auto answer = get_sealed(state, means_.sealer, item.key)) active.answers.push_back(answer_of(*answer));
    active.kept = active.answers.size();
  }
  is_loaded_ = true;
  return true;
}

/// False: not now.
bool Run::commit(const std::function<void(state::Transaction&)>& change, const Operation* next, Even even) {
  state::Transaction state(means_.store);
  if (state.get(keys::operation(id_)) != document_) {
    is_superseded_ = true;
    if (next != nullptr || even == Even::kNot) return false;
  }
  change(state);
  std::string document = document_;
  if (next != nullptr) {
    document = encode(*next);
    state.put(keys::operation(id_), document);
  }
  size_t bytes = 0;
  for (const journal::Change& each : state.changes()) bytes += each.key.size() + each.value.value_or("").size();
  if (bytes > kCommitBytesMax) {
    log::error("A stack's documents are too large.", {{"stack", stack_.arn()}, {"bytes", std::to_string(bytes)}});
    is_too_large_ = true;
    return false;
  }
  if (!state::commit_internal(means_.store, means_.journal, state)) return false;
  document_ = std::move(document);
  if (next != nullptr) operation_ = *next;
  return true;
}

/// What is bounded at the door is too large after all: the operation ends where it stands. What its resources were doing stays in their
/// documents, for the next one. False: not now.
bool Run::give_up() {
  using Phase = Operation::Phase;
  const std::string status = operation_.phase == Phase::kForward   ? (operation_.is_creation ? "CREATE_FAILED" : "UPDATE_FAILED")
                             : operation_.phase == Phase::kRestore ? "UPDATE_ROLLBACK_FAILED"
                                                                   : operation_.failed_status;
  const bool done = commit([&](state::Transaction& state) {
    set_stack(state, status, fmt::format("The stack's documents are more than {} bytes together.", kCommitBytesMax));
    if (operation_.phase == Phase::kRestore) state.put(keys::rollback(id_), encode(operation_));
    state.erase(keys::operation(id_));
  });
  if (!done && !is_superseded_) return false;
  active_.clear();
  is_loaded_ = false;
  return true;
}

std::optional<env::Next> Run::step() {
  for (;;) {
    if (!is_loaded_ && !load()) return std::nullopt;
    if (is_too_large_) {
      if (asking() > 0) return env::Next::when_woken();  // what comes of a call must not be lost
      if (!give_up()) return env::Next::after(kRetryCommit);
      continue;
    }
    Progress progress = Progress::kNone;
    std::optional<Time> again;
    const Time now = means_.clock.now();
    std::vector<std::string> ready;
    const auto no_later_than = [&](Time time) { again = again ? std::min(*again, time) : time; };
    if (operation_.phase == Operation::Phase::kForward && operation_.until > now) no_later_than(operation_.until);
    if (operation_.phase == Operation::Phase::kForward && operation_.monitored_until > now) no_later_than(operation_.monitored_until);
    if (const auto look = look_at_alarms()) no_later_than(*look);
    for (auto& [id, active] : active_) {
      if (active.is_asking) continue;
      if (active.watch) {
        const Progress one = look(id);
        if (one == Progress::kLater) return env::Next::after(kRetryCommit);
        if (one == Progress::kNone) {
          if (const auto end = end_of(*active.watch, {.since = resources_.at(id).changed})) no_later_than(*end);
          continue;
        }
        active.watch.reset();
      }
      if (active.again && *active.again > now) no_later_than(*active.again);
      else ready.push_back(id);
    }
    for (const std::string& id : ready) {
      const Progress one = proceed(id);
      if (one == Progress::kLater) return env::Next::after(kRetryCommit);
      if (one == Progress::kSome) progress = one;
    }
    const auto rest = [&] {
      return again ? env::Next::after(std::max<std::chrono::nanoseconds>(*again - means_.clock.now(), 1ms)) : env::Next::when_woken();
    };
    if (is_superseded_) {
      if ((!active_.empty() || triggers_.is_asking) && !rests()) return rest();
      active_.clear();  // what it waits for is in the documents
      is_loaded_ = false;
      continue;
    }
    const bool is_removal = operation_.phase == Operation::Phase::kCleanup || operation_.phase == Operation::Phase::kRemove;
    const Progress one = is_removal ? remove() : converge();
    if (one == Progress::kLater) return env::Next::after(kRetryCommit);
    if (one == Progress::kSome || progress == Progress::kSome) continue;
    return rest();
  }
}

void Run::take(Outcome outcome) {
  if (outcome.resource.empty()) return take_alarms(outcome.answer);
  const auto it = active_.find(outcome.resource);
  if (it == active_.end()) return;
  Active& active = it->second;
  active.is_asking = false;
  if (!outcome.answer.out && passes(outcome.answer.refusal) && ++active.tries < kTriesMax) {
    active.again = means_.clock.now() + kFirstRetry * (1 << active.tries);
    return;
  }
  active.tries = 0;
  active.again.reset();
  const bool is_kept = outcome.answer.out.has_value();  // its call's entry holds it
  active.answers.push_back(std::move(outcome.answer));
  if (is_kept) active.kept = active.answers.size();
}

// ------------------------------------------------------------------ events

Event Run::event_of(const Resource& resource) const {
  std::string properties = json::dump((resource.wanted ? *resource.wanted : resource.now).shown());
  if (properties.size() > kShownBytesMax) properties.clear();
  return {.resource = resource.id,
          .physical = resource.now.physical,
          .type = resource.type,
          .status = resource.status,
          .reason = resource.reason,
          .token = operation_.token,
          .properties = std::move(properties)};
}

void Run::put_event(state::Transaction& state, const Event& event) {
  cloudformation::put_event(state, means_.random, stack_, event, means_.clock.now(), hearers_of(stack_, operation_));
}

void Run::set_stack(state::Transaction& state, std::string status, std::string reason, const std::function<void(Stack&)>& change) {
  if (std::optional<Stack> stack = find_stack(state, operation_.account, operation_.region, id_)) stack_ = std::move(*stack);
  stack_.status = std::move(status);
  stack_.reason = std::move(reason);
  if (change) change(stack_);
  put_stack(state, stack_);
  put_event(state, {.resource = stack_.name,
                    .physical = stack_.arn(),
                    .type = std::string(kStackType),
                    .status = stack_.status,
                    .reason = stack_.reason,
                    .token = operation_.token});
}

/// "The following resource(s) failed to create: [A, B]. "
std::string Run::what_failed() const {
  std::string text;
  constexpr std::pair<std::string_view, std::string_view> kFailures[] = {
      {"create", "CREATE_FAILED"}, {"import", "IMPORT_FAILED"}, {"update", "UPDATE_FAILED"}, {"delete", "DELETE_FAILED"}};
  for (const auto& [verb, status] : kFailures) {
    std::vector<std::string_view> ids;
    for (const std::string& id : operation_.failed)
      if (const auto it = resources_.find(id); it != resources_.end() && it->second.status == status) ids.push_back(id);
    if (!ids.empty()) text += fmt::format("The following resource(s) failed to {}: [{}]. ", verb, fmt::join(ids, ", "));
  }
  return text;
}

// ------------------------------------------------------------------ one resource

/// The resource's action begins: an entry of its own, before any call is made.
Run::Progress Run::start(Resource resource, Action action, std::string reason) {
  resource.action = action;
  resource.status = prefix_of(action) + "_IN_PROGRESS";
  resource.reason = std::move(reason);
  resource.changed = means_.clock.now();
  resource.token = means_.random.letters(resource.type == kHandleType ? kSecretLetters : 12, kLetters);
  const bool done = commit([&](state::Transaction& state) {
    put_resource(state, means_.sealer, id_, resource);
    Event event = event_of(resource);
    if (action == Action::kRemoveOther) event.physical = resource.other->physical;
    put_event(state, event);
  });
  if (!done) return Progress::kLater;
  const std::string id = resource.id;
  resources_.insert_or_assign(id, std::move(resource));
  active_[id] = {};
  return proceed(id) == Progress::kLater ? Progress::kLater : Progress::kSome;
}

/// It fails before anything is done.
Run::Progress Run::refuse(Resource resource, std::string status, const std::string& reason) {
  resource.status = std::move(status);
  resource.reason = shortened(reason);
  resource.changed = means_.clock.now();
  Operation next = operation_;
  next.failed.push_back(resource.id);
  const bool done = commit(
      [&](state::Transaction& state) {
        put_resource(state, means_.sealer, id_, resource);
        put_event(state, event_of(resource));
      },
      &next);
  if (!done) return Progress::kLater;
  const std::string id = resource.id;
  resources_.insert_or_assign(id, std::move(resource));
  return Progress::kSome;
}

/// Runs the resource's function as far as its answers go.
Run::Progress Run::proceed(const std::string& id) {
  Active& active = active_.at(id);
  const Resource& resource = resources_.at(id);
  const ResourceType* type = resource_type(resource.type);
  Doing::Where where = this->where(resource);
  const Json telling = resource.action == Action::kRelease ? std::exchange(where.system_tags, Json::array()) : Json();
  Doing doing(where, active.answers);
  doing.is_restoring = operation_.phase == Operation::Phase::kRestore;
  Do function = nullptr;
  if (type != nullptr) {
    const bool is_removal = resource.action == Action::kRemove || resource.action == Action::kRemoveOther;
    const Instance& instance = resource.action == Action::kRemoveOther ? *resource.other : resource.now;
    const bool is_new = resource.action == Action::kCreate || resource.action == Action::kReplace || resource.action == Action::kImport;
    function = is_removal ? type->remove : is_new ? type->create : type->update;
    doing.wanted = resource.wanted ? resource.wanted->properties : instance.properties;
    if (resource.action == Action::kTag) {  // the stack's alone: what the template says of the thing was not looked at
      function = type->tag;
      doing.physical = instance.physical;
      doing.attributes = instance.attributes;
      doing.wanted = {{"Tags", unopposed_tags(instance.properties, operation_.about.value("Tags", Json::array()))}};
    } else if (resource.action == Action::kRelease) {
      function = type->tag;
      doing.physical = instance.physical;
      doing.attributes = instance.attributes;
      doing.before = {{"Tags", telling}};
      doing.wanted = {{"Tags", Json::array()}};
    } else if (!is_new) {
      doing.physical = instance.physical;
      doing.attributes = instance.attributes;
      doing.before = instance.properties;
    }
    if (is_removal && doing.physical.empty()) function = nullptr;
  }
  std::optional<std::string> failure;
  try {
    if (type == nullptr) throw Failed{fmt::format("Unrecognized resource type: {}", resource.type)};
    if (resource.action == Action::kImport) {
      resolve_references(doing, true);
      find(resource, doing);
    } else if (resource.action == Action::kTag || resource.action == Action::kRelease) {
      if (function != nullptr) function(doing);
    } else if (function != nullptr) {
      const bool makes = resource.action != Action::kRemove && resource.action != Action::kRemoveOther;
      resolve_references(doing, makes);
      if (makes) check_tags(doing.wanted);
      function(doing);
    }
  } catch (const Watching& watching) {
    active.watch = watching.watch;
    if (resource.action != Action::kCreate || resource.now.physical == doing.physical) return Progress::kSome;
    Resource made = resource;  // it takes its time: it is told as soon as it has a name
    made.now.physical = doing.physical;
    const bool done = commit(
        [&](state::Transaction& state) {
          put_resource(state, means_.sealer, id_, made);
          Event initiated = event_of(made);
          initiated.reason = "Resource creation Initiated";
          put_event(state, initiated);
        },
        nullptr, Even::kIfSuperseded);
    if (!done) {
      active.watch.reset();
      return Progress::kLater;
    }
    resources_.insert_or_assign(id, std::move(made));
    return Progress::kSome;
  } catch (const Asking& asking) {
    if (active.kept < active.answers.size()) {  // refusals that it can live with, which left no entry
      const bool done = commit(
          [&](state::Transaction& state) {
            for (size_t i = active.kept; i < active.answers.size(); ++i)
              put_sealed(state, means_.sealer, fmt::format("{}{:04}", keys::answers(id_, id), i),
                         cloudformation::to_json(active.answers[i]));
          },
          nullptr, Even::kIfSuperseded);
      if (!done) return Progress::kLater;
      active.kept = active.answers.size();
    }
    ask(id, asking);
    return Progress::kNone;
  } catch (const Failed& failed) {
    failure = failed.reason;
  } catch (const std::exception& problem) {
    log::warning("A resource's properties cannot be used.", {{"stack", stack_.arn()}, {"resource", id}, {"error", problem.what()}});
    failure = fmt::format("Properties validation failed for resource {}: a property has not the form that it should have.", id);
  }
  return finish(id, doing, failure);
}

/// What the resource waits for, once it is there. kNone: it is not.
Run::Progress Run::look(const std::string& id) {
  Active& active = active_.at(id);
  const Resource& resource = resources_.at(id);
  std::optional<Answer> answer;
  {
    state::Transaction state(means_.store);
    answer = seen(state, means_.sealer, *active.watch, {.since = resource.changed, .is_stopped = !goes_on(resource)}, means_.clock.now());
  }
  if (!answer) return Progress::kNone;
  const bool done = commit(
      [&](state::Transaction& state) {
        for (size_t i = active.kept; i < active.answers.size(); ++i)  // refusals that it could live with
          put_sealed(state, means_.sealer, fmt::format("{}{:04}", keys::answers(id_, id), i), cloudformation::to_json(active.answers[i]));
        put_sealed(state, means_.sealer, fmt::format("{}{:04}", keys::answers(id_, id), active.answers.size()),
                   cloudformation::to_json(*answer));
      },
      nullptr, Even::kIfSuperseded);
  if (!done) return Progress::kLater;
  active.answers.push_back(std::move(*answer));
  active.kept = active.answers.size();
  return Progress::kSome;
}

Doing::Where Run::where(const Resource& resource) const {
  Json passed_on{{"Capabilities", operation_.about.value("Capabilities", Json::array())},
                 {"DisableRollback", operation_.on_failure == "DO_NOTHING"}};
  if (operation_.about.contains("RetainExceptOnCreate")) passed_on["RetainExceptOnCreate"] = operation_.about.at("RetainExceptOnCreate");
  const bool is_forward = operation_.phase == Operation::Phase::kForward;
  if (const auto set = operation_.nested.find(resource.id); is_forward && set != operation_.nested.end()) passed_on["ChangeSet"] = *set;
  Json system_tags = Json::array();
  const ResourceType* type = resource_type(resource.type);
  // IAM does not show them, as on AWS; and a nested stack is told of by its ParentId.
  if (type != nullptr && type->has_tags() && !resource.type.starts_with("AWS::IAM::") && resource.type != kStackType)
    for (const auto& [key, value] : {std::pair("stack-name", stack_.name), {"stack-id", stack_.arn()}, {"logical-id", resource.id}})
      system_tags.push_back({{"Key", fmt::format("aws:cloudformation:{}", key)}, {"Value", value}});
  return {.account = operation_.account,
          .region = operation_.region,
          .stack_name = stack_.name,
          .stack_id = stack_.arn(),
          .resource = resource.id,
          .token = resource.token,
          .endpoint = operation_.endpoint,
          .passed_on = std::move(passed_on),
          .system_tags = std::move(system_tags),
          .skipped = operation_.retained};
}

Result<aws::Principal> Run::caller() const {
  state::Transaction state(means_.store);
  return caller_of(state,
                   {.principal = operation_.principal, .role = operation_.role, .stack = stack_.arn(), .account = operation_.account},
                   means_.any_key, means_.clock.now());
}

void Run::ask(const std::string& id, const Asking& asking) {
  Result<aws::Principal> principal = caller();
  Active& active = active_.at(id);
  active.is_asking = true;
  outcomes_->expect();
  Outcome outcome{.stack = id_, .resource = id, .answer = {}};
  if (!principal) {
    outcome.answer.refusal = {.status = 403, .code = "AccessDenied", .message = principal.error().message, .request_id = {}};
    return outcomes_->put(std::move(outcome));
  }
  const bool is_of_nested = asking.service->key == "cloudformation";
  const bool is_new = is_of_nested && asking.operation->name == "CreateStack";
  if (is_new) {
    state::Transaction state(means_.store);
    if (std::string problem = nesting_problem(state, stack_); !problem.empty()) {
      outcome.answer.refusal = {.status = 400, .code = "LimitExceededException", .message = std::move(problem), .request_id = {}};
      return outcomes_->put(std::move(outcome));
    }
  }
  api::Client::Request request = api::request_of(*asking.service, *asking.operation, operation_.region, asking.in);
  request.principal = std::move(*principal);
  // A nested stack's TemplateURL may be of this server, as its parent's.
  if (is_of_nested) request.reached_at = operation_.endpoint.substr(operation_.endpoint.find("//") + 2);
  const auto out = std::make_shared<Json>();
  std::function<void(state::Transaction&, const Json&)> adopts;
  if (is_of_nested)
    adopts = [stack = stack_, operation = operation_, is_new, physical = asking.in.value("StackName", "")](state::Transaction& state,
                                                                                                           const Json& answer) {
      adopt(state, is_new ? answer.at("StackId").get<std::string>() : physical, stack, operation, is_new);
    };
  request.along = [out, sealer = &means_.sealer, key = fmt::format("{}{:04}", keys::answers(id_, id), active.answers.size()),
                   adopts = std::move(adopts)](state::Transaction& state, const Json& answer) {
    put_sealed(state, *sealer, key, cloudformation::to_json(Answer{.out = answer}));
    if (adopts) adopts(state, answer);
    *out = answer;
  };
  means_.client.call(std::move(request), [to = outcomes_, outcome = std::move(outcome), out](const http::Response& response) mutable {
    if (response.status < 300) outcome.answer.out = std::move(*out);
    else outcome.answer.refusal = api::refusal_of(response);
    to->put(std::move(outcome));
  });
}

/// The action has ended: what the resource is now, in one entry with the end of its answers.
Run::Progress Run::finish(const std::string& id, const Doing& doing, const std::optional<std::string>& failure) {
  Resource resource = resources_.at(id);
  const Action action = std::exchange(resource.action, Action::kNone);
  std::vector<Event> events;
  resource.status = prefix_of(action) + (failure ? "_FAILED" : "_COMPLETE");
  resource.reason = shortened(failure.value_or(""));
  resource.changed = means_.clock.now();
  bool is_erased = false;
  const bool is_new = action == Action::kCreate || action == Action::kReplace;
  const Instance before = resource.now;
  Event done = event_of(resource);
  if (is_new) {
    if (action == Action::kReplace) resource.now = *resource.wanted;
    resource.now.physical = doing.physical;
    resource.now.attributes = doing.attributes;
    if (!doing.physical.empty() && doing.physical != before.physical) {
      Event initiated = event_of(resource);
      initiated.status = prefix_of(action) + "_IN_PROGRESS";
      initiated.reason = "Resource creation Initiated";
      events.push_back(std::move(initiated));
    }
    done.physical = doing.physical;
    if (action == Action::kReplace) {
      resource.is_other_thing = true;
      if (failure) {  // what was made of the new one is to go; the old one stands
        resource.other = doing.physical.empty() ? std::nullopt : std::optional(resource.now);
        resource.now = before;
      } else {
        resource.other = before;
      }
    }
  } else if (action == Action::kImport) {
    resource.identifier = Json();
    if (!failure) {
      resource.now.physical = doing.physical;
      resource.now.attributes = doing.attributes;
      resource.reason = done.reason = "Resource import completed.";
      Event begun = event_of(resource);
      begun.status = "IMPORT_IN_PROGRESS";
      begun.reason.clear();
      events.push_back(std::move(begun));
      done.physical = doing.physical;
    }
  } else if (action == Action::kUpdate) {
    const bool is_back = operation_.phase == Operation::Phase::kRestore;
    resource.other = is_back && !failure ? std::nullopt : std::optional(is_back && resource.other ? *resource.other : before);
    resource.is_other_thing = false;
    resource.now = *resource.wanted;
    resource.now.physical = doing.physical;
    resource.now.attributes = doing.attributes;
  } else if (action == Action::kRemoveOther) {
    done.physical = resource.other->physical;
    resource.other.reset();  // also if it could not be removed: it is the stack's no more
    resource.status = "UPDATE_COMPLETE";
    resource.reason.clear();
    if (operation_.phase == Operation::Phase::kRemove) resource.status = failure ? "DELETE_FAILED" : resource.status;
  } else if (action == Action::kRelease) {
    is_erased = true;  // also if its tags could not be taken away: it may have gone itself
    resource.status = done.status = "IMPORT_ROLLBACK_COMPLETE";
    done.reason = resource.reason;
  } else if (operation_.phase == Operation::Phase::kCleanup) {
    is_erased = true;
  }
  resource.wanted.reset();
  if (!failure && (is_new || action == Action::kUpdate || action == Action::kTag))
    resource.generation = operation_.phase == Operation::Phase::kRestore ? operation_.from : operation_.to;
  events.push_back(std::move(done));
  // What was begun before the stack was to go may fail: only what cannot be removed counts then.
  const bool is_removal = action == Action::kRemove || action == Action::kRemoveOther;
  const bool is_removing = operation_.phase == Operation::Phase::kCleanup || operation_.phase == Operation::Phase::kRemove;
  const bool counts = failure && !is_superseded_ && is_removal == is_removing && action != Action::kRelease;
  Operation next = operation_;
  if (counts) next.failed.push_back(id);
  const size_t answers = active_.at(id).answers.size();
  const bool is_committed = commit(
      [&](state::Transaction& state) {
        if (is_erased) {
          state.erase(keys::resources(id_) + id);
          state.erase(keys::drift(id_) + id);
        } else put_resource(state, means_.sealer, id_, resource);
        if (action == Action::kImport && !failure) claim(state, stack_, resource);
        if (action == Action::kRelease || (action == Action::kRemove && resource.imported > 0 && !failure))
          disclaim(state, stack_, resource);
        for (const Event& event : events) put_event(state, event);
        for (size_t i = 0; i < answers; ++i) state.erase(fmt::format("{}{:04}", keys::answers(id_, id), i));
        if (is_removal && resource.type == kHandleType && !failure)
          for (const state::Item& item : state.list(keys::signals(id_, id), "", kSignalsMax).items) state.erase(item.key);
      },
      counts ? &next : nullptr, Even::kIfSuperseded);
  if (!is_committed) return Progress::kLater;
  active_.erase(id);
  if (is_erased) resources_.erase(id);
  else resources_.insert_or_assign(id, std::move(resource));
  return Progress::kSome;
}

}  // namespace cairn::cloudformation
