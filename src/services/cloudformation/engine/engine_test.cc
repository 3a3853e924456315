#include "services/cloudformation/engine/engine.h"

#include <gtest/gtest.h>

#include <set>

#include "services/cloudformation/caller.h"
#include "services/cloudformation/drift.h"
#include "services/cloudformation/signal.h"
#include "services/sim_machine.h"

namespace cairn::cloudformation {
namespace {

const aws::AccountId kAccount("111122223333"), kOther("444455556666");
const aws::Region kRegion("us-east-1");

/// CloudWatch Logs as far as stacks see it. What it knows are documents, so that a crash takes what was not durable; it refuses to make
/// what is there and to change what is not, so that nothing can be done twice unnoticed.
class SimLogs final : public api::Client {
 public:
  void call(Request request, Done done) override {
    ++calls;
    if (crash_at == calls) {
      crashed = true;
      return;  // nobody answers
    }
    const Json in = json::parse(request.body).value();
    if (!holding.empty() && in.value("logGroupName", "").starts_with(holding)) return held.push_back(std::move(done));
    if (busy > 0) {
      --busy;
      return done({.status = 503, .body = R"({"__type":"ServiceUnavailableException","message":"busy"})"});
    }
    std::string operation;
    for (const auto& [name, value] : request.headers)
      if (name == "X-Amz-Target") operation = value.substr(value.rfind('.') + 1);
    const std::string key = "sim/" + in.value("logGroupName", "") + "/" + in.value("logStreamName", "");
    EXPECT_EQ(request.principal.invoked_by, "cloudformation.amazonaws.com");
    state::Transaction state(*store);
    std::string refusal;
    Json out = Json::object();
    if (refused.contains(operation)) refusal = "InvalidParameterException";
    else if (operation.starts_with("Create")) {
      if (state.exists(key)) refusal = "ResourceAlreadyExistsException";
      else state.put(key, "never");
    } else if (operation == "DescribeLogGroups") {
      out["logGroups"] = Json::array();
      if (const std::string name = in.at("logGroupNamePrefix").get<std::string>(); state.exists("sim/" + name + "/"))
        out["logGroups"].push_back({{"logGroupName", name}});
    } else if (operation == "TagResource") {
      ++tagged;
    } else if (operation == "UntagResource") {
      --tagged;
    } else if (!state.exists(key)) refusal = "ResourceNotFoundException";
    else if (operation == "PutRetentionPolicy") state.put(key, in.at("retentionInDays").dump());
    else if (operation == "DeleteRetentionPolicy") state.put(key, "never");
    else state.erase(key);
    if (!refusal.empty()) return done({.status = 400, .body = json::dump(Json{{"__type", refusal}, {"message", "no"}})});
    request.along(state, out);
    if (!state::commit_internal(*store, *journal, state, {}, [done] { done({.status = 200}); })) done({.status = 503, .body = "{}"});
  }
  state::Store* store = nullptr;
  journal::Journal* journal = nullptr;
  int calls = 0, crash_at = 0, busy = 0, tagged = 0;
  bool crashed = false;
  std::set<std::string> refused;  // operations
  std::string holding;            // calls about groups whose names begin so are answered later
  std::vector<Done> held;

  /// They were not to be.
  void refuse_held() {
    holding.clear();
    for (const Done& done : std::exchange(held, {}))
      done({.status = 400, .body = R"({"__type":"InvalidParameterException","message":"no"})"});
  }
};

struct Begin {
  std::string on_failure = "ROLLBACK";
  Json about = Json::object();
  aws::AccountId account = kAccount;
  std::string id = "id";
  int minutes = 0;  // TimeoutInMinutes
  bool is_import = false;
  Json imports = Json::object();
};

class EngineTest : public testing::Test {
 protected:
  EngineTest() { start(); }
  ~EngineTest() override { halt(); }

