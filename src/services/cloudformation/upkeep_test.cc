#include "services/cloudformation/upkeep.h"

#include <gtest/gtest.h>

#include "services/cloudformation/stack.h"
#include "services/sim_machine.h"

namespace cairn::cloudformation {
namespace {

using std::chrono::days;

class StackUpkeep : public testing::Test {
 protected:
  StackUpkeep() {
    machine.start([] {});
    stack.account = aws::AccountId("111122223333");
    stack.region = aws::Region("us-east-1");
    stack.name = "s";
    stack.id = "id";
    stack.status = "UPDATE_ROLLBACK_COMPLETE";
    stack.created = machine.clock.now();
  }
  ~StackUpkeep() override {
    machine.halt([] {});
  }
  /// With so many generations, and an event.
  void put(int generations) {
    machine.commit([&](state::Transaction& state) {
      stack.newest = generations;
      put_stack(state, stack);
      for (int generation = 1; generation <= generations; ++generation) {
        state.put(keys::template_text(stack.id, generation), "{}");
        state.put(keys::parameters(stack.id, generation), "sealed");
      }
      put_stack_event(state, machine.random, stack, "", machine.clock.now());
    });
  }
  void run() {
    Upkeep upkeep(machine.clock, *machine.store, *machine.journal);
    while (upkeep.step().kind == env::Next::kNow) {
    }
  }
  std::vector<std::string> left(const std::string& prefix) {
    std::vector<std::string> found;
    state::Transaction state(*machine.store);
    for (const state::Item& item : state.list(prefix, "", 1000).items) found.push_back(item.key.substr(prefix.size()));
    return found;
  }

  services::SimMachine machine;
  Stack stack;
};

using Keys = std::vector<std::string>;

TEST_F(StackUpkeep, KeepsTheGenerationInForceAlone) {
  stack.generation = 5;
  put(40);  // the last 35 are of updates that failed
  run();
  EXPECT_EQ(left(keys::of("template", "id")), Keys{"5"});
  EXPECT_EQ(left(keys::of("parameters", "id")), Keys{"5"});
}

TEST_F(StackUpkeep, AnOperationUnderWayKeepsAll) {
  stack.generation = 1;
  put(2);
  for (const std::string& key : {keys::operation("id"), keys::rollback("id")}) {
    machine.commit([&](state::Transaction& state) { state.put(key, "{}"); });
    run();
    EXPECT_EQ(left(keys::of("template", "id")), (Keys{"1", "2"})) << key;
    machine.commit([&](state::Transaction& state) { state.erase(key); });
  }
}

TEST_F(StackUpkeep, ForgetsStacksThatHaveBeenGoneForNinetyDays) {
  stack.generation = 1;
  stack.status = "DELETE_COMPLETE";
  stack.deleted = machine.clock.now();
  put(1);
  machine.clock.advance(days(90));
  run();
  EXPECT_EQ(left("cloudformation/stack/").size(), 1u);
  machine.clock.advance(std::chrono::milliseconds(1));
  run();
  EXPECT_EQ(left("cloudformation/"), Keys{});
}

TEST_F(StackUpkeep, ForgetsOldEvents) {
  stack.generation = 1;
  put(1);
  machine.clock.advance(days(89));
  run();
  EXPECT_EQ(left(keys::events("id")).size(), 1u);
  machine.clock.advance(days(2));
  run();
  EXPECT_EQ(left(keys::events("id")), Keys{});
  EXPECT_EQ(left("cloudformation/stack/").size(), 1u);
}

}  // namespace
}  // namespace cairn::cloudformation