  void start() {
    machine.start([this] {
      state::Transaction transaction(*machine.store);
      sealer =
          std::move(state::Sealer::open(machine.files, machine.random, transaction, {.directory = "/data/keys", .passphrase = {}}).value());
      if (!transaction.changes().empty()) {
        EXPECT_TRUE(state::commit_internal(*machine.store, *machine.journal, transaction));
      }
      logs.store = machine.store.get();
      logs.journal = machine.journal.get();
      engine = std::make_unique<Engine>(Means{.clock = machine.clock,
                                              .random = machine.random,
                                              .store = *machine.store,
                                              .journal = *machine.journal,
                                              .sealer = *sealer,
                                              .client = logs,
                                              .waiting_room = room},
                                        *machine.tasks, machine.recovery.last);
      feed = std::make_unique<journal::Feed>(*machine.journal, *machine.tasks, *engine);
    });
  }
  void off() {
    feed.reset();
    if (engine) engine->stop();
    if (machine.journal && !logs.crashed) machine.journal->drain();
    engine.reset();
  }
  void halt() {
    machine.halt([this] { off(); });
  }
  void crash() {
    logs.crashed = true;
    machine.crash([this] { off(); });
    logs.crashed = false;
    logs.crash_at = 0;
    start();
  }
  void settle() { machine.pass(std::chrono::seconds(60)); }

  Stack stack(const aws::AccountId& account = kAccount, const std::string& id = "id") {
    state::Transaction state(*machine.store);
    return find_stack(state, account, kRegion, id).value_or(Stack{});
  }
  /// The documents that CreateStack or UpdateStack puts.
  void put(const std::string& text, const Begin& how) {
    machine.commit([&](state::Transaction& state) {
      Stack stack = find_stack(state, how.account, kRegion, how.id).value_or(Stack{});
      Operation operation;
      operation.is_creation = stack.id.empty();
      operation.from = stack.generation;
      stack.account = operation.account = how.account;
      stack.region = operation.region = kRegion;
      stack.name = "s";
      stack.id = operation.stack = how.id;
      operation.to = ++stack.newest;
      operation.on_failure = how.on_failure;
      operation.about = how.about;
      operation.is_import = how.is_import;
      operation.imports = how.imports;
      if (how.minutes > 0) operation.until = machine.clock.now() + std::chrono::minutes(how.minutes);
      operation.principal = to_json(aws::Principal{});
      stack.status = operation.is_creation ? "CREATE_IN_PROGRESS" : "UPDATE_IN_PROGRESS";
      if (operation.is_creation) stack.generation = stack.newest;
      put_stack(state, stack);
      state.put(keys::template_text(how.id, stack.newest), text);
      put_sealed(state, *sealer, keys::parameters(how.id, stack.newest), Json::object());
      put_operation(state, operation);
    });
  }
  void begin(const std::string& text, const Begin& how = {}) {
    put(text, how);
    settle();
  }
  /// What DeleteStack puts.
  void put_removal() {
    machine.commit([&](state::Transaction& state) {
      Stack stack = find_stack(state, kAccount, kRegion, "id").value();
      Operation operation;
      operation.account = kAccount;
      operation.region = kRegion;
      operation.stack = "id";
      operation.phase = Operation::Phase::kRemove;
      operation.from = operation.to = stack.generation;
      operation.principal = to_json(aws::Principal{});
      operation.succeeded = "DELETE_COMPLETE";
      operation.failed_status = "DELETE_FAILED";
      stack.status = "DELETE_IN_PROGRESS";
      put_stack(state, stack);
      put_operation(state, operation);
    });
  }
  void remove() {
    put_removal();
    settle();
  }
  /// As ContinueUpdateRollback does.
  void go_on_with_rollback() {
    machine.commit([&](state::Transaction& state) {
      Operation operation = decode_operation(state.get(keys::rollback("id")).value());
      operation.failed.clear();
      put_operation(state, operation);
      state.erase(keys::rollback("id"));
    });
    settle();
  }
  std::map<std::string, std::string> made() {
    std::map<std::string, std::string> found;
    state::Transaction state(*machine.store);
    for (const state::Item& item : state.list("sim/", "", 1000).items) found[item.key.substr(4)] = item.value;
    return found;
  }
  size_t leftovers() {  // documents of actions and operations, which are to go with them
    state::Transaction state(*machine.store);
    return state.list("cloudformation/answer/", "", 100).items.size() + state.list(keys::kOperations, "", 100).items.size();
  }
  std::vector<std::string> statuses(const std::string& resource) {  // oldest first
    std::vector<std::string> found;
    for (const Json& event : events())
      if (event.at("LogicalResourceId") == resource) found.insert(found.begin(), event.at("ResourceStatus").get<std::string>());
    return found;
  }

  Taken signal(const std::string& id) {
    Taken taken = Taken::kNoHandle;
    machine.commit([&](state::Transaction& state) {
      const Resources resources = resources_of(state, *sealer, "id");
      const auto handle = handle_of(resources.at("Handle").now.physical);
      if (handle) taken = put_signal(state, *sealer, *handle, {.id = id, .reason = {}, .data = {}}, machine.clock.now());
    });
    return taken;
  }
  std::vector<std::string> reasons(const std::string& resource, const std::string& status) {
    std::vector<std::string> found;
    for (const Json& event : events())
      if (event.at("LogicalResourceId") == resource && event.at("ResourceStatus") == status)
        found.push_back(event.value("ResourceStatusReason", ""));
    return found;
  }

  std::vector<Json> events() {  // newest first, as they are told
    std::vector<Json> found;
    state::Transaction state(*machine.store);
    for (const state::Item& item : state.list(keys::events("id"), "", 1000).items) found.push_back(json::parse(item.value).value());
    return found;
  }

  SimLogs logs;
  services::SimMachine machine;
  api::WaitingRoom room{machine.clock};
  std::unique_ptr<state::Sealer> sealer;
  std::unique_ptr<Engine> engine;
  std::unique_ptr<journal::Feed> feed;
};

std::string two_groups(const std::string& days, const std::string& second = "b") {
  return fmt::format(R"({{"Resources": {{
    "A": {{"Type": "AWS::Logs::LogGroup", "Properties": {{"LogGroupName": "a", "RetentionInDays": {0}}}}},
    "B": {{"Type": "AWS::Logs::LogGroup", "DependsOn": "A", "Properties": {{"LogGroupName": "{1}", "RetentionInDays": {0}}}}},
    "S": {{"Type": "AWS::Logs::LogStream", "Properties": {{"LogGroupName": {{"Ref": "B"}}, "LogStreamName": "s"}}}}
  }}}})",
                     days, second);
}

using Made = std::map<std::string, std::string>;
using Statuses = std::vector<std::string>;

TEST_F(EngineTest, MakesChangesAndRemoves) {
  begin(two_groups("7"));
  EXPECT_EQ(stack().status, "CREATE_COMPLETE");
  EXPECT_EQ(made(), (Made{{"a/", "7"}, {"b/", "7"}, {"b/s", "never"}}));
  EXPECT_EQ(statuses("A"), (Statuses{"CREATE_IN_PROGRESS", "CREATE_IN_PROGRESS", "CREATE_COMPLETE"}));
  begin(two_groups("30", "c"));
  EXPECT_EQ(stack().status, "UPDATE_COMPLETE");
  EXPECT_EQ(made(), (Made{{"a/", "30"}, {"c/", "30"}, {"c/s", "never"}}));
  EXPECT_EQ(statuses("s"), (Statuses{"CREATE_COMPLETE", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "UPDATE_COMPLETE"}));
  EXPECT_EQ(leftovers(), 0u);
  remove();
  EXPECT_EQ(stack().status, "DELETE_COMPLETE");
  EXPECT_EQ(made(), Made{});
  EXPECT_EQ(leftovers(), 0u);
}

TEST_F(EngineTest, NoTwoEventsHaveOneTimeOrOneId) {
  begin(two_groups("7"));
  std::set<std::string> ids, times;
  const std::vector<Json> told = events();
  for (const Json& event : told) {
    ids.insert(event.at("EventId").get<std::string>());
    times.insert(event.at("Timestamp").get<std::string>());
  }
  EXPECT_GE(told.size(), 10u);
  EXPECT_EQ(ids.size(), told.size());
  EXPECT_EQ(times.size(), told.size());
  EXPECT_EQ(told.front().at("Timestamp"), *times.rbegin());
}

TEST_F(EngineTest, RollsACreationBack) {
  logs.refused = {"CreateLogStream"};
  begin(two_groups("7"));
  EXPECT_EQ(stack().status, "ROLLBACK_COMPLETE");
  EXPECT_EQ(made(), Made{});
  EXPECT_EQ(statuses("s"), (Statuses{"ROLLBACK_IN_PROGRESS", "ROLLBACK_COMPLETE"}));
  EXPECT_EQ(leftovers(), 0u);
}

TEST_F(EngineTest, KeepsWhatFailedIfAsked) {
  logs.refused = {"CreateLogStream"};
  begin(two_groups("7"), {.on_failure = "DO_NOTHING"});
  EXPECT_EQ(stack().status, "CREATE_FAILED");
  EXPECT_EQ(stack().reason, "The following resource(s) failed to create: [S]. ");
  EXPECT_EQ(made(), (Made{{"a/", "7"}, {"b/", "7"}}));
}

TEST_F(EngineTest, RollsAnUpdateBack) {
  begin(two_groups("7"));
  logs.refused = {"CreateLogStream"};
  begin(two_groups("30", "c"));
  EXPECT_EQ(stack().status, "UPDATE_ROLLBACK_COMPLETE");
  EXPECT_EQ(made(), (Made{{"a/", "7"}, {"b/", "7"}, {"b/s", "never"}}));
  EXPECT_EQ(leftovers(), 0u);
  logs.refused.clear();
  begin(two_groups("30", "c"));
  EXPECT_EQ(stack().status, "UPDATE_COMPLETE");
  EXPECT_EQ(made(), (Made{{"a/", "30"}, {"c/", "30"}, {"c/s", "never"}}));
}

std::string with_policies(const std::string& name, const std::string& policy, const std::string& failing = "") {
  return fmt::format(
      R"({{"Resources": {{
    "A": {{"Type": "AWS::Logs::LogGroup", "DeletionPolicy": "{1}", "UpdateReplacePolicy": "{2}", "Properties": {{"LogGroupName": "{0}"}}}}
    {3}}}}})",
      name, policy, policy == "Retain" ? "Retain" : "Delete",
      failing.empty() ? "" : R"(, "S": {"Type": "AWS::Logs::LogStream", "DependsOn": "A", "Properties": {"LogGroupName": "none"}})");
}

TEST_F(EngineTest, RetainsWhatItIsToldTo) {
  begin(with_policies("a", "Retain"));
  begin(with_policies("b", "Retain"));
  EXPECT_EQ(stack().status, "UPDATE_COMPLETE");
  EXPECT_EQ(made(), (Made{{"a/", "never"}, {"b/", "never"}})) << "UpdateReplacePolicy";
  remove();
  EXPECT_EQ(stack().status, "DELETE_COMPLETE");
  EXPECT_EQ(made(), (Made{{"a/", "never"}, {"b/", "never"}})) << "DeletionPolicy";
  EXPECT_EQ(statuses("A").back(), "DELETE_SKIPPED");
}

TEST_F(EngineTest, WhatIsKnownOfDriftGoesWithTheResource) {
  const std::string b = R"("B": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "b"}})";
  for (const char* policy : {"Retain", "Delete"}) {
    const std::string a =
        fmt::format(R"("A": {{"Type": "AWS::Logs::LogGroup", "DeletionPolicy": "{0}", "Properties": {{"LogGroupName": "{0}"}}}})", policy);
    begin(fmt::format(R"({{"Resources": {{{}, {}}}}})", a, b));
    machine.commit([](state::Transaction& state) { state.put(keys::drift("id") + "A", "what a detection put there"); });
    begin(fmt::format(R"({{"Resources": {{{}}}}})", b));
    state::Transaction state(*machine.store);
    EXPECT_EQ(state.get(keys::drift("id") + "A"), std::nullopt) << policy;
  }
  EXPECT_EQ(made(), (Made{{"Retain/", "never"}, {"b/", "never"}}));
}

const Json kImports{{"A", {{"LogGroupName", "a"}}}, {"B", {{"LogGroupName", "b"}}}};
const std::string kTwoKept = R"({"Resources": {
    "A": {"Type": "AWS::Logs::LogGroup", "DeletionPolicy": "Delete", "Properties": {"LogGroupName": "a", "RetentionInDays": 7}},
    "B": {"Type": "AWS::Logs::LogGroup", "DeletionPolicy": "Delete", "DependsOn": "A", "Properties": {"LogGroupName": "b"}}}})";

TEST_F(EngineTest, TakesInWhatIsThere) {
  machine.commit([](state::Transaction& state) {
    for (const char* group : {"a", "b"}) state.put(fmt::format("sim/{}/", group), "30");
  });
  begin(kTwoKept, {.is_import = true, .imports = kImports});
  EXPECT_EQ(stack().status, "IMPORT_COMPLETE");
  EXPECT_EQ(made(), (Made{{"a/", "30"}, {"b/", "30"}})) << "nothing of it is changed";
  EXPECT_EQ(logs.tagged, 2);
  EXPECT_EQ(statuses("A"),
            (Statuses{"IMPORT_IN_PROGRESS", "IMPORT_IN_PROGRESS", "IMPORT_COMPLETE", "UPDATE_IN_PROGRESS", "UPDATE_COMPLETE"}));
  EXPECT_EQ(leftovers(), 0u);
  begin(kTwoKept);
  EXPECT_EQ(made(), (Made{{"a/", "30"}, {"b/", "30"}})) << "it is taken to be as the template has it";
  remove();
  EXPECT_EQ(made(), Made{}) << "it is the stack's";
}

TEST_F(EngineTest, AnImportThatFailsLeavesEverything) {
  machine.commit([](state::Transaction& state) { state.put("sim/a/", "30"); });
  begin(kTwoKept, {.is_import = true, .imports = kImports});
  EXPECT_EQ(stack().status, "IMPORT_ROLLBACK_COMPLETE");
  EXPECT_EQ(stack().failure, "The following resource(s) failed to import: [B]. ");
  EXPECT_EQ(made(), (Made{{"a/", "30"}}));
  EXPECT_EQ(logs.tagged, 0) << "nothing tells of the stack any more";
  EXPECT_EQ(statuses("A"), (Statuses{"IMPORT_IN_PROGRESS", "IMPORT_IN_PROGRESS", "IMPORT_COMPLETE", "UPDATE_IN_PROGRESS", "UPDATE_COMPLETE",
                                     "IMPORT_ROLLBACK_IN_PROGRESS", "IMPORT_ROLLBACK_COMPLETE"}));
  EXPECT_EQ(leftovers(), 0u);
  remove();
  EXPECT_EQ(made(), (Made{{"a/", "30"}})) << "what was given back is not removed with the stack";
}

TEST_F(EngineTest, AnImportGoesOnAfterACrashAtAnyCall) {
  machine.commit([](state::Transaction& state) {
    for (const char* group : {"a", "b"}) state.put(fmt::format("sim/{}/", group), "30");
  });
  int crashes = 0;
  for (int at = 1;; ++at) {
    logs.crash_at = logs.calls + at;
    begin(kTwoKept, {.id = fmt::format("id{}", at), .is_import = true, .imports = kImports});
    const bool has_crashed = logs.crashed;
    if (has_crashed) {
      ++crashes;
      crash();
      settle();
    }
    const Stack of = stack(kAccount, fmt::format("id{}", at));
    EXPECT_EQ(of.status, "IMPORT_COMPLETE") << "crash at call " << at;
    EXPECT_EQ(leftovers(), 0u);
    machine.commit([&](state::Transaction& state) {  // so that the next stack can have them
      for (const char* resource : {"A", "B"}) state.erase(keys::resources(of.id) + resource);
    });
    logs.crash_at = 0;
    if (!has_crashed) break;
  }
  EXPECT_EQ(crashes, 4) << "two are found, two are tagged";
  EXPECT_EQ(made(), (Made{{"a/", "30"}, {"b/", "30"}}));
}

TEST_F(EngineTest, AnImportThatFailsGoesBackAfterACrashAtAnyCall) {
  machine.commit([](state::Transaction& state) { state.put("sim/a/", "30"); });
  for (int at = 1;; ++at) {
    logs.crash_at = logs.calls + at;
    logs.tagged = 0;
    begin(kTwoKept, {.id = fmt::format("id{}", at), .is_import = true, .imports = kImports});
    const bool has_crashed = logs.crashed;
    if (has_crashed) {
      crash();
      settle();
    }
    EXPECT_EQ(stack(kAccount, fmt::format("id{}", at)).status, "IMPORT_ROLLBACK_COMPLETE") << "crash at call " << at;
    EXPECT_EQ(logs.tagged, 0);
    EXPECT_EQ(leftovers(), 0u);
    logs.crash_at = 0;
    if (has_crashed) continue;
    EXPECT_EQ(at, 5) << "found, tagged, not found, untagged";
    break;
  }
  EXPECT_EQ(made(), (Made{{"a/", "30"}}));
}

TEST_F(EngineTest, WhatACreationTookInStaysWhenItFails) {
  machine.commit([](state::Transaction& state) { state.put("sim/a/", "30"); });
  logs.refused = {"CreateLogStream"};
  begin(with_policies("a", "RetainExceptOnCreate", "failing"), {.imports = {{"A", {{"LogGroupName", "a"}}}}});
  EXPECT_EQ(stack().status, "ROLLBACK_COMPLETE");
  EXPECT_EQ(made(), (Made{{"a/", "30"}}));
  EXPECT_EQ(statuses("A").back(), "DELETE_SKIPPED");
}

TEST_F(EngineTest, RetainExceptOnCreateIsForWhatWasMade) {
  logs.refused = {"CreateLogStream"};
  begin(with_policies("a", "RetainExceptOnCreate", "failing"));
  EXPECT_EQ(stack().status, "ROLLBACK_COMPLETE");
  EXPECT_EQ(made(), Made{});
}

TEST_F(EngineTest, AnOperationCanRetainNothingThatItMade) {
  logs.refused = {"CreateLogStream"};
  begin(with_policies("a", "Retain", "failing"), {.about = {{"RetainExceptOnCreate", true}}});
  EXPECT_EQ(stack().status, "ROLLBACK_COMPLETE");
  EXPECT_EQ(made(), Made{});
}

TEST_F(EngineTest, RetainExceptOnCreateRetainsAfterwards) {
  begin(with_policies("a", "RetainExceptOnCreate"));
  remove();
  EXPECT_EQ(stack().status, "DELETE_COMPLETE");
  EXPECT_EQ(made(), (Made{{"a/", "never"}}));
}

TEST_F(EngineTest, TriesAgainWhatIsBusy) {
  logs.busy = 4;
  begin(two_groups("7"));
  EXPECT_EQ(stack().status, "CREATE_COMPLETE");
  logs.busy = 100;
  begin(two_groups("30"));
  EXPECT_EQ(stack().status, "UPDATE_ROLLBACK_FAILED") << "not for ever";
}

TEST_F(EngineTest, GoesOnWithARollbackThatFailed) {
  begin(two_groups("7"));
  logs.busy = 100;
  begin(two_groups("30"));
  ASSERT_EQ(stack().status, "UPDATE_ROLLBACK_FAILED");
  EXPECT_FALSE(stack().reason.empty());
  logs.busy = 0;
  go_on_with_rollback();
  EXPECT_EQ(stack().status, "UPDATE_ROLLBACK_COMPLETE");
  EXPECT_EQ(made(), (Made{{"a/", "7"}, {"b/", "7"}, {"b/s", "never"}}));
  EXPECT_EQ(leftovers(), 0u);
}

TEST_F(EngineTest, ARollbackThatFailedIsTriedAgainAndMayFailAgain) {
  begin(two_groups("7"));
  machine.commit([](state::Transaction& state) { state.erase("sim/a/"); });  // by somebody else
  begin(two_groups("30"));
  ASSERT_EQ(stack().status, "UPDATE_ROLLBACK_FAILED");
  go_on_with_rollback();
  EXPECT_EQ(stack().status, "UPDATE_ROLLBACK_FAILED") << "it is still gone";
  machine.commit([](state::Transaction& state) { state.put("sim/a/", "never"); });
  go_on_with_rollback();
  EXPECT_EQ(stack().status, "UPDATE_ROLLBACK_COMPLETE");
  EXPECT_EQ(made().at("a/"), "7");
}

std::string groups(const std::vector<std::string>& names) {
  Json resources = Json::object();
  for (const std::string& name : names)
    resources[fmt::format("G{}", resources.size())] = {{"Type", "AWS::Logs::LogGroup"}, {"Properties", {{"LogGroupName", name}}}};
  return json::dump(Json{{"Resources", std::move(resources)}});
}

TEST_F(EngineTest, ADeletionWaitsForACallThatIsTriedAgain) {
  logs.holding = "held";
  logs.busy = 3;  // the first group's call goes through after 1.4 s
  put(groups({"busy", "held"}), {});
  machine.pass(std::chrono::seconds(1));
  ASSERT_EQ(made(), Made{});
  ASSERT_EQ(logs.held.size(), 1u);
  put_removal();
  logs.refuse_held();
  settle();
  EXPECT_EQ(stack().status, "DELETE_COMPLETE");
  EXPECT_EQ(made(), Made{});
  EXPECT_EQ(leftovers(), 0u);
}

TEST_F(EngineTest, AnAccountsSlowStacksLeaveRoomForOthers) {
  constexpr size_t kSlow = 2 * Engine::kRunsMax;
  logs.holding = "slow";
  for (size_t i = 0; i < kSlow; ++i) {
    const std::string name = fmt::format("slow{}", i);
    begin(groups({name}), {.id = name});
  }
  begin(groups({"quick"}), {.account = kOther, .id = "quick"});
  EXPECT_EQ(stack(kOther, "quick").status, "CREATE_COMPLETE");
  EXPECT_EQ(logs.held.size(), Engine::kRunsOfAccountMax);
  EXPECT_EQ(engine->running(), Engine::kRunsOfAccountMax);
  logs.refuse_held();
  settle();
  EXPECT_EQ(engine->running(), 0u);
  EXPECT_EQ(leftovers(), 0u);
  EXPECT_EQ(made().size(), kSlow - Engine::kRunsOfAccountMax + 1) << "those that waited, and the other account's";
}

/// Nothing at the door lets so much in; should it come all the same, the stack does not stand still for ever.
TEST_F(EngineTest, WhatIsTooLargeForAnEntryEndsTheOperation) {
  begin(two_groups("7"));
  begin(two_groups("30"), {.about = {{"Description", std::string(700'000, 'x')}}});  // twice in the entry that ends it
  EXPECT_EQ(stack().status, "UPDATE_FAILED");
  EXPECT_NE(stack().reason.find("bytes together"), std::string::npos) << stack().reason;
  EXPECT_EQ(engine->running(), 0u);
  EXPECT_EQ(leftovers(), 0u);
  begin(two_groups("30", "c"));
  EXPECT_EQ(stack().status, "UPDATE_COMPLETE");
  EXPECT_EQ(made(), (Made{{"a/", "30"}, {"c/", "30"}, {"c/s", "never"}}));
  remove();
  EXPECT_EQ(stack().status, "DELETE_COMPLETE");
  EXPECT_EQ(made(), Made{});
}

TEST_F(EngineTest, ADeletionTakesOverWhereverACreationWasStopped) {
  for (int at = 1; at < 6; ++at) {
    SCOPED_TRACE(at);
    logs.calls = 0;
    logs.crash_at = at;
    begin(two_groups("7"));
    ASSERT_TRUE(logs.crashed);
    crash();
    remove();
    ASSERT_EQ(stack().status, "DELETE_COMPLETE") << stack().reason;
    ASSERT_EQ(made(), Made{});
    ASSERT_EQ(leftovers(), 0u);
    machine.commit([&](state::Transaction& state) {
      for (const state::Item& item : state.list("cloudformation/", "", 1000).items) state.erase(item.key);
    });
    settle();
  }
}

/// What an operation makes of a crash at its n-th call, for every n that it comes to.
TEST_F(EngineTest, GoesOnAfterACrashAtAnyCall) {
  int crashes = 0;
  for (int at = 1; at < 40; ++at) {
    const auto with_crash = [&](const std::function<void()>& operation) {
      logs.calls = 0;
      logs.crash_at = at;
      operation();
      if (!logs.crashed) return;
      ++crashes;
      crash();
      settle();
    };
    SCOPED_TRACE(at);
    with_crash([&] { begin(two_groups("7")); });
    ASSERT_EQ(stack().status, "CREATE_COMPLETE") << stack().reason;
    ASSERT_EQ(made(), (Made{{"a/", "7"}, {"b/", "7"}, {"b/s", "never"}}));
    with_crash([&] { begin(two_groups("30", "c")); });
    ASSERT_EQ(stack().status, "UPDATE_COMPLETE") << stack().reason;
    ASSERT_EQ(made(), (Made{{"a/", "30"}, {"c/", "30"}, {"c/s", "never"}}));
    with_crash([&] { remove(); });
    ASSERT_EQ(stack().status, "DELETE_COMPLETE") << stack().reason;
    ASSERT_EQ(made(), Made{});
    ASSERT_EQ(leftovers(), 0u);
    machine.commit([&](state::Transaction& state) {  // and the next is as the first
      for (const state::Item& item : state.list("cloudformation/", "", 1000).items) state.erase(item.key);
    });
    settle();
  }
  EXPECT_GT(crashes, 12);
}

const std::string kWaits = R"({"Resources": {
    "Handle": {"Type": "AWS::CloudFormation::WaitConditionHandle"},
    "Wait": {"Type": "AWS::CloudFormation::WaitCondition", "Properties": {"Handle": {"Ref": "Handle"}, "Timeout": 600, "Count": 2}},
    "A": {"Type": "AWS::Logs::LogGroup", "DependsOn": "Wait", "Properties": {"LogGroupName": "a"}}}})";

TEST_F(EngineTest, AStackThatWaitsIsNotHeldAndGoesOnWhenItIsTold) {
  begin(kWaits);
  EXPECT_EQ(stack().status, "CREATE_IN_PROGRESS");
  EXPECT_EQ(engine->running(), 0u);
  EXPECT_EQ(signal("one"), Taken::kKept);
  settle();
  EXPECT_EQ(signal("one"), Taken::kKnown);
  crash();
  settle();
  EXPECT_EQ(stack().status, "CREATE_IN_PROGRESS");
  EXPECT_EQ(signal("two"), Taken::kKept);
  settle();
  EXPECT_EQ(stack().status, "CREATE_COMPLETE");
  EXPECT_EQ(made(), (Made{{"a/", "never"}}));
  remove();
  EXPECT_EQ(stack().status, "DELETE_COMPLETE");
  state::Transaction state(*machine.store);
  EXPECT_TRUE(state.list(keys::kSignals, "", 10).items.empty());
}

TEST_F(EngineTest, AConditionThatNobodyMeetsFailsInTime) {
  begin(kWaits);
  EXPECT_EQ(signal("one"), Taken::kKept);
  machine.pass(std::chrono::minutes(8));
  EXPECT_EQ(stack().status, "CREATE_IN_PROGRESS");
  machine.pass(std::chrono::minutes(2));
  EXPECT_EQ(stack().status, "ROLLBACK_COMPLETE");
  EXPECT_EQ(reasons("Wait", "CREATE_FAILED"), (Statuses{"WaitCondition timed out. Received 1 conditions when expecting 2"}));
  EXPECT_EQ(leftovers(), 0u);
}

TEST_F(EngineTest, AStackThatWaitsCanBeDeleted) {
  begin(kWaits);
  remove();
  EXPECT_EQ(stack().status, "DELETE_COMPLETE");
  EXPECT_EQ(reasons("Wait", "CREATE_FAILED"), (Statuses{"Resource creation cancelled"}));
  EXPECT_EQ(leftovers(), 0u);
}

TEST_F(EngineTest, ACreationIsGivenUpAfterItsTime) {
  put(kWaits, {.minutes = 5});
  machine.pass(std::chrono::minutes(4));
  EXPECT_EQ(stack().status, "CREATE_IN_PROGRESS");
  machine.pass(std::chrono::minutes(2));
  EXPECT_EQ(stack().status, "ROLLBACK_COMPLETE");
  EXPECT_EQ(stack().failure, "Stack creation time exceeded the specified timeout. ");
  EXPECT_EQ(reasons("Wait", "CREATE_FAILED"), (Statuses{"Resource creation cancelled"}));
}

TEST_F(EngineTest, StacksThatWaitStandInNobodysWay) {
  constexpr size_t kWaiting = 2 * Engine::kRunsMax;
  for (size_t i = 0; i < kWaiting; ++i) put(kWaits, {.id = fmt::format("w{}", i)});
  settle();
  EXPECT_EQ(engine->running(), 0u);
  begin(two_groups("7"));
  EXPECT_EQ(stack().status, "CREATE_COMPLETE");
}

TEST_F(EngineTest, AStackIsMonitoredAsLongAsItAsks) {
  begin(two_groups("7"), {.about = {{"RollbackConfiguration", {{"MonitoringTimeInMinutes", 3}}}}});
  EXPECT_EQ(stack().status, "CREATE_IN_PROGRESS");
  EXPECT_EQ(engine->running(), 0u);
  EXPECT_EQ(made().size(), 3u);
  crash();
  machine.pass(std::chrono::minutes(1));
  EXPECT_EQ(stack().status, "CREATE_IN_PROGRESS");
  machine.pass(std::chrono::minutes(2));
  EXPECT_EQ(stack().status, "CREATE_COMPLETE");
}

}  // namespace
}  // namespace cairn::cloudformation
